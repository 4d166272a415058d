"""What actctl makes of servers that are not there, refuse, break off, are slow, or are none."""

import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import time

from actctl import (GOOD, LOST, TIMED_OUT, UNREACHED, Running, Strange, actctl, head, nobodys_url,
                    replies, server_frame, until_closed, upgrade)
from harness import SANITIZERS, ServerCase, main
from rawws import BINARY, CLOSE, TEXT, close_body
from tokens import Issuer

ANSWER = struct.pack(">I", 1) + b"hello"


class TroubleCase(ServerCase):

    def play(self, script, **options):
        server = Strange(script, **options)
        self.addCleanup(server.stop)
        return server

    def fails(self, code, *args, says=(), command="call", config=None):
        """Ends with that code, says these things, in two lines, and prints nothing."""
        done = actctl(command, *args, config=config)
        self.assertEqual((done.code, done.out), (code, ""), done.err)
        self.assertEqual(len(done.err.splitlines()), 2, done.err)
        for words in says:
            self.assertIn(words, done.err)
        return done


class NotThere(TroubleCase):

    def test_nobody_listens(self):
        url = nobodys_url()
        self.fails(UNREACHED, url, 1, "x", says=["Connection refused", "is actd running there?"])
        self.fails(UNREACHED, url, command="listen", says=["Connection refused"])
        done = actctl("call", url, 1, "x", "--json")
        self.assertEqual(done.lines[0]["failed"]["exit"], UNREACHED)

    def test_no_socket(self):
        self.fails(UNREACHED, "ws+unix:/nonexistent/s:/serv/", 1, says=["No such file"])

    def test_no_such_host(self):
        self.fails(UNREACHED, "ws://host.invalid/", 1, says=["host.invalid has no address"])

    def test_a_name_with_several_addresses(self):
        """localhost may be ::1 first, where nobody listens."""
        server = self.serve()
        done = actctl("call", f"ws://localhost:{server.port}/serv/", 1, "x")
        self.assertEqual((done.code, done.out), (GOOD, "x\n"), done.err)


class Refused(TroubleCase):

    def setUp(self):
        self.issuer = Issuer()
        config = dict(self.issuer.config(), services={"act.auth/1": "jwt"})
        self.server = self.serve("echo", "jwt", config=config, files=self.issuer.files())
        self.url = self.server.url("/serv/")

    def test_by_the_server(self):
        """Its own sentence is printed, from the body of the refusal."""
        self.fails(UNREACHED, self.server.url("/nowhere"), 1,
                   says=["HTTP 404 not_found: ", "/nowhere", '"endpoints"'])
        self.fails(UNREACHED, self.url, 1, "--token", "rubbish",
                   says=["HTTP 401 not_logged_in: the token is not a JWT", "--user"])
        self.fails(UNREACHED, self.url, 1, "--token", self.issuer.mint("alice", -100),
                   says=["HTTP 401 token_expired: ", "make a new one"])
        self.fails(UNREACHED, self.server.url("/echo"), 1, "-p", "act.v1",
                   says=["HTTP 400 bad_frame: ", "--protocol base"])

    def test_by_somebody_else(self):
        def page(text, more=""):
            def script(conn):
                head(conn)
                conn.sendall((f"HTTP/1.1 502 Bad Gateway\r\n{more}\r\n{text}").encode())
            return self.play(script).url
        for what, url in {
                "a page": page("<html>oh</html>", "Content-Length: 15\r\n"),
                "until the end": page("<html>oh</html>"),
                "chunked": page("5\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n"),
                "nothing": page("", "Content-Length: 0\r\n"),
                "less than promised": page("<html>", "Content-Length: 500\r\n"),
                "more than is read": page("x" * 200000),
                "JSON of its own": page('{"error":"no"}', "Content-Length: 14\r\n"),
        }.items():
            with self.subTest(what):
                self.fails(UNREACHED, url, 1, says=["refused the upgrade with HTTP 502\n"])

    def test_a_body_that_comes_later(self):
        def script(conn):
            head(conn)
            conn.sendall(b"HTTP/1.1 503 no\r\nContent-Length: 77\r\n\r\n")
            time.sleep(0.2)
            conn.sendall(b'{"error":{"code":503,"name":"overloaded",')
            time.sleep(0.2)
            conn.sendall(b'"message":"too many","retry":true}}  ')
        self.fails(UNREACHED, self.play(script).url, 1, says=["503 overloaded: too many"])

    def test_a_redirect_is_not_followed(self):
        def script(conn):
            head(conn)
            conn.sendall(b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\n"
                         b"Content-Length: 0\r\n\r\n")
        self.fails(UNREACHED, self.play(script).url, 1, says=["HTTP 302"])

    def test_the_subprotocol_is_not_taken(self):
        def script(conn):
            upgrade(conn)
            until_closed(conn)
        self.fails(UNREACHED, self.play(script).url, 1, "-p", "act.v1",
                   says=["does not speak act.v1", "--protocol base"])

    def test_no_http(self):
        self.fails(UNREACHED, self.play(lambda conn: conn.sendall(b"220 smtp\r\n\r\n")).url, 1,
                   says=["no WebSocket at"])


class Slow(TroubleCase):

    def test_the_upgrade(self):
        self.fails(TIMED_OUT, self.play(until_closed).url, 1, "--timeout", 0.3,
                   says=["did not answer the upgrade in time", "--timeout"])

    def test_the_answer(self):
        def script(conn):
            upgrade(conn)
            until_closed(conn)
        self.fails(TIMED_OUT, self.play(script).url, 1, "--timeout", 0.3,
                   says=["no answer to 1 within 0.3 s"])


