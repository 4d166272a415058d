"""A WebSocket client that hides nothing: bytes in, bytes out.

The libraries that other tests use would never send a malformed handshake, a fragment of their own
choosing or a fixed mask; this client does (RFC 6455). Every socket has a deadline.
"""

import collections
import json
import socket
import ssl
import struct

import secure
from harness import DEADLINE

KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # the key of RFC 6455 section 1.3 and what must answer it
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
MASK = bytes.fromhex("37fa213d")  # fixed, so that a transcript is the same each time

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10

Frame = collections.namedtuple("Frame", "opcode payload fin rsv")
Response = collections.namedtuple("Response", "status reason headers body")


class Closed(Exception):
    """The server closed the connection: with a close frame (`code`, `reason`) or without (None)."""

    def __init__(self, code, reason=""):
        super().__init__(f"closed: {code} {reason}")
        self.code, self.reason = code, reason


class Refused(Exception):
    """The upgrade was answered by something other than 101."""

    def __init__(self, response):
        super().__init__(f"{response.status} {response.body!r}")
        self.response = response
        self.status = response.status

    def error(self):
        """The JSON body's "error" object."""
        return json.loads(self.response.body)["error"]


def client_frame(opcode, payload=b"", fin=True, rsv=0, mask=MASK):
    """One frame as a client sends it: masked (RFC 6455 section 5.2)."""
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    length = len(payload)
    if length < 126:
        head += bytes([0x80 | length])
    elif length < 1 << 16:
        head += bytes([0x80 | 126]) + struct.pack(">H", length)
    else:
        head += bytes([0x80 | 127]) + struct.pack(">Q", length)
    return head + mask + masked(payload, mask)


