"""What a reload replaced and keeps (hold_s, canary_percent): its open calls come to their ends, the
config that comes meanwhile is not undone with it, and the server can end at any moment."""

import signal
import threading

import admin
from harness import ServerCase, eventually, main
from rawws import Client
from test_poll import ASK, BackEnd

WHICH, ECHO_AGAIN = 2000, 2998


class HeldCase(ServerCase):

    def start(self, **config):
        self.server = self.serve("echo", config=config, start=False)
        self.server.install("good_a", "swap")
        self.server.start()

    def client(self):
        client = Client(self.server.port)
        self.addCleanup(client.sock.close)
        return client

    def post(self, word):
        return admin.ask(self.server, f"/v1/reload/{word}", "POST").json()

    def states(self, name):
        status = admin.ask(self.server, "/v1/status").json()
        return [plugin["state"] for plugin in status["plugins"] if plugin["name"] == name]


class OpenCalls(HeldCase):

    def open(self, **config):
        self.back = BackEnd(pause=600)
        self.addCleanup(self.back.end)
        self.server = self.serve("relay", config={
            "plugins": {"relay": {"port": self.back.port}}, **config})

    def replace(self):
        reload = self.server.sighup({"plugins": {"relay": {"port": self.back.port, "n": 1}}})
        self.assertTrue(reload.plugins["relay"].startswith("replaced "), reload.text)

    def ask_and_replace(self):
        """A call that the back end has and has not answered, and another generation after it."""
        client = self.client()
        client.ask(ASK, "y")
        eventually(lambda: self.back.heard == b"y\n", "the call on its way")
        self.replace()
        self.assertEqual(sorted(self.states("relay")), ["held", "serving"])
        return client

    def test_one_that_waits_for_a_descriptor_is_answered(self):
        self.open(hold_s=600)
        client = self.ask_and_replace()
        self.back.ended.set()  # now it answers
        self.assertEqual(client.reply(), (ASK, b"answer:y"))

    def test_the_end_of_the_server_ends_it(self):
        self.open(hold_s=600, drain_ms=200, close_ms=100)
        self.ask_and_replace()
        self.server.process.send_signal(signal.SIGTERM)
        threading.Timer(0.05, self.back.ended.set).start()
        self.assertEqual(self.server.ended(), 0, self.server.tail())
        self.server.check_reports()


class Config(HeldCase):
    """A reload that replaces nothing, while something is kept."""

    def test_codes_that_came_meanwhile_stay(self):
        self.start(hold_s=600)
        client = self.client()
        self.server.install("good_b", "swap")
        self.assertEqual(self.server.sighup().verdict, "taken")
        self.assertEqual(
            self.server.sighup({"actions": {str(ECHO_AGAIN): "echo.echo"}}).verdict, "taken")
        self.assertEqual(client.text(ECHO_AGAIN, "x"), "x")
        self.assertEqual(self.post("rollback")["verdict"], "rolled_back")
        self.assertEqual(client.text(WHICH, "x"), "a:x")
        self.assertEqual(client.text(ECHO_AGAIN, "x"), "x")

    def test_plugins_that_came_meanwhile_stay(self):
        self.start(hold_s=600)
        client = self.client()
        self.server.install("good_b", "swap")
        self.server.sighup()
        self.server.install("keeper")
        self.assertEqual(self.server.sighup().verdict, "taken")
        report = self.post("rollback")
        self.assertEqual(report["verdict"], "rolled_back")
        self.assertEqual([plugin["name"] for plugin in report["plugins"]], ["swap"])
        self.assertEqual(client.text(WHICH, "x"), "a:x")
        self.assertEqual(client.text(2600, "a 0 one"), "rc 0")


    def test_a_config_that_does_not_fit_it_ends_it(self):
        self.start(hold_s=600)
        self.server.install("swap_sour", "swap")
        self.server.sighup()
        self.assertEqual(sorted(self.states("swap")), ["held", "serving"])
        since = self.server.mark()
        reload = self.server.sighup({"actions": {str(ECHO_AGAIN): "swap.more"}})
        self.assertEqual(reload.verdict, "taken", reload.text)
        self.assertIn('what was kept does not fit the new config, and ends: ', reload.text)
        self.assertIn('actions.2998: ', reload.text)
        self.server.wait_log(r"plugin swap \(generation \d+\): unloaded", since)
        self.assertEqual(self.post("rollback")["verdict"], "refused")


class Terminated(HeldCase):

    def end(self):
        self.server.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.server.ended(), 0, self.server.tail())
        self.assertIn("main: stopped", self.server.tail())
        self.server.check_reports()

    def test_while_one_is_held(self):
        self.start(hold_s=600)
        self.server.install("good_b", "swap")
        self.server.sighup()
        self.end()

    def test_while_a_canary_is_under_way(self):
        self.start(canary_percent=50, hold_s=600)
        clients = [self.client() for _ in range(20)]
        self.server.install("good_b", "swap")
        self.server.sighup()
        self.assertEqual({client.text(WHICH) for client in clients}, {"a:", "b:"})
        self.end()

    def test_after_it_was_promoted(self):
        self.start(canary_percent=50, hold_s=600)
        self.server.install("good_b", "swap")
        self.server.sighup()
        self.assertEqual(self.post("promote")["verdict"], "promoted")
        self.assertEqual(self.post("promote")["verdict"], "refused")
        self.assertEqual(sorted(self.states("swap")), ["held", "serving"])
        self.end()

    def test_after_it_was_taken_back(self):
        self.start(canary_percent=50, hold_s=600)
        self.server.install("good_b", "swap")
        self.server.sighup()
        self.assertEqual(self.post("rollback")["verdict"], "rolled_back")
        for word in ("rollback", "promote"):
            self.assertEqual(self.post(word)["verdict"], "refused")
        self.end()


if __name__ == "__main__":
    main()
