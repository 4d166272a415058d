"""TLS: what is spoken, what is shown, and what a reload does to it."""

import os
import pathlib
import re
import select
import socket
import ssl
import struct
import subprocess
import time
import unittest

import websockets

import admin
import secure
from actctl import GOOD, UNREACHED, actctl
from harness import DEADLINE, SANITIZERS, AsyncServerCase, ServerCase, eventually, main
from probe import HOLD, OK, Probe
from rawws import BINARY, CLOSE, Client, Refused, action_frame, client_frame, upgrade_request

# libwebsockets loses the system's certificates when a client's context with TLS ends.
QUIET = {"ASAN_OPTIONS": "detect_leaks=0", "LSAN_OPTIONS": "detect_leaks=0"}


class Secure(ServerCase):
    """A server with both kinds of listeners."""

    def start(self, *plugins, tls=None, start=True, **config):
        settings = secure.settings()
        settings.update(tls or {})
        self.server = self.serve(*plugins, config={"tls": settings, **config}, start=start)
        return self.server

    @property
    def port(self):
        return self.server.tls_ports[0]

    @property
    def url(self):
        return f"wss://127.0.0.1:{self.port}/serv/"

    def client(self, *args, port=None, **options):
        client = Client(port or self.port, *args, **options)
        self.addCleanup(client.sock.close)
        return client

    def tcp(self, port=None):
        """A connection on which nothing was said yet."""
        sock = socket.create_connection(("127.0.0.1", port or self.port), DEADLINE)
        self.addCleanup(sock.close)
        return sock

    def handshake(self, context=None, port=None):
        sock = (context or secure.trusting()).wrap_socket(self.tcp(port),
                                                          server_hostname="127.0.0.1")
        self.addCleanup(sock.close)
        return sock

    def openssl(self, *args):
        """What openssl says of a handshake, and whether it came about."""
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", *args],
                              input="", capture_output=True, text=True, timeout=DEADLINE,
                              check=False)
        return done.stdout + done.stderr, done.returncode == 0

    def s_client(self, *args):
        """The same of one that looks at the certificate."""
        return self.openssl("-CAfile", str(secure.identity()[0].cert), "-verify_return_error",
                            *args)


