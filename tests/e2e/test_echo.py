"""The raw endpoint /echo: whole messages come back as they went in."""

import asyncio

import websockets

from harness import AsyncServerCase, ServerCase, main
from rawws import BINARY, CLOSE, CONT, PING, PONG, TEXT, Client, client_frame, close_body

MIB = 1 << 20


class EchoByLibrary(AsyncServerCase):
    """As a well-behaved client sees it."""

    async def echo(self, *messages):
        server = self.serve()
        async with websockets.connect(server.url("/echo"), max_size=None) as ws:
            for message in messages:
                await ws.send(message)
                self.assertEqual(await asyncio.wait_for(ws.recv(), 20), message)

    async def test_text_stays_text_and_binary_binary(self):
        await self.echo("text, 我们都好", b"\x00\xff binary", "", b"", "text again")

    async def test_lengths_at_the_edges_of_the_frame_header(self):
        await self.echo(*(b"x" * length for length in (1, 125, 126, 127, 65535, 65536, MIB)))

    async def test_over_the_limit_is_1009(self):
        server = self.serve()
        async with websockets.connect(server.url("/echo")) as ws:
            with self.assertRaises(websockets.ConnectionClosed) as caught:
                await ws.send(b"x" * (MIB + 1))
                await asyncio.wait_for(ws.recv(), 20)
            self.assertEqual(caught.exception.rcvd.code, 1009)

    async def test_ping_is_answered(self):
        server = self.serve()
        async with websockets.connect(server.url("/echo")) as ws:
            await asyncio.wait_for(await ws.ping(b"are you there"), 20)

    async def test_two_hundred_at_once(self):
        server = self.serve()

        async def one(number):
            async with websockets.connect(server.url("/echo")) as ws:
                for turn in range(5):
                    await ws.send(f"{number}.{turn}")
                    self.assertEqual(await ws.recv(), f"{number}.{turn}")

        await asyncio.wait_for(asyncio.gather(*(one(n) for n in range(200))), 60)


class EchoByFrames(ServerCase):
    """What libraries do not send."""

    def setUp(self):
        self.server = self.serve()

    def client(self):
        client = Client(self.server.port, "/echo")
        self.addCleanup(client.sock.close)
        return client

    def test_fragments_are_joined(self):
        client = self.client()
        client.send(client_frame(TEXT, b"one ", fin=False) + client_frame(CONT, b"two ", fin=False))
        client.send(client_frame(CONT, b"") + client_frame(BINARY, b"next"))
        self.assertEqual(client.message(), (TEXT, b"one two "))
        self.assertEqual(client.message(), (BINARY, b"next"))

    def test_fragments_with_nothing_in_them(self):
        client = self.client()
        client.send(client_frame(TEXT, fin=False) + client_frame(CONT, b"x"))
        self.assertEqual(client.message(), (TEXT, b"x"))
        client.send(client_frame(BINARY, fin=False) + client_frame(CONT, fin=False)
                    + client_frame(CONT))
        self.assertEqual(client.message(), (BINARY, b""))
        client.send(client_frame(TEXT, b"y", fin=False) + client_frame(CONT, fin=False)
                    + client_frame(CONT))
        self.assertEqual(client.message(), (TEXT, b"y"))

    def test_one_byte_at_a_time(self):
        client = self.client()
        for byte in client_frame(TEXT, b"slowly", fin=False) + client_frame(CONT, b" but surely"):
            client.send(bytes([byte]))
        self.assertEqual(client.message(), (TEXT, b"slowly but surely"))

    def test_ping_between_fragments(self):
        client = self.client()
        client.send(client_frame(TEXT, b"a", fin=False) + client_frame(PING, b"now"))
        got = client.frame()
        self.assertEqual((got.opcode, got.payload), (PONG, b"now"))
        client.send(client_frame(CONT, b"b"))
        self.assertEqual(client.message(), (TEXT, b"ab"))

    def test_character_cut_by_a_fragment(self):
        client = self.client()
        whole = "好".encode()
        client.send(client_frame(TEXT, whole[:1], fin=False) + client_frame(CONT, whole[1:]))
        self.assertEqual(client.message(), (TEXT, whole))

    def test_text_that_is_not_utf8_is_1007(self):
        bad = {"a stray byte": b"ok \xff", "cut off": "好".encode()[:2], "over-long": b"\xc0\xaf",
               "surrogate": b"\xed\xa0\x80", "above the last": b"\xf4\x90\x80\x80"}
        for what, payload in bad.items():
            with self.subTest(what):
                client = self.client()
                client.send(client_frame(TEXT, payload))
                self.assertEqual(client.closed().code, 1007)

    def test_the_same_bytes_as_binary_are_fine(self):
        client = self.client()
        client.send(client_frame(BINARY, b"ok \xff"))
        self.assertEqual(client.message(), (BINARY, b"ok \xff"))

    def test_pong_that_nobody_asked_for_is_ignored(self):
        client = self.client()
        client.send(client_frame(PONG, b"\xff\xfe") + client_frame(TEXT, b"still here"))
        self.assertEqual(client.message(), (TEXT, b"still here"))

    def test_limit_counts_the_whole_message(self):
        client = self.client()
        client.send(client_frame(BINARY, b"x" * MIB, fin=False) + client_frame(CONT, b"y"))
        self.assertEqual(client.closed().code, 1009)

    def test_broken_frames_are_1002(self):
        broken = {
            "reserved bit": client_frame(TEXT, b"x", rsv=4),
            "unknown opcode": client_frame(3, b"x"),
            "fragmented ping": client_frame(PING, b"x", fin=False),
            "nothing to continue": client_frame(CONT, b"x"),
        }
        for what, frame in broken.items():
            with self.subTest(what):
                client = self.client()
                client.send(frame)
                self.assertEqual(client.closed().code, 1002)

    def test_close_is_echoed(self):
        for code in (1000, 1001, 3000, 4999):
            with self.subTest(code):
                self.assertEqual(self.client().bye(code)[:2], close_body(code))

    def test_close_without_a_code(self):
        client = self.client()
        client.send(client_frame(CLOSE))
        got = client.frame()
        self.assertEqual(got.opcode, CLOSE)
        self.assertIn(got.payload, (b"", close_body(1000)))
        self.assertEqual(client.read_all(), b"")

    def test_the_answer_leaves_before_the_close(self):
        client = self.client()
        client.send(client_frame(TEXT, b"last words") + client_frame(CLOSE, close_body(1000)))
        self.assertEqual(client.message(), (TEXT, b"last words"))
        self.assertEqual(client.closed().code, 1000)


if __name__ == "__main__":
    main()
