"""Runs actctl, and plays servers that the real one never is."""

import base64
import collections
import hashlib
import json
import socket
import struct
import subprocess
import threading

from harness import BUILD, DEADLINE, sanitizer_env

ACTCTL = BUILD / "bin/actctl"
GOOD, REFUSED, USAGE, UNREACHED, TIMED_OUT, LOST = range(6)
PARTIAL = 2  # of a reload
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3


class Result(collections.namedtuple("Result", "code out err raw")):
    """What a run came to: exit code, both outputs as text, and the standard output's bytes."""

    @property
    def lines(self):
        """The standard output of --json: one object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


def environment(config=None):
    env = sanitizer_env()
    env.pop("ACTD_CONFIG", None)
    if config is not None:
        env["ACTD_CONFIG"] = str(config)
    return env


def actctl(*args, config=None, stdin=b"", **env):
    """Runs actctl to its end."""
    if not ACTCTL.exists():
        raise FileNotFoundError(f"{ACTCTL}: not there; set ACTD_BUILD or build it")
    done = subprocess.run([str(ACTCTL), *map(str, args)], input=stdin, capture_output=True,
                          timeout=DEADLINE, env=dict(environment(config), **env), check=False)
    return Result(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode(),
                  done.stdout)


class Running:
    """An actctl that goes on for a while; its output is read line by line."""

    def __init__(self, *args, config=None):
        self.process = subprocess.Popen([str(ACTCTL), *map(str, args)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env=environment(config))
        # No wait without an end, whatever the program does.
        self.watchdog = threading.Timer(DEADLINE, self.process.kill)
        self.watchdog.start()

    def line(self):
        return self.process.stdout.readline()

    def error_line(self):
        return self.process.stderr.readline()

    def end(self, signal=None):
        """Waits for its end, after a signal where one is given; the Result of what is left."""
        if signal is not None:
            self.process.send_signal(signal)
        out, err = self.process.communicate()
        self.watchdog.cancel()
        return Result(self.process.returncode, out, err, out.encode())


class Strange:
    """A server of one connection at a time that does what `script` (a function of the connection)
    does with it."""

    def __init__(self, script, family=socket.AF_INET, wrap=lambda conn: conn):
        self.listener = socket.socket(family)
        if family == socket.AF_INET:
            self.listener.bind(("127.0.0.1", 0))
            self.port = self.listener.getsockname()[1]
        self.script, self.wrap = script, wrap
        self.over = threading.Event()
        self.listener.listen()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while not self.over.is_set():
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            conn.settimeout(DEADLINE)
            try:
                with self.wrap(conn) as stream:
                    self.script(stream)
            except OSError:
                pass  # the other side is gone: its test says what it makes of that

    def stop(self):
        self.over.set()
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.thread.join(DEADLINE)

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}/serv/"


def head(conn):
    """Reads a request's head."""
    got = b""
    while b"\r\n\r\n" not in got:
        chunk = conn.recv(4096)
        if not chunk:
            raise OSError("no request")
        got += chunk
    return got


def upgrade(conn, more=""):
    """Answers an upgrade with 101."""
    request = head(conn)
    key = next(line.split(b":", 1)[1].strip() for line in request.split(b"\r\n")
               if line.lower().startswith(b"sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
    conn.sendall((f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                  f"Connection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n{more}\r\n").encode())
    return request


def server_frame(opcode, payload=b""):
    """A frame as a server sends it: not masked."""
    size = len(payload)
    length = bytes([size]) if size < 126 else b"\x7e" + struct.pack(">H", size)
    return bytes([0x80 | opcode]) + length + payload


def until_closed(conn):
    """Takes whatever comes until the other side has enough."""
    while conn.recv(65536):
        pass


def replies(conn):
    """The messages of a client, unmasked: (opcode, payload)."""
    def exactly(count):
        got = b""
        while len(got) < count:
            chunk = conn.recv(count - len(got))
            if not chunk:
                raise OSError("closed")
            got += chunk
        return got
    while True:
        first, second = exactly(2)
        size = second & 0x7F
        if size == 126:
            size = struct.unpack(">H", exactly(2))[0]
        mask = exactly(4)
        yield first & 0x0F, bytes(b ^ mask[i % 4] for i, b in enumerate(exactly(size)))


def nobodys_url():
    """An address that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return f"ws://127.0.0.1:{sock.getsockname()[1]}/serv/"
