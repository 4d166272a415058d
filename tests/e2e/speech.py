"""Clients of the three protocols of an action endpoint, with one set of methods.

Base speaks without a subprotocol, V1 speaks act.v1, Json speaks act.json.v1 (docs/protocol.md).
What they put together and take apart is written down here a second time, apart from the server's
own code. call(), error(), auth(), pushed() and fault() mean the same for each; SPEAKERS has all.
"""

import collections
import json
import struct

from rawws import BINARY, TEXT, Client, Closed, client_frame

REQ, RES, PUSH, NOTIFY, CTRL = range(5)
ERR, RETRY, DEFLATE, STREAM, MORE, ACKREQ, EXT = (1 << bit for bit in range(7))
TRACE, DEADLINE, IDEMPOTENCY, BY, RETRY_AFTER = range(1, 6)
HELLO, PING, AUTH, ERROR = 0xFFFFFF00, 0xFFFFFF01, 0xFFFFFF02, 0xFFFFFF06

# The statuses of the server's own: the code and the name that stand for them in JSON.
STATUSES = {
    1: (404, "unknown_action"), 2: (400, "bad_frame"), 3: (401, "not_logged_in"),
    4: (403, "forbidden"), 5: (429, "rate_limited"), 6: (504, "deadline"),
    7: (503, "overloaded"), 8: (502, "unavailable"), 9: (413, "too_large"),
    10: (401, "token_expired"), 11: (503, "draining"), 12: (409, "duplicate"), 13: (410, "gap"),
    14: (422, "payload_refused"), 15: (500, "plugin_failed"),
}

V1Frame = collections.namedtuple("V1Frame", "code type flags status seq ext payload")


def to_bytes(payload):
    return payload.encode() if isinstance(payload, str) else payload


def pack_ext(values):
    """TLVs from (type, bytes) pairs, without the length in front."""
    return b"".join(bytes([kind, len(value)]) + value for kind, value in values)


def v1_frame(code, kind=REQ, seq=0, payload=b"", ext=(), flags=0, status=0, version=1):
    """A frame of act.v1; `ext` are (type, bytes) pairs, or the bytes behind its length as such."""
    frame = struct.pack(">IBBHI", code, version << 4 | kind, flags | (EXT if ext else 0), status,
                        seq)
    if ext:
        values = ext if isinstance(ext, bytes) else pack_ext(ext)
        frame += struct.pack(">H", len(values)) + values
    return frame + to_bytes(payload)


def v1_read(message):
    """Takes a frame of the server's apart, which must be whole."""
    code, kind, flags, status, seq = struct.unpack(">IBBHI", message[:12])
    if kind >> 4 != 1:
        raise AssertionError(f"expected version 1: {message[:12].hex()}")
    at, ext = 12, {}
    if flags & EXT:
        end = at + 2 + struct.unpack(">H", message[at:at + 2])[0]
        at += 2
        while at < end:
            ext[message[at]] = message[at + 2:at + 2 + message[at + 1]]
            at += 2 + message[at + 1]
        if at != end:
            raise AssertionError(f"the values end behind ext: {message.hex()}")
    return V1Frame(code, kind & 15, flags, status, seq, ext, message[at:])


def v1_error(frame):
    """A frame with ERR as the "error" object that the other protocols have for it."""
    if not frame.flags & ERR or not frame.status:
        raise AssertionError(f"expected an error, got {frame}")
    code, name = STATUSES.get(frame.status, (frame.status, "plugin_error"))
    error = {"code": code, "name": name, "message": frame.payload.decode(),
             "retry": bool(frame.flags & RETRY)}
    if RETRY_AFTER in frame.ext:
        error["retry_after_ms"], = struct.unpack(">I", frame.ext[RETRY_AFTER])
    return error


class Base(Client):
    """The base protocol, and what the three have in common."""

    subprotocol = None

    def __init__(self, port, path="/serv/", token=None, **options):
        if self.subprotocol:
            options.setdefault("Sec_WebSocket_Protocol", self.subprotocol)
        if token:
            options["Authorization"] = f"Bearer {token}"
        super().__init__(port, path, **options)
        chosen = self.answer.headers.get("sec-websocket-protocol")
        if chosen != self.subprotocol:
            raise AssertionError(f"expected {self.subprotocol} to be chosen, got {chosen}")
        self.aside, self.last_seq, self.hello = collections.deque(), 0, self.greeting()

    def greeting(self):
        return None

    def next_seq(self):
        self.last_seq += 1
        return self.last_seq

    def value(self, code, payload=b"", **how):
        """Asks; the answer, which must be JSON."""
        return json.loads(self.call(code, payload, **how))

    def pushed(self):
        """The next message, which must be a push: (code, payload)."""
        return self.reply()

    def fault(self):
        """Waits for the close: (the error that was told before it or None, the Closed)."""
        return None, self.closed()


class Numbered(Base):
    """What act.v1 and act.json.v1 have in common: answers are found by their seq. What comes while
    one is waited for is kept in `aside`."""

    def wait_for(self, wanted):
        """The first message that is `wanted`, of those aside and of those that come."""
        for message in self.aside:
            if wanted(message):
                self.aside.remove(message)
                return message
        while True:
            message = self.heard()
            if wanted(message):
                return message
            self.aside.append(message)

    def call(self, code, payload=b"", **how):
        """Asks; the payload of the answer, which must be a good one."""
        return self.good(self.answer_to(self.ask(code, payload, **how)))

    def error(self, code, payload=b"", **how):
        """Asks for what must fail; the error object."""
        return self.bad(self.answer_to(self.ask(code, payload, **how)))

    def nothing(self):
        """Asserts that nothing has come, and nothing comes before the answer to a ping now."""
        self.ping()
        if self.aside:
            raise AssertionError(f"expected nothing, got {list(self.aside)}")


