"""After the swap: what a reload replaced is kept for a while, serves again when the new plugin breaks
its budget or somebody says so, and some connections can try the new one before the others do."""

import admin
from harness import ServerCase, eventually, main
from rawws import Client

WHICH = 2000


class TrialCase(ServerCase):

    def start(self, **config):
        self.server = self.serve("echo", config=config, start=False)
        self.server.install("good_a", "swap")
        self.server.start()

    def clients(self, count):
        return [self.client() for _ in range(count)]

    def client(self):
        client = Client(self.server.port)
        self.addCleanup(client.sock.close)
        return client

    def post(self, word):
        return admin.ask(self.server, f"/v1/reload/{word}", "POST").json()

    def states(self):
        """{version: state} of the plugin "swap"."""
        status = admin.ask(self.server, "/v1/status").json()
        return {plugin["version"]: plugin["state"] for plugin in status["plugins"]
                if plugin["name"] == "swap"}


class Hold(TrialCase):

    def test_it_serves_again_when_asked(self):
        self.start(hold_s=600)
        client = self.client()
        self.assertEqual(client.text(WHICH, "x"), "a:x")
        self.server.install("good_b", "swap")
        self.assertEqual(self.server.sighup().verdict, "taken")
        self.assertEqual(client.text(WHICH, "x"), "b:x")
        self.assertEqual(self.states(), {"1.0": "held", "1.1": "serving"})
        report = self.post("rollback")
        self.assertEqual(report["verdict"], "rolled_back")
        self.assertEqual([plugin["result"] for plugin in report["plugins"]], ["rolled_back"])
        self.assertEqual(client.text(WHICH, "x"), "a:x")
        eventually(lambda: self.states() == {"1.0": "serving"}, "the new one has ended")
        # The file is still there: the next reload tries it again.
        self.assertEqual(self.server.sighup().verdict, "taken")
        self.assertEqual(client.text(WHICH, "x"), "b:x")
        client.bye()

    def test_it_ends_when_its_time_is_over(self):
        self.start(hold_s=1)
        self.server.install("good_b", "swap")
        self.server.sighup()
        self.server.wait_log(r"reload: plugin swap \(generation \d+\): unloaded")
        self.assertEqual(self.states(), {"1.1": "serving"})
        report = self.post("rollback")
        self.assertEqual(report["verdict"], "refused")
        self.assertIn("not kept", report["errors"][0])

    def test_another_reload_ends_it(self):
        self.start(hold_s=600)
        client = self.client()
        for build, version in (("good_b", "1.1"), ("good_a", "1.0"), ("good_b", "1.1")):
            self.server.install(build, "swap")
            self.server.sighup()
            self.assertEqual(client.text(WHICH, "x"), f"{build[-1]}:x")
        eventually(lambda: self.states() == {"1.0": "held", "1.1": "serving"},
                   "one is held, the others have ended")
        self.server.sighup()  # replaces nothing: it is held on
        self.assertEqual(self.post("rollback")["verdict"], "rolled_back")
        self.assertEqual(client.text(WHICH, "x"), "a:x")


class Budget(TrialCase):

    def test_a_plugin_that_fails_is_taken_back(self):
        self.start(hold_s=600, rollback={"errors_percent": 20, "min_calls": 10})
        client = self.client()
        self.server.install("swap_sour", "swap")
        since = self.server.mark()
        self.assertEqual(self.server.sighup().verdict, "taken")
        answered = 0
        while answered < 10:
            self.assertEqual(client.error(WHICH)["name"], "plugin_failed")
            answered += 1
        self.server.wait_log(r"reload: plugin swap 2\.0 \(generation \d+\) failed 10 of 10 calls",
                             since)
        self.server.wait_log(r"reload: reload 1 rolled back", since)
        eventually(lambda: client.text(WHICH, "x") == "a:x", "the one before serves")
        client.bye()

    def test_one_that_refuses_is_not(self):
        self.start(hold_s=600, rollback={"errors_percent": 1, "min_calls": 1})
        client = self.client()
        self.server.install("good_b", "swap")
        self.server.sighup()
        for _ in range(50):
            self.assertEqual(client.text(WHICH, "x"), "b:x")
        self.assertEqual(self.states(), {"1.0": "held", "1.1": "serving"})


class Canary(TrialCase):

    def test_some_connections_try_it(self):
        self.start(canary_percent=30)
        clients = self.clients(200)
        self.server.install("good_b", "swap")
        self.server.sighup()
        first = [client.text(WHICH) for client in clients]
        self.assertEqual(set(first), {"a:", "b:"})
        self.assertIn(first.count("b:"), range(20, 120))
        # Each stays with what it has.
        self.assertEqual([client.text(WHICH) for client in clients], first)
        refused = self.server.sighup()
        self.assertEqual(refused.verdict, "refused")
        self.assertIn("a canary is under way", refused.text)
        self.assertEqual(self.post("promote")["verdict"], "promoted")
        self.assertEqual({client.text(WHICH) for client in clients}, {"b:"})
        eventually(lambda: self.states() == {"1.1": "serving"}, "the one before has ended")
        self.assertEqual(self.server.sighup().verdict, "taken")

    def test_it_can_be_taken_back(self):
        self.start(canary_percent=50)
        clients = self.clients(50)
        self.server.install("good_b", "swap")
        self.server.sighup()
        self.assertEqual({client.text(WHICH) for client in clients}, {"a:", "b:"})
        self.assertEqual(self.post("rollback")["verdict"], "rolled_back")
        self.assertEqual({client.text(WHICH) for client in clients}, {"a:"})


if __name__ == "__main__":
    main()
