"""The promise when what a reload replaced is kept: the steps of promise.py, with and without hold_s
in turn, and after each round of them a trial that somebody, or the error budget, decides."""

import json

import admin
from harness import eventually, plugin_file
from promise import NOW, World
from rawws import Client

SOUR = 2202  # fails in the build "s" of storm, and is unknown to the others
HOLD_S, CANARY_PERCENT = 600, 30
STORM = str(NOW // 10)


class TrialWorld(World):
    """A World with a load, in which reloads are taken back and tried by some connections first."""

    BUILDS = ("ab", "abs")
    KEPT = {"hold_s": HOLD_S}
    BUDGET = {"hold_s": HOLD_S, "rollback": {"errors_percent": 1, "min_calls": 20}}
    CANARY = {"canary_percent": CANARY_PERCENT}
    PLAIN = {"hold_s": 0, "canary_percent": 0, "rollback": {"errors_percent": 0}}

    def begin(self, load):
        self.load = load

    def step(self, turn):
        turn, at = divmod(turn, self.ROUND)
        if at < len(self.STEPS):
            self.server.config.update(self.KEPT if turn % 2 else self.PLAIN)
            self.STEPS[at](self)
        else:
            self.TRIALS[turn % len(self.TRIALS)](self)
            self.server.config.update(self.PLAIN)

    def measure(self):
        """Of nothing that is kept: a reload that replaces something and keeps nothing ends it."""
        self.server.config.update(self.PLAIN)
        self.rename("storm")
        return super().measure()

    # ---- trials

    def promoted(self):
        """A canary; it is promoted."""
        self.canary()
        self.decide("promote", "promoted")
        self.serves_all(self.live["storm"])

    def refused_by_some(self):
        """A canary; it is taken back."""
        before = self.live["storm"]
        self.canary()
        self.decide("rollback", "rolled_back")
        self.back_to(before)

    def taken_back(self):
        """What is held serves again, because somebody says so."""
        before = self.live["storm"]
        self.server.config.update(self.KEPT)
        self.rename("storm")
        self.decide("rollback", "rolled_back")
        self.back_to(before)

    def over_budget(self):
        """A plugin fails in what the load does not ask, and is taken back by itself."""
        self.server.config.update(self.BUDGET)
        self.server.install(plugin_file("storm_sour"), "storm")
        since = self.server.mark()
        self.replaced("storm", self.server.sighup())
        with Client(self.server.port) as client:
            eventually(lambda: self.sour(client) != "plugin_failed", "the budget is broken")
        self.server.wait_log(r"reload: reload \d+ rolled back", since)
        self.back_to(self.live["storm"])

    TRIALS = (promoted, over_budget, refused_by_some, taken_back)
    ROUND = len(World.STEPS) + 1

    @staticmethod
    def sour(client, calls=20):
        """The name of the error that the last of so many calls got."""
        for _ in range(calls):
            client.ask(SOUR, "x")
        errors = [json.loads(client.reply()[1])["error"] for _ in range(calls)]
        return errors[-1]["name"]

    def canary(self):
        """Some connections have the other build, each for good, and no reload comes in between."""
        self.server.config.update(self.CANARY)
        self.rename("storm")
        self.load.watch()
        eventually(lambda: self.load.seen()[STORM]["compared"] >= self.connections,
                   "each connection could be held against itself")
        refused = self.server.sighup()
        self.case.assertEqual(refused.verdict, "refused", refused.text)
        self.case.assertIn("a canary is under way", refused.text)
        seen = self.load.seen(end=True)
        self.case.assertEqual(seen.pop(STORM)["builds"], "ab")
        for other in seen.values():
            self.case.assertEqual(len(other["builds"]), 1, seen)

    def decide(self, word, verdict):
        report = admin.ask(self.server, f"/v1/reload/{word}", "POST").json()
        self.case.assertEqual(report["verdict"], verdict, report)

    def back_to(self, build):
        """The file of the build that serves again is put back, so that the next reload finds it."""
        self.live["storm"] = build
        self.server.install(plugin_file(f"storm_{build}"), "storm")
        self.serves_all(build)

    def serves_all(self, build):
        """Whatever is asked from now on is answered by this build."""
        self.load.watch()
        eventually(lambda: self.load.seen()[STORM]["answers"] >= self.connections // 4,
                   "there are answers")
        self.case.assertEqual(self.load.seen(end=True)[STORM]["builds"], build)
