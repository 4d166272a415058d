"""Conformance: frames, control frames, fragments and limits (RFC 6455, sections 5 and 10.4)."""

from rawws import BINARY, CLOSE, CONT, PING, PONG, TEXT, client_frame, close_body
from rfc_rows import (ENDS, LIMIT, NAMES, WAITS, answers, binary, bytewise, fails, fragments,
                      goes_on, odd_frame, other, pong, row, text)

BEFORE = client_frame(TEXT, b"before")
LENGTHS = (0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 124, 125, 126, 127, 128, 65534, 65535, 65536, 65537)


def lengths():
    for n in LENGTHS:
        yield row(f"text of {n} bytes", "5.2", client_frame(TEXT, b"*" * n), [text(b"*" * n)])
        data = bytes(i * 7 & 255 for i in range(n))
        yield row(f"binary of {n} bytes", "5.2", client_frame(BINARY, data), [binary(data)])
        if n < 1000:
            yield row(f"binary of {n} bytes, each in its own write", "5.2",
                      bytewise(client_frame(BINARY, data)), [binary(data)])
    data = bytes(70000)
    frame = client_frame(BINARY, data)
    yield row("a long header, each byte in its own write", "5.2",
              bytewise(frame[:14]) + (frame[14:],), [binary(data)])
    for form, least in ((126, 126), (127, 65536)):
        for n in (0, 1, least - 1):
            yield row(f"{n} in the form for {least} and more", "5.2",
                      odd_frame(BINARY, bytes(n), form=form), end=fails(1002),
                      tls=other([binary(bytes(n))]))
    for length in (1 << 63, (1 << 64) - 1):
        yield row(f"a length of {length:#x}", "5.2",
                  odd_frame(BINARY, form=127, announced=length), end=fails(1002),
                  tls=other(end=ENDS))
    many = [b"%d" % i for i in range(300)]
    yield row("many messages in one write", "5.2",
              b"".join(client_frame(TEXT, each) for each in many), map(text, many))


def masks():
    for mask in ("00000000", "ffffffff", "00ff00ff", "80000001", "37fa213d"):
        data = b"masked: \x00\x7f\x80\xff, and more"
        for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, len(data)):
            frame = client_frame(BINARY, data[:n], mask=bytes.fromhex(mask))
            yield row(f"mask {mask} over {n} bytes", "5.3", frame, [binary(data[:n])])
    for opcode in (TEXT, BINARY):
        for payload in (b"", b"no mask"):
            yield row(f"{NAMES[opcode]} of {len(payload)} bytes without a mask", "5.1",
                      BEFORE + odd_frame(opcode, payload, has_mask=False), [text("before")],
                      fails(1002), tls=other([text("before"), (opcode, payload)]))
    yield row("a ping without a mask", "5.1", odd_frame(PING, b"?", has_mask=False),
              end=fails(1002), tls=other([pong(b"?")]))
    yield row("a pong without a mask", "5.1", odd_frame(PONG, b"?", has_mask=False),
              end=fails(1002), tls=other())
    yield row("a close without a mask", "5.1", odd_frame(CLOSE, close_body(1000), has_mask=False),
              end=fails(1002), tls=other(end=answers(close_body(1000))))


def reserved():
    for opcode in (TEXT, BINARY, PING, PONG, CLOSE):
        for rsv in range(1, 8):
            payload = close_body(1000) if opcode == CLOSE else b"x"
            yield row(f"{NAMES[opcode]} with reserved bits {rsv:03b}", "5.2",
                      (BEFORE, client_frame(opcode, payload, rsv=rsv)), [text("before")],
                      fails(1002))
    yield row("a continuation with a reserved bit", "5.2",
              client_frame(TEXT, b"a", fin=False) + client_frame(CONT, b"b", rsv=1),
              end=fails(1002))
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        for payload in (b"", b"what is this"):
            yield row(f"opcode {opcode} with {len(payload)} bytes", "5.2",
                      (BEFORE, client_frame(opcode, payload)), [text("before")], fails(1002))
        yield row(f"opcode {opcode} between fragments", "5.2",
                  client_frame(TEXT, b"a", fin=False) + client_frame(opcode)
                  + client_frame(CONT, b"b"), end=fails(1002))


def control():
    for payload in (b"", b"1", b"four", b"\x00\xff\xc0\x80", b"p" * 124, b"q" * 125):
        name = f"{len(payload)} bytes"
        yield row(f"a ping of {name}", "5.5.2", client_frame(PING, payload), [pong(payload)])
        yield row(f"a ping of {name}, each in its own write", "5.5.2",
                  bytewise(client_frame(PING, payload)), [pong(payload)])
        yield row(f"a pong that nobody asked for, of {name}", "5.5.3",
                  client_frame(PONG, payload) + client_frame(TEXT, b"on"), [text("on")])
    for opcode in (PING, PONG, CLOSE):
        name = NAMES[opcode]
        good = close_body(1000) if opcode == CLOSE else b""
        for n in (126, 65536):
            yield row(f"a {name} of {n} bytes", "5.5",
                      client_frame(opcode, good.ljust(n, b"x")), end=fails(1002),
                      tls=other(end=ENDS))
        yield row(f"a {name} in the long form", "5.5", odd_frame(opcode, good, form=126),
                  end=fails(1002), tls=other(end=ENDS))
        yield row(f"a {name} that is not final", "5.5", client_frame(opcode, good, fin=False),
                  end=fails(1002))
        yield row(f"a {name} in two fragments", "5.4", client_frame(opcode, good, fin=False)
                  + client_frame(CONT, b"x"), end=fails(1002))
    for count in (2, 10, 1000):
        pings = [b"ping %d" % i for i in range(count)]
        yield row(f"{count} pings in one write", "5.5.3",
                  b"".join(client_frame(PING, each) for each in pings), map(pong, pings),
                  tls=(other([pong(pings[0])]), other(map(pong, pings))))
    pings = [b"%d" % i for i in range(20)]
    yield row("messages and pings in turn, in one write", "5.5.3",
              b"".join(client_frame(PING, each) + client_frame(TEXT, each) for each in pings),
              [*map(pong, pings), *map(text, pings)],
              tls=(other([pong(pings[0]), *map(text, pings)]),
                   other([*map(pong, pings), *map(text, pings)])))
    yield row("a ping before a fault", "5.5.2", (client_frame(PING, b"?"), client_frame(3)),
              [pong(b"?")], fails(1002))


