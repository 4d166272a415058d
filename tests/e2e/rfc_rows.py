"""The rows of the conformance tables, and the words that they are written in.

A row is what a client sends on a raw endpoint that echoes, and what the RFCs ask of a server then.
Where a connection with TLS does otherwise (libwebsockets carries those), the row says so in `tls`:
that is tested as well, so that the day on which it changes is noticed.
"""

import collections
import struct

from rawws import BINARY, CLOSE, CONT, MASK, PING, PONG, TEXT, client_frame, masked

LIMIT = 131072  # limits.message_bytes of the server under test

# What is expected: the frames before the end, in order (messages among messages, pongs among
# pongs: which of a message and a pong goes first is nobody's business), and the end.
#   OPEN           the connection goes on: a ping is answered, and so is a close
#   ("fails", n)   the server sends a close with n, hears nothing any more, and ends the stream
#   ("answers", p) the client's close is answered with one that has the payload p, then the end
#   ENDS           the stream ends without a close frame
#   ("waits",)     nothing, since it has not understood yet that there is something to say
OPEN = ("open",)
ENDS = ("ends",)

Expected = collections.namedtuple("Expected", "frames end")
# `answered`: a close of the server's is answered when it is heard.
Row = collections.namedtuple("Row", "name section writes expected tls answered")


def row(name, section, writes, frames=(), end=OPEN, tls=None, answered=True):
    """`writes`: bytes, or several that are written one after the other. `tls`: None where it is the
    same; several where it depends on what libwebsockets gets to first."""
    writes = (writes,) if isinstance(writes, bytes) else tuple(writes)
    tls = () if tls is None else (tls,) if isinstance(tls, Expected) else tls
    return Row(name, section, writes, Expected(tuple(frames), end), tls, answered)


def other(frames=(), end=OPEN):
    """What TLS does instead."""
    return Expected(tuple(frames), end)


def goes_on(more):
    """The server's close is not its last word. (Nothing that it should do.)"""
    return ("goes on behind its close", more)


WAITS = other(end=("waits",))


def fails(code):
    return ("fails", code)


def answers(payload=b""):
    return ("answers", payload)


def text(payload):
    return (TEXT, payload.encode() if isinstance(payload, str) else payload)


def binary(payload):
    return (BINARY, payload)


def pong(payload=b""):
    return (PONG, payload)


def bytewise(data):
    """Each byte in its own write."""
    return tuple(bytes([byte]) for byte in data)


def fragments(opcode, pieces, **options):
    """A message of so many frames."""
    last = len(pieces) - 1
    return b"".join(client_frame(CONT if i else opcode, piece, fin=i == last, **options)
                    for i, piece in enumerate(pieces))


def odd_frame(opcode, payload=b"", form=None, announced=None, has_mask=True, fin=True):
    """A frame whose header need not be a good one: the length in the form of 16 (126) or 64 bits
    (127), another length than the payload's, no mask."""
    length = len(payload) if announced is None else announced
    if form is None:
        form = length if length < 126 else 126 if length < 1 << 16 else 127
    head = bytes([(0x80 if fin else 0) | opcode, (0x80 if has_mask else 0) | form])
    if form == 126:
        head += struct.pack(">H", length)
    elif form == 127:
        head += struct.pack(">Q", length)
    return head + (MASK + masked(payload, MASK) if has_mask else payload)


NAMES = {CONT: "continuation", TEXT: "text", BINARY: "binary", CLOSE: "close", PING: "ping",
         PONG: "pong"}
