"""Timers that workers set and drop at once, by the thousand, while another thread, their loop, has
them."""

from harness import ServerCase, main
from rawws import Client
from stubborn import ANSWER, TIMERS

CLIENTS, EACH = 4, 2000  # together under the limit of 10,000 timers a plugin


class TimersDropped(ServerCase):

    def check(self, threads):
        server = self.serve("stubborn", config={"threads": threads, "workers": CLIENTS})
        clients = [Client(server.port) for _ in range(CLIENTS)]
        for client in clients:
            self.addCleanup(client.sock.close)
        for _ in range(2):
            for client in clients:
                client.ask(TIMERS, str(EACH))
            for client in clients:
                self.assertEqual(client.reply(), (TIMERS, b"unset 0 undropped 0"))
        self.assertEqual(clients[0].text(ANSWER, "x"), "x")

    def test_on_one_loop(self):
        self.check(1)

    def test_on_two_loops(self):
        self.check(2)


if __name__ == "__main__":
    main()
