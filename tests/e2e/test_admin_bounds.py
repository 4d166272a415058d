"""The admin listener's bounds: a client that is slow, or one of many, costs others nothing."""

import re

import admin
from harness import ServerCase, eventually, main

CONNECTIONS_MAX, HEAD_MAX, ENDED_MAX = 64, 4096, 64


class Bounds(ServerCase):

    def setUp(self):
        self.server = self.serve()

    def cut(self, sock):
        """The server hangs up, without a word."""
        with sock:
            try:
                self.assertEqual(sock.recv(4096), b"")
            except ConnectionResetError:
                pass

    def test_who_never_asks_is_cut(self):
        silent = admin.connect(self.server)
        half = admin.connect(self.server)
        half.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        self.assertEqual(admin.ask(self.server, "/healthz").text, "ok\n")
        self.cut(silent)
        self.cut(half)

    def test_a_head_that_is_too_long_is_cut(self):
        sock = admin.connect(self.server)
        sock.sendall(b"GET /healthz HTTP/1.1\r\n")
        try:
            sock.sendall(b"X-Filler: " + b"x" * (2 * HEAD_MAX) + b"\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        self.cut(sock)
        self.assertEqual(admin.ask(self.server, "/healthz", headers=["X-Filler: " + "x" * 2000])
                         .text, "ok\n")

    def test_one_too_many_is_turned_away(self):
        held = [admin.connect(self.server) for _ in range(CONNECTIONS_MAX)]
        self.cut(admin.connect(self.server))
        for sock in held:
            sock.close()

        def served():
            try:
                return admin.ask(self.server, "/healthz").text == "ok\n"
            except (ConnectionError, OSError, ValueError):
                return False
        eventually(served, "there is room again")

    def test_who_does_not_read_keeps_nobody_waiting(self):
        lazy = [admin.connect(self.server) for _ in range(10)]
        for sock in lazy:
            admin.send(sock, "GET", "/metrics")
        self.assertEqual(admin.ask(self.server, "/healthz").text, "ok\n")
        for sock in lazy:
            self.assertEqual(admin.Answer(sock, "GET").code, 200)

    def test_a_long_answer_arrives_whole(self):
        """More than a socket takes at once: the numbers of many generations that ended."""
        for turn in range(ENDED_MAX + 6):
            since = self.server.mark()
            self.server.install("storm_b" if turn % 2 else "storm_a", "storm")
            self.assertEqual(admin.reload(self.server)["verdict"], "taken")
            if turn > 0:
                self.server.wait_log(r"plugin storm \(generation \d+\): unloaded", since)
        sock = admin.asked(self.server, "/metrics")
        answer = admin.Answer(sock, "GET")
        self.assertGreater(len(answer.body), 250000)  # unix(7): 212,992 by default
        self.assertTrue(answer.text.endswith("\n"))
        kept = {int(number) for number in
                re.findall(r'actd_calls_total{plugin="storm",generation="(\d+)"', answer.text)}
        newest = max(kept)
        self.assertEqual(kept, set(range(newest - ENDED_MAX, newest + 1)))

    def test_who_leaves_at_once_is_no_harm(self):
        for _ in range(200):
            sock = admin.connect(self.server)
            admin.send(sock, "GET", "/metrics")
            sock.close()
        self.assertEqual(admin.ask(self.server, "/healthz").text, "ok\n")


if __name__ == "__main__":
    main()
