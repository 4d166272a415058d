"""/readyz says no while a client that came would not be served, and why; /healthz says yes."""

import signal

import admin
from harness import ServerCase, eventually, main
from rawws import Client
from stubborn import HOLD_LOOP, LOAD_MS, WAIT, open_gate, quirks, waits


class Ready(ServerCase):

    def not_ready(self, server, words):
        answer = admin.ask(server, "/readyz")
        self.assertEqual(answer.code, 503, answer.text)
        self.assertIn(words, answer.text)
        self.assertEqual(admin.ask(server, "/healthz").text, "ok\n")
        status = admin.status(server)
        self.assertIs(status["ready"], False)
        self.assertIn(words, status["why"])

    def test_while_it_starts(self):
        server = self.serve("echo", "stubborn", start=False, config={
            "load_ms": 20 * LOAD_MS, **quirks("activate waits")})
        server.spawn()
        waits(server, "activate")
        self.not_ready(server, "starting")
        self.assertIsNone(admin.status(server)["reload"])
        open_gate(server, "activate")
        server.wait_log("main: ready")
        eventually(lambda: admin.ask(server, "/readyz").code == 200, "it is ready")

    def test_while_it_ends(self):
        server = self.serve("stubborn", config={"drain_ms": 600000})
        with Client(server.port) as client:
            client.ask(WAIT, "gate")
            waits(server, "gate")
            server.process.send_signal(signal.SIGTERM)
            server.wait_log("main: stopping")
            self.not_ready(server, "ending")
            open_gate(server, "gate")
            client.closed()
        self.assertEqual(server.ended(), 0)

    def test_while_a_loop_is_stuck(self):
        server = self.serve("stubborn", config={"threads": 2})
        with Client(server.port) as client:
            client.ask(HOLD_LOOP, "gate")
            waits(server, "gate")
            answer = eventually(lambda: self.refusal(server), "the loop is missed")
            self.assertRegex(answer.text, r"^loop-[01] has not come to the end of a turn for \d+ s")
            self.not_ready(server, "is a plugin that should not block blocking it?")
            open_gate(server, "gate")
            client.reply()
        eventually(lambda: admin.ask(server, "/readyz").code == 200, "it goes on")

    def refusal(self, server):
        answer = admin.ask(server, "/readyz")
        return answer if answer.code == 503 else None


if __name__ == "__main__":
    main()
