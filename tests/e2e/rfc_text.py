"""Conformance: text is UTF-8, wherever it is cut (RFC 6455, sections 5.6 and 8.1; RFC 3629)."""

from rawws import BINARY, CLOSE, CONT, PING, TEXT, client_frame, close_body
from rfc_rows import (OPEN, WAITS, answers, binary, bytewise, fails, fragments, odd_frame, other,
                      pong, row, text)

GOOD = {  # the first and the last of each length, and what lies beside the gaps
    "U+0000": "\0", "U+007F": "\x7f", "U+0080": "\x80", "U+07FF": "\u07ff", "U+0800": "\u0800",
    "U+0FFF": "\u0fff", "U+1000": "\u1000", "U+CFFF": "\ucfff", "U+D7FF": "\ud7ff",
    "U+E000": "\ue000", "U+FDD0": "\ufdd0", "U+FEFF": "\ufeff", "U+FFFD": "\ufffd",
    "U+FFFE": "\ufffe", "U+FFFF": "\uffff", "U+10000": "\U00010000", "U+3FFFF": "\U0003ffff",
    "U+40000": "\U00040000", "U+FFFFF": "\U000fffff", "U+100000": "\U00100000",
    "U+10FFFF": "\U0010ffff", "some of each length": "κόσμε, 我们都好, 🙂, e\u0301",
}

BAD = {  # RFC 3629: section 4 has the grammar, sections 3 and 10 say why
    "a lone continuation 80": "80", "a lone continuation BF": "bf", "two continuations": "80bf",
    "one continuation too many": "c3a980",
    "C2 without the second": "c2", "DF before a letter": "df41", "E0 A0 without the third": "e0a0",
    "EF without the rest": "ef", "EF BF before a letter": "efbf41",
    "F0 90 without the rest": "f090", "F4 8F BF without the last": "f48fbf",
    "F0 90 80 before a letter": "f0908041", "C3 before C3": "c3c3a9",
    "overlong U+0000": "c080", "overlong U+002F": "c0af", "overlong U+007F": "c1bf",
    "overlong U+0000 in three": "e08080", "overlong U+07FF": "e09fbf",
    "overlong U+0000 in four": "f0808080", "overlong U+FFFF": "f08fbfbf",
    "U+D800": "eda080", "U+DBFF": "edafbf", "U+DC00": "edb080", "U+DFFF": "edbfbf",
    "a pair of surrogates": "eda081edb080",
    "U+110000": "f4908080", "U+13FFFF": "f4bfbfbf", "F5": "f5808080", "F7": "f7bfbfbf",
    "five bytes": "f888808080", "six bytes": "fc8480808080", "FE": "fe", "FF": "ff",
}


def good():
    for name, letters in GOOD.items():
        data = letters.encode()
        around = b"(" + data + b")"
        for how, whole in (("alone", data), ("between letters", around),
                           ("behind a long text", b"x" * 61 + data)):
            yield row(f"{name} {how}", "8.1", client_frame(TEXT, whole), [text(whole)])
        yield row(f"{name}, each byte a fragment", "5.6",
                  fragments(TEXT, bytewise(data) + (b"",)), [text(data)])
        yield row(f"{name}, each byte a write", "5.6", bytewise(client_frame(TEXT, around)),
                  [text(around)])
        yield row(f"{name}, each byte a fragment and a write", "5.6",
                  bytewise(fragments(TEXT, bytewise(data))), [text(data)])


def bad():
    for name, octets in BAD.items():
        data = bytes.fromhex(octets)
        around = b"before" + data + b"behind"
        for how, writes in (
                ("alone", client_frame(TEXT, data)),
                ("between letters", client_frame(TEXT, around)),
                ("behind a long text", client_frame(TEXT, b"x" * 61 + data)),
                ("each byte a fragment", fragments(TEXT, bytewise(data))),
                ("each byte a fragment between letters", fragments(TEXT, bytewise(around))),
                ("each byte a write", bytewise(client_frame(TEXT, around))),
                ("at the end, each byte a write", bytewise(client_frame(TEXT, b"x" + data))),
                ("then an empty fragment", fragments(TEXT, (data, b"")))):
            yield row(f"{name}, {how}", "8.1", writes, end=fails(1007))
        yield row(f"{name} in a binary message", "5.6", client_frame(BINARY, data), [binary(data)])
        yield row(f"{name} in a ping", "5.5.2", client_frame(PING, data), [pong(data)])
        yield row(f"{name} in the reason of a close", "5.5.1",
                  client_frame(CLOSE, close_body(1000) + data), end=fails(1007),
                  tls=other(end=answers(close_body(1000) + data)))


def as_it_comes():
    """What cannot become UTF-8 any more is told at once. TLS looks when the message is whole."""
    for name, octets in (("FF", "ff"), ("C0", "c0"), ("E0 80", "e080"), ("ED A0", "eda0"),
                         ("F4 90", "f490"), ("F0 80", "f080")):
        data = bytes.fromhex(octets)
        yield row(f"{name} in a fragment, and nothing follows", "8.1",
                  client_frame(TEXT, b"x" + data, fin=False), end=fails(1007), tls=other(end=OPEN))
        yield row(f"{name} in half a frame, and nothing follows", "8.1",
                  odd_frame(TEXT, b"x" + data, announced=100), end=fails(1007),
                  tls=WAITS)
    yield row("a character over a ping", "5.6", client_frame(TEXT, b"\xe6\x88", fin=False)
              + client_frame(PING, b"\xff") + client_frame(CONT, b"\x91"),
              [pong(b"\xff"), text("我")])
    yield row("a text is judged by itself", "5.6",
              (client_frame(TEXT, b"\xc3", fin=False), client_frame(CONT, b"\xa9"),
               client_frame(TEXT, b"\xa9")), [text("é")], fails(1007))
