"""Who is busy is not called silent: a client whose messages the server does not read yet, and one
that reads slowly but steadily, are kept.

How long is long enough is told by a twin that says nothing: when the server has dropped it, the
time for a silent connection is over.
"""

import threading

from harness import ServerCase, main
from rawws import BINARY, PING, PONG, Client, Closed, client_frame
from stubborn import ANSWER, WAIT, open_gate, waits

SLOW_MESSAGES, SLOW_BYTES = 400, 60000


class Patience(ServerCase):

    def start(self, **limits):
        self.server = self.serve("stubborn", config={"ping_s": 1, "pong_s": 1, "limits": limits})

    def client(self, **options):
        client = Client(self.server.port, **options)
        self.addCleanup(client.sock.close)
        return client

    def outlast_a_silent_one(self):
        twin = self.client()
        with self.assertRaises(Closed):
            while True:
                twin.frame()  # pings are heard, and not answered

    def test_pipelining_while_a_call_takes_long(self):
        self.start(pending_messages=2)
        client = self.client()
        client.ask(WAIT, "gate")
        for number in range(6):
            client.ask(ANSWER, str(number))
        waits(self.server, "gate")
        for _ in range(2):
            self.outlast_a_silent_one()
        open_gate(self.server, "gate")
        self.assertEqual(client.reply()[0], WAIT)
        for number in range(6):
            self.assertEqual(client.reply(), (ANSWER, b"%d" % number))

    def test_a_slow_reader(self):
        """It has said all that it has to say, and reads a message now and then; a ping, and so its
        answer, comes behind all of them."""
        self.start(outbox_bytes=2 * SLOW_MESSAGES * SLOW_BYTES)
        client = self.client(receive_buffer=4096)
        writer = threading.Thread(target=self.send_all, args=(client,))
        writer.start()
        over = threading.Event()
        twin = threading.Thread(target=self.outlast_two, args=(over,))
        twin.start()
        heard = 0
        while heard < SLOW_MESSAGES:
            heard += self.read_one(client)
            over.wait(0.02)
        writer.join()
        twin.join()
        self.assertEqual(client.text(ANSWER, "still here"), "still here")

    def send_all(self, client):
        for _ in range(SLOW_MESSAGES):
            client.ask(ANSWER, b"x" * SLOW_BYTES)

    def outlast_two(self, over):
        try:
            for _ in range(2):
                self.outlast_a_silent_one()
        finally:
            over.set()

    def read_one(self, client):
        """How many messages were read: 1, or 0 for a ping, which is answered."""
        got = client.frame()
        if got.opcode == PING:
            client.send(client_frame(PONG, got.payload))
            return 0
        self.assertEqual((got.opcode, len(got.payload)), (BINARY, 4 + SLOW_BYTES))
        return 1


if __name__ == "__main__":
    main()
