"""Holds the conversation of a row on a raw socket, and tells what was heard."""

import collections
import concurrent.futures
import select
import struct
import zlib

import secure
from harness import DEADLINE
from rawws import CLOSE, PING, PONG, TEXT, BINARY, Client, Closed, client_frame, close_body
from rfc_rows import ENDS, OPEN, fails, goes_on

TLS = secure.CARRIER == "tls"
PROOF = b"still there?"
CROWD = 16  # conversations at a time

# What was heard, in the shape of what is expected.
Heard = collections.namedtuple("Heard", "messages pongs end")


def wanted(row):
    """What may be heard: one thing, but for TLS sometimes one of several."""
    def heard(expected):
        messages = [frame for frame in expected.frames if frame[0] != PONG]
        pongs = [payload for opcode, payload in expected.frames if opcode == PONG]
        return Heard(messages, pongs, expected.end)
    return [heard(one) for one in (TLS and row.tls or (row.expected,))]


def short(heard):
    """Without the middle of what is long: for people, and as good to compare."""
    def cut(data):
        return data if len(data) < 80 else (data[:20], len(data), zlib.crc32(data))
    return Heard([(opcode, cut(payload)) for opcode, payload in heard.messages],
                 [cut(payload) for payload in heard.pongs], heard.end)


class Conversation:
    """One row on one connection. `in_turn`: between writes something is heard first."""

    def __init__(self, port, row, path="/echo", offer=None, in_turn=False):
        headers = {"Sec_WebSocket_Extensions": offer} if offer else {}
        self.client = Client(port, path, **headers)
        self.row, self.in_turn, self.want = row, in_turn, wanted(row)[0]
        self.messages, self.pongs, self.closed, self.cut_short = [], [], None, False

    def hold(self):
        """Sends it all; what was heard."""
        with self.client:
            for i, write in enumerate(self.row.writes):
                if i and self.in_turn:
                    select.select([self.client.sock], [], [], DEADLINE)
                self.say(write)
            going = True
            while going and not self.heard_all():
                going = self.take()
            end = self.end() if going else self.how_it_ended()
            return Heard(self.messages, self.pongs, end)

    def say(self, data):
        """With TLS the server may have ended the stream, and be gone, before all of it was sent. A
        plain one hears everybody out (section 7.1.1)."""
        try:
            self.client.send(data)
        except OSError:
            self.cut_short = not TLS

    def take(self):
        """One frame of the server's. False: it was a close, or the end."""
        try:
            got = self.client.frame()
        except Closed:
            return False
        if not got.fin or got.rsv & 3 or got.rsv and got.opcode not in (TEXT, BINARY):
            raise AssertionError(f"no frame of a server's: {got}")
        if got.opcode == CLOSE:
            self.closed = got.payload
            return False
        payload = got.payload
        if got.rsv:
            payload = zlib.decompressobj(-15).decompress(payload + b"\x00\x00\xff\xff")
        if got.opcode == PONG:
            self.pongs.append(payload)
        else:
            self.messages.append((got.opcode, payload))
        return True

    def heard_all(self):
        return (len(self.messages) >= len(self.want.messages)
                and len(self.pongs) >= len(self.want.pongs))

    def end(self):
        """How it ends, when all is heard that was to be heard."""
        if self.want.end == OPEN:
            return self.proof()
        if self.want.end == ("waits",):
            readable = select.select([self.client.sock], [], [], 0.05)[0]
            return ("speaks",) if readable else ("waits",)
        while self.take():
            pass
        return self.how_it_ended()

    def proof(self):
        """A ping is answered; then it is closed well."""
        self.say(client_frame(PING, PROOF))
        while self.pongs[-1:] != [PROOF]:
            if not self.take():
                return self.how_it_ended()
        self.pongs.pop()
        self.say(client_frame(CLOSE, close_body(1000, "over")))
        while self.take():
            pass
        end = self.how_it_ended("answers")
        return OPEN if end == ("answers", close_body(1000, "over")) else end

    def how_it_ended(self, kind=None):
        """Behind a close frame there is the end of the stream, of the server's own accord, and
        nothing else. (A reset would have taken the frame along, if it had come sooner.)"""
        if self.closed is None:
            return ENDS
        if self.cut_short:
            return ("resets",)
        if (kind or self.want.end[0]) != "answers" and self.row.answered:
            self.say(client_frame(CLOSE, self.closed))
        try:
            rest = self.client.sock.recv(1 << 16)
        except ConnectionResetError:
            return ("resets",)
        if rest or self.client.buffer:
            return goes_on(bytes(self.client.buffer) + rest)
        if (kind or self.want.end[0]) == "answers":
            return ("answers", self.closed)
        return fails(struct.unpack(">H", self.closed[:2])[0] if self.closed else 1005)


def hold_all(port, rows, **options):
    """(row, what was heard or why nothing was), many at a time, in their order."""
    def one(row):
        try:
            return row, Conversation(port, row, **options).hold()
        except (AssertionError, OSError) as why:
            return row, why
    with concurrent.futures.ThreadPoolExecutor(CROWD) as pool:
        yield from pool.map(one, rows)
