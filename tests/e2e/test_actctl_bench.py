"""actctl bench: every answer is checked, a server that answers wrongly is found out, and figures are
about what was served."""

import itertools
import os

from actctl import (GOOD, LOST, REFUSED, TIMED_OUT, UNREACHED, USAGE, Strange, actctl, nobodys_url,
                    replies, server_frame, until_closed, upgrade)
from harness import ServerCase, main, plugin_file
from tokens import Issuer

SHORT = ("-s", "0.2", "--warm", "0.05")
CLOSE, PING = 8, 9


def bench(url, *args, **options):
    return actctl("bench", url, *SHORT, *args, **options)


class Served(ServerCase):
    """By the real server."""

    def setUp(self):
        crowd = plugin_file("echo").parents[1] / "tests/bench/crowd.so"
        self.server = self.serve("echo", crowd)
        self.url = self.server.url("/serv/")

    def good(self, *args, url=None, **options):
        """The object of a run that went well; nothing was lost in it."""
        done = bench(url or self.url, "--json", *args, **options)
        self.assertEqual((done.code, done.err), (GOOD, ""))
        result = done.lines[0]
        self.assertGreater(result["count"], 0)
        self.assertGreater(result["per_s"], 0)
        return result

    def test_echo(self):
        for depth, size in ((1, 12), (16, 12), (16, 4096), (3, 1), (2, 70000)):
            with self.subTest(depth=depth, size=size):
                result = self.good("-n", 5, "-d", depth, "--size", size)
                self.assertEqual(result["sent"], result["answered"])
                self.assertEqual(result["sent"] % depth, 0)
                self.assertEqual((result["opened"], result["depth"], result["size"]),
                                 (5, depth, size))

    def test_fan_out(self):
        result = self.good("-n", 7, "--mode", "fan-out", "-d", 2)
        self.assertEqual(result["answered"], 7 * result["sent"])

    def test_connect(self):
        result = self.good("-n", 4, "--mode", "connect", "--from", "127.0.0.2")
        self.assertGreaterEqual(result["opened"], result["count"])
        self.assertEqual((result["sent"], result["answered"]), (0, 0))

    def test_rate(self):
        result = self.good("-n", 3, "--rate", 500)
        self.assertEqual(result["sent"], result["answered"])
        # All that were due in 0.2 s and no other, whenever they left and were answered.
        self.assertIn(result["count"], (100, 101))
        self.assertLessEqual(result["latency_us"]["p50"], result["latency_us"]["p99"])
        self.assertLessEqual(result["latency_us"]["p99"], result["latency_us"]["max"])

    def test_without_sleep(self):
        for more in ((), ("--rate", 500)):
            with self.subTest(more):
                result = self.good("-n", 3, "--spin", *more)
                self.assertEqual(result["sent"], result["answered"])

    def test_idle_and_what_the_server_uses(self):
        result = self.good("-n", 2, "--idle", 30, "--pid", self.server.pid)
        self.assertEqual((result["opened"], result["idle"]), (32, 30))
        self.assertGreater(result["server"]["cpu_us_each"], 0)
        self.assertGreater(result["server"]["bytes_open"], 1 << 20)

    def test_numbers_in_the_path(self):
        self.good("-n", 3, url=self.url + "?user=u{n}")

    def test_a_table(self):
        done = bench(self.url, "-n", 2, "--pid", self.server.pid)
        self.assertEqual((done.code, done.err), (GOOD, ""))
        for word in ("echo, 2 connections", "a second", "p99.9", "checked", "% of a core"):
            self.assertIn(word, done.out)

    def test_an_unknown_action(self):
        done = bench(self.url, "--code", 99)
        self.assertEqual((done.code, done.out), (REFUSED, ""))
        self.assertIn("answer 1: expected one binary frame of 16 bytes, code 99", done.err)
        self.assertIn("unknown_action", done.err)

    def test_limits(self):
        done = bench(self.url, "--idle", 900000)
        self.assertEqual(done.code, USAGE, done.err)
        self.assertIn("descriptors", done.err)

    def test_a_process_that_is_not_there(self):
        done = bench(self.url, "--pid", 2 ** 31 - 1)
        self.assertEqual(done.code, USAGE, done.err)
        self.assertIn("process 2147483647", done.err)


