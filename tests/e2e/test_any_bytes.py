"""Handshakes and frames with bytes changed, cut out and put in, from fixed seeds: whatever comes,
the server serves the next client, and a sanitizer has nothing to say."""

import random
import socket
import struct

from harness import ServerCase, main
from rawws import BINARY, CLOSE, CONT, PING, PONG, TEXT, Client, Closed, Socket, client_frame
from rawws import upgrade_request

CONNECTIONS = 1000
OPCODES = (CONT, TEXT, BINARY, BINARY, BINARY, CLOSE, PING, PONG, 3)
SIZES = (0, 1, 4, 100, 125, 126, 4000, 70000)
CODES = (1, 2100, 2101, 2104, 2106, 2110, 2112, 2114, 2116, 404)  # echo, probe, and none
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: the close is a reset


def garbled(rng, data):
    """The same with some bytes changed, left out, put in or said twice."""
    data = bytearray(data)
    for _ in range(rng.choice((0, 1, 1, 2, 5, 20))):
        at, count = rng.randrange(len(data) + 1), rng.randrange(1, 20)
        change = rng.choice(("set", "cut", "put", "twice"))
        if change == "set":
            data[at:at + 1] = rng.randbytes(1)
        elif change == "cut":
            del data[at:at + count]
        elif change == "put":
            data[at:at] = rng.randbytes(count)
        else:
            data[at:at] = data[at:at + count]
    return bytes(data)


def frames(rng):
    whole = b""
    for _ in range(rng.randrange(8)):
        payload = rng.randbytes(rng.choice(SIZES))
        if rng.random() < 0.5:
            payload = struct.pack(">I", rng.choice(CODES)) + b"slot 1 2 3"[:rng.randrange(10)]
        whole += client_frame(rng.choice(OPCODES), payload, fin=rng.random() < 0.8,
                              rsv=rng.choice((0,) * 9 + (1, 2, 4)))
    return garbled(rng, whole) if rng.random() < 0.6 else whole


class AnyBytes(ServerCase):

    def test_any_bytes(self):
        server = self.serve("echo", "probe", config={
            "limits": {"message_bytes": 65536}, "handshake_ms": 1000, "close_ms": 500})
        for seed in range(CONNECTIONS):
            self.one(random.Random(seed), server.port)
            self.assertIsNone(server.process.poll(), f"seed {seed} ended the server")
        with Client(server.port) as client:
            self.assertEqual(client.call(1, b"still here"), b"still here")

    def one(self, rng, port):
        request = upgrade_request(rng.choice(("/echo", "/serv/", "/serv/?user=a")))
        with Socket(port) as sock:
            sock.sock.settimeout(0.02)  # what is not answered at once is not waited for
            try:
                sock.send(garbled(rng, request) if rng.random() < 0.4 else request)
                sock.send(frames(rng))
                sock.read_all()
            except (OSError, Closed):
                pass
            if rng.random() < 0.3:
                sock.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


if __name__ == "__main__":
    main()
