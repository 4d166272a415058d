"""What a reload waits for is seen: in GET /v1/status and in "actctl status" each generation that is
in memory says how it stands, who holds it and what comes next, and those that ended say how."""

import json
import pathlib

import admin
import jsonschema
from actctl import GOOD, actctl
from harness import ServerCase, eventually, main
from probe import BLOCK, HOLD, JOIN, TIMER, Probe
from rawws import Client
from stubborn import HOLD_LOOP, LOAD_MS, WAIT, open_gate, quirks, waits

SCHEMA = json.loads((pathlib.Path(__file__).resolve().parents[2] /
                     "docs/status.schema.json").read_text())
TIME = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"
LONG = 600000  # a drain_ms that no test waits for


class WaitsCase(ServerCase):

    def setUp(self):
        self.turn = 0

    def start(self, *plugins, **config):
        self.server = self.serve("echo", *plugins, config={"drain_ms": LONG, **config})

    def probe(self):
        client = Probe(self.server.port)
        self.addCleanup(client.sock.close)
        return client

    def client(self):
        client = Client(self.server.port)
        self.addCleanup(client.sock.close)
        return client

    def replace(self, plugin="probe", **settings):
        """A reload that makes a new generation of it."""
        self.turn += 1
        plugins = {**self.server.config.get("plugins", {}), plugin: settings or {"turn": self.turn}}
        reload = self.server.sighup({"plugins": plugins})
        self.assertEqual(reload.verdict, "taken", reload.text)
        self.assertIn("replaced", reload.plugins[plugin])

    def status(self):
        status = admin.status(self.server)
        jsonschema.validate(status, SCHEMA, jsonschema.Draft202012Validator)
        return status

    def of(self, name, state):
        """The only generation of a plugin that stands so; None: there is none yet."""
        found = [plugin for plugin in self.status()["plugins"]
                 if (plugin["name"], plugin["state"]) == (name, state)]
        return found[0] if len(found) == 1 else None

    def draining(self, name="probe"):
        return eventually(lambda: self.of(name, "draining"), f"{name} drains")

    def ended(self, name="probe"):
        """Those that ended, newest last."""
        return [plugin for plugin in self.status()["ended"] if plugin["name"] == name]

    def words(self, *args):
        done = actctl("status", *args, config=self.server.conf)
        self.assertEqual(done.code, GOOD, done.err)
        return done.out


