"""POST /v1/reload: who asks is told what became of it, nothing of the traffic is lost, and
everything else is answered meanwhile."""

import asyncio
import concurrent.futures
import re
import signal

import admin
from harness import ServerCase, eventually, main
from rawws import Client
from stubborn import HOLD_LOOP, LOAD_MS, WAIT, open_gate, quirks, waits
from test_reload_storm import Talker

CONNECTIONS, SWAPS = 50, 10
SHORT_MS = 50  # of load_ms: who asks waits 19 times as long


def pending(pid, number):
    """Has the process a signal that no thread of it has taken yet (proc(5): ShdPnd)?"""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        mask = next(line for line in status if line.startswith("ShdPnd:")).split()[1]
    return bool(int(mask, 16) >> (number - 1) & 1)


class Reports(ServerCase):

    def test_what_became_of_each_plugin(self):
        server = self.serve("echo")
        server.install("good_a", "swap")
        report = admin.reload(server)
        self.assertEqual(report, {
            "number": 1, "verdict": "taken", "config": [], "errors": [], "warnings": [],
            "plugins": [
                {"name": "echo", "result": "unchanged", "sentence": "unchanged"},
                {"name": "swap", "result": "loaded", "sentence": "loaded 1.0 (generation 2)"}]})
        server.install("good_b", "swap")
        server.config["plugins"] = {"echo": {"disabled": True}}
        plugins = {plugin["name"]: plugin for plugin in admin.reload(server)["plugins"]}
        self.assertEqual(plugins["swap"]["result"], "replaced")
        self.assertEqual(plugins["swap"]["sentence"],
                         "replaced 1.0 (generation 2) by 1.1 (generation 3)")
        self.assertEqual(plugins["echo"]["result"], "off")
        server.remove("swap")
        plugins = {plugin["name"]: plugin for plugin in admin.reload(server)["plugins"]}
        self.assertEqual(plugins["swap"], {"name": "swap", "result": "retired",
                                           "sentence": "retired: its file is gone"})

    def test_partial(self):
        server = self.serve("echo")
        server.write("plugins/junk.so", b"not a plugin")
        report = admin.reload(server)
        self.assertEqual(report["verdict"], "partial")
        refused = [plugin for plugin in report["plugins"] if plugin["result"] == "refused"]
        self.assertEqual(len(refused), 1)
        self.assertTrue(refused[0]["name"].endswith("junk.so"))
        self.assertTrue(refused[0]["sentence"].startswith("refused: "))
        server.wait_log(re.escape(refused[0]["sentence"]))  # the answer may be here first
        self.assertEqual(admin.status(server)["reload"]["plugins"], report["plugins"])

    def test_refused(self):
        server = self.serve("echo")
        server.config["workers"] = 0
        report = admin.reload(server)
        self.assertEqual((report["verdict"], report["plugins"]), ("refused", []))
        self.assertEqual(len(report["errors"]), 1)
        self.assertRegex(report["errors"][0],
                         r"actd\.json:\d+:\d+: workers: expected a whole number from 1 to 256, "
                         r"found the number 0$")
        server.wait_log(re.escape(report["errors"][0]))
        server.config["workers"] = 5
        report = admin.reload(server)
        self.assertEqual((report["verdict"], report["errors"]), ("taken", []))
        self.assertEqual(report["warnings"],
                         ["workers: it is another than at the start, and takes effect with a "
                          "restart"])

    def test_it_counts_with_sighup(self):
        server = self.serve("echo")
        self.assertEqual(admin.reload(server)["number"], 1)
        self.assertEqual(server.sighup().number, 2)
        self.assertEqual(admin.reload(server)["number"], 3)


