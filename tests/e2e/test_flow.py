"""Flow control: a client that sends much, or reads nothing, costs a bounded amount of memory and
loses nothing it is owed."""

import select

from harness import SANITIZERS, ServerCase, main
from probe import HOLD, JOIN, OK, PUSH, TO_GROUP, Probe
from procfs import status_kib
from rawws import BINARY, Client, Closed, action_frame, client_frame

MIB = 1 << 20
ROOM_KIB = 64 * 1024  # far above the bounds in use, and below what is sent
COUNT = 128 if SANITIZERS else 384  # messages of 256 KiB: more than fits on the way


def send_until_stuck(client, data):
    """Sends until nothing has gone out for a second; how many bytes went. (A slow machine stops
    early here, which only makes the tests easier to pass, never harder.)"""
    view, sent = memoryview(data), 0
    while sent < len(view) and select.select([], [client.sock], [], 1.0)[1]:
        sent += client.send_some(view[sent:sent + 65536])
    return sent


class Flow(ServerCase):

    def start(self, close_ms=2000, **limits):
        self.server = self.serve("echo", "probe", config={"close_ms": close_ms, "limits": limits})
        self.before = status_kib(self.server.pid, "VmHWM")

    def client(self, path="/serv/", **options):
        client = Probe(self.server.port, path, **options)
        self.addCleanup(client.sock.close)
        return client

    def check_memory(self):
        """The peak, since the start. A sanitizer keeps freed memory, so there it says nothing."""
        if not SANITIZERS:
            grown = status_kib(self.server.pid, "VmHWM") - self.before
            self.assertLess(grown, ROOM_KIB)

    def test_thousands_behind_a_slow_one(self):
        self.start(pending_messages=16)
        client, other = self.client(), self.client()
        count = 5000
        client.send(action_frame(HOLD, "slow"))
        client.send(b"".join(action_frame(1, b"%d" % n) for n in range(count)))
        self.assertEqual(other.release("slow", "done"), OK)
        self.assertEqual(client.reply(), (HOLD, b"done"))
        for number in range(count):
            self.assertEqual(client.reply(), (1, b"%d" % number))

    def test_megabytes_behind_a_slow_one(self):
        self.start()
        client, other = self.client(receive_buffer=65536), self.client()
        client.send(action_frame(HOLD, "slow"))
        size, count = 256 * 1024, COUNT
        data = b"".join(action_frame(1, b"%08d" % n + b"x" * size) for n in range(count))
        sent = send_until_stuck(client, data)
        self.assertLess(sent, len(data), "all was taken while a call was open")
        self.check_memory()
        self.assertEqual(other.release("slow", "done"), OK)
        self.finish(client, data, sent, [(HOLD, b"done")] + [
            (1, b"%08d" % n + b"x" * size) for n in range(count)])

    def finish(self, client, data, sent, expected):
        """Sends the rest and reads all, by turns."""
        rest = memoryview(data)[sent:]
        for answer in expected:
            while rest and (sent := client.send_some(rest[:65536])):
                rest = rest[sent:]
            got = client.reply()
            if got != answer:  # not assertEqual, which would print megabytes
                self.fail(f"expected {answer[0]} {answer[1][:8]!r}, got {got[0]} {got[1][:8]!r}")
        self.assertEqual(client.call(1, b"and on"), b"and on")

    def test_a_client_that_does_not_read(self):
        self.start()
        client = self.client(receive_buffer=65536)
        size, count = 256 * 1024, COUNT
        data = b"".join(action_frame(1, b"%08d" % n + b"x" * size) for n in range(count))
        sent = send_until_stuck(client, data)
        self.assertLess(sent, len(data), "all was taken from a client that reads nothing")
        self.check_memory()
        other = self.client()
        self.assertEqual(other.call(1, b"others go on"), b"others go on")
        self.finish(client, data, sent, [
            (1, b"%08d" % n + b"x" * size) for n in range(count)])

    def test_pushes_to_a_client_that_does_not_read(self):
        self.start(close_ms=60000)  # it does read again, if late
        deaf, speaker = self.client(receive_buffer=65536), self.client()
        conn = deaf.conn
        self.assertEqual(deaf.text(JOIN, "g"), OK)
        for _ in range(128):
            self.assertEqual(speaker.text(PUSH, f"0 {TO_GROUP} g - 0 0 *{MIB}"), OK)
        self.check_memory()
        self.assertEqual(deaf.closed().code, 4408)
        deaf.sock.close()
        speaker.wait_event(f"close {conn}")

    def test_a_client_that_never_reads_again_is_let_go(self):
        self.start()
        deaf, speaker = self.client(receive_buffer=65536), self.client()
        conn = deaf.conn
        deaf.text(JOIN, "g")
        for _ in range(128):
            speaker.text(PUSH, f"0 {TO_GROUP} g - 0 0 *{MIB}")
        speaker.wait_event(f"close {conn}")  # with its socket still open here
        with self.assertRaises((Closed, OSError)):
            while True:
                deaf.frame()

    def test_a_message_as_long_as_allowed_in_a_thousand_fragments(self):
        self.start()
        client = Client(self.server.port, "/echo")
        self.addCleanup(client.sock.close)
        parts = [client_frame(BINARY if n == 0 else 0, b"x" * 1024, fin=n == 1023)
                 for n in range(1024)]
        client.send(b"".join(parts))
        self.assertEqual(client.message(), (BINARY, b"x" * MIB))


if __name__ == "__main__":
    main()
