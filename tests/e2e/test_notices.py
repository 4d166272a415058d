"""What a plugin is told about a connection comes in order: opened, users bound and unbound in turn,
closed, and nothing after that; however quick the connection is gone."""

import json
import socket
import struct

from harness import ServerCase, eventually, main
from rawws import CLOSE, Client, client_frame, close_body

BIND, BOOK = 2500, 2501
ROUNDS = 120


def reset(client):
    """Closes as a crashed client does."""
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.sock.close()


def hear_and_reset(client):
    client.reply()
    reset(client)


def close_well(client):
    client.send(client_frame(CLOSE, close_body(1000)))
    client.closed()
    client.sock.close()


LEAVES = (reset, hear_and_reset, close_well)


class Notices(ServerCase):

    def check(self, plugin):
        server = self.serve(plugin, config={"threads": 2})
        for number in range(ROUNDS):
            client = Client(server.port)
            client.ask(BIND)
            LEAVES[number % len(LEAVES)](client)
        with Client(server.port) as client:
            book = eventually(lambda: self.settled(client), "every connection is closed")
        self.assertEqual((book["opened"], book["faults"]), (ROUNDS + 1, 0), book)
        self.assertGreater(book["bound"], ROUNDS)

    def settled(self, client):
        book = json.loads(client.call(BOOK))
        return book if book["closed"] >= ROUNDS else None

    def test_of_a_parallel_plugin(self):
        self.check("ledger")

    def test_of_a_plugin_on_its_home_loop(self):
        self.check("ledger_home")


if __name__ == "__main__":
    main()