class Broken(TroubleCase):

    def after_upgrade(self, then):
        def script(conn):
            upgrade(conn)
            then(conn)
        return self.play(script).url

    def test_without_a_close(self):
        self.fails(LOST, self.after_upgrade(lambda conn: None), 1, says=["broke without a close"])

    def test_closes(self):
        for code, reason, says in ((1002, "no", ["1002: no", "--protocol"]),
                                   (1009, "", ["with 1009\n", "message_bytes"]),
                                   (4401, "expired", ["4401: expired", "new one"]),
                                   (4408, "slow", ["4408: slow", "too slowly"]),
                                   (1012, "retry=3", ["retry=3", "the server is ending"]),
                                   (4999, "x", ["4999: x", "log"])):
            with self.subTest(code):
                def close(conn, code=code, reason=reason):
                    conn.sendall(server_frame(CLOSE, close_body(code, reason)))
                    until_closed(conn)
                self.fails(LOST, self.after_upgrade(close), 1, says=says)

    def test_the_answer_before_the_close_counts(self):
        def both(conn):
            next(replies(conn))
            conn.sendall(server_frame(BINARY, ANSWER) + server_frame(CLOSE, close_body(1000)))
            until_closed(conn)
        done = actctl("call", self.after_upgrade(both), 1)
        self.assertEqual((done.code, done.out), (GOOD, "hello\n"), done.err)

    def test_pushes_before_the_answer_are_none(self):
        def push(conn):
            next(replies(conn))
            conn.sendall(server_frame(BINARY, struct.pack(">I", 2) + b"push"))
            conn.sendall(server_frame(BINARY, ANSWER))
            until_closed(conn)
        done = actctl("call", self.after_upgrade(push), 1)
        self.assertEqual((done.code, done.out), (GOOD, "hello\n"), done.err)

    def test_fragments(self):
        def pieces(conn):
            next(replies(conn))
            frame = server_frame(BINARY, ANSWER[:3])
            conn.sendall(bytes([frame[0] & 0x7F]) + frame[1:])
            conn.sendall(server_frame(0, ANSWER[3:]))
            until_closed(conn)
        done = actctl("call", self.after_upgrade(pieces), 1)
        self.assertEqual((done.code, done.out), (GOOD, "hello\n"), done.err)

    def test_what_is_not_the_protocol(self):
        for opcode, payload, says in ((TEXT, b"hi", "found text"), (BINARY, b"abc", "4 bytes")):
            with self.subTest(says):
                def other(conn, opcode=opcode, payload=payload):
                    conn.sendall(server_frame(opcode, payload))
                    until_closed(conn)
                self.fails(LOST, self.after_upgrade(other), 1, says=["that is not base", says])

    def test_the_server_ends(self):
        server = self.serve()
        listener = Running("listen", server.url("/serv/"), "-v")
        self.assertIn("connected", listener.error_line())
        server.stop()
        done = listener.end()
        self.assertEqual(done.code, LOST)
        self.assertIn("retry=", done.err)
        self.assertIn("the server is ending", done.err)

    def test_the_server_is_killed(self):
        server = self.serve()
        listener = Running("listen", server.url("/serv/"), "-v")
        self.assertIn("connected", listener.error_line())
        server.kill()
        done = listener.end()
        self.assertEqual(done.code, LOST)
        self.assertIn("broke without a close", done.err)


class Tls(TroubleCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.key, self.cert = f"{folder.name}/key.pem", f"{folder.name}/cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-keyout", self.key,
                        "-out", self.cert, "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                       check=True, capture_output=True)

    def secure(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)

        def script(conn):
            upgrade(conn)
            next(replies(conn))
            conn.sendall(server_frame(BINARY, ANSWER))
            until_closed(conn)
        server = self.play(script, wrap=lambda conn: context.wrap_socket(conn, server_side=True))
        return f"wss://localhost:{server.port}/serv/"

    # libwebsockets loses the system's certificates when a context with TLS ends.
    QUIET = {"ASAN_OPTIONS": "detect_leaks=0"} if "address" in SANITIZERS else {}

    def test_an_issuer_that_is_trusted(self):
        done = actctl("call", self.secure(), 1, "--ca", self.cert, **self.QUIET)
        self.assertEqual((done.code, done.out), (GOOD, "hello\n"), done.err)

    def test_an_issuer_that_is_not(self):
        done = actctl("call", self.secure(), 1, **self.QUIET)
        self.assertEqual(done.code, UNREACHED, done.err)
        self.assertIn("--ca", done.err)

    def test_whoever_it_is(self):
        done = actctl("call", self.secure(), 1, "--insecure", **self.QUIET)
        self.assertEqual((done.code, done.out), (GOOD, "hello\n"), done.err)

    def test_another_name(self):
        url = self.secure().replace("localhost", "127.0.0.2")
        done = actctl("call", url, 1, "--ca", self.cert, **self.QUIET)
        self.assertEqual(done.code, UNREACHED, done.err)


class Interrupted(TroubleCase):

    def test_while_it_connects(self):
        """Ctrl-C ends it at any time."""
        server = self.play(until_closed)
        waiting = Running("call", server.url, "1", "--timeout", "60")
        time.sleep(0.3)
        self.assertEqual(waiting.end(signal.SIGINT).code, -signal.SIGINT)


class Proxy(TroubleCase):

    def test_none_is_used(self):
        server = self.serve()
        done = actctl("call", server.url("/serv/"), 1, "x", http_proxy="http://127.0.0.1:1")
        self.assertEqual((done.code, done.out), (GOOD, "x\n"), done.err)


class UnixSocket(TroubleCase):

    def test_one_that_nobody_listens_on(self):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/left-behind"
            with socket.socket(socket.AF_UNIX) as sock:
                sock.bind(path)
            self.fails(UNREACHED, f"ws+unix:{path}", 1, says=["Connection refused", path])


if __name__ == "__main__":
    main()
