"""Plugins that misbehave while they are live, or on their way there: what docs/misbehaving.md says
of each is what happens. Every row of its table has a test here, which quotes it."""

import pathlib
import re
import resource
import signal
import unittest

import admin
import procfs
from harness import ROOT, SANITIZERS, ServerCase, eventually, main
from rawws import Client

DO, DO_WORKER = 2600, 2601
ROWS = {}  # what a plugin does: the test of it


def row(what):
    """The test of the row that begins with these words."""
    def take(function):
        ROWS[what] = function.__name__
        return function
    return take


def table():
    """The first column of the table, without its head."""
    text = (ROOT / "docs/misbehaving.md").read_text()
    text = text.split("## What the server does\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")]
    return rows[2:]


class Misbehaving(ServerCase):

    def start(self, *plugins, **config):
        self.server = self.serve("echo", *(plugins or ("misbehave",)), config=config)

    def client(self):
        client = Client(self.server.port)
        self.addCleanup(client.sock.close)
        return client

    def serves(self):
        with Client(self.server.port) as client:
            self.assertEqual(client.text(1, "x"), "x")

    def refused(self, name, *words):
        self.server.install(name)
        reload = self.server.sighup()
        self.assertEqual(reload.verdict, "partial", reload.text)
        for word in ("refused", *words):
            self.assertIn(word, reload.text)
        self.serves()

    def dies(self, deed, *words, code=DO, **config):
        """The server ends with a deed, and says these words last."""
        self.start(**config)
        self.client().ask(code, deed)
        self.says_and_ends(*words)

    def says_and_ends(self, *words):
        line = self.server.wait_log(r"error fatal: ")
        for word in words:
            self.assertIn(word, line)
        self.assertNotEqual(self.server.ended(), 0)

    def ends_with_it(self, child):
        self.server.stop()
        eventually(lambda: not pathlib.Path(f"/proc/{child}").exists() or
                   "Z" in pathlib.Path(f"/proc/{child}/stat").read_text().split(")")[1],
                   "the copy ends")


class Table(unittest.TestCase):

    def test_every_row_is_tested(self):
        self.assertEqual(sorted(table()), sorted(ROWS))


class OnTheWay(Misbehaving):

    @row("crashes in a constructor")
    def test_constructor(self):
        self.start("echo")
        self.refused("bad_ctor_crash", "constructor")

    @row("fails in create")
    def test_create(self):
        self.start("echo")
        self.refused("bad_create", "create", "the moon is not full")

    @row("fails in start")
    def test_start(self):
        self.start("echo")
        self.refused("bad_start", "start", "the tide is out")

    @row("loops for ever in create")
    def test_create_loops(self):
        self.start("echo", load_ms=6000 if SANITIZERS else 1500)
        self.server.config["plugins"] = {"misbehave": {"deed": "create loops"}}
        self.refused("misbehave", "create", "load_ms")
        (self.server.data("misbehave") / "go").touch()

    @row("forks in a constructor")
    def test_constructor_forks(self):
        self.start("echo")
        self.server.install("bad_ctor_fork")
        self.assertEqual(self.server.sighup().verdict, "taken")
        self.server.wait_log(r"error watch: a plugin called fork\(\), in a constructor")
        self.assertEqual(len(procfs.children(self.server.pid)), 1)
        self.serves()
        self.ends_with_it(procfs.children(self.server.pid)[0])


