"""The promise under load: many connections ask numbered requests at a fixed rate while plugins are
replaced, and whatever can be wrong with a reload is. test_promise.py holds the server to it; soak.py
and reload_times.py print figures.

The load is the program ../load/load.c; what it asks is answered at once (storm.now, vault.count), by
work (storm.later) and on a worker by SQL (vault.book)."""

import json
import re
import subprocess
import time

from harness import BUILD, DEADLINE, eventually, plugin_file
from procfs import children, descriptors, mapped_files, status_kib, threads
from rawws import Client

NOW, LATER, COUNT, BOOK, TOTALS = 2200, 2201, 2210, 2211, 2212
CODES = (NOW, COUNT, LATER, BOOK)
OTHER = {"a": "b", "b": "a"}


class Load:
    """The running load; stop() ends it and tells what became of it. (It knows no TLS.)"""

    def __init__(self, server, connections, rate):
        self.process = subprocess.Popen(
            [str(BUILD / "tests/load/load"), str(server.ports[0]), "/serv/", str(connections),
             str(rate), *map(str, CODES)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        opened = self.process.stdout.readline()
        if not opened:
            raise AssertionError(f"the load did not begin: {self.process.communicate()[1]}")

    def watch(self):
        """From now on no connection may be answered by two builds of a plugin (../load/watch.h)."""
        self.process.stdin.write("w")
        self.process.stdin.flush()

    def seen(self, end=False):
        """What the watch has seen so far, by the codes of a plugin without their last digit."""
        self.process.stdin.write("e" if end else "r")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def stop(self):
        """(its report, what it complained of)."""
        try:
            out, complaints = self.process.communicate(timeout=3 * 60 + DEADLINE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the load did not end") from None
        if not out:
            raise AssertionError(f"the load ended with {self.process.returncode}: {complaints}")
        return json.loads(out), complaints

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class World:
    """A server with the plugins of the load, and all that is done to them. A step of STEPS is one
    SIGHUP; it asserts by `case` that the log says what the step deserves."""

    BUILDS = ("ab",)  # that may have answered a code

    def __init__(self, case, connections):
        self.case, self.connections = case, connections
        self.live = {"storm": "a", "vault": "a"}
        self.busy_ms = 5000

    def config(self):
        """The drain is long: under a load that starves the machine no call may be given up for
        want of time."""
        return {"limits": {"connections": self.connections + 100, "worker_queue": 100000},
                "drain_ms": 60000, "load_ms": 60000, "deadline_ms": 60000, "ping_s": 600,
                "plugins": {"sqlite": {"busy_ms": self.busy_ms}}}

    def prepare(self, server):
        self.server = server
        for name, build in self.live.items():
            server.install(plugin_file(f"{name}_{build}"), name)

    # ---- steps

    def rename(self, name):
        """The other build comes by rename, as an installer brings it."""
        self.live[name] = OTHER[self.live[name]]
        self.server.install(plugin_file(f"{name}_{self.live[name]}"), name)
        self.replaced(name, self.server.sighup())

    def overwrite(self, name):
        """The other build is written into the file that is loaded."""
        self.live[name] = OTHER[self.live[name]]
        self.put(name, plugin_file(f"{name}_{self.live[name]}").read_bytes())
        self.replaced(name, self.server.sighup())

    def truncate(self, name):
        data = plugin_file(f"{name}_{OTHER[self.live[name]]}").read_bytes()
        self.put(name, data[:len(data) // 2])
        self.refused(name, "cut off or damaged")
        self.put(name, plugin_file(f"{name}_{self.live[name]}").read_bytes())

    def unfit(self, what, words):
        """A build of vault that is unfit in one way."""
        self.server.install(plugin_file(f"vault_{what}"), "vault")
        self.refused("vault", words)
        self.server.install(plugin_file(f"vault_{self.live['vault']}"), "vault")

    def provider(self):
        """The SQL provider is replaced under a consumer that is not."""
        self.busy_ms += 1
        reload = self.server.sighup({"plugins": {"sqlite": {"busy_ms": self.busy_ms}}})
        self.replaced("sqlite", reload)

    def config_mistake(self):
        reload = self.server.sighup(text='{"listen": "127.0.0.1:0", "theads": 2}')
        self.case.assertEqual(reload.verdict, "refused", reload.text)

    STEPS = (
        lambda world: world.rename("storm"),
        lambda world: world.rename("vault"),
        lambda world: world.truncate("storm"),
        lambda world: world.provider(),
        lambda world: world.unfit("load", "load"),
        lambda world: world.overwrite("storm"),
        lambda world: world.unfit("abi", "built for ABI 0.99"),
        lambda world: world.overwrite("vault"),
        lambda world: world.unfit("crash", "signal 11"),
        lambda world: world.unfit("start", "start"),
        lambda world: world.rename("storm"),
        lambda world: world.config_mistake(),
    )

    def steps(self, turns, pause_s):
        """The steps of these turns, with requests between them."""
        for turn in turns:
            self.step(turn)
            time.sleep(pause_s)

    def step(self, turn):
        self.STEPS[turn % len(self.STEPS)](self)

    # ---- what a step deserves

    def put(self, name, data):
        """Writes a file in place, so that its inode stays."""
        with open(self.server.plugin_dir / f"{name}.so", "r+b") as file:
            file.truncate(0)
            file.write(data)

    def replaced(self, name, reload):
        self.case.assertEqual(reload.verdict, "taken", reload.text)
        for plugin in ("storm", "vault", "sqlite"):
            word = "replaced" if plugin == name else "unchanged"
            self.case.assertTrue(reload.plugins[plugin].startswith(word), reload.text)

    def refused(self, name, words):
        reload = self.server.sighup()
        self.case.assertEqual(reload.verdict, "partial", reload.text)
        self.case.assertTrue(reload.plugins[name].startswith("refused: "), reload.text)
        self.case.assertIn(words, reload.plugins[name])

    # ---- afterwards

    def check(self, report, complaints):
        """Each request was answered once and rightly, and the plugins have kept count of it."""
        self.case.assertEqual(complaints, "")
        self.case.assertEqual((report["faults"], report["unanswered"], report["silent"]), (0, 0, 0))
        for one in report["codes"]:
            self.case.assertEqual(one["sent"], one["answered"], one)
            self.case.assertIn(one["builds"], self.BUILDS)
        answered = {one["code"]: one["answered"] for one in report["codes"]}
        with Client(self.server.port) as client:
            totals = json.loads(client.text(TOTALS))
        self.case.assertEqual(totals, {"counted": answered[COUNT], "booked": answered[BOOK]})
        complaints = [line for line in self.server.lines
                      if re.search(r"Z error (?!config:|reload:)", line)]
        self.case.assertEqual(complaints, [])

    # ---- what it holds

    def copies(self):
        """The copies of plugins that are mapped: one a live plugin."""
        state = str(self.server.state)
        return {path for path in mapped_files(self.server.pid) if path.startswith(state)
                and ".so" in path}

    def measure(self):
        """(counts, resident KiB) once the generations before are gone. The database opens and
        closes files as it likes; they are left out."""
        pid, plugins = self.server.pid, len(list(self.server.plugin_dir.glob("*.so")))
        eventually(lambda: len(self.copies()) == plugins, "only the live generations are mapped")
        eventually(lambda: not children(pid), "no child is left")
        plain = [link for link in descriptors(pid).values() if "/data/sqlite/" not in link]
        return {"descriptors": len(plain), "threads": len(threads(pid)),
                "plugin files": len(list(self.server.state.rglob("*.so")))}, \
            status_kib(pid, "VmRSS")


def table(rows):
    """Prints reports' times in milliseconds as a table: (name, what tally_write() told)."""
    print("| | requests | p50 | p99 | p99.9 | max |\n| --- | --- | --- | --- | --- | --- |")
    for name, one in rows:
        times = (f"{one[key] / 1000:.2f}" for key in ("p50", "p99", "p999", "max"))
        print(f"| {name} | {one['answered']} | {' | '.join(times)} |", flush=True)


NAMES = {NOW: "at once", COUNT: "at once, keeps a count", LATER: "deferred",
         BOOK: "blocking, SQL"}


def by_code(report):
    return [("all", report["all"])] + [(NAMES[one["code"]], one) for one in report["codes"]]
