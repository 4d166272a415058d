"""permessage-deflate (RFC 7692): every message by itself, in every protocol, off by default."""

import asyncio
import json
import os
import struct
import zlib

import websockets

import procfs
import programs
from harness import SANITIZERS, AsyncServerCase, ServerCase, eventually, main
from probe import HOLD, PUSH, PUSHED, RELEASE, TO_ALL
from rawws import (BINARY, CONT, PING, PONG, TEXT, Client, Closed, Refused, client_frame, http,
                   upgrade_request)

MIB = 1 << 20
PMD = "permessage-deflate"
FIXED = PMD + "; server_no_context_takeover; client_no_context_takeover"
MARK = 4  # RSV1
ON = {"deflate": {"enabled": True}}
TEXT_1K = ("a line that comes again and again, " * 30).encode()[:1024]


def pack(data, bits=15):
    """A message as section 7.2.1 compresses it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -bits)
    return (packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def unpack(data, bits=15):
    """Opens a message (section 7.2.2), bit by bit so that no larger window helps."""
    opener, out = zlib.decompressobj(-bits), b""
    for at in range(0, len(data), 64):
        out += opener.decompress(data[at:at + 64])
    return out + opener.decompress(b"\x00\x00\xff\xff")


def bomb(mib):
    """So many MiB of zeros."""
    packer, zeros = zlib.compressobj(9, zlib.DEFLATED, -15), bytes(MIB)
    data = b"".join(packer.compress(zeros) for _ in range(mib))
    return (data + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def packed_frame(data, opcode=BINARY, **options):
    return client_frame(opcode, pack(data), rsv=MARK, **options)


class Packer(Client):
    """A client that has offered permessage-deflate, and tells how each message came."""

    def __init__(self, port, path="/serv/", offer=PMD, **headers):
        super().__init__(port, path, Sec_WebSocket_Extensions=offer, **headers)
        self.agreed = self.answer.headers.get("sec-websocket-extensions")
        self.bits = 15

    def whole(self):
        """The next message as (opcode, payload, was it compressed)."""
        got = self.frame()
        if got.opcode not in (TEXT, BINARY) or not got.fin or got.rsv & ~MARK:
            raise AssertionError(f"unexpected frame {got}")
        if got.rsv:
            return got.opcode, unpack(got.payload, self.bits), True
        return got.opcode, got.payload, False


class DeflateCase(ServerCase):

    config = ON

    def setUp(self):
        self.server = self.serve("echo", "probe", config=dict(self.config, threads=1))

    def client(self, path="/echo", **options):
        client = Packer(self.server.port, path, **options)
        self.addCleanup(client.sock.close)
        return client

    def assert_lives(self):
        client = self.client()
        client.send(packed_frame(b"still here"))
        self.assertEqual(client.whole()[1], b"still here")


class OffByDefault(DeflateCase):

    config = {}

    def test_nothing_is_negotiated(self):
        client = self.client()
        self.assertIsNone(client.agreed)
        client.send(client_frame(TEXT, TEXT_1K))
        self.assertEqual(client.whole(), (TEXT, TEXT_1K, False))
        client.send(packed_frame(b"unasked"))
        self.assertEqual(client.closed().code, 1002)


class Negotiation(DeflateCase):

    def agreed(self, offer):
        return self.client(offer=offer).agreed

    def test_offers(self):
        for offer, answer in (
                (PMD, FIXED),
                (PMD + "; client_max_window_bits", FIXED),
                (PMD + "; server_max_window_bits=10", FIXED + "; server_max_window_bits=10"),
                (PMD + '; server_max_window_bits="9"; client_max_window_bits="8"',
                 FIXED + "; server_max_window_bits=9"),
                # More offers than one: the first that fits, with its own parameters.
                (f"{PMD}, {PMD}", FIXED),
                (f"{PMD}, {PMD}; server_max_window_bits=10", FIXED),
                (f"{PMD}; server_max_window_bits=10, {PMD}", FIXED + "; server_max_window_bits=10"),
                (f"{PMD}; unknown, {PMD}, {PMD}; client_max_window_bits", FIXED),
                (f"other; {PMD}; x=1, {PMD}", FIXED),
                ([PMD + "; unknown", "other", PMD], FIXED),
                (PMD + " ; client_max_window_bits ,", FIXED),
                # None that fits.
                (PMD + "; unknown", None),
                (PMD + "; server_max_window_bits=8", None),
                (PMD + "; client_max_window_bits=7", None),
                ("x-webkit-deflate-frame", None),
                # A tab is white space to some and an end to others: not worth the risk.
                (PMD + ";\tclient_max_window_bits", None),
                (f"other;\t{PMD}, {PMD}", None)):
            with self.subTest(offer):
                self.assertEqual(self.agreed(offer), answer)

    def test_what_is_no_list_of_extensions_is_refused(self):
        for offer in (";", PMD + ";", PMD + '; client_max_window_bits="10', PMD + " 10", "a=b"):
            with self.subTest(offer), self.assertRaises(Refused) as caught:
                self.agreed(offer)
            self.assertEqual(caught.exception.status, 400)
            self.assertIn("Sec-WebSocket-Extensions", caught.exception.error()["message"])

    def test_a_list_that_is_too_long_is_answered(self):
        longest = PMD + ", " + "x" * (254 - len(PMD) - 2)
        self.assertEqual(self.agreed(longest), FIXED)
        answer = http(self.server.port, upgrade_request(
            "/echo", Sec_WebSocket_Extensions=longest + "x"))
        self.assertEqual(answer.status, 431)

    def test_an_upgrade_that_is_refused_says_nothing_of_it(self):
        answer = http(self.server.port, upgrade_request("/nowhere", Sec_WebSocket_Extensions=PMD))
        self.assertEqual(answer.status, 404)
        self.assertNotIn("sec-websocket-extensions", answer.headers)

    def test_beside_a_subprotocol(self):
        client = self.client("/serv/", Sec_WebSocket_Protocol="act.v1")
        self.assertEqual(client.agreed, FIXED)
        self.assertEqual(client.answer.headers["sec-websocket-protocol"], "act.v1")


class Echo(DeflateCase):

    def test_what_shrinks_is_compressed(self):
        client = self.client()
        for _ in range(3):  # each by itself: unpack() knows nothing of the one before
            client.send(packed_frame(TEXT_1K, TEXT))
            self.assertEqual(client.whole(), (TEXT, TEXT_1K, True))
        client.send(client_frame(BINARY, bytes(100000)))
        self.assertEqual(client.whole(), (BINARY, bytes(100000), True))

    def test_what_is_short_is_not(self):
        client = self.client()
        for length, marked in ((0, False), (1, False), (255, False), (256, True)):
            client.send(packed_frame(TEXT_1K[:length], TEXT))
            self.assertEqual(client.whole(), (TEXT, TEXT_1K[:length], marked))

    def test_what_does_not_shrink_is_not(self):
        client, noise = self.client(), os.urandom(5000)
        client.send(packed_frame(noise))
        self.assertEqual(client.whole(), (BINARY, noise, False))

    def test_fragments_with_control_frames_between(self):
        client, data = self.client(), pack(b"one message of several pieces")
        client.send(client_frame(TEXT, data[:5], fin=False, rsv=MARK) + client_frame(PING, b"?")
                    + client_frame(CONT, b"", fin=False) + client_frame(CONT, data[5:9], fin=False)
                    + client_frame(CONT, data[9:]) + client_frame(TEXT, b"plain", fin=False)
                    + client_frame(CONT, b" pieces"))
        heard = [client.frame() for _ in range(3)]
        self.assertIn((PONG, b"?"), [(got.opcode, got.payload) for got in heard])
        self.assertEqual([got.payload for got in heard if got.opcode == TEXT],
                         [b"one message of several pieces", b"plain pieces"])

    def test_byte_by_byte(self):
        client = self.client()
        for byte in packed_frame(TEXT_1K, TEXT) + client_frame(TEXT, b"plain"):
            client.send(bytes([byte]))
        self.assertEqual(client.whole(), (TEXT, TEXT_1K, True))
        self.assertEqual(client.whole(), (TEXT, b"plain", False))

    def test_final_blocks_and_empty_messages(self):
        client = self.client()
        for data, text in ((b"\x00", b""), (b"", b""), (bytes.fromhex("f348cdc9c9070000"), b"Hello"),
                           (bytes.fromhex("f348cdc9c90700"), b"Hello")):
            client.send(client_frame(TEXT, data, rsv=MARK))
            self.assertEqual(client.whole(), (TEXT, text, False))

    def test_the_window_that_was_asked_for(self):
        # Halves that are the same, further apart than 2^9: a larger window would use that.
        half = os.urandom(3000)
        client = self.client(offer=PMD + "; server_max_window_bits=9")
        client.bits = 9
        for data in (half + half, half[:400] * 8):
            client.send(packed_frame(data))
            self.assertEqual(client.whole(), (BINARY, data, data != half + half))

    def test_level_and_least_length_are_live(self):
        client = self.client()
        data = b"".join(b"%d, " % (number * number) for number in range(3000))
        lengths = []
        for settings in ({"level": 1}, {"level": 9}, {"min_bytes": len(data) + 1}):
            self.server.sighup({"deflate": dict(settings, enabled=True)})
            client.send(client_frame(BINARY, data))
            got = client.frame()
            lengths.append(len(got.payload))
            self.assertEqual(unpack(got.payload) if got.rsv else got.payload, data)
        self.assertLess(lengths[1], lengths[0])
        self.assertEqual(lengths[2], len(data))


class Faults(DeflateCase):

    def assert_closes(self, frames, code, offer=PMD):
        client = self.client(offer=offer)
        client.send(frames)
        self.assertEqual(client.closed().code, code)
        self.assert_lives()

    def test_the_mark_where_it_does_not_belong(self):
        data = pack(TEXT_1K)
        first = client_frame(TEXT, data[:5], fin=False, rsv=MARK)
        self.assert_closes(first + client_frame(CONT, data[5:], rsv=MARK), 1002)
        self.assert_closes(client_frame(TEXT, b"pl", fin=False)
                           + client_frame(CONT, b"ain", rsv=MARK), 1002)
        self.assert_closes(packed_frame(b"x"), 1002, offer=PMD + "; unknown")
        for rsv in (1, 2, MARK | 1, MARK | 2):
            self.assert_closes(client_frame(TEXT, data, rsv=rsv), 1002)

    def test_what_is_no_whole_deflate_data(self):
        # The third once ended libwebsockets' own extension: 1033 letters in eight bytes.
        for data in (b"\xff\xff", b"\xf2\x48\xcd\xc9", bytes.fromhex("4a1c05a360148c02"),
                     pack(TEXT_1K)[:-1], pack(TEXT_1K) + b"\x00"):
            self.assert_closes(client_frame(BINARY, data, rsv=MARK), 1007)

    def test_the_same_eight_bytes_with_an_end(self):
        client = self.client()
        client.send(client_frame(BINARY, bytes.fromhex("4a1c05a360148c020000"), rsv=MARK))
        self.assertEqual(client.whole(), (BINARY, b"a" * 1033, True))

    def test_text_that_is_not_utf_8_inside(self):
        self.assert_closes(packed_frame(b"\xff" * 300, TEXT), 1007)

    def test_the_limit_is_that_of_what_comes_out(self):
        client = self.client()
        for data in (bytes(MIB), os.urandom(MIB)):  # which grows by being compressed
            client.send(packed_frame(data))
            self.assertEqual(client.whole()[:2], (BINARY, data))
        self.assert_closes(packed_frame(bytes(MIB + 1)), 1009)
        self.assert_closes(packed_frame(os.urandom(MIB + 1)), 1009)

    def test_more_bytes_than_the_longest_message_could_need(self):
        self.assert_closes(client_frame(BINARY, bytes(MIB * 9 // 8 + 65), rsv=MARK), 1009)

    def test_a_gibibyte_of_zeros_in_one_mebibyte(self):
        data = bomb(1024)
        self.assertLess(len(data), MIB)
        self.assert_lives()
        before = procfs.status_kib(self.server.pid, "VmHWM")
        for _ in range(5):
            self.assert_closes(client_frame(BINARY, data, rsv=MARK), 1009)
        # The message as it came, one of the longest that comes out, and what allocators keep.
        if not SANITIZERS:
            self.assertLess(procfs.status_kib(self.server.pid, "VmHWM") - before, 32 * 1024)

    def test_many_bombs_behind_a_call_that_waits(self):
        """What is opened counts against pending_bytes: reading stops, whatever is compressed."""
        client = self.client("/serv/", offer=PMD)
        one = packed_frame(struct.pack(">I", 1) + bytes(MIB - 4))
        before = procfs.status_kib(self.server.pid, "VmHWM")
        client.send(packed_frame(struct.pack(">I", HOLD) + b"gate") + one * 40)
        other = self.client("/serv/")

        def opened():
            other.send(packed_frame(struct.pack(">I", RELEASE) + b"gate done"))
            return other.whole()[1][4:] != b"none"
        eventually(opened, "the call is held")
        self.assertEqual(client.whole()[1], struct.pack(">I", HOLD) + b"done")
        for _ in range(40):
            self.assertEqual(len(client.whole()[1]), MIB)
        if not SANITIZERS:  # these hold back what was given back
            grown = procfs.status_kib(self.server.pid, "VmHWM") - before
            self.assertLess(grown, 24 * 1024)

    def test_no_state_for_each_connection(self):
        """A deflater is a quarter of a MiB; two hundred connections hold none."""
        def use():
            client = self.client()
            client.send(packed_frame(TEXT_1K))
            self.assertEqual(client.whole(), (BINARY, TEXT_1K, True))
        use()
        before = procfs.status_kib(self.server.pid, "VmRSS")
        for _ in range(200):
            use()
        self.assertLess(procfs.status_kib(self.server.pid, "VmRSS") - before, 200 * 100)


class Protocols(DeflateCase):

    BODY = b'{"text":"' + TEXT_1K + b'"}'

    def test_base(self):
        client = self.client("/serv/")
        client.send(packed_frame(struct.pack(">I", 1) + self.BODY))
        self.assertEqual(client.whole(), (BINARY, struct.pack(">I", 1) + self.BODY, True))
        client.send(packed_frame(b"abc"))
        self.assertEqual(client.closed().code, 1002)

    def test_act_v1(self):
        client = self.client("/serv/", Sec_WebSocket_Protocol="act.v1")
        hello = client.whole()
        self.assertEqual(hello[1][:5], b"\xff\xff\xff\x00\x14")
        client.send(packed_frame(struct.pack(">IBBHI", 1, 0x10, 0, 0, 7) + self.BODY))
        self.assertEqual(client.whole(), (
            BINARY, struct.pack(">IBBHI", 1, 0x11, 0, 0, 7) + self.BODY, True))

    def test_act_v1_is_told_why(self):
        client = self.client("/serv/", Sec_WebSocket_Protocol="act.v1")
        client.whole()
        client.send(client_frame(BINARY, b"\xff\xff", rsv=MARK))
        _, told, _ = client.whole()
        self.assertEqual(told[:12], bytes.fromhex("ffffff06 14 01 0002 00000000"))
        self.assertIn(b"DEFLATE", told)
        self.assertEqual(client.closed().code, 1007)

    def test_act_json_v1(self):
        self.server.sighup({"deflate": {"enabled": True, "min_bytes": 100}})
        client = self.client("/serv/", Sec_WebSocket_Protocol="act.json.v1")
        opcode, hello, marked = client.whole()
        self.assertEqual((opcode, json.loads(hello)["ctrl"], marked), (TEXT, "hello", True))
        client.send(packed_frame(b'{"ctrl":"ping","pad":"' + TEXT_1K + b'"}', TEXT))
        self.assertEqual(client.whole(), (TEXT, b'{"ctrl":"ping"}', False))
        client.send(packed_frame(b'{"action":1,"seq":7,"data":"' + TEXT_1K + b'"}', TEXT))
        opcode, answer, marked = client.whole()
        self.assertEqual((opcode, marked), (TEXT, True))
        self.assertEqual(json.loads(answer)["error"]["name"], "payload_refused")
        client.send(packed_frame(b'{"action":', TEXT))
        self.assertEqual(json.loads(client.whole()[1])["ctrl"], "error")
        self.assertEqual(client.closed().code, 1002)


class Pushes(DeflateCase):

    def test_to_connections_of_all_kinds(self):
        small = self.client("/serv/", offer=PMD + "; server_max_window_bits=9")
        small.bits = 9
        v1 = self.client("/serv/", Sec_WebSocket_Protocol="act.v1")
        v1.whole()
        clients = [(self.client("/serv/"), 4, True), (self.client("/serv/"), 4, True),
                   (small, 4, True), (v1, 12, True),
                   (self.client("/serv/", offer="other"), 4, False)]
        sender = self.client("/serv/")
        note = TEXT_1K[:400].replace(b" ", b"_")
        for body in (note, b"short", note):
            sender.send(client_frame(BINARY, struct.pack(">I", PUSH) + b"0 %d - - 0 0 " % TO_ALL
                                     + body))
            for client, head, packs in clients:
                opcode, payload, marked = client.whole()
                self.assertEqual((opcode, payload[head:]), (BINARY, body))
                self.assertEqual(payload[:4], struct.pack(">I", PUSHED))
                self.assertEqual(marked, packs and body == note)


class Reload(DeflateCase):

    config = {}

    def test_counts_for_new_connections(self):
        old = self.client()
        self.server.sighup(ON)
        new = self.client()
        self.assertEqual((old.agreed, new.agreed), (None, FIXED))
        for client, marked in ((old, False), (new, True)):
            client.send(client_frame(TEXT, TEXT_1K))
            self.assertEqual(client.whole(), (TEXT, TEXT_1K, marked))
        self.server.sighup({"deflate": {"enabled": False}})
        self.assertIsNone(self.client().agreed)
        new.send(packed_frame(TEXT_1K))  # keeps what it has negotiated
        self.assertEqual(new.whole(), (BINARY, TEXT_1K, True))
        old.send(packed_frame(TEXT_1K))
        self.assertEqual(old.closed().code, 1002)


class ByLibraries(AsyncServerCase):

    async def converse(self, url, extensions):
        noise = os.urandom(70000)
        async with websockets.connect(url, compression=None, max_size=None,
                                      extensions=extensions) as ws:
            self.assertEqual(len(ws.extensions), 1)
            for message in ("", "short", "我们都好 " * 5000, b"", bytes(500000), noise, "the last"):
                await ws.send(message)
                self.assertEqual(await asyncio.wait_for(ws.recv(), 20), message)

    async def test_python(self):
        server = self.serve("echo", config=ON)
        factory = websockets.extensions.permessage_deflate.ClientPerMessageDeflateFactory
        url = server.url("/echo")
        for factories in ([factory()], [factory(server_max_window_bits=10)],
                          [factory(client_max_window_bits=9)],
                          [factory(server_no_context_takeover=True,
                                   client_no_context_takeover=True)]):
            await self.converse(url, factories)
        async with websockets.connect(url, compression="deflate") as ws:
            await ws.send("as it is")
            self.assertEqual(await asyncio.wait_for(ws.recv(), 20), "as it is")

    async def test_many_at_once(self):
        """One deflater a loop serves all of them in turn."""
        server = self.serve("echo", config=ON)

        async def one(number):
            async with websockets.connect(server.url("/echo"), compression="deflate") as ws:
                for turn in range(10):
                    message = f"{number}.{turn} " * (100 + number * 7 % 500)
                    await ws.send(message)
                    self.assertEqual(await ws.recv(), message)

        await asyncio.wait_for(asyncio.gather(*(one(n) for n in range(100))), 80)


class ByNode(ServerCase):

    def test_conversations(self):
        server = self.serve("echo", config=ON)
        code, out, err = programs.node("deflate.js", server.url("/echo"))
        self.assertEqual((code, err), (0, ""))
        found = {}
        for line in out.splitlines():
            what, value = json.loads(line)
            found.setdefault(what, []).append(value)
        good = [True] * 7
        self.assertEqual(found, {
            "as it is": [PMD] + good + [True, 1000],
            "everything": [PMD] + good + [True, 1000],
            "off": [""] + good + [False, 1000],
        })


if __name__ == "__main__":
    main()
