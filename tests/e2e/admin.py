"""Asks the admin listener of a server: over its unix socket, or over TCP with a token."""

import fcntl
import http.client
import json
import re
import socket
import struct
import termios

from harness import DEADLINE, eventually

PATHS = {"/healthz": "GET", "/readyz": "GET", "/metrics": "GET", "/v1/status": "GET",
         "/v1/reload": "POST"}


def connect(server):
    """A connected socket, with a deadline."""
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(DEADLINE)
    sock.connect(str(server.state / "admin.sock"))
    return sock


class Answer:
    """A whole answer; the server must have closed behind it."""

    def __init__(self, sock, method):
        with sock:
            response = http.client.HTTPResponse(sock, method=method)
            response.begin()
            self.code, self.body = response.status, response.read()
            self.headers = {name.lower(): value for name, value in response.getheaders()}
            self.text = self.body.decode()
            rest = sock.recv(1)
        if rest or self.headers["connection"] != "close":
            raise AssertionError(f"the connection goes on after {self.text!r}")

    def json(self):
        return json.loads(self.text)

    def error(self):
        return self.json()["error"]


def asked(server, path, method=None):
    """A socket on which the server has read a request, and begun with it; Answer() is what follows."""
    sock = connect(server)
    send(sock, method or PATHS[path], path)
    eventually(lambda: not unread(sock), "the server reads the request")
    ask(server, "/healthz")  # its thread does one thing after the other
    return sock


def unread(sock):
    """The bytes that were sent and not read by the other side (unix(7): SIOCOUTQ)."""
    return struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)))[0]


def send(sock, method, path, headers=(), body=b""):
    lines = [f"{method} {path} HTTP/1.1", "Host: actd", *headers]
    sock.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def ask(server, path, method=None, headers=(), body=b"", port=None):
    """Asks by the unix socket, or by the TCP port; the Answer."""
    method = method or PATHS[path]
    sock = connect(server) if port is None else socket.create_connection(
        ("127.0.0.1", port), DEADLINE)
    send(sock, method, path, headers, body)
    return Answer(sock, method)


def status(server):
    return ask(server, "/v1/status").json()


def reload(server):
    """POST /v1/reload with the config as it is in `server.config`; the report."""
    server.write_config()
    answer = ask(server, "/v1/reload")
    if answer.code != 200:
        raise AssertionError(f"{answer.code} {answer.text}")
    return answer.json()


class Metrics(dict):
    """The values of a scrape, by name and labels as they are written."""

    def __init__(self, server):
        super().__init__()
        self.text = ask(server, "/metrics").text
        for line in self.text.splitlines():
            if not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                if name in self:
                    raise AssertionError(f"{name} stands twice")
                self[name] = float(value)

    def family(self, name):
        """The values of one metric, by a tuple of the labels' values in their order."""
        return {tuple(re.findall(r'="([^"]*)"', key)): value for key, value in self.items()
                if key.partition("{")[0] == name}
