"""The golden transcript: what the base protocol says, byte for byte.

golden/base.txt holds the frames of a conversation. Clients of the base protocol exist that will
never be changed, so this file must not be changed either; a new kind of frame gets a file of its
own. A line is one of:

    # a comment
    connect NAME PATH
    NAME > HEX      the client sends these bytes (a masked frame, or several)
    NAME < HEX      the server sends exactly these
    NAME = closed   the stream ends here

Run `python3 test_golden.py --print` to see what the server of today says to the same requests.
"""

import pathlib
import sys

from harness import Server, ServerCase, main
from rawws import Client, Closed

GOLDEN = pathlib.Path(__file__).with_name("golden") / "base.txt"
CONFIG = {
    "services": {"act.sql/1": "sqlite"},
    "actions": {
        "1": "echo.echo",
        "2": {"action": "echo.echo", "payload_max": 8},
        "3": {"action": "echo.echo", "rate_per_s": 0.001, "rate_burst": 1},
        "9": "absent.action",
        "110": "friend.add", "112": "friend.answer", "114": "friend.list",
    },
    "pushes": {"1110": "friend.requested", "1112": "friend.answered"},
}
PLUGINS = ("echo", "sqlite", "friend")


def steps():
    """The lines of the transcript as (number, name, what, argument)."""
    for number, line in enumerate(GOLDEN.read_text().splitlines(), 1):
        words = line.split("#")[0].split(maxsplit=2)
        if not words:
            continue
        if words[0] == "connect":
            yield number, words[1], "connect", words[2]
        else:
            yield number, words[0], words[1], words[2]


class Golden(ServerCase):

    def test_transcript(self):
        server = self.serve(*PLUGINS, config=CONFIG)
        clients, frames = {}, 0
        for number, name, what, argument in steps():
            where = f"{GOLDEN.name}:{number}"
            if what == "connect":
                clients[name] = Client(server.port, argument)
                self.addCleanup(clients[name].sock.close)
            elif what == ">":
                clients[name].send(bytes.fromhex(argument))
            elif what == "<":
                expected = bytes.fromhex(argument)
                frames += 1
                self.assertEqual(clients[name].read(len(expected)).hex(), expected.hex(), where)
            else:
                self.assertEqual(clients[name].read_all(), b"", where)
        self.assertGreater(frames, 20)


def frame_bytes(client):
    """The next frame of the server's as hex, or None at the end."""
    try:
        first, second = client.read(2)
    except Closed:
        return None
    length, extra = second & 0x7F, b""
    if length >= 126:
        extra = client.read(2 if length == 126 else 8)
        length = int.from_bytes(extra, "big")
    return (bytes([first, second]) + extra + client.read(length)).hex()


def print_today():
    """Replays the client's side and prints what the server answers now."""
    server = Server(PLUGINS, CONFIG).start()
    clients = {}
    for _, name, what, argument in steps():
        if what == "connect":
            clients[name] = Client(server.port, argument)
            print(f"connect {name} {argument}")
        elif what == ">":
            clients[name].send(bytes.fromhex(argument))
            print(f"{name} > {argument}")
        elif what == "<":
            print(f"{name} < {frame_bytes(clients[name])}")
        else:
            print(f"{name} = {'closed' if frame_bytes(clients[name]) is None else 'open'}")
    server.stop()
    server.discard()


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        print_today()
    else:
        main()