class Handshake(Secure):

    def setUp(self):
        self.start()

    def test_versions(self):
        for option, version in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
            with self.subTest(version):
                said, good = self.s_client(option, "-brief")
                self.assertTrue(good, said)
                self.assertIn(f"Protocol version: {version}", said)
                self.assertIn("Verification: OK", said)
        for option in ("-tls1", "-tls1_1"):
            with self.subTest(option):
                # The client would not even offer them at the level that is Debian's default.
                said, good = self.s_client(option, "-brief", "-cipher", "ALL:@SECLEVEL=0")
                self.assertFalse(good, said)
                self.assertIn("alert protocol version", said)

    def test_ciphers(self):
        for cipher in ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"):
            with self.subTest(cipher):
                said, good = self.s_client("-tls1_2", "-brief", "-cipher", cipher)
                self.assertTrue(good, said)
                self.assertIn(cipher, said)
        for cipher in ("ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES128-CCM", "AES128-GCM-SHA256"):
            with self.subTest(cipher):
                said, good = self.s_client("-tls1_2", "-brief", "-cipher", cipher)
                self.assertFalse(good, said)
                self.assertIn("alert handshake failure", said)

    def test_no_other_protocol_than_http_1_1(self):
        said, _ = self.s_client("-alpn", "h2,http/1.1")
        self.assertIn("ALPN protocol: http/1.1", said)
        said, _ = self.s_client("-alpn", "h2")
        self.assertIn("No ALPN negotiated", said)

    def test_no_session_is_resumed(self):
        for option in ("-tls1_2", "-tls1_3"):
            said, good = self.s_client(option, "-reconnect")
            self.assertTrue(good, said)
            self.assertIn("New, TLSv1.", said)
            self.assertNotIn("Reused", said)
            self.assertNotIn("session ticket", said)

    def test_no_renegotiation(self):
        with subprocess.Popen(
                ["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-tls1_2",
                 "-state"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True) as client:
            said, _ = client.communicate("R\n", DEADLINE)
        self.assertIn("RENEGOTIATING", said)
        self.assertIn("no renegotiation", said)

    def test_a_name_that_is_none_of_ours(self):
        context = ssl.create_default_context(cafile=secure.identity()[0].cert)
        context.check_hostname = False
        for name in ("plain", "tls", "nowhere.example"):
            with self.subTest(name):
                sock = context.wrap_socket(self.tcp(), server_hostname=name)
                sock.sendall(upgrade_request("/serv/", name))
                self.assertIn(b" 101 ", sock.recv(65536))
                sock.close()

    def test_other_talk_is_hung_up_on(self):
        sock = self.tcp()
        sock.sendall(upgrade_request("/serv/"))
        with self.assertRaises((ConnectionResetError, EOFError)):
            while sock.recv(4096):
                pass
            raise EOFError
        plain = self.server.ports[0]
        with self.assertRaises((ssl.SSLError, ConnectionResetError)):
            self.handshake(port=plain)
        self.assertEqual(self.client(port=plain).call(1, b"still"), b"still")
        self.assertEqual(self.client().call(1, b"still"), b"still")

    @unittest.skipIf("thread" in SANITIZERS,
                     "it does not know the thread in which glibc's getaddrinfo_a(3) works")
    def test_actctl(self):
        authority = secure.identity()[0].cert
        done = actctl("call", self.url, 1, '"by file"', "--ca", authority, **QUIET)
        self.assertEqual((done.code, done.out), (GOOD, '"by file"\n'), done.err)
        done = actctl("call", self.url, 1, '"by the system"',
                      **dict(QUIET, SSL_CERT_FILE=str(authority)))
        self.assertEqual((done.code, done.out), (GOOD, '"by the system"\n'), done.err)
        done = actctl("call", self.url, 1, '"x"', **dict(QUIET, SSL_CERT_FILE="/dev/null"))
        self.assertEqual(done.code, UNREACHED, done.out)
        self.assertIn("--ca", done.err)
        done = actctl("call", self.url, 1, '"x"', "--insecure",
                      **dict(QUIET, SSL_CERT_FILE="/dev/null"))
        self.assertEqual((done.code, done.out), (GOOD, '"x"\n'), done.err)


class Patience(Secure):
    """handshake_ms counts from accept to the end of the upgrade, whatever comes meanwhile."""

    def setUp(self):
        self.start(handshake_ms=700)

    def until_closed(self, sock, step=lambda: None):
        """Goes on with `step` until the server has closed."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            try:
                step()
                if select.select([sock], [], [], 0.1)[0] and not sock.recv(4096):
                    return
            except (ConnectionResetError, BrokenPipeError, ssl.SSLError):
                return
        self.fail("the server waits for ever")

    def test_silence(self):
        self.until_closed(self.tcp())

    def test_a_hello_drop_by_drop(self):
        sock, hello = self.tcp(), self.hello()
        drops = iter(range(len(hello)))
        self.until_closed(sock, lambda: sock.send(hello[(at := next(drops)):at + 1]))

    def hello(self):
        """The bytes that a client begins with."""
        outgoing = ssl.MemoryBIO()
        client = secure.trusting().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
        with self.assertRaises(ssl.SSLWantReadError):
            client.do_handshake()
        return outgoing.read()

    def test_a_hello_and_no_more(self):
        sock = self.tcp()
        sock.sendall(self.hello())
        self.assertTrue(sock.recv(1))  # it was answered
        self.until_closed(sock)

    def test_a_handshake_and_no_request(self):
        self.until_closed(self.handshake())

    def test_a_request_drop_by_drop(self):
        sock, drops = self.handshake(), iter(upgrade_request("/serv/", "x" * 2000))
        self.until_closed(sock, lambda: sock.send(bytes([next(drops)])))

    def test_whoever_is_let_in_may_take_any_time(self):
        client = self.client()
        self.until_closed(self.tcp())
        self.until_closed(self.tcp())
        self.assertEqual(client.call(1, b"here"), b"here")


class Messages(Secure):

    def test_all_lengths_around_a_record(self):
        self.start(limits={"message_bytes": 4 << 20, "reply_bytes": 4 << 20, "outbox_bytes": 8 << 20,
                           "pending_bytes": 8 << 20})
        client = self.client()
        for length in (0, 1, 125, 126, 4095, 4096, 16375, 16376, 16383, 16384, 16385, 16400, 16401,
                       32768, 65535, 65536, 1 << 20, (4 << 20) - 4):
            with self.subTest(length):
                data = os.urandom(length)
                self.assertTrue(client.call(1, data) == data)

    def test_records_that_end_anywhere(self):
        """Each byte a record; then several messages in one."""
        self.start()
        client = self.client()
        for byte in action_frame(1, b"drop by drop"):
            client.send(bytes([byte]))
        self.assertEqual(client.reply(), (1, b"drop by drop"))
        client.send(b"".join(action_frame(1, b"%d" % n) for n in range(1000)))
        for number in range(1000):
            self.assertEqual(client.reply(), (1, b"%d" % number))

    def test_messages_behind_the_request_in_one_record(self):
        self.start()
        sock = self.handshake()
        sock.sendall(upgrade_request("/serv/") + action_frame(1, b"early") + client_frame(CLOSE))
        got = b""
        while chunk := sock.recv(65536):
            got += chunk
        head, _, frames = got.partition(b"\r\n\r\n")
        self.assertIn(b" 101 ", head)
        self.assertEqual(frames, bytes([0x80 | BINARY, 9]) + struct.pack(">I", 1) + b"early" +
                         bytes([0x80 | CLOSE, 0]))

    def test_a_refusal_can_be_read(self):
        self.start()
        with self.assertRaises(Refused) as refused:
            self.client("/nowhere")
        self.assertEqual((refused.exception.status, refused.exception.error()["code"]), (404, 404))

    def test_many(self):
        self.start()
        clients = [self.client() for _ in range(200)]
        for number, client in enumerate(clients):
            client.ask(1, b"%d" % number)
        for number, client in enumerate(clients):
            self.assertEqual(client.reply(), (1, b"%d" % number))
        for client in clients:
            client.bye()

    def test_whoever_leaves_without_a_word(self):
        self.start()
        for _ in range(50):
            client = self.client()
            client.ask(1, b"x" * 100000)
            os.close(client.sock.detach())
        self.assertEqual(self.client().call(1, b"others"), b"others")


class Pause(Secure):
    """A paused connection costs no time of the processor, whatever its client says of itself."""

    def cpu_s(self):
        text = pathlib.Path(f"/proc/{self.server.pid}/stat").read_text()
        user, system = text.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def test_a_pause_is_idle(self):
        """The server stops in the middle of a record. Were it to take less than a record at a time,
        libwebsockets would try for ever to read what OpenSSL has left of it."""
        self.start("echo", "probe", limits={"pending_messages": 16})
        count = 5000
        for host in ("127.0.0.1", "plain", "tls", "plain:80", "www.plain"):
            with self.subTest(host):
                client, other = self.client(Host=host), Probe(self.port)
                self.addCleanup(other.sock.close)
                client.ask(HOLD, host)
                client.send(b"".join(action_frame(1, b"%d" % n) for n in range(count)))
                time.sleep(0.5)  # for what there is to do until then
                before = self.cpu_s()
                time.sleep(1)
                self.assertLess(self.cpu_s() - before, 0.5)
                self.assertEqual(other.release(host, "go on"), OK)
                self.assertEqual(client.reply(), (HOLD, b"go on"))
                for number in range(count):
                    self.assertEqual(client.reply(), (1, b"%d" % number))
                client.bye()

    def test_a_host_moves_nobody_from_a_plain_listener(self):
        self.start()
        for host in ("plain", "tls", "www.tls"):
            with self.subTest(host):
                client = self.client(port=self.server.ports[0], Host=host)
                data = os.urandom(100000)
                self.assertTrue(client.call(1, data) == data)


class Listeners(Secure):

    def test_tls_alone(self):
        self.start(listen=None)
        self.assertEqual(self.server.ports, [])
        self.assertEqual(self.client().call(1, b"here"), b"here")

    def test_a_unix_socket(self):
        self.start(tls={"listen": ["127.0.0.1:0", "unix:secure.sock"]})
        self.server.wait_log(r"listening on unix:secure.sock with TLS$")
        sock = socket.socket(socket.AF_UNIX)
        self.addCleanup(sock.close)
        sock.settimeout(DEADLINE)
        sock.connect(str(self.server.root / "secure.sock"))
        sock = secure.trusting().wrap_socket(sock, server_hostname="localhost")
        self.addCleanup(sock.close)
        sock.sendall(upgrade_request("/serv/"))
        self.assertIn(b" 101 ", sock.recv(65536))

    def test_a_port_that_is_taken(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            where = "127.0.0.1:%d" % taken.getsockname()[1]
            server = self.start(tls={"listen": where}, start=False)
            server.spawn()
            self.assertEqual(server.ended(), 1)
            self.assertIn(f"tls.listen: {where}: Address already in use", server.tail())


class Certificates(Secure):
    """What SIGHUP does with the files."""

    def setUp(self):
        self.start()
        folder = self.server.root / "tls"
        folder.mkdir()
        self.authority = secure.Authority(folder)
        self.context = ssl.create_default_context(cafile=self.authority.cert)

    def issue(self, name, *options, **more):
        cert, key = self.authority.issue(name, *options, **more)
        return {"cert": str(cert), "key": str(key)}

    def sighup(self, **tls):
        return self.server.sighup({"tls": dict(self.server.config["tls"], **tls)})

    def shown(self):
        """The common name of the certificate that a new connection is shown. (Nobody looks
        whether it is good.)"""
        said, _ = self.openssl("-brief")
        return re.search(r"Peer certificate: CN = (\S+)", said).group(1)

    def test_another_certificate_under_open_connections(self):
        old = [self.client() for _ in range(20)]
        for name in ("first", "second"):
            self.assertEqual(self.sighup(**self.issue(name)).verdict, "taken")
            for port_turn in range(6):  # whichever loop it comes to
                sock = self.handshake(self.context)
                self.assertEqual(sock.getpeercert()["subject"], ((("commonName", name),),),
                                 port_turn)
                sock.close()
            for client in old:
                self.assertEqual(client.call(1, b"still here"), b"still here")
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.handshake()

    def test_the_same_files_with_other_content(self):
        files = self.issue("before")
        self.assertEqual(self.sighup(**files).verdict, "taken")
        again = self.issue("after")
        os.replace(again["cert"], files["cert"])
        os.replace(again["key"], files["key"])
        self.assertEqual(self.shown(), "before")  # until it is told
        self.assertEqual(self.sighup().verdict, "taken")
        self.assertEqual(self.shown(), "after")

    def test_another_kind_of_key(self):
        self.assertEqual(self.sighup(**self.issue("rsa", newkey=("rsa:2048",))).verdict, "taken")
        self.assertEqual(self.shown(), "rsa")
        said, _ = self.openssl("-brief", "-tls1_2")
        self.assertIn("ECDHE-RSA-", said)
        self.assertEqual(self.sighup(**self.issue("ec")).verdict, "taken")
        self.assertEqual(self.shown(), "ec")

    def test_what_is_not_good_changes_nothing(self):
        good, other = self.issue("good"), self.issue("other")
        weak = self.issue("weak", newkey=("rsa:1024",))
        torn = self.server.write("tls/torn.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n")
        self.assertEqual(self.sighup(**good).verdict, "taken")
        client = self.client_of(self.context)
        for files, words in (
                ({"key": other["key"]}, "tls.key: expected the key of the first certificate in "),
                ({"cert": "/nowhere"}, "tls.cert: /nowhere cannot be read: No such file"),
                ({"key": good["cert"]}, "tls.key: expected a private key in PEM, found none in "),
                ({"cert": str(torn)}, "tls.cert: certificate 1 in "),
                (weak, "ee key too small")):
            with self.subTest(words):
                reload = self.sighup(**dict(good, **files))
                self.assertEqual(reload.verdict, "refused")
                self.assertIn(words, reload.text)
                self.assertIn("actd.json:", reload.text)
                self.assertEqual(self.shown(), "good")
        client.sendall(action_frame(1, b"on"))
        self.assertTrue(client.recv(100))
        self.assertEqual(self.sighup(**good).verdict, "taken")

    def client_of(self, context):
        sock = self.handshake(context)
        sock.sendall(upgrade_request("/serv/"))
        self.assertIn(b" 101 ", sock.recv(65536))
        return sock

    def expiry(self):
        """What the metrics say of it."""
        text = admin.ask(self.server, "/metrics").body.decode()
        found = re.search(r"^actd_tls_certificate_expiry_timestamp_seconds (\d+)$", text, re.M)
        return found and int(found.group(1))

    def test_its_end_is_a_number(self):
        for days in (2, 30):
            self.assertEqual(self.sighup(**self.issue("dated", "-days", days)).verdict, "taken")
            end = ssl.cert_time_to_seconds(self.handshake(self.context).getpeercert()["notAfter"])
            eventually(lambda: self.expiry() == end, f"the number {end}")

    def test_an_expired_one_is_served_with_a_warning(self):
        reload = self.sighup(**self.issue("expired", "-days", "-1"))
        self.assertEqual(reload.verdict, "taken")
        self.assertRegex(reload.text, r"warn +reload: tls.cert: \S+ has expired on 20\S+ \S+ UTC")
        self.assertEqual(self.shown(), "expired")

    def test_no_certificate_any_more(self):
        self.assertEqual(self.sighup(**self.issue("last")).verdict, "taken")
        del self.server.config["tls"]
        reload = self.server.sighup()
        self.assertEqual(reload.verdict, "taken")
        self.assertIn("tls.listen: it is another than at the start", reload.text)
        self.assertEqual(self.shown(), "last")
        for _ in range(2):
            self.server.sighup()
        self.assertEqual(self.shown(), "last")


class WebSockets(AsyncServerCase):
    """A client that others have written."""

    async def test_echo(self):
        server = self.serve(config={"tls": secure.settings()})
        url = f"wss://localhost:{server.tls_ports[0]}/echo"
        async with websockets.connect(url, ssl=secure.trusting(), max_size=None) as ws:
            for message in ("text", b"bytes", "", "x" * 300000, os.urandom(500000)):
                await ws.send(message)
                self.assertTrue(await ws.recv() == message)
            await ws.ping()
        self.assertEqual(ws.close_code, 1000)


if __name__ == "__main__":
    main()
