"""Conformance: permessage-deflate (RFC 7692), offers and messages."""

import itertools
import os
import zlib

from rawws import BINARY, CLOSE, CONT, PING, PONG, TEXT, client_frame, close_body
from rfc_rows import (LIMIT, WAITS, answers, binary, bytewise, fails, odd_frame, other, pong, row,
                      text)

PMD = "permessage-deflate"
FIXED = PMD + "; server_no_context_takeover; client_no_context_takeover"
MARK = 4  # RSV1
HELLO = bytes.fromhex("f248cdc9c90700")  # section 7.2.3.1: "Hello"


# ---- offers

def window(answer):
    """What the server may use for its window by its answer (section 7.1.2.1)."""
    _, _, bits = answer.partition("server_max_window_bits=")
    return int(bits) if bits else 15


def combinations():
    """(offer, answer): every parameter with every value that it may have. A server may ask for no
    context from either side unasked (7.1.1), need not limit the client's window (7.1.2.2), has to
    keep to the limit of its own, and to say so (7.1.2.1), or to decline, as with 8, which zlib does
    not have."""
    sizes = range(8, 16)
    for server, client, server_bits, client_bits in itertools.product(
            (None, "server_no_context_takeover"), (None, "client_no_context_takeover"),
            (None, *(f"server_max_window_bits={n}" for n in sizes)),
            (None, "client_max_window_bits", *(f"client_max_window_bits={n}" for n in sizes))):
        offer = "; ".join(filter(None, (PMD, server, client, client_bits, server_bits)))
        if server_bits is None:
            yield offer, FIXED
        elif server_bits.endswith("=8"):
            yield offer, None
        else:
            yield offer, f"{FIXED}; {server_bits}"


def odd_offers():
    """(offer, answer): what a server must decline (section 7.1), and lists (section 5.1)."""
    for name in ("server_no_context_takeover", "client_no_context_takeover"):
        yield f"{PMD}; {name}=1", None
        yield f'{PMD}; {name}="true"', None
        yield f"{PMD}; {name}; {name}", None
    for name in ("server_max_window_bits", "client_max_window_bits"):
        for value in ("0", "1", "7", "16", "17", "08", "010", "9.0", "1e1", "-9", "+9", "x", "100"):
            yield f"{PMD}; {name}={value}", None
        yield f"{PMD}; {name}=10; {name}=10", None
        yield f"{PMD}; {name}=10; {name}=11", None
    yield f"{PMD}; server_max_window_bits", None
    yield f"{PMD}; client_max_window_bits; client_max_window_bits=10", None
    for unknown in ("x", "x=1", "Server_no_context_takeover_2", "mem_level=8"):
        yield f"{PMD}; {unknown}", None
        yield f"{PMD}; {unknown}, {PMD}", FIXED
        yield f"{unknown.partition('=')[0]}, {PMD}", FIXED
    yield f'{PMD}; server_max_window_bits="12"', FIXED + "; server_max_window_bits=12"
    yield f"{PMD};server_max_window_bits=12", FIXED + "; server_max_window_bits=12"
    yield f"{PMD}  ;  server_max_window_bits = 12", FIXED + "; server_max_window_bits=12"
    yield f"{PMD}; server_max_window_bits=8, {PMD}", FIXED
    yield f"{PMD}; server_max_window_bits=9, {PMD}", FIXED + "; server_max_window_bits=9"
    yield f"{PMD}, {PMD}; server_max_window_bits=9", FIXED
    yield f"x-webkit-deflate-frame, bbf-usp-protocol; a=1, {PMD}", FIXED
    yield "permessage-bzip2", None
    yield [f"{PMD}; x", "other", PMD], FIXED


# Letters that come again at a distance of 6000: only a window of 2^13 and more has them still.
FAR = os.urandom(3000).hex().encode() * 2


def opened(data, bits):
    """Opens a message (section 7.2.2) by little and little, so that no larger window helps."""
    opener, out = zlib.decompressobj(-bits), b""
    for at in range(0, len(data), 64):
        out += opener.decompress(data[at:at + 64])
    return out + opener.decompress(b"\x00\x00\xff\xff")


# ---- messages