def fragmentation():
    whole = b"a message in pieces"
    for opcode in (TEXT, BINARY):
        name = NAMES[opcode]
        for cuts in ((whole[:9], whole[9:]), (whole[:1], whole[1:18], whole[18:]),
                     tuple(bytes([byte]) for byte in whole), (b"", whole), (whole, b""),
                     (whole[:5], b"", b"", whole[5:]), (b"", b"", whole, b"")):
            sizes = "+".join(str(len(piece)) for piece in cuts)
            yield row(f"{name} of {sizes}", "5.4", fragments(opcode, cuts), [(opcode, whole)])
        yield row(f"{name} of three, each byte in its own write", "5.4",
                  bytewise(fragments(opcode, (whole[:9], b"", whole[9:]))), [(opcode, whole)])
        yield row(f"an empty {name} of three", "5.4", fragments(opcode, (b"",) * 3),
                  [(opcode, b"")])
        between = (client_frame(opcode, whole[:9], fin=False), client_frame(PING, b"?"),
                   client_frame(CONT, b"", fin=False), client_frame(PONG, b"!"),
                   client_frame(PING, b"??"), client_frame(CONT, whole[9:]))
        heard = [pong(b"?"), pong(b"??"), (opcode, whole)]
        yield row(f"pings within a {name}", "5.4", between, heard)
        yield row(f"pings within a {name}, in one write", "5.4", b"".join(between), heard,
                  tls=(other([pong(b"?"), (opcode, whole)]), other(heard)))
        yield row(f"a close within a {name}", "5.4", client_frame(opcode, b"a", fin=False)
                  + client_frame(CLOSE, close_body(1000)), end=answers(close_body(1000)))
    big = [bytes([i]) * 8000 for i in range(16)]
    yield row("sixteen large pieces", "5.4", fragments(BINARY, big), [binary(b"".join(big))])
    yield row("the type is that of the first", "5.4", fragments(BINARY, (b"\xff", b"\xfe"))
              + fragments(TEXT, (b"a", b"b")), [binary(b"\xff\xfe"), text("ab")])
    yield from bad_order()


def bad_order():
    for fin in (True, False):
        for payload in (b"", b"x"):
            name = f"of {len(payload)} bytes, {'final' if fin else 'not final'}"
            yield row(f"a continuation of nothing {name}", "5.4",
                      (BEFORE, client_frame(CONT, payload, fin=fin)), [text("before")], fails(1002))
            yield row(f"a continuation behind the last one {name}", "5.4",
                      (fragments(TEXT, (b"bef", b"ore")), client_frame(CONT, payload, fin=fin)),
                      [text("before")], fails(1002))
        for first in (TEXT, BINARY):
            for second in (TEXT, BINARY):
                yield row(f"{NAMES[second]}{'' if fin else ', not final,'} within {NAMES[first]}",
                          "5.4", (client_frame(first, b"a", fin=False),
                                  client_frame(second, b"b", fin=fin)), end=fails(1002))
    yield row("text within text, behind a ping", "5.4",
              (client_frame(TEXT, b"a", fin=False), client_frame(PING, b"?"),
               client_frame(TEXT, b"b")), [pong(b"?")], fails(1002))


def limits():
    for opcode in (TEXT, BINARY):
        most = b"m" * LIMIT
        name = NAMES[opcode]
        yield row(f"{name} one short of the limit", "10.4", client_frame(opcode, most[1:]),
                  [(opcode, most[1:])])
        yield row(f"{name} of the limit", "10.4", client_frame(opcode, most), [(opcode, most)])
        yield row(f"{name} over the limit", "7.4.1", client_frame(opcode, most + b"m"),
                  end=fails(1009))
        yield row(f"{name} of the limit in pieces", "10.4",
                  fragments(opcode, (most[:65536], most[65536:], b"")), [(opcode, most)])
        yield row(f"{name} over the limit in pieces", "7.4.1",
                  fragments(opcode, (most[:65536], most[65536:], b"m")), end=fails(1009))
    yield row("one byte a piece over the limit", "7.4.1",
              client_frame(BINARY, bytes(LIMIT), fin=False) + client_frame(PING, b"?")
              + client_frame(CONT, b"m", fin=False), [pong(b"?")], end=fails(1009),
              tls=(other([pong(b"?")], fails(1009)), other(end=goes_on(b"\x8a\x01?"))))
    for announced in (LIMIT + 1, (1 << 32) + 1, (1 << 63) - 1):
        yield row(f"{announced} bytes announced, and none sent", "7.4.1",
                  odd_frame(BINARY, announced=announced), end=fails(1009), tls=WAITS)
    yield row("the limit again and again", "10.4", client_frame(BINARY, bytes(LIMIT)) * 5,
              [binary(bytes(LIMIT))] * 5)
