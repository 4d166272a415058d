"""Scripts of messages for the fuzzers of the protocols; script.h has the language."""
import struct

# The plugin's actions (plugin.h).
(ECHO, HOLD, NOTE, FAIL, PRIVATE, BYTES, WRONG, SHORT, PUSH, RATED, ONE, BIND, SILENT) = range(1, 14)
UNKNOWN = 99
ABSENT = 20  # an action of a plugin that is not there
OFF = 21


def binary(message):
    return b"b" + struct.pack(">H", len(message)) + message


def text(message):
    return b"t" + struct.pack(">H", len(message)) + message


# ---- the base protocol ----------------------------------------------------------------------------

def base(code, payload=b""):
    return binary(struct.pack(">I", code) + payload)


def base_scripts():
    echo = base(ECHO, b'{"a":1}')
    return {
        "one-call": b"a" + echo + b".",
        "several-in-a-turn": b"a" + echo + base(ECHO) + base(ECHO, b"3") + b".",
        "each-action": b"a" + b"".join(base(code, b"7") + b"." for code in range(1, 14)) + b"a0",
        "with-a-login": b"A" + base(PRIVATE, b"1") + b".",
        "without-a-login": b"a" + base(PRIVATE, b"1") + b".",
        "unknown-absent-and-off": b"a" + base(UNKNOWN) + base(ABSENT) + base(OFF) + base(0) +
                                  base(0xFFFFFFFF) + base(35) + b".",
        "held-and-answered": b"a" + base(HOLD, b"1") + base(ECHO, b"2") + b".a\0.",
        "held-and-failed": b"a" + base(HOLD, b"1") + base(ECHO, b"2") + b".f\0.",
        "held-too-long": b"a" + base(HOLD, b"1") + base(ECHO, b"2") + b".s\x50.",
        "held-at-the-end": b"a" + base(HOLD, b"1") + base(ECHO, b"2"),
        "more-than-may-wait": b"a" + base(HOLD) + base(ECHO, bytes(200)) * 8 + b".a\0." + echo,
        "three-bytes": b"a" + echo + binary(b"\0\0\1") + echo + b".",
        "no-bytes": b"a" + binary(b"") + b".",
        "text": b"a" + echo + text(b"hello") + echo + b".",
        "text-behind-a-held-call": b"a" + base(HOLD) + text(b"hello") + b".a\0.",
        "too-long-for-its-action": b"a" + base(SHORT, b"12345678") + base(SHORT, b"123456789") + b".",
        "above-the-rate": b"a" + base(RATED) * 4 + b"." + b"s\x08" + base(RATED) * 2 + b".",
        "errors-of-the-plugin": b"a" + b"".join(base(FAIL, n) for n in
                                                (b"4", b"7", b"1000", b"65535", b"65536", b"1", b"x")),
        "pushes": b"ap\x10q\x10" + base(PUSH, b"12") + base(PUSH, b"123") + b".",
        "too-slow-for-pushes": b"ax" + b"p\xff" * 5 + b".o.",
        "blocked": b"ax" + base(ECHO, bytes(700)) * 3 + b"." + echo + b".o.",
        "binds-and-unbinds": b"a" + base(BIND, b"bob") + base(PRIVATE, b"1") + base(BIND) +
                             base(PRIVATE, b"2") + b".",
        "silent-and-pinged": b"a" + b"s\x78." + echo + b".s\xff.",
        "silent-and-dropped": b"a" + b"s\x78.s\x78.",
        "client-closes": b"a" + base(HOLD) + echo + b"e" + echo + b".a\0.",
        "raw-text": b"r" + text(b"hello") + text("\u6211".encode()) + b".",
        "raw-binary": b"R" + binary(b"\0\1\2") + binary(b"") + b".",
        "raw-text-that-is-none": b"r" + text(b"a") + text(b"\xc3(") + text(b"b") + b".",
    }


def folders():
    return {"base": base_scripts()}
