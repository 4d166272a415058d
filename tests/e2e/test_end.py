"""SIGTERM while plugins are busy: the process ends by itself, and says what it leaves behind."""

import signal

from harness import ServerCase, main
from rawws import Client
from stubborn import HOLD_LOOP, LOAD_MS, WAIT, open_gate, waits


class End(ServerCase):

    def start(self, *plugins, **config):
        self.server = self.serve(*plugins, config={
            "drain_ms": 100, "close_ms": 100, "load_ms": LOAD_MS, **config})
        self.client = Client(self.server.port)
        self.addCleanup(self.client.sock.close)

    def terminate(self):
        self.since = self.server.mark()
        self.server.process.send_signal(signal.SIGTERM)

    def check_ended(self, status, sentence):
        self.assertEqual(self.server.ended(), status, self.server.tail())
        self.assertIn(sentence, self.server.tail())
        self.server.check_reports()

    def install_stubborn_sql(self):
        self.server.install("stubborn_sql", "stubborn")
        self.assertEqual(self.server.sighup().verdict, "taken")

    def test_a_call_that_is_late_and_then_uses_a_service(self):
        """Its provider outlives it."""
        self.start("sqlite")
        self.install_stubborn_sql()
        self.client.ask(WAIT, "gate")
        waits(self.server, "gate")
        self.terminate()
        self.server.wait_log("plugin stubborn .* open at the end of drain_ms", self.since)
        open_gate(self.server, "gate")
        self.server.wait_log("gate: sql 0", self.since)
        self.check_ended(0, "main: stopped")

    def test_a_call_that_never_returns(self):
        self.start("stubborn")
        self.client.ask(WAIT, "gate")
        waits(self.server, "gate")
        self.terminate()
        self.check_ended(0, "a plugin does not end: the process ends without it")

    def test_a_handler_that_keeps_a_loop(self):
        self.start("stubborn")
        self.assertEqual(self.server.sighup({"load_ms": 100}).verdict, "taken")
        self.client.ask(HOLD_LOOP, "gate")
        waits(self.server, "gate")
        self.terminate()
        self.check_ended(1, "the server does not come to its end: something hangs")

    def test_terminated_while_a_reload_waits_for_a_plugin(self):
        self.start("echo")
        self.server.install("stubborn")
        self.server.config["plugins"] = {"stubborn": {"quirks": ["start waits"]}}
        self.server.write_config()
        self.server.process.send_signal(signal.SIGHUP)
        waits(self.server, "start")
        self.terminate()
        self.check_ended(0, "a plugin does not end: the process ends without it")


if __name__ == "__main__":
    main()
