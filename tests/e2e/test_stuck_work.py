"""Work that a plugin begins before it serves: a reload that refuses the plugin waits for it, and
one that cannot wait leaves the plugin in memory."""

import signal

from harness import Reload, ServerCase, main
from rawws import Client
from stubborn import LOAD_MS, open_gate, quirks, waits


class StuckWork(ServerCase):

    def begin(self, step, load_ms):
        """Sends SIGHUP with a plugin that begins work in a step and then fails to start; its work
        waits at the gate."""
        self.server = self.serve("echo", config={"load_ms": load_ms})
        self.server.install("stubborn")
        self.server.config.update(quirks(f"{step} begins work", "work waits", "start fails"))
        self.server.write_config()
        self.since = self.server.mark()
        self.server.process.send_signal(signal.SIGHUP)
        waits(self.server, "work", self.since)

    def check_refused(self):
        self.server.wait_log(r"plugin stubborn: refused: start failed", self.since)
        verdict = self.server.wait_log(Reload.VERDICT.pattern, self.since)
        self.assertIn("partial", verdict)
        with Client(self.server.port) as client:
            self.assertEqual(client.text(1, "x"), "x")

    def check_waited_for(self, step):
        self.begin(step, 20 * LOAD_MS)
        open_gate(self.server, "work")
        self.check_refused()
        self.assertNotIn("stays in memory", self.server.tail())

    def test_begun_in_create(self):
        self.check_waited_for("create")

    def test_begun_in_start(self):
        self.check_waited_for("start")

    def test_that_outlives_load_ms(self):
        self.begin("start", LOAD_MS)
        self.check_refused()
        self.assertIn("did not end within load_ms: it stays in memory", self.server.tail())
        since = self.server.mark()
        open_gate(self.server, "work")
        self.server.wait_log("work goes on", since)
        self.check_refused()

    def test_that_the_end_of_the_server_does_not_wait_for(self):
        self.begin("create", LOAD_MS)
        self.check_refused()
        self.server.stop()


if __name__ == "__main__":
    main()