class Answers(Misbehaving):

    @row("never answers")
    def test_never(self):
        self.start(deadline_ms=200)
        self.assertEqual(self.client().error(DO, "never")["name"], "deadline")

    @row("returns from handle without an answer")
    def test_nothing(self):
        self.start()
        self.assertEqual(self.client().error(DO, "nothing")["name"], "plugin_failed")
        self.server.wait_log(r"a fault of plugin misbehave 1\.0: do returned 0 for code 2600")

    @row("answers twice")
    def test_twice(self):
        self.start()
        client = self.client()
        self.assertEqual(client.text(DO, "twice"), "first")
        self.server.wait_log(r"the second answer: -1$")
        self.assertEqual(client.text(DO, "and on"), "and on")

    @row("answers after the deadline")
    def test_after_the_deadline(self):
        self.start(deadline_ms=200)
        client = self.client()
        self.assertEqual(client.error(DO, "too late")["name"], "deadline")
        self.server.wait_log(r"the late answer: -1$")
        self.assertEqual(client.text(DO, "and on"), "and on")

    @row("answers after close")
    def test_after_close(self):
        self.start()
        client = self.client()
        client.ask(DO, "too late")
        self.assertEqual(self.client().text(1, "x"), "x")
        client.sock.close()
        self.server.wait_log(r"the late answer: -1$")
        self.serves()

    @row("answers from another thread")
    def test_other_thread(self):
        self.start()
        self.assertEqual(self.client().text(DO, "other thread"), "from another thread")


class Remains(Misbehaving):

    def retire(self, name="misbehave"):
        since = self.server.mark()
        self.server.remove(name)
        self.assertTrue(self.server.sighup().plugins[name].startswith("retired"))
        return since

    @row("starts a thread and leaves it")
    def test_thread(self):
        self.start()
        self.assertEqual(self.client().text(DO, "leave thread"), "left")
        self.server.remove("misbehave")
        self.server.write_config()
        self.server.process.send_signal(signal.SIGHUP)
        self.says_and_ends("SIGSEGV", "in no call of a plugin; thread loop-")

    @row("starts a thread, and says so with ACT_F_THREADS")
    def test_thread_that_is_told_of(self):
        self.start("misbehave_threads")
        self.server.remove("misbehave_threads")
        self.server.install("misbehave_threads", "misbehave")
        self.server.sighup()
        self.assertEqual(self.client().text(DO, "leave thread"), "left")
        since = self.retire()
        self.server.wait_log(r"plugin misbehave .*ACT_F_THREADS", since)
        self.serves()
        # What stays is nobody's at the end, which a leak checker would complain of.
        self.server.kill()

    @row("keeps a pthread key")
    def test_key(self):
        self.start()
        self.assertEqual(self.client().text(DO_WORKER, "leave key"), "left")
        since = self.retire()
        self.server.wait_log(r"plugin misbehave \(generation \d+\): unloaded", since)
        self.serves()
        self.server.process.send_signal(signal.SIGTERM)
        self.says_and_ends("SIGSEGV", "in no call of a plugin; thread worker-")

    @row("holds a C++ thread_local")
    def test_thread_local(self):
        self.start("bad_thread_local")
        self.client().text(2001, "x")
        since = self.retire("bad_thread_local")
        self.server.wait_log(r"bad_thread_local.*memory", since)
        self.serves()