class Calls(WaitsCase):

    def test_a_deferred_call_is_named(self):
        self.start("probe")
        client, other = self.probe(), self.probe()
        conn = client.conn
        client.ask(HOLD, "for ever")
        eventually(lambda: any(plugin["holders"]["calls"] for plugin in self.status()["plugins"]),
                   "the call is open")
        self.replace()
        eventually(lambda: self.draining()["next"][0]["what"] == "hurry", "it has stopped")
        plugin = self.draining()
        call, = plugin["holders"]["calls"]
        self.assertGreaterEqual(call.pop("ms"), 0)
        self.assertEqual(call, {"code": HOLD, "action": "hold", "connection": conn,
                                "where": "deferred"})
        self.assertEqual((plugin["open_calls"], plugin["holders"]["calls_more"]), (1, 0))
        self.assertEqual(plugin["file"], str(self.server.plugin_dir / "probe.so"))
        hurry, fail = plugin["next"]
        self.assertEqual((hurry["what"], fail["what"]), ("hurry", "fail"))
        self.assertTrue(0 < hurry["in_ms"] <= LONG // 2 < fail["in_ms"] <= LONG)
        self.assertRegex(self.words(), rf"(?m)^  call +code {HOLD} hold, connection {conn}: "
                                       r"deferred, open for \d")
        client.sock.close()
        eventually(self.ended, "the old generation has ended")
        self.assertEqual(self.ended()[-1]["state"], "unloaded")
        self.assertEqual(self.ended()[-1]["generation"], plugin["generation"])
        self.assertRegex(self.words(), rf"(?m)^ENDED\nprobe 1\.0, generation "
                                       rf"{plugin['generation']}: unloaded since {TIME}$")
        self.assertIn("conn=", other.text(2100))

    def test_the_oldest_are_listed(self):
        self.start("probe")
        clients = [self.probe() for _ in range(12)]
        for count, client in enumerate(clients, 1):
            client.ask(HOLD, f"name{count}")
            eventually(lambda count=count: self.of("probe", "serving")["open_calls"] == count,
                       "the call is open")
        self.replace()
        holders = self.draining()["holders"]
        self.assertEqual(len(holders["calls"]), 8)
        self.assertEqual(holders["calls_more"], 4)
        ages = [call["ms"] for call in holders["calls"]]
        self.assertEqual(ages, sorted(ages, reverse=True))
        self.assertRegex(self.words(), r"(?m)^  call +and 4 more$")
        for client in clients:
            client.sock.close()
        eventually(self.ended, "the old generation has ended")

    def test_each_worker_and_the_queue(self):
        self.start("probe", workers=1)
        busy, waiting = self.probe(), self.probe()
        conns = busy.conn, waiting.conn
        busy.ask(BLOCK, "gate")
        self.probe().wait_event("blocking gate")
        waiting.ask(BLOCK, "gate")
        eventually(lambda: self.of("probe", "serving")["open_calls"] == 2, "both are open")
        self.replace()
        plugin = self.draining()
        calls = {call["connection"]: call for call in plugin["holders"]["calls"]}
        self.assertEqual((calls[conns[0]]["where"], calls[conns[0]]["thread"]),
                         ("worker", "worker-0"))
        self.assertEqual(calls[conns[1]]["where"], "queued")
        self.assertNotIn("thread", calls[conns[1]])
        self.assertEqual(plugin["holders"]["runs"], 2)
        self.assertEqual(plugin["pins"], 4)
        thread, = plugin["holders"]["threads"]
        self.assertEqual((thread["thread"], thread["function"], thread["code"],
                          thread["connection"]), ("worker-0", "handle", BLOCK, conns[0]))
        self.assertRegex(self.words(), rf"(?m)^  thread +worker-0 is inside handle, code {BLOCK}, "
                                       rf"connection {conns[0]}, for ")
        (self.server.data("probe") / "gate").touch()
        busy.reply()
        waiting.reply()
        eventually(self.ended, "the old generation has ended")

    def test_a_worker_that_hangs_after_its_call_was_answered(self):
        self.start("stubborn", drain_ms=200, load_ms=LOAD_MS)
        client = self.client()
        client.ask(WAIT, "gate")
        waits(self.server, "gate")
        self.replace("stubborn")
        eventually(lambda: [step["what"] for step in self.draining("stubborn")["next"]]
                   == ["return"], "what runs is waited for")
        plugin = self.draining("stubborn")
        self.assertEqual((plugin["open_calls"], plugin["holders"]["calls"]), (0, []))
        self.assertEqual((plugin["pins"], plugin["holders"]["runs"]), (1, 1))
        self.assertEqual([one["function"] for one in plugin["holders"]["threads"]], ["handle"])
        self.assertRegex(self.words(), r"(?m)^  next +what runs in it returns: that is waited for")
        open_gate(self.server, "gate")
        eventually(lambda: self.ended("stubborn"), "it has ended")


class Loops(WaitsCase):

    def test_one_that_hangs_is_named(self):
        self.start("stubborn", "probe", threads=2)
        holders = [self.probe() for _ in range(8)]  # on both loops
        for count, client in enumerate(holders, 1):
            client.ask(HOLD, f"name{count}")
        eventually(lambda: self.of("probe", "serving")["open_calls"] == 8, "they are open")
        stuck = self.client()
        stuck.ask(HOLD_LOOP, "gate")
        waits(self.server, "gate")
        # The stuck loop is asked twice: the second question must not wait behind the first.
        for _ in range(2):
            status = self.status()
            silent = [loop["index"] for loop in status["loops"] if not loop["answered"]]
            self.assertEqual(len(silent), 1)
            plugins = {plugin["name"]: plugin for plugin in status["plugins"]}
            call, = plugins["stubborn"]["holders"]["calls"]
            self.assertEqual((call["where"], call["thread"], call["code"]),
                             ("inline", f"loop-{silent[0]}", HOLD_LOOP))
            listed = plugins["probe"]["holders"]["calls"]
            self.assertEqual(len(listed) + plugins["probe"]["holders"]["calls_more"], 8)
        self.assertRegex(self.words(), rf"(?m)^loop {silent[0]} .*IT DOES NOT ANSWER")
        open_gate(self.server, "gate")
        stuck.reply()
        eventually(lambda: all(loop["answered"] for loop in self.status()["loops"]),
                   "all answer again")
        plugin = self.of("probe", "serving")
        self.assertEqual(len(plugin["holders"]["calls"]), 8)


class Others(WaitsCase):

    def test_timers(self):
        self.start("probe", hold_s=600)
        client = self.probe()
        client.text(JOIN, "ticks")
        client.ask(TIMER, "1 60000 1")
        eventually(lambda: self.of("probe", "serving")["holders"]["timers"] == 1, "it is set")
        self.assertRegex(self.words("--verbose"), r"(?m)^  timers +1 \(they end with stop\)$")
        self.replace()
        held = eventually(lambda: self.of("probe", "held"), "it is held")
        self.assertEqual(held["holders"]["timers"], 1)
        step, = held["next"]
        self.assertEqual(step["what"], "release")
        self.assertTrue(0 < step["in_ms"] <= 600000)
        self.assertRegex(self.words(), rf"(?m)^  next +in [0-9.]+ (s|min) \({TIME}\) it is given up$")
        self.assertEqual(admin.ask(self.server, "/v1/reload/rollback", "POST").json()["verdict"],
                         "rolled_back")
        eventually(self.ended, "the new one has ended")
        self.assertEqual(self.of("probe", "serving")["generation"], held["generation"])

    def test_a_consumer_of_a_replaced_service(self):
        self.start("sqlite", services={"act.sql/1": "sqlite"})
        self.server.install("stubborn_sql", "stubborn")
        reload = self.server.sighup(quirks("activate begins a transaction"))
        self.assertEqual(reload.verdict, "taken", reload.text)
        consumer = self.of("stubborn", "serving")["generation"]
        self.assertEqual(self.of("sqlite", "serving")["used_by"],
                         [{"name": "stubborn", "generation": consumer}])
        self.replace("sqlite", busy_ms=4000)
        plugin = eventually(lambda: self.held_by_one("sqlite"), "its own steps are over")
        handle, = plugin["holders"]["handles"]
        self.assertGreaterEqual(handle.pop("ms"), 0)
        self.assertEqual(handle, {"consumer": "stubborn", "generation": consumer,
                                  "kind": "transaction"})
        self.assertEqual((plugin["pins"], plugin["holders"]["services"], plugin["used_by"]),
                         (1, 1, []))
        self.assertRegex(self.words(), rf"(?m)^  service +a transaction of stubborn, generation "
                                       rf"{consumer}, open for ")
        self.server.remove("stubborn")
        self.assertEqual(self.server.sighup().verdict, "taken")
        eventually(lambda: self.ended("sqlite"), "its consumer has ended, and so has it")

    def held_by_one(self, name):
        plugin = self.draining(name)
        return plugin if plugin["pins"] == 1 else None

    def test_a_canary(self):
        self.start("probe", canary_percent=50)
        self.replace()
        plugin = self.of("probe", "canary")
        self.assertEqual([step["what"] for step in plugin["next"]], ["decision"])
        self.assertIsNotNone(self.of("probe", "serving"))
        self.assertRegex(self.words(), r"(?m)^  next +actctl reload --promote or --rollback decides$")
        admin.ask(self.server, "/v1/reload/promote", "POST")
        eventually(self.ended, "the one before has ended")
        self.assertEqual(self.of("probe", "serving")["generation"], plugin["generation"])


class Resident(WaitsCase):

    def test_one_that_cannot_be_unloaded_says_why(self):
        self.start("bad_thread_local")
        self.server.remove("bad_thread_local")
        self.assertEqual(self.server.sighup().verdict, "taken")
        ended, = eventually(lambda: self.ended("bad_thread_local"), "it has ended")
        self.assertEqual(ended["state"], "resident")
        self.assertIn("thread_local", ended["why"])
        self.assertRegex(self.words(), r"(?m)^\S+ \S+, generation \d+: resident since "
                                       rf"{TIME}: .*thread_local")

    def test_a_step_that_hangs(self):
        self.start("stubborn", load_ms=LOAD_MS, plugins=quirks("stop waits")["plugins"])
        self.replace("stubborn", quirks=[])
        plugin = eventually(lambda: self.of("stubborn", "resident"), "stop did not end in time")
        self.assertEqual(plugin["why"], "stop did not end in time")
        self.assertEqual([one["function"] for one in plugin["holders"]["threads"]], ["stop"])
        self.assertEqual((plugin["pins"], plugin["holders"]["steps"]), (1, 1))
        self.assertRegex(self.words(), r"(?m)^  why +stop did not end in time$")
        self.assertRegex(self.words(), r"(?m)^  thread +worker-\d is inside stop, for ")
        open_gate(self.server, "stop")
        eventually(lambda: not self.of("stubborn", "resident")["holders"]["threads"],
                   "the worker came back")


if __name__ == "__main__":
    main()