class LoggedIn(ServerCase):

    def test_tokens(self):
        issuer = Issuer()
        config = dict(issuer.config(), services={"act.auth/1": "jwt"},
                      endpoints={"/serv/": {"mode": "action", "login": "required"}})
        server = self.serve("echo", "jwt", config=config, files=issuer.files())
        url = server.url("/serv/")
        self.assertEqual(bench(url, "--token", issuer.mint("alice")).code, GOOD)
        refused = bench(url)
        self.assertEqual(refused.code, UNREACHED)
        self.assertIn("expected HTTP/1.1 101, found HTTP/1.1 401", refused.err)


class OverUnix(ServerCase):

    def test_a_unix_socket(self):
        server = self.serve("echo", start=False)
        path = os.path.join(server.root, "s")
        server.config["listen"] = f"unix:{path}"
        server.start()
        done = bench(f"ws+unix:{path}:/serv/", "-n", 5, "-d", 4)
        self.assertEqual((done.code, done.err), (GOOD, ""))


class FoundOut(ServerCase):
    """By servers that get it wrong, each in its own way."""

    def run_against(self, script, *args):
        server = Strange(script)
        self.addCleanup(server.stop)
        return bench(server.url, "-n", 1, "--timeout", 2, *args)

    def deceived(self, answers, code, says, depth=1):
        """`answers` makes bytes of the number of a message and the message, each time one comes."""
        def script(conn):
            upgrade(conn)
            for number, (opcode, message) in enumerate(replies(conn)):
                if opcode == CLOSE:
                    conn.sendall(server_frame(CLOSE, message))
                    return
                conn.sendall(answers(number, message))
            until_closed(conn)
        done = self.run_against(script, "-d", depth)
        self.assertEqual(done.code, code, done.err)
        self.assertRegex(done.err, says)

    def test_the_truth_is_taken(self):
        self.deceived(lambda n, message: server_frame(2, message), GOOD, "^$")

    def test_a_ping_is_answered(self):
        pongs = []

        def script(conn):
            upgrade(conn)
            for number, (opcode, message) in enumerate(replies(conn)):
                if opcode == CLOSE:
                    conn.sendall(server_frame(CLOSE, message))
                    return
                if opcode == 2:
                    conn.sendall(server_frame(PING, b"%d" % number) + server_frame(2, message))
                else:
                    pongs.append((opcode, message))
        self.assertEqual(self.run_against(script).code, GOOD)
        self.assertIn((10, b"0"), pongs)

    def test_pushes_begin_when_each_is_entered(self):
        """Nothing is asked before every connection has shown, by a pong, that the server knows it."""
        heard = []

        def script(conn):
            upgrade(conn)
            for opcode, message in replies(conn):
                heard.append(opcode)
                if opcode == CLOSE:
                    conn.sendall(server_frame(CLOSE, message))
                    return
                if opcode == PING:
                    conn.sendall(server_frame(10, message))
                else:
                    conn.sendall(server_frame(2, b"\0\0\x03\xea" + message[4:]))
        self.assertEqual(self.run_against(script, "--mode", "fan-out").code, GOOD)
        self.assertEqual(heard[:2], [PING, 2])

    def test_a_bent_byte(self):
        def bend(number, message):
            return server_frame(2, message[:-1] + bytes([message[-1] ^ (number == 5)]))
        self.deceived(bend, REFUSED, "connection 0, answer 6: expected one binary frame of 16")

    def test_another_code(self):
        self.deceived(lambda n, message: server_frame(2, b"\0\0\0\2" + message[4:]), REFUSED,
                      "answer 1: ")

    def test_text(self):
        self.deceived(lambda n, message: server_frame(1, message), REFUSED, "found opcode 1")

    def test_an_answer_twice(self):
        self.deceived(lambda n, message: server_frame(2, message) * (1 + (n == 3)), REFUSED,
                      "while none is owed|answer 5")

    def test_two_answers_swapped(self):
        kept = []

        def swap(number, message):
            kept.append(server_frame(2, message))
            if number % 2 == 0:
                return b""
            return kept.pop() + kept.pop()
        self.deceived(swap, REFUSED, "answer 1: ", depth=2)

    def test_an_answer_is_lost(self):
        self.deceived(lambda n, message: b"" if n == 4 else server_frame(2, message), TIMED_OUT,
                      "nothing came for 2000 ms, with 5 messages sent and 4 answers")

    def test_frames_that_no_server_sends(self):
        for frame in (b"\x82\x90" + b"\0" * 20, b"\xc2\x10" + b"\0" * 16, b"\x83\0", b"\x09\0",
                      b"\x89\x7e\0\x80" + b"\0" * 128):
            with self.subTest(frame[:2]):
                self.deceived(lambda n, message, frame=frame: frame, REFUSED,
                              "no frame of a server")

    def test_a_fragment(self):
        self.deceived(lambda n, message: b"\x02" + server_frame(2, message)[1:], REFUSED,
                      "to be continued")

    def test_a_message_that_nobody_asked_for(self):
        def script(conn):
            upgrade(conn)
            conn.sendall(server_frame(2, b"\0\0\0\1hello"))
            until_closed(conn)
        done = self.run_against(script, "--rate", 1, "--idle", 1)
        self.assertEqual(done.code, REFUSED, done.err)
        self.assertIn("a message of 9 bytes while none is owed", done.err)

    def test_a_close(self):
        self.deceived(lambda n, message: server_frame(CLOSE, b"\x03\xf3enough"), LOST,
                      'closed it with 1011 "enough"')

    def test_an_end(self):
        def script(conn):
            upgrade(conn)
            next(replies(conn))
        done = self.run_against(script)
        self.assertEqual(done.code, LOST, done.err)
        self.assertIn("after 0 answers: ", done.err)

    def test_a_close_that_is_not_answered(self):
        def script(conn):
            upgrade(conn)
            for opcode, message in replies(conn):
                if opcode == CLOSE:
                    return
                conn.sendall(server_frame(2, message))
        done = self.run_against(script)
        self.assertEqual(done.code, LOST, done.err)
        self.assertIn("our close was not answered with a close", done.err)

    def test_bytes_behind_the_close(self):
        def script(conn):
            upgrade(conn)
            for opcode, message in replies(conn):
                if opcode == CLOSE:
                    conn.sendall(server_frame(CLOSE, message) + server_frame(2, b"late"))
                    return
                conn.sendall(server_frame(2, message))
        done = self.run_against(script)
        self.assertEqual(done.code, REFUSED, done.err)
        self.assertIn("6 bytes behind the server's close frame", done.err)

    def test_bytes_that_trickle(self):
        """An answer in pieces is one answer."""
        def script(conn):
            upgrade(conn)
            for opcode, message in replies(conn):
                frame = server_frame(opcode, message)
                for piece in (frame[:1], frame[1:3], frame[3:]):
                    conn.sendall(piece)
                if opcode == CLOSE:
                    return
        self.assertEqual(self.run_against(script).code, GOOD)

    def test_no_upgrade(self):
        answers = itertools.cycle([
            (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "found HTTP/1.1 503"),
            (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "found no such header"),
            (b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n\r\n", "found x"),
            (b"", "the server ended the stream"),
        ])
        for _ in range(4):
            answer, says = next(answers)
            with self.subTest(says):
                def script(conn, answer=answer):
                    conn.recv(65536)
                    conn.sendall(answer)
                done = self.run_against(script)
                self.assertEqual(done.code, UNREACHED, done.err)
                self.assertIn(says, done.err)


class Usage(ServerCase):

    def refused(self, *args, says, url="ws://127.0.0.1:1/"):
        done = actctl("bench", url, *args)
        self.assertEqual((done.code, done.out), (USAGE, ""), done.err)
        self.assertIn(says, done.err)

    def test_wrong_ones(self):
        self.refused("--mode", "loud", says='--mode: expected echo, fan-out or connect, found "loud"')
        self.refused("--connections", "1000001", says="--connections: expected at most 1000000")
        self.refused("--idle", "1000001", says="--idle: expected at most 1000000")
        self.refused("--depth", "4097", says="--depth: expected at most 4096")
        self.refused("--size", "1048577", says="--size: expected at most 1048576")
        self.refused("--size", "1048576", "-d", "17", says="--depth times --size: expected at most")
        self.refused("--mode", "fan-out", "--idle", "1", says="not with --mode fan-out")
        self.refused("--mode", "connect", "--rate", "1", says="not with --mode connect")
        self.refused("--from", "here", says='--from: expected a numeric address')
        self.refused("--from", "::1", says='--from: expected a numeric address')
        self.refused(url="wss://127.0.0.1:1/", says="expected ws:// or ws+unix:, found wss://")
        self.refused("--from", "203.0.113.1", says="a local address cannot be used")

    def test_nobody_there(self):
        done = bench(nobodys_url())
        self.assertEqual(done.code, UNREACHED, done.err)
        self.assertIn("Connection refused", done.err)


if __name__ == "__main__":
    main()