class TheProcess(Misbehaving):

    @row("changes signal handlers")
    def test_signals(self):
        self.start()
        since = self.server.mark()
        self.assertEqual(self.client().text(DO, "signals"), "changed")
        line = self.server.wait_log(r"error watch: .* changed what a signal does", since)
        self.assertIn("SIGSEGV, SIGABRT", line)
        # They are back: the next one that dies says so.
        self.client().ask(DO, "crash")
        self.says_and_ends("SIGSEGV")

    @row("forks in handle")
    def test_fork(self):
        self.start()
        child = int(self.client().text(DO, "fork"))
        self.server.wait_log(r"plugin misbehave 1\.0 .*handle called fork\(\)")
        self.assertIn(child, procfs.children(self.server.pid))
        self.serves()
        self.server.stop()
        eventually(lambda: not pathlib.Path(f"/proc/{child}").exists() or
                   "Z" in pathlib.Path(f"/proc/{child}/stat").read_text().split(")")[1],
                   "the copy ends")

    @row("calls exit in handle")
    def test_exit(self):
        self.start()
        self.client().ask(DO, "exit")
        line = self.server.wait_log(r"error fatal: exit\(\) was called")
        self.assertIn("inside plugin misbehave 1.0 (generation", line)
        self.assertIn("handle of do, code 2600, connection ", line)
        self.assertEqual(self.server.ended(), 1)

    @row("crashes in handle")
    def test_crash(self):
        self.dies("crash", "signal 11 (SIGSEGV) at address 0x10", "inside plugin misbehave 1.0 (",
                  "handle of do_worker, code 2601, connection ", "; thread worker-",
                  "in the code of ", "misbehave", code=DO_WORKER)

    @row("uses up its stack")
    def test_overflow(self):
        self.dies("overflow", "SIGSEGV", "handle of do, code 2600", "; thread loop-")

    @row("aborts in handle")
    def test_abort(self):
        self.dies("abort", "signal 6 (SIGABRT), inside plugin misbehave", "handle of do, code 2600")

    @row("grows without limit")
    @unittest.skipIf(SANITIZERS, "sanitizers reserve terabytes of addresses")
    def test_grow(self):
        self.start()
        pages = int(pathlib.Path(f"/proc/{self.server.pid}/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + (256 << 20)
        resource.prlimit(self.server.pid, resource.RLIMIT_AS, (limit, limit))
        self.client().ask(DO, "grow")
        self.says_and_ends("SIGSEGV", "handle of do, code 2600")


class Loops(Misbehaving):

    STAY = r"has been inside plugin misbehave 1\.0 \(generation \d+\): handle of {}, code {}, " \
           r"connection \d+ for \d+ ms"

    def let_go(self):
        (self.server.data("misbehave") / "go").touch()

    def status(self):
        return admin.status(self.server)

    @row("loops for ever in handle")
    def test_on_a_loop(self):
        self.start(stuck_ms=100)
        client = self.client()
        client.ask(DO, "loop")
        self.server.wait_log("warn  watch: loop-. " + self.STAY.format("do", DO))
        found = [loop["inside"] for loop in self.status()["loops"] if loop["inside"]]
        self.assertEqual([(one["plugin"], one["function"], one["action"], one["code"])
                          for one in found], [("misbehave", "handle", "do", DO)])
        self.let_go()
        self.server.wait_log(r"warn  watch: loop-. came back from plugin misbehave")
        self.assertEqual(client.reply(), (DO, b"back"))
        eventually(lambda: not any(loop["inside"] for loop in self.status()["loops"]),
                   "the status forgets it")

    def test_the_end_of_the_server_does_not_wait_for_ever(self):
        self.start(stuck_ms=100, load_ms=6000 if SANITIZERS else 1000, close_ms=200, drain_ms=200)
        self.client().ask(DO, "loop")
        self.server.wait_log("warn  watch: loop-. " + self.STAY.format("do", DO))
        self.server.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.server.ended(), 1)
        self.assertIn("does not come to its end", self.server.tail())

    @row("loops for ever on a worker")
    def test_on_a_worker(self):
        self.start(stuck_ms=100, deadline_ms=500)
        self.assertEqual(self.client().error(DO_WORKER, "loop")["name"], "deadline")
        self.server.wait_log("warn  watch: worker-. " + self.STAY.format("do_worker", DO_WORKER))
        workers = self.status()["workers"]
        self.assertEqual([one["inside"]["action"] for one in workers], ["do_worker"])
        self.assertRegex(workers[0]["inside"]["connection"], r"^\d+$")
        self.serves()
        self.let_go()
        self.server.wait_log(r"warn  watch: worker-. came back from plugin misbehave")


class Borrowed(Misbehaving):

    @row("writes past the borrowed payload")
    def test_past_the_payload(self):
        self.dies("write past", "SIGSEGV", "inside plugin misbehave 1.0 (generation",
                  "went past the end of the borrowed payload", "code 2600", "rule 3", check=True)


if __name__ == "__main__":
    main()
