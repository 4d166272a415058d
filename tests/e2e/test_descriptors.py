"""A server without descriptors turns connections away, does not spin, and serves again when there
are some."""

import pathlib
import resource
import time

from harness import ServerCase, eventually, main
from procfs import descriptors
from rawws import Client, Closed, Socket

ROOM = 8  # descriptors that are left for connections
WATCHED_S = 2
SPIN_TICKS = 50  # of 100 a second and busy loop: even a loop with a third of a core uses more


def cpu_ticks(pid):
    """utime and stime of the process (proc(5))."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


class Descriptors(ServerCase):

    def limit(self, room):
        """Leaves the server room for so many descriptors more."""
        most = max(descriptors(self.server.pid)) + 1 + room
        resource.prlimit(self.server.pid, resource.RLIMIT_NOFILE, (most, self.hard))

    def start(self):
        self.server = self.serve(config={"ping_s": 0})
        self.hard = resource.prlimit(self.server.pid, resource.RLIMIT_NOFILE)[1]
        self.held = []

    def fill(self):
        """Opens connections until one is turned away."""
        while True:
            try:
                self.held.append(Client(self.server.port))
                self.addCleanup(self.held[-1].sock.close)
            except (Closed, OSError):
                return

    def check_idle(self):
        before = cpu_ticks(self.server.pid)
        time.sleep(WATCHED_S)
        self.assertLess(cpu_ticks(self.server.pid) - before, SPIN_TICKS)

    def check_serves_again(self):
        for client in self.held:
            self.assertEqual(client.text(1, "x"), "x")
        for client in self.held[:ROOM // 2]:
            client.bye()
        eventually(self.serves_one, "a new connection is served")

    def serves_one(self):
        try:
            with Client(self.server.port) as client:
                return client.text(1, "x") == "x"
        except (Closed, OSError):
            return False

    def test_turned_away_and_then_served(self):
        self.start()
        self.limit(ROOM)
        self.fill()
        self.assertTrue(self.held)
        self.check_idle()
        self.check_serves_again()

    def test_many_that_wait(self):
        self.start()
        self.limit(ROOM)
        self.fill()
        for _ in range(20):
            waiting = Socket(self.server.port)
            self.addCleanup(waiting.sock.close)
        self.check_idle()
        self.check_serves_again()

    def test_not_even_the_reserve(self):
        """The limit falls below what is open: those who come have to wait, and are served later."""
        self.start()
        self.fill_to(ROOM)
        resource.prlimit(self.server.pid, resource.RLIMIT_NOFILE, (3, self.hard))
        waiting = Socket(self.server.port)
        self.addCleanup(waiting.sock.close)
        self.check_idle()
        resource.prlimit(self.server.pid, resource.RLIMIT_NOFILE, (self.hard, self.hard))
        self.check_serves_again()

    def fill_to(self, count):
        for _ in range(count):
            self.held.append(Client(self.server.port))
            self.addCleanup(self.held[-1].sock.close)


if __name__ == "__main__":
    main()
