"""Conformance: closing (RFC 6455, sections 5.5.1 and 7; the registry of close codes)."""

from rawws import BINARY, CLOSE, CONT, PING, TEXT, client_frame, close_body
from rfc_rows import (ENDS, answers, bytewise, fails, fragments, goes_on, odd_frame, other, pong,
                      row, text)

# Section 7.4.2 keeps 1000 to 2999 for the protocol and what is registered with it (1012 to 1014
# were registered later); 3000 to 4999 are for libraries and programs. 1004, 1005, 1006 and 1015 may
# not be on the wire (section 7.4.1).
REGISTERED = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014}
LATER = {1012, 1013, 1014}  # libwebsockets does not know of them
NO_START = "a continuation of nothing"
EDGES = {0, 1, 999, *range(1000, 1017), 1100, 1999, 2000, 2999, 3000, 3001, 3999, 4000, 4001, 4999,
         5000, 5001, 32768, 65535}


def good_code(code):
    return code in REGISTERED or 3000 <= code <= 4999


def code_row(code):
    frame = client_frame(CLOSE, close_body(code))
    if not good_code(code):
        return row(f"code {code}", "7.4", frame, end=fails(1002),
                   tls=other(end=answers(close_body(code))) if code >= 5000 else None)
    return row(f"code {code}", "7.4", frame, end=answers(close_body(code)),
               tls=other(end=fails(1002)) if code in LATER else None)


def by_the_client():
    bye = client_frame(CLOSE, close_body(1000))
    echo = answers(close_body(1000))
    yield row("without a code", "5.5.1", client_frame(CLOSE), end=answers())
    yield row("of one byte", "5.5.1", client_frame(CLOSE, b"\x03"), end=fails(1002),
              tls=other(end=answers(b"\x03")))
    for reason in ("bye", "我们都好", "r" * 122, "r" * 123):
        body = close_body(1001, reason)
        yield row(f"a reason of {len(body) - 2} bytes", "5.5.1", client_frame(CLOSE, body),
                  end=answers(body))
    yield row("a reason of 124 bytes", "5.5", client_frame(CLOSE, close_body(1000, "r" * 124)),
              end=fails(1002), tls=other(end=ENDS))
    body = close_body(3000, "byte by byte")
    yield row("each byte in its own write", "5.5.1", bytewise(client_frame(CLOSE, body)),
              end=answers(body))
    yield row("what came before is answered first", "5.5.1", client_frame(TEXT, b"a")
              + fragments(TEXT, (b"b", b"c")) + client_frame(PING, b"?") + bye,
              [text("a"), text("bc"), pong(b"?")], echo,
              tls=(other([text("a"), text("bc")], echo),
                   other([text("a"), text("bc"), pong(b"?")], echo)))
    for name, behind in (("text", client_frame(TEXT, b"late")), ("a ping", client_frame(PING)),
                         ("a second close", client_frame(CLOSE, close_body(1001))),
                         ("an opcode that is none", client_frame(3)),
                         ("bytes without a mask", odd_frame(BINARY, b"late", has_mask=False)),
                         ("half a frame", client_frame(TEXT, b"late")[:3]),
                         (NO_START, client_frame(CONT, b"late")),
                         ("a quarter of a million bytes", client_frame(BINARY, bytes(250000)))):
        # libwebsockets fails where it sees another frame before its echo is out.
        instead = other(end=ENDS) if name in ("an opcode that is none", NO_START) else None
        yield row(f"{name} behind it, in one write", "7.1.1", bye + behind, end=echo, tls=instead)
    yield row("a fault, then a close", "7.1.7", client_frame(3) + bye, end=fails(1002))
    yield row("a fault, then another", "7.1.7", client_frame(3) + client_frame(TEXT, b"\xff"),
              end=fails(1002))


def by_the_server():
    """The server closes: text is not what an action endpoint takes. Between writes the client waits
    until it has heard something."""
    text_frame = client_frame(TEXT, b"not here")
    yield row("answered", "7.1.2", (text_frame, client_frame(CLOSE, close_body(1003))),
              end=fails(1003), answered=False)
    yield row("answered with another code", "7.1.2",
              (text_frame, client_frame(CLOSE, close_body(1000))), end=fails(1003), answered=False)
    yield row("both at the same time", "7.1.5", text_frame + client_frame(CLOSE, close_body(1000)),
              end=fails(1003), answered=False, tls=(other(end=fails(1003)), other(end=fails(1000))))
    yield row("a message before the answer", "7.1.2",
              (text_frame, client_frame(BINARY, b"\0\0\0\1late") + client_frame(PING, b"late"),
               client_frame(CLOSE, close_body(1003))), end=fails(1003), answered=False,
              tls=(other(end=fails(1003)), other(end=goes_on(b"\x8a\x04late"))))
    yield row("the answer in pieces", "7.1.2",
              (text_frame, *bytewise(client_frame(CLOSE, close_body(1003)))), end=fails(1003),
              answered=False)
    yield row("a fault instead of an answer", "7.1.7", (text_frame, client_frame(3)),
              end=fails(1003), answered=False,
              tls=(other(end=fails(1003)), other(end=goes_on(b"\x88\x09\x03\xeabad opc"))))
    yield row("no answer at all", "7.1.1", text_frame, end=fails(1003), answered=False)