class V1(Numbered):
    """act.v1."""

    subprotocol = "act.v1"

    def greeting(self):
        frame = self.heard()
        if frame[:6] != (HELLO, CTRL, 0, 0, 0, {}):
            raise AssertionError(f"expected HELLO first, got {frame}")
        return json.loads(frame.payload)

    def heard(self):
        opcode, message = self.message()
        if opcode != BINARY:
            raise AssertionError(f"expected a binary message, got {message!r}")
        return v1_read(message)

    def send_frame(self, *parts, **named):
        self.send(client_frame(BINARY, v1_frame(*parts, **named)))

    def ask(self, code, payload=b"", seq=None, **how):
        """Sends a REQ; its seq. `how` goes to v1_frame()."""
        seq = self.next_seq() if seq is None else seq
        self.send_frame(code, REQ, seq, payload, **how)
        return seq

    def notify(self, code, payload=b"", **how):
        self.send_frame(code, NOTIFY, 0, payload, **how)

    def answer_to(self, seq):
        return self.wait_for(lambda frame: frame.type == RES and frame.seq == seq)

    def good(self, frame):
        if frame.flags & ~EXT or frame.status:
            raise AssertionError(f"expected a good answer, got {frame}")
        return frame.payload

    def bad(self, frame):
        return v1_error(frame)

    def pushed(self):
        frame = self.wait_for(lambda frame: frame.type == PUSH)
        if (frame.flags, frame.status, frame.seq) != (0, 0, 0):
            raise AssertionError(f"expected a push with nothing set, got {frame}")
        return frame.code, frame.payload

    def ping(self):
        seq = self.next_seq()
        self.send_frame(PING, CTRL, seq)
        return self.wait_for(lambda frame: frame.code == PING and frame.seq == seq)

    def auth(self, token):
        """Shows a token; what the server answers: user and expires_in_s, or an error object."""
        seq = self.next_seq()
        self.send_frame(AUTH, CTRL, seq, token)
        frame = self.wait_for(lambda frame: frame.code == AUTH and frame.seq == seq)
        return v1_error(frame) if frame.flags & ERR else json.loads(frame.payload)

    def notice(self):
        """Waits for what the server says unasked of the login."""
        frame = self.wait_for(lambda frame: frame.code == AUTH and frame.seq == 0)
        return json.loads(frame.payload)

    def fault(self):
        error = None
        try:
            while True:
                frame = self.heard()
                error = v1_error(frame) if frame.code == ERROR else None
        except Closed as why:
            return error, why


class Json(Numbered):
    """act.json.v1."""

    subprotocol = "act.json.v1"

    def greeting(self):
        hello = self.heard()
        if hello.pop("ctrl", None) != "hello":
            raise AssertionError(f"expected hello first, got {hello}")
        return hello

    def heard(self):
        """The next message; what stands behind "data" is kept as it was written, as "raw"."""
        opcode, message = self.message()
        if opcode != TEXT:
            raise AssertionError(f"expected a text message, got {message!r}")
        read = json.loads(message)
        if "data" in read:
            read["raw"] = message[message.index(b'"data":') + 7:-1]
        return read

    def say(self, what):
        """Sends text as it is, bytes as text, anything else as JSON."""
        if not isinstance(what, (str, bytes)):
            what = json.dumps(what)
        self.send(client_frame(TEXT, to_bytes(what)))

    def ask(self, code, payload=b"", seq=None, **members):
        """Sends a request; its seq. The payload is put behind "data" as it is."""
        seq = self.next_seq() if seq is None else seq
        head = json.dumps({"action": code, "seq": seq, **members})[:-1].encode()
        data = b',"data":' + to_bytes(payload) if payload else b""
        self.say(head + data + b"}")
        return seq

    def notify(self, code, payload=b"", **members):
        head = json.dumps({"action": code, **members})[:-1].encode()
        self.say(head + (b',"data":' + to_bytes(payload) if payload else b"") + b"}")

    def answer_to(self, seq):
        return self.wait_for(lambda read: "action" in read and read.get("seq") == seq)

    def good(self, read):
        if "raw" not in read or "error" in read:
            raise AssertionError(f"expected a good answer, got {read}")
        return read["raw"]

    def bad(self, read):
        if "error" not in read or "data" in read:
            raise AssertionError(f"expected an error, got {read}")
        return read["error"]

    def pushed(self):
        read = self.wait_for(lambda read: "push" in read)
        return read["push"], read["raw"]

    def ping(self):
        seq = self.next_seq()
        self.say({"ctrl": "ping", "seq": seq})
        return self.wait_for(lambda read: read.get("ctrl") == "ping" and read.get("seq") == seq)

    def auth(self, token):
        seq = self.next_seq()
        self.say({"ctrl": "auth", "seq": seq, "token": token})
        read = self.wait_for(lambda read: read.get("ctrl") == "auth" and read.get("seq") == seq)
        return read.get("error") or {key: read[key] for key in ("user", "expires_in_s")}

    def notice(self):
        read = self.wait_for(lambda read: read.get("ctrl") == "auth" and "seq" not in read)
        return {key: read[key] for key in ("user", "expires_in_s")}

    def fault(self):
        error = None
        try:
            while True:
                read = self.heard()
                error = read["error"] if read.get("ctrl") == "error" else None
        except Closed as why:
            return error, why


SPEAKERS = (Base, V1, Json)
NUMBERED = (V1, Json)


class Speakers:
    """For test cases with a `server`: opens clients that are given back in the end."""

    def speak(self, speaker, path="/serv/", **options):
        client = speaker(self.server.port, path, **options)
        self.addCleanup(client.sock.close)
        return client
