"""Conformance: legal conversations, held by clients that are not ours: Python's websockets, Node's
ws and Go's gorilla/websocket. Each says the same script by its own means; what it cannot say
(gorilla chooses its fragments itself, websockets cuts no character) it says as it can.

A script has steps: a message in pieces (bytes, or a ping that goes out between them), a ping, a
pong; and at the end a close. Heard are the messages in order, the payloads of the pongs in order,
and the code and the reason of the close.
"""

import asyncio
import collections
import hashlib

import secure
from rfc_closing import LATER, REGISTERED
from rfc_frames import LENGTHS
from rfc_rows import LIMIT
from rfc_text import GOOD

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

Script = collections.namedtuple("Script", "name section steps code reason")
Ping = collections.namedtuple("Ping", "payload")


def script(name, section, *steps, code=1000, reason=""):
    return Script(name, section, steps, code, reason)


def text(*pieces):
    return ("text", [piece.encode() if isinstance(piece, str) else piece for piece in pieces])


def binary(*pieces):
    return ("binary", list(pieces))


def ping(payload):
    return ("ping", [payload])


def pong(payload):
    return ("pong", [payload])


def scripts():
    for n in (*LENGTHS, LIMIT):
        yield script(f"{n} bytes of both kinds", "5.2", text(b"t" * n), binary(b"\xff" * n))
    for name, letters in GOOD.items():
        yield script(name, "8.1", text(letters), text("(", letters, ")"))
        if len(letters.encode()) > 1:
            data = letters.encode()
            yield script(f"{name}, cut", "5.6", text(data[:1], data[1:]),
                         text(data[:-1], data[-1:]))
    yield script("pieces", "5.4", text("a", "b", "c"), binary(b"", b"\xff", b""), text("", ""),
                 binary(*[bytes([i]) * 700 for i in range(64)]))
    yield script("pings between pieces", "5.4", text("a", Ping(b"1"), "b", Ping(b"2"), "c"),
                 binary(b"x" * 500, Ping(b"\xff" * 125), b"y" * 500))
    yield script("many pings", "5.5.3", *[ping(b"%d" % i) for i in range(200)])
    yield script("pings of all lengths", "5.5.2", *[ping(bytes([n]) * n) for n in range(126)])
    yield script("pongs that nobody asked for", "5.5.3", pong(b""), text("a"), pong(b"x" * 125),
                 text("b"))
    yield script("many messages", "5.2", *[binary(b"%d" % i) for i in range(300)])
    yield script("what shrinks and what does not", "5.2", text("shrinks " * 4000),
                 binary(hashlib.shake_128(b"noise").digest(60000)), text(""), binary(b""),
                 text("我们都好" * 300))
    # gorilla takes a 1014 for a fault of the server's; the table of codes has it.
    for code in sorted(REGISTERED - {1014}) + [3000, 3999, 4000, 4999]:
        yield script(f"closed with {code}", "7.4", text("a"), code=code, reason=f"why not {code}")
    yield script("closed with a long reason", "5.5.1", code=1000, reason="好" * 41)
    yield script("closed without a code", "5.5.1", text("a"), code=1005)


def fits_tls(each):
    """Not where libwebsockets is known to do otherwise, which the tables of bytes hold: it may
    answer only the first of several pings, and knows no 1012 to 1014."""
    return len(heard(each)[1]) <= 1 and each.code not in LATER


def heard(each):
    """What is to be heard: [messages, pongs, code, reason]."""
    messages, pongs = [], []
    for kind, pieces in each.steps:
        pongs += [piece.payload.hex() for piece in pieces if isinstance(piece, Ping)]
        whole = b"".join(piece for piece in pieces if not isinstance(piece, Ping))
        if kind == "ping":
            pongs.append(whole.hex())
        elif kind != "pong":
            messages.append([kind, hashlib.sha1(whole).hexdigest()])
    return [messages, pongs, each.code, each.reason]


def as_json(each):
    """For clients in other languages."""
    steps = [{"kind": kind, "pieces": [{"ping": piece.payload.hex()} if isinstance(piece, Ping)
                                       else {"data": piece.hex()} for piece in pieces]}
             for kind, pieces in each.steps]
    messages, pongs, code, reason = heard(each)
    return {"name": each.name, "steps": steps, "code": code, "reason": reason,
            "messages": len(messages), "pongs": len(pongs)}


# ---- Python's websockets

def whole_letters(pieces):
    """Pieces of text as strings; a character that is cut goes into one of them."""
    try:
        return [piece if isinstance(piece, Ping) else piece.decode() for piece in pieces]
    except UnicodeDecodeError:
        return [b"".join(pieces).decode()]


async def speak(ws, kind, pieces, pongs):
    async def send_ping(payload):
        waiter = await ws.ping(payload)
        waiter.add_done_callback(lambda _: pongs.append(payload.hex()))

    async def parts():
        for piece in pieces if kind == "binary" else whole_letters(pieces):
            if isinstance(piece, Ping):
                await send_ping(piece.payload)
            else:
                yield piece

    if kind == "ping":
        await send_ping(pieces[0])
    elif kind == "pong":
        await ws.pong(pieces[0])
    elif len(pieces) == 1:
        await ws.send(pieces[0] if kind == "binary" else pieces[0].decode())
    else:
        await ws.send(parts())


async def converse(url, port, each, extensions):
    """One script; what was heard."""
    want, messages, pongs = heard(each), [], []
    async with websockets.connect(url, compression=None, extensions=extensions, max_size=None,
                                  ssl=secure.context(port), ping_interval=None) as ws:
        for step in each.steps:
            await speak(ws, *step, pongs)
        while len(messages) < len(want[0]):
            got = await ws.recv()
            data = got.encode() if isinstance(got, str) else got
            messages.append(["text" if isinstance(got, str) else "binary",
                             hashlib.sha1(data).hexdigest()])
        while len(pongs) < len(want[1]):
            await asyncio.sleep(0.002)
        if each.code == 1005:
            await ws.write_close_frame(websockets.frames.Close(1005, ""), b"")
            await ws.wait_closed()
        else:
            await ws.close(each.code, each.reason)
        return [messages, pongs, ws.close_code, ws.close_reason]


def offers():
    """What websockets offers of permessage-deflate, one after the other."""
    yield "without", None
    for options in ({}, {"server_no_context_takeover": True}, {"client_no_context_takeover": True},
                    {"server_max_window_bits": 9}, {"client_max_window_bits": 9},
                    {"server_max_window_bits": 12, "client_max_window_bits": 15}):
        yield str(options), [ClientPerMessageDeflateFactory(**options)]
