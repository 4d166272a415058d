"""The golden transcripts: what each protocol says, byte for byte.

golden/base.txt holds a conversation in the base protocol. Clients of it exist that will never be
changed, so this file must not be changed either; golden/act_v1.txt and golden/act_json_v1.txt hold
the same of act.v1 and act.json.v1. How they are written stands in transcript.py.

Run `python3 test_golden.py --print act_v1` to see the file as the server of today would have it.
"""

import pathlib
import sys

import cast
import transcript
from harness import Server, ServerCase, main
from rawws import BINARY, CLOSE, Client, Closed
from speech import EXT
from tokens import Issuer

GOLDEN = pathlib.Path(__file__).with_name("golden")
BASE = {
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
# The tokens in the transcripts are signed with this; they are good until 2100, or were until 2001.
ISSUER = Issuer("HS256", b"the secret of the golden transcripts")
NUMBERED = {
    **ISSUER.config(),
    "services": {"act.auth/1": "jwt"},
    "endpoints": cast.ENDPOINTS,
    "expiry_notice_s": 2,
    "actions": {
        "1": "echo.echo",
        "2": {"action": "witness.notes", "payload_max": 8},
        # The next call would be let through after more than a day: too far off to be told.
        "3": {"action": "witness.notes", "rate_per_s": 0.00001, "rate_burst": 1},
        "4": {"action": "juggler.hold", "in_flight": 1},
        "9": "absent.action",
        "2610": "witness.notes", "2700": "juggler.hold",
    },
}
CONFIGS = {
    "base": (("echo", "sqlite", "friend"), BASE, {}),
    "act_v1": (("echo", "jwt", "juggler", "witness"), NUMBERED, ISSUER.files()),
    "act_json_v1": (("echo", "jwt", "juggler", "witness"), NUMBERED, ISSUER.files()),
}


def connect(port, argument):
    """What "connect" asks for: PATH [SUBPROTOCOL [USER SECONDS]]."""
    path, *more = argument.split()
    headers = {}
    if more:
        headers["Sec_WebSocket_Protocol"] = more[0]
    if more[1:]:
        token = ISSUER.mint(more[1], int(more[2]))
        headers["Authorization"] = f"Bearer {token}"
    return Client(port, path, **headers)


class Golden(ServerCase):

    def check(self, name, least):
        plugins, config, files = CONFIGS[name]
        server = self.serve(*plugins, config=config, files=files)
        clients, frames = {}, 0
        for line in transcript.read(GOLDEN / f"{name}.txt"):
            where = f"{name}.txt:{line.number}"
            if line.what == "connect":
                clients[line.name] = connect(server.port, line.argument)
                self.addCleanup(clients[line.name].sock.close)
            elif line.what == ">":
                clients[line.name].send(transcript.Bytes(line.argument).literal)
            elif line.what == "<":
                expected = transcript.Bytes(line.argument)
                frames += 1
                got = clients[line.name].read(len(expected))
                if not expected.fits(got):
                    self.fail(f"{where}:\nexpected {line.argument}\n     got {got.hex()}\n"
                              f"that is  {got!r}")
            elif line.what == "=":
                self.assertEqual(clients[line.name].read_all(), b"", where)
        self.assertGreater(frames, least)

    def test_base(self):
        self.check("base", 20)

    def test_act_v1(self):
        self.check("act_v1", 60)

    def test_act_json_v1(self):
        self.check("act_json_v1", 60)


def next_frame(client):
    """The next frame of the server's with its header, or None at the end."""
    try:
        head = client.read(2)
        head += client.read(transcript.header_len(head) - 2)
        length = head[1] & 0x7F if len(head) == 2 else int.from_bytes(head[2:], "big")
        return head + client.read(length)
    except Closed:
        return None


def parts(frame):
    """The lengths of what stands in front of a payload: the head of act.v1, and its ext; the code
    of a close."""
    opcode, body = frame[0] & 0x0F, frame[transcript.header_len(frame):]
    if opcode == CLOSE:
        return (2,)
    if opcode != BINARY:
        return ()
    return (4, 2, 2, 4) + ((2 + int.from_bytes(body[12:14], "big"),) if body[5] & EXT else ())


def answer_of_today(name, line, client):
    frame = next_frame(client)
    if line.what == "=" or frame is None:
        return f"{line.name} = {'closed' if frame is None else 'open'}"
    if name == "base":
        return f"{line.name} < {frame.hex()}"
    return f"{line.name} < {transcript.words(frame, parts(frame))}"


def print_today(name):
    """Replays the client's side and prints what the server answers now."""
    plugins, config, files = CONFIGS[name]
    server = Server(plugins, config, files=files).start()
    clients = {}
    for line in transcript.read(GOLDEN / f"{name}.txt"):
        if line.what in ("<", "="):
            print(answer_of_today(name, line, clients[line.name]))
            continue
        print(line.text)
        if line.what == "connect":
            clients[line.name] = connect(server.port, line.argument)
        elif line.what == ">":
            clients[line.name].send(transcript.Bytes(line.argument).literal)
    server.stop()
    server.discard()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--print"]:
        print_today(*sys.argv[2:])
    else:
        main()
