"""What permessage-deflate has to read, for its fuzzer (deflate.c has the language)."""
import struct
import zlib

TAIL = b"\0\0\xff\xff"  # of a flushed block; does not travel


def packed(message, bits=15, end=zlib.Z_SYNC_FLUSH):
    packer = zlib.compressobj(6, zlib.DEFLATED, -bits)
    made = packer.compress(message) + packer.flush(end)
    return made.removesuffix(TAIL) if end == zlib.Z_SYNC_FLUSH else made


def unpack(message, most=1000):
    return b"u" + struct.pack(">H", most) + message


def files():
    long = b"hello " * 100
    return {
        "short": unpack(packed(b"hello")),
        "empty": unpack(packed(b"")),
        "no-bytes": unpack(b""),
        "repeated": unpack(packed(long)),
        "a-small-window": unpack(packed(long, bits=9)),
        "a-final-block": unpack(packed(b"hello", end=zlib.Z_FINISH)),
        "two-blocks": unpack(packed(b"hello", end=zlib.Z_FULL_FLUSH) + packed(b"again")),
        "behind-a-final-block": unpack(packed(b"hello", end=zlib.Z_FINISH) + b"more"),
        "stored": unpack(b"\0\5\0\xfa\xffhello\0"),
        "stored-with-a-wrong-length": unpack(b"\0\5\0\xfb\xffhello\0"),
        "cut": unpack(packed(long)[:-3]),
        "no-deflate": unpack(b"hello"),
        "an-unknown-block": unpack(b"\7"),
        "from-before-the-beginning": unpack(b"\x4b\x84\x01\0"),
        "exactly-as-long-as-may-be": unpack(packed(long), len(long)),
        "longer-than-may-be": unpack(packed(long), len(long) - 1),
        "a-bomb": unpack(packed(bytes(1000000)), 1024),
        "pack-nothing": b"p\6\0",
        "pack-what-repeats": b"p\6\0" + long,
        "pack-thoroughly": b"p\0\x08" + long,
        "pack-what-does-not-shrink": b"p\6\0" + bytes(range(256)),
        "offer": b"opermessage-deflate",
        "offer-of-a-browser": b"opermessage-deflate; client_max_window_bits",
        "offer-with-all": b"opermessage-deflate; server_no_context_takeover; "
                          b"client_no_context_takeover; server_max_window_bits=9; "
                          b"client_max_window_bits=\"15\"",
        "offer-of-a-window-of-8": b"opermessage-deflate; server_max_window_bits=8, "
                                  b"permessage-deflate",
        "offer-of-something-else": b"ox-webkit-deflate-frame, permessage-bzip2; a=\"b;,\\\"\"",
        "offer-twice": b"opermessage-deflate; server_no_context_takeover; "
                       b"server_no_context_takeover",
        "offer-unknown": b"opermessage-deflate; what=1",
        "offer-broken": b"opermessage-deflate;; =",
    }