class Waiting(ServerCase):
    """A reload that takes as long as the test wants: activate() waits."""

    def setUp(self):
        self.server = self.serve("echo", config={"load_ms": 20 * LOAD_MS})
        self.asker = concurrent.futures.ThreadPoolExecutor(10)
        self.addCleanup(self.asker.shutdown)

    def begin(self):
        """Asks for a reload, which now waits in a plugin; the answer to come."""
        self.server.install("stubborn")
        self.server.config.update(quirks("activate waits"))
        since = self.server.mark()
        answer = self.asker.submit(admin.reload, self.server)
        waits(self.server, "activate", since)
        return answer

    def test_everything_is_answered_meanwhile(self):
        answer = self.begin()
        self.assertEqual(admin.ask(self.server, "/healthz").text, "ok\n")
        self.assertEqual(admin.ask(self.server, "/readyz").text, "ready\n")
        self.assertEqual(admin.status(self.server)["reload"]["number"], 0)
        self.assertIn("actd_connections", admin.Metrics(self.server))
        self.assertFalse(answer.done())
        open_gate(self.server, "activate")
        self.assertEqual(answer.result()["verdict"], "taken")

    def test_those_who_ask_meanwhile_share_the_next(self):
        first = self.begin()
        others = [admin.asked(self.server, "/v1/reload") for _ in range(5)]
        open_gate(self.server, "activate")
        self.assertEqual(first.result()["number"], 1)
        numbers = {admin.Answer(sock, "POST").json()["number"] for sock in others}
        self.assertEqual(numbers, {2})
        self.assertEqual(admin.status(self.server)["reload"]["number"], 2)

    def test_one_who_leaves_is_not_missed(self):
        answer = self.begin()
        admin.asked(self.server, "/v1/reload").close()
        open_gate(self.server, "activate")
        self.assertEqual(answer.result()["verdict"], "taken")
        eventually(lambda: admin.status(self.server)["reload"]["number"] == 2,
                   "its reload was carried out all the same")

    def test_at_the_end_of_the_server(self):
        answer = self.begin()
        late = admin.asked(self.server, "/v1/reload")
        self.server.process.send_signal(signal.SIGTERM)
        eventually(lambda: not pending(self.server.pid, signal.SIGTERM), "it is heard")
        open_gate(self.server, "activate")
        self.assertEqual(answer.result()["number"], 1)
        refusal = admin.Answer(late, "POST")
        self.assertEqual((refusal.code, refusal.error()["name"]), (503, "draining"))
        self.assertEqual(self.server.ended(), 0)

    def test_while_it_ends(self):
        self.server.install("stubborn")
        self.server.config.update({"drain_ms": 600000})
        self.assertEqual(admin.reload(self.server)["verdict"], "taken")
        with Client(self.server.port) as client:
            client.ask(WAIT, "gate")
            waits(self.server, "gate")
            since = self.server.mark()
            self.server.process.send_signal(signal.SIGTERM)
            self.server.wait_log("main: stopping", since)
            refusal = admin.ask(self.server, "/v1/reload")
            self.assertEqual((refusal.code, refusal.error()["name"]), (503, "draining"))
            open_gate(self.server, "gate")
            client.closed()
        self.assertEqual(self.server.ended(), 0)


class Late(ServerCase):

    def test_one_that_takes_too_long_goes_on(self):
        server = self.serve("echo", "stubborn", config={"threads": 1})
        server.sighup(config={"threads": 1, "load_ms": SHORT_MS})  # nothing is loaded any more
        with Client(server.port) as client:
            client.ask(HOLD_LOOP, "gate")
            waits(server, "gate")
            answer = admin.ask(server, "/v1/reload")
            self.assertEqual((answer.code, answer.error()["name"]), (504, "deadline"))
            self.assertRegex(answer.error()["message"], r"not over after \d+ ms; it goes on")
            self.assertEqual(admin.status(server)["reload"]["number"], 1)
            open_gate(server, "gate")
            client.reply()
        eventually(lambda: admin.status(server)["reload"]["number"] == 2, "the reload is over")


class Storm(ServerCase):

    def swap(self, turn):
        self.server.install("storm_b" if turn % 2 == 0 else "storm_a", "storm")
        return admin.reload(self.server)

    async def storm(self):
        talkers, over = [Talker(n) for n in range(CONNECTIONS)], asyncio.Event()
        await asyncio.gather(*(talker.open(self.server.port) for talker in talkers))
        talks = [asyncio.ensure_future(talker.talk(over)) for talker in talkers]
        loop = asyncio.get_running_loop()
        try:
            for turn in range(SWAPS):
                seen = sum(talker.answered for talker in talkers)
                report = await loop.run_in_executor(None, self.swap, turn)
                results = {plugin["name"]: plugin["result"] for plugin in report["plugins"]}
                self.assertEqual(results, {"echo": "unchanged", "storm": "replaced"})
                while sum(talker.answered for talker in talkers) < seen + CONNECTIONS:
                    if any(talk.done() for talk in talks):
                        break
                    await asyncio.sleep(0.01)
        finally:
            over.set()
        await asyncio.gather(*talks)
        for talker in talkers:
            talker.writer.close()
        return talkers

    def test_nothing_is_lost(self):
        self.server = self.serve()
        self.server.install("storm_a", "storm")
        self.assertEqual(admin.reload(self.server)["verdict"], "taken")
        talkers = asyncio.run(self.storm())
        for talker in talkers:
            self.assertEqual(talker.answered, talker.sent)
        ended = admin.Metrics(self.server).family("actd_calls_total")
        told = {labels[3]: 0 for labels in ended}
        for labels, value in ended.items():
            told[labels[3]] += value if labels[0] == "storm" else 0
        self.assertEqual({status: value for status, value in told.items() if value},
                         {"ok": sum(talker.sent for talker in talkers)})


if __name__ == "__main__":
    main()
