"""200 connections send numbered requests while SIGHUP swaps two builds of their plugin 50 times:
each request is answered once, in order, by one of the two builds, and no connection closes."""

import asyncio
import struct

import secure
from harness import DEADLINE, SANITIZERS, ServerCase, main
from rawws import BINARY, CLOSE, Client, action_frame, upgrade_request

CONNECTIONS, SWAPS, DEPTH = 200, 10 if SANITIZERS else 50, 4
NOW, LATER = 2200, 2201


class Talker:
    """One connection: always DEPTH requests under way, each checked when it is answered."""

    def __init__(self, number):
        self.number, self.sent, self.answered = number, 0, 0
        self.builds = set()

    async def open(self, port):
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=secure.context(port))
        self.writer.write(upgrade_request("/serv/"))
        head = await self.reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head:
            raise AssertionError(head)

    async def talk(self, over):
        while not over.is_set() or self.answered < self.sent:
            while not over.is_set() and self.sent - self.answered < DEPTH:
                self.ask()
            await asyncio.wait_for(self.check(), DEADLINE)

    def code(self, number):
        """Some are answered at once, some by a worker later."""
        return LATER if (number + self.number) % 5 == 0 else NOW

    def ask(self):
        self.writer.write(action_frame(self.code(self.sent), f"{self.number}.{self.sent}"))
        self.sent += 1

    async def check(self):
        head = await self.reader.readexactly(2)
        if head[0] != 0x80 | BINARY:
            why = "a close" if head[0] & 15 == CLOSE else head.hex()
            raise AssertionError(f"connection {self.number}: expected a message, got {why}")
        body = await self.reader.readexactly(head[1])
        code, = struct.unpack(">I", body[:4])
        build, _, text = body[4:].decode().partition(":")
        expected = (self.code(self.answered), f"{self.number}.{self.answered}")
        if (code, text) != expected or build not in ("a", "b"):
            raise AssertionError(f"expected {expected}, got {code} {body[4:]!r}")
        self.builds.add(build)
        self.answered += 1


class Storm(ServerCase):

    def setUp(self):
        self.server = self.serve(config={"limits": {"connections": 1000}})
        self.server.install("storm_a", "storm")
        self.assertEqual(self.server.sighup().verdict, "taken")

    def swap(self, turn):
        self.server.install("storm_b" if turn % 2 == 0 else "storm_a", "storm")
        return self.server.sighup()

    async def storm(self):
        talkers, over = [Talker(n) for n in range(CONNECTIONS)], asyncio.Event()
        await asyncio.gather(*(talker.open(self.server.port) for talker in talkers))
        talks = [asyncio.ensure_future(talker.talk(over)) for talker in talkers]
        loop = asyncio.get_running_loop()
        try:
            for turn in range(SWAPS):
                seen = sum(talker.answered for talker in talkers)
                reload = await loop.run_in_executor(None, self.swap, turn)
                self.assertEqual(reload.verdict, "taken", reload.text)
                self.assertIn("replaced", reload.plugins["storm"])
                while sum(talker.answered for talker in talkers) < seen + CONNECTIONS:
                    if any(talk.done() for talk in talks):
                        break
                    await asyncio.sleep(0.01)
        finally:
            over.set()
        await asyncio.gather(*talks)
        for talker in talkers:
            talker.writer.close()
        return talkers

    def test_storm(self):
        talkers = asyncio.run(self.storm())
        for talker in talkers:
            self.assertEqual(talker.answered, talker.sent)
        self.assertGreater(sum(talker.answered for talker in talkers), CONNECTIONS * SWAPS // 2)
        self.assertEqual(set.union(*(talker.builds for talker in talkers)), {"a", "b"})

    def test_the_plugin_answers_after_all_that(self):
        for turn in range(4):
            self.assertEqual(self.swap(turn).verdict, "taken")
            with Client(self.server.port) as client:
                self.assertEqual(client.text(NOW, "x"), "b:x" if turn % 2 == 0 else "a:x")


if __name__ == "__main__":
    main()
