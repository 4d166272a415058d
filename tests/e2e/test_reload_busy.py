"""Clients that keep every worker busy, and more that wait for one, do not keep a reload from being
taken."""

from harness import ServerCase, eventually, main
from rawws import Client
from stubborn import LOAD_MS, WAIT, open_gate, quirks

WORKERS, CLIENTS = 2, 12


class ReloadBusy(ServerCase):

    def start(self):
        self.server = self.serve("stubborn", config={
            "workers": WORKERS, "load_ms": 5 * LOAD_MS, "drain_ms": 600000})
        self.clients = [Client(self.server.port) for _ in range(CLIENTS)]
        for number, client in enumerate(self.clients):
            self.addCleanup(client.sock.close)
            client.ask(WAIT, f"gate-{number}")
        eventually(lambda: self.waiting() == WORKERS, "every worker is in a call")

    def waiting(self):
        return sum("waits" in line for line in self.server.lines)

    def let_all_go(self):
        for number in range(CLIENTS):
            open_gate(self.server, f"gate-{number}")
        for number, client in enumerate(self.clients):
            self.assertEqual(client.reply(), (WAIT, b"gate-%d: sql -8" % number))

    def test_another_plugin_comes(self):
        self.start()
        self.server.install("echo")
        reload = self.server.sighup()
        self.assertEqual(reload.verdict, "taken", reload.text)
        self.assertEqual(self.waiting(), WORKERS)
        with Client(self.server.port) as client:
            self.assertEqual(client.text(1, "x"), "x")
        self.let_all_go()

    def test_the_busy_plugin_is_replaced(self):
        self.start()
        since = self.server.mark()
        reload = self.server.sighup(quirks())
        self.assertEqual(reload.verdict, "taken", reload.text)
        self.assertTrue(reload.plugins["stubborn"].startswith("replaced"), reload.text)
        self.assertEqual(self.waiting(), WORKERS)
        self.let_all_go()
        self.server.wait_log(r"plugin stubborn \(generation \d+\): unloaded", since)


if __name__ == "__main__":
    main()
