"""A plugin is tried in a process of its own: whatever becomes of that process, in whichever step,
costs the plugin alone."""

import os
import signal
import unittest

from harness import Reload, SANITIZERS, ServerCase, eventually, main
from procfs import children, mapped_files
from rawws import Client

# The plugin, the step in its settings, and what the step is called in a sentence.
STEPS = [
    ("bad_deed", "create", "create"),
    ("bad_deed_giver", "extension", "extension"),
    ("bad_deed", "start", "start"),
    ("bad_deed", "stop", "stop"),
    ("bad_deed", "leave", "worker_leave"),
    ("bad_deed", "destroy", "destroy"),
]

LOAD_MS = 8000 if SANITIZERS else 2000


class Proof(ServerCase):

    def start(self, **config):
        self.server = self.serve("echo", config=config)
        self.client = Client(self.server.port)
        self.addCleanup(self.client.sock.close)
        self.serves()

    def serves(self):
        """The open connection and a new one."""
        self.assertEqual(self.client.text(1, "x"), "x")
        with Client(self.server.port) as client:
            self.assertEqual(client.text(1, "y"), "y")

    def trials(self):
        return list((self.server.state / "run").glob("trial-*"))

    def nothing_is_left(self):
        self.assertEqual(children(self.server.pid), [])
        self.assertEqual(self.trials(), [])

    def is_refused(self, plugin, reload, *words):
        self.assertEqual(reload.verdict, "partial", reload.text)
        self.assertTrue(reload.plugins[plugin].startswith("refused: "), reload.text)
        for word in words:
            self.assertIn(word, reload.text)
        self.serves()
        self.nothing_is_left()


class Killed(Proof):
    """By hand, or by the kernel for want of memory."""

    def kill(self, waits):
        """A reload whose child is killed when it `waits`; its verdict. Everything is served
        meanwhile."""
        self.server.write_config()
        since = self.server.mark()
        self.server.process.send_signal(signal.SIGHUP)
        child, = eventually(lambda: children(self.server.pid), "the trial began")
        eventually(lambda: waits(child), "the trial came to the step")
        self.serves()
        os.kill(child, signal.SIGKILL)
        self.server.wait_log(Reload.VERDICT.pattern, since)
        with self.server.changed:
            return Reload([line for line in self.server.lines[since:] if "reload: " in line])

    def in_step(self, _child):
        return any((trial / "waits").exists() for trial in self.trials())

    def test_while_it_is_loaded(self):
        self.start()
        file = self.server.install("bad_ctor_wait")
        reload = self.kill(lambda child: any("/bad_ctor_wait." in path
                                             for path in mapped_files(child)))
        self.is_refused("bad_ctor_wait", reload, "was killed from outside while being loaded")
        file.unlink()

    def test_in_each_step(self):
        self.start(load_ms=60000)
        for plugin, step, name in STEPS:
            with self.subTest(step=name):
                self.server.install(plugin)
                self.server.config["plugins"] = {plugin: {step: "wait"}}
                self.is_refused(plugin, self.kill(self.in_step),
                                f"was killed from outside in {name} (signal 9)")
                self.server.remove(plugin)

    @unittest.skipIf("thread" in SANITIZERS, "it keeps atexit() for the end of the process")
    def test_while_it_is_unloaded(self):
        self.start(load_ms=60000)
        self.server.install("bad_deed")
        self.server.config["plugins"] = {"bad_deed": {"create": "wait at exit"}}
        self.is_refused("bad_deed", self.kill(self.in_step),
                        "was killed from outside while being unloaded")

    def test_the_server(self):
        """A trial does not outlive its server, and its folder goes with the next start."""
        self.start(load_ms=60000)
        self.server.install("bad_deed")
        self.server.config["plugins"] = {"bad_deed": {"create": "wait"}}
        self.server.write_config()
        self.server.process.send_signal(signal.SIGHUP)
        child, = eventually(lambda: children(self.server.pid), "the trial began")
        eventually(lambda: self.in_step(child), "the trial came to the step")
        self.server.kill()
        eventually(lambda: not os.path.exists(f"/proc/{child}/cwd"), "the trial ended")
        self.assertEqual(len(self.trials()), 1)
        self.server.remove("bad_deed")
        self.server.start()
        self.nothing_is_left()


class Refused(Proof):
    """What the log and the verdict say of a plugin that does what it should not."""

    def check(self, plugin, deeds, *words, **config):
        self.start(**config)
        self.server.install(plugin)
        reload = self.server.sighup({"plugins": {plugin: deeds}})
        self.is_refused(plugin, reload, *words)
        return reload

    def test_crash(self):
        self.check("bad_deed", {"create": "crash"},
                   "its create killed the process that tried it: signal 11 (Segmentation fault)")

    def test_crash_at_the_end(self):
        self.check("bad_deed", {"destroy": "crash"}, "its destroy killed the process")

    def test_exit(self):
        self.check("bad_deed", {"start": "exit"}, "it ended the process with exit(3) in start")

    def test_endless_loop(self):
        self.check("bad_deed", {"create": "loop"},
                   f"create did not end within load_ms ({LOAD_MS} ms) in its trial",
                   load_ms=LOAD_MS)

    def test_closes_all_descriptors(self):
        self.check("bad_deed", {"create": "close"}, "it closed a descriptor that is not its own")

    def test_leaves_a_thread(self):
        self.check("bad_deed", {"start": "thread"}, "1 of its threads still run after destroy")

    def test_keeps_a_pthread_key(self):
        self.check("bad_deed", {"create": "key"}, "does it leave a pthread key")

    def test_leaves_a_signal_handler(self):
        self.check("bad_deed", {"create": "take signal"}, "it leaves a handler for signal 12")

    def test_the_sentence_has_the_last_line(self):
        reload = self.check("bad_deed", {"create": "fail"},
                            "create failed (-9) in its trial: it rains")
        self.assertIn("warn  plugin bad_deed (trial): it rains", reload.text)

    @unittest.skipIf(SANITIZERS, "sanitizers reserve more than any limit")
    def test_grows_without_limit(self):
        self.check("bad_deed", {"create": "grow"}, "its create killed the process")


class Taken(Proof):

    def test_what_a_trial_is_without_is_no_reason(self):
        """The folder has what the trial's has not: the plugin is made for real, and serves."""
        self.start()
        self.server.install("bad_deed")
        (self.server.data("bad_deed") / "key").write_text("secret")
        # Not worth a line on every day; and the level is another one from the swap on.
        self.server.sighup({"log": {"level": "debug"}})
        reload = self.server.sighup({"plugins": {"bad_deed": {"start": "fail without folder"}}})
        self.assertEqual(reload.verdict, "taken", reload.text)
        self.assertIn("plugin bad_deed (trial): start failed (-9) with an empty data_dir",
                      reload.text)
        self.assertEqual(self.client.text(2001, "x"), "bad_deed:x")
        self.nothing_is_left()

    def test_a_good_one_says_nothing_twice(self):
        self.start()
        self.server.install("sqlite")
        reload = self.server.sighup()
        self.assertEqual(reload.verdict, "taken", reload.text)
        self.assertEqual(sum("plugin sqlite" in line and "SQLite" in line
                             for line in reload.lines), 1, reload.text)
        self.assertNotIn("(trial)", reload.text)


if __name__ == "__main__":
    main()