def deflated(data, level=9, bits=15, strategy=zlib.Z_DEFAULT_STRATEGY, flush=zlib.Z_SYNC_FLUSH):
    """Compressed as section 7.2.1 says: the four bytes that every flush ends with do not travel."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -bits, 8, strategy)
    whole = packer.compress(data) + packer.flush(flush)
    return whole[:-4] if flush == zlib.Z_SYNC_FLUSH else whole + b"\x00"  # section 7.2.3.4


def in_blocks(data, size, flush):
    """Compressed in many blocks."""
    packer, out = zlib.compressobj(9, zlib.DEFLATED, -15), b""
    for at in range(0, len(data), size):
        out += packer.compress(data[at:at + size]) + packer.flush(flush)
    return (out + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def marked(data, opcode=BINARY, **options):
    return client_frame(opcode, data, rsv=MARK, **options)


def pieces(opcode, parts):
    """Fragments, of which the first bears the mark (section 6.1)."""
    last = len(parts) - 1
    return b"".join(client_frame(CONT if i else opcode, part, fin=i == last, rsv=0 if i else MARK)
                    for i, part in enumerate(parts))


def examples():
    """Those of section 7.2.3."""
    hello = [text("Hello")]
    for section, octets in (("7.2.3.1", "f248cdc9c90700"), ("7.2.3.3", "000500faff48656c6c6f00"),
                            ("7.2.3.4", "f348cdc9c9070000"),
                            ("7.2.3.5", "f248050000 00ffff cac9c90700")):
        data = bytes.fromhex(octets)
        yield row(f"the example of {section}", f"RFC 7692 {section}", marked(data, TEXT), hello)
        yield row(f"the example of {section}, each byte a fragment", f"RFC 7692 {section}",
                  pieces(TEXT, bytewise(data)), hello)
        yield row(f"the example of {section}, each byte a write", f"RFC 7692 {section}",
                  bytewise(marked(data, TEXT)), hello)
    yield row("an empty message", "RFC 7692 7.2.3.6", marked(b"\x00", TEXT), [text("")])
    yield row("a message of no bytes, which some clients send", "RFC 7692 7.2.3.6",
              marked(b"", TEXT), [text("")])
    # 7.2.3.2 looks back into the message before, which this agreement forbids (7.1.1.2).
    yield row("a window from the message before", "RFC 7692 7.1.1.2",
              (marked(HELLO, TEXT), marked(bytes.fromhex("f200110000"), TEXT)), hello, fails(1007))


def blocks():
    samples = {"letters": b"abracadabra, " * 300, "zeros": bytes(40000), "noise": os.urandom(9000),
               "one byte": b"1", "nothing": b""}
    for name, data in samples.items():
        for how, packed in (
                ("stored", deflated(data, level=0)), ("quick", deflated(data, level=1)),
                ("thorough", deflated(data)),
                ("only Huffman", deflated(data, strategy=zlib.Z_HUFFMAN_ONLY)),
                ("runs", deflated(data, strategy=zlib.Z_RLE)),
                ("the fixed code", deflated(data, strategy=zlib.Z_FIXED)),
                ("a final block", deflated(data, flush=zlib.Z_FINISH)),
                ("many flushed blocks", in_blocks(data, 333, zlib.Z_SYNC_FLUSH)),
                ("many blocks that forget", in_blocks(data, 333, zlib.Z_FULL_FLUSH)),
                ("many blocks, not aligned", in_blocks(data, 333, zlib.Z_PARTIAL_FLUSH))):
            yield row(f"{name}: {how}", "RFC 7692 7.2.2", marked(packed), [binary(data)])
    two = deflated(b"one", flush=zlib.Z_FINISH)[:-1] + deflated(b"two")
    yield row("a block behind a final one", "RFC 7692 7.2.3.4", marked(two), [binary(b"onetwo")])
    for bits in range(9, 16):
        data = os.urandom(600) * 60
        yield row(f"a client's window of 2^{bits}", "RFC 7692 7.1.2.2",
                  marked(deflated(data, bits=bits)), [binary(data)])
    for n in (1, 125, 126, 127, 65535, 65536, LIMIT):
        yield row(f"{n} bytes", "RFC 7692 7.2.2", marked(deflated(b"n" * n)), [binary(b"n" * n)])


def mixed():
    data = b"compressed and plain, " * 40
    packed = deflated(data)
    cut = len(packed) // 2
    yield row("plain and compressed in turn", "RFC 7692 6", (client_frame(TEXT, b"plain")
              + marked(packed, TEXT)) * 10, [text("plain"), text(data)] * 10)
    yield row("fragments with pings between", "RFC 7692 6.1",
              (marked(packed[:cut], TEXT, fin=False), client_frame(PING, b"?"),
               client_frame(CONT, b"", fin=False), client_frame(PONG),
               client_frame(CONT, packed[cut:])), [pong(b"?"), text(data)])
    yield row("an empty first fragment", "RFC 7692 6.1", pieces(TEXT, (b"", packed, b"")),
              [text(data)])
    letters = "一二三四五".encode() * 50
    yield row("characters over fragments", "RFC 7692 6.1",
              pieces(TEXT, tuple(deflated(letters, level=0)[i:i + 7] for i in range(0, 760, 7))),
              [text(letters)])
    for n in (1, 2, 3, 4, 5):
        parts = tuple(packed[i:i + n] for i in range(0, len(packed), n))
        yield row(f"pieces of {n}", "RFC 7692 6.1", pieces(BINARY, parts), [binary(data)])
    yield row("a close behind a compressed message", "RFC 7692 6",
              (marked(packed), client_frame(CLOSE, close_body(1000))), [binary(data)],
              answers(close_body(1000)), tls=None)


def faults():
    packed = deflated(b"marked where it does not belong, " * 20)
    for name, opcode, payload in (("ping", PING, b"?"), ("pong", PONG, b"?"),
                                  ("close", CLOSE, close_body(1000))):
        instead = {PING: other([pong(b"?")]), PONG: other(),
                   CLOSE: other(end=answers(close_body(1000)))}[opcode]
        yield row(f"the mark on a {name}", "RFC 7692 6.1", marked(payload, opcode), end=fails(1002),
                  tls=instead)
    yield row("the mark on a continuation", "RFC 7692 6.1", marked(packed[:9], fin=False)
              + client_frame(CONT, packed[9:], rsv=MARK), end=fails(1002))
    yield row("the mark on a continuation alone", "RFC 7692 6.1",
              client_frame(TEXT, b"a", fin=False) + client_frame(CONT, b"b", rsv=MARK),
              end=fails(1002))
    for rsv in (1, 2, 3, MARK | 1, MARK | 2, 7):
        yield row(f"reserved bits {rsv:03b}", "5.2", client_frame(BINARY, packed, rsv=rsv),
                  end=fails(1002))
    for name, data in {
            "a block of the type that there is not": b"\x07\x00", "noise": b"\xff" * 40,
            "a stored block with a wrong length": bytes.fromhex("000500000048656c6c6f00"),
            "a stored block that is cut": bytes.fromhex("000500faff4865"),
            "a distance before the beginning": bytes.fromhex("f200110000"),
            "the last byte missing": packed[:-1], "half of it": packed[:len(packed) // 2],
            "another byte behind": packed + b"\x00", "not compressed at all": b"plain words",
            "too many codes": bytes.fromhex("fcffffffffffff"),
            "a code that is over-subscribed": bytes.fromhex("04804924922449ff"),
    }.items():
        yield row(f"{name}", "RFC 7692 7.2.2", marked(data), end=fails(1007))
        yield row(f"{name}, each byte a fragment", "RFC 7692 7.2.2", pieces(BINARY, bytewise(data)),
                  end=fails(1007))
    yield row("what cannot be opened, then a close in the same write", "7.1.7",
              marked(b"\xff" * 9) + client_frame(CLOSE, close_body(1000)), end=fails(1007),
              answered=False,
              tls=(other(end=fails(1007)), other(end=fails(1000))))
    yield row("what cannot be opened, then a fault in the same write", "7.1.7",
              marked(b"\xff" * 9) + client_frame(3), end=fails(1007),
              tls=(other(end=fails(1007)), other(end=fails(1002))))
    for name, data in {"FF": b"\xff", "overlong": b"\xc0\xaf", "a surrogate": b"\xed\xa0\x80",
                       "cut": b"\xe6\x88"}.items():
        yield row(f"text that is not UTF-8 inside: {name}", "8.1", marked(deflated(data), TEXT),
                  end=fails(1007))


def sizes():
    yield row("of the limit, opened", "10.4", marked(deflated(bytes(LIMIT))),
              [binary(bytes(LIMIT))])
    yield row("over the limit, opened", "7.4.1", marked(deflated(bytes(LIMIT + 1))),
              end=fails(1009))
    noise = os.urandom(LIMIT)
    yield row("of the limit, longer on the wire", "10.4", marked(deflated(noise)), [binary(noise)])
    for mib in (1, 64):
        yield row(f"{mib} MiB of zeros", "7.4.1", marked(deflated(bytes(mib << 20))),
                  end=fails(1009))
    yield row("a bomb in pieces", "7.4.1",
              pieces(BINARY, (deflated(bytes(4 << 20))[:1000], deflated(bytes(4 << 20))[1000:])),
              end=fails(1009))
    yield row("more announced than the longest message needs", "7.4.1",
              odd_frame(BINARY | MARK << 4, announced=LIMIT * 2), end=fails(1009), tls=WAITS)
    yield row("plain, over the limit", "7.4.1", client_frame(BINARY, bytes(LIMIT + 1)),
              end=fails(1009))