def masked(payload, mask):
    """XOR with the mask repeated; on whole integers, since megabytes are sent."""
    if not payload:
        return b""
    repeated = (mask * (len(payload) // 4 + 1))[:len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(
        len(payload), "big")


def action_frame(code, payload=b""):
    payload = payload.encode() if isinstance(payload, str) else payload
    return client_frame(BINARY, struct.pack(">I", code) + payload)


def close_body(code, reason=""):
    return struct.pack(">H", code) + reason.encode()


class Socket:
    """A TCP connection with a buffer in front."""

    def __init__(self, port, host="127.0.0.1", receive_buffer=None):
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(DEADLINE)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.connect((host, port))
        self.sock = secure.wrap(self.sock, port)
        self.buffer = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def send_some(self, data):
        """Sends what goes out without waiting; how many bytes that was. (With TLS 0 may mean that
        some of it did: the next try has to begin with the same bytes, and does.)"""
        self.sock.setblocking(False)
        try:
            return self.sock.send(data)
        except (BlockingIOError, ssl.SSLWantWriteError):
            return 0
        finally:
            self.sock.settimeout(DEADLINE)

    def _more(self):
        """Reads something; False at the end of the stream."""
        try:
            chunk = self.sock.recv(1 << 18)
        except ConnectionResetError:
            return False
        self.buffer += chunk
        return bool(chunk)

    def read(self, count):
        while len(self.buffer) < count:
            if not self._more():
                raise Closed(None, f"after {len(self.buffer)} of {count} bytes")
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken

    def read_until(self, mark):
        while mark not in self.buffer:
            if not self._more():
                raise Closed(None, f"before {mark!r}, after {bytes(self.buffer)!r}")
        return self.read(self.buffer.index(mark) + len(mark))

    def read_all(self):
        """What comes until the server closes."""
        while self._more():
            pass
        return self.read(len(self.buffer))

    def response(self):
        """An HTTP response with its body (by Content-Length)."""
        head = self.read_until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        parts = head[0].split(" ", 2)
        headers = {}
        for line in head[1:-2]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        body = self.read(int(headers.get("content-length", 0)))
        return Response(int(parts[1]), parts[2] if len(parts) > 2 else "", headers, body)

    def frame(self):
        """The next frame of the server's, as it is; it must not be masked, and must tell its length
        in the shortest form."""
        first, second = self.read(2)
        if second & 0x80:
            raise AssertionError("the server sent a masked frame")
        length, least = second & 0x7F, 0
        if length == 126:
            least, (length,) = 126, struct.unpack(">H", self.read(2))
        elif length == 127:
            least, (length,) = 1 << 16, struct.unpack(">Q", self.read(8))
        if length < least:
            raise AssertionError(f"the server sent {length} bytes in the form for {least} and more")
        return Frame(first & 15, self.read(length), bool(first & 0x80), first >> 4 & 7)


def upgrade_request(path, host="127.0.0.1", method="GET", version="HTTP/1.1", drop=(), **headers):
    """The bytes of an upgrade; `headers` replace or add (with _ for -), `drop` leaves out."""
    lines = {"Host": host, "Upgrade": "websocket", "Connection": "Upgrade",
             "Sec-WebSocket-Key": KEY, "Sec-WebSocket-Version": "13"}
    lines.update({name.replace("_", "-"): value for name, value in headers.items()})
    text = f"{method} {path} {version}\r\n"
    for name, value in lines.items():
        if name in drop:
            continue
        for one in value if isinstance(value, list) else [value]:
            text += f"{name}: {one}\r\n"
    return (text + "\r\n").encode("latin-1")


def http(port, request):
    """Sends bytes; the response, after which the server must close (no keep-alive, ever)."""
    with Socket(port) as sock:
        sock.send(request)
        response = sock.response()
        rest = sock.read_all()
        if rest:
            raise AssertionError(f"bytes after the response: {rest!r}")
        return response


class Client(Socket):
    """An upgraded connection. Raises Refused where the upgrade is."""

    def __init__(self, port, path="/serv/", receive_buffer=None, request=None, **headers):
        super().__init__(port, receive_buffer=receive_buffer)
        self.send(request or upgrade_request(path, f"127.0.0.1:{port}", **headers))
        answer = self.response()
        if answer.status != 101:
            self.sock.close()
            raise Refused(answer)
        if answer.headers.get("sec-websocket-accept") != ACCEPT:
            raise AssertionError(f"wrong Sec-WebSocket-Accept: {answer.headers}")
        self.answer = answer

    def message(self):
        """The next whole message as (opcode, payload); pings are answered on the way. The server
        never fragments. Raises Closed at a close frame (which is answered) or at the end."""
        while True:
            got = self.frame()
            if got.opcode == PING:
                self.send(client_frame(PONG, got.payload))
            elif got.opcode == CLOSE:
                code = struct.unpack(">H", got.payload[:2])[0] if got.payload else 1005
                self.answer_close(got.payload)
                raise Closed(code, got.payload[2:].decode())
            elif got.opcode in (TEXT, BINARY):
                if not got.fin or got.rsv:
                    raise AssertionError(f"unexpected frame {got}")
                return got.opcode, got.payload

    def answer_close(self, payload):
        try:
            self.send(client_frame(CLOSE, payload))
        except OSError:
            pass  # it is gone already, which is its right after its close frame

    def reply(self):
        """The next message of an action endpoint as (code, payload)."""
        opcode, payload = self.message()
        if opcode != BINARY or len(payload) < 4:
            raise AssertionError(f"not a message of the base protocol: {opcode} {payload!r}")
        return struct.unpack(">I", payload[:4])[0], payload[4:]

    def ask(self, code, payload=b""):
        self.send(action_frame(code, payload))

    def call(self, code, payload=b""):
        """Asks, and returns the payload of the answer, which must bear the same code."""
        self.ask(code, payload)
        got, answer = self.reply()
        if got != code:
            raise AssertionError(f"asked {code}, heard {got}: {answer!r}")
        return answer

    def text(self, code, payload=b""):
        return self.call(code, payload).decode()

    def error(self, code, payload=b""):
        """Asks for what must fail; the "error" object."""
        answer = json.loads(self.call(code, payload))
        if list(answer) != ["error"]:
            raise AssertionError(f"expected an error, got {answer}")
        return answer["error"]

    def closed(self):
        """Waits for the close; returns its Closed. Messages before it are passed over."""
        while True:
            try:
                self.message()
            except Closed as why:
                return why

    def bye(self, code=1000):
        """Closes well: close, its echo, end of stream."""
        self.send(client_frame(CLOSE, close_body(code)))
        while True:
            got = self.frame()
            if got.opcode == CLOSE:
                break
        if self.read_all():
            raise AssertionError("bytes after the close frame")
        self.sock.close()
        return got.payload
