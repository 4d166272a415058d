"""Scripts of messages for the fuzzers of the protocols; script.h has the language."""
import json
import struct

# The plugin's actions (plugin.h).
ALL = range(1, 14)
(ECHO, HOLD, NOTE, FAIL, PRIVATE, BYTES, WRONG, SHORT, PUSH, RATED, ONE, BIND, SILENT) = ALL
UNKNOWN = 99
ABSENT = 20  # an action of a plugin that is not there
OFF = 21


def binary(message):
    return b"b" + struct.pack(">H", len(message)) + message


def text(message):
    return b"t" + struct.pack(">H", len(message)) + message


# ---- the base protocol --------------------------------------------------------------------------

def base(code, payload=b""):
    return binary(struct.pack(">I", code) + payload)


def base_scripts():
    echo = base(ECHO, b'{"a":1}')
    return {
        "one-call": b"a" + echo + b".",
        "several-in-a-turn": b"a" + echo + base(ECHO) + base(ECHO, b"3") + b".",
        "each-action": b"a" + b"".join(base(code, b"7") + b"." for code in ALL) + b"a\0.",
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
        "too-long-for-its-action": b"a" + base(SHORT, bytes(8)) + base(SHORT, bytes(9)) + b".",
        "above-the-rate": b"a" + base(RATED) * 4 + b"." + b"s\x08" + base(RATED) * 2 + b".",
        "errors-of-the-plugin": b"a" + b"".join(
            base(FAIL, n) for n in (b"4", b"7", b"1000", b"65535", b"65536", b"1", b"x")),
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


# ---- act.v1 -------------------------------------------------------------------------------------

REQ, RES, PUSHED, NOTIFY, CTRL = range(5)
HELLO, PING, AUTH, ERROR = 0xFFFFFF00, 0xFFFFFF01, 0xFFFFFF02, 0xFFFFFF06
EXT = 0x40


def frame(kind, code, seq, payload=b"", flags=0, status=0, version=1, ext=None):
    if ext is not None:
        flags |= EXT
        payload = struct.pack(">H", len(ext)) + ext + payload
    return binary(struct.pack(">IBBHI", code, version << 4 | kind, flags, status, seq) + payload)


def req(code, seq, payload=b"", **more):
    return frame(REQ, code, seq, payload, **more)


def value(kind, content=b""):
    return bytes([kind, len(content)]) + content


def number(kind, n):
    return value(kind, struct.pack(">I", n))


def auth(seq, token):
    return frame(CTRL, AUTH, seq, token)


def v1_faults():
    """What is no good frame: each ends the connection, but those that are refused."""
    return {
        "eleven-bytes": binary(struct.pack(">IBBHI", 1, 0x10, 0, 0, 1)[:11]),
        "version-2": req(ECHO, 2, version=2),
        "a-type-of-the-server": frame(RES, ECHO, 2),
        "an-unknown-type": frame(9, ECHO, 2),
        "req-without-a-seq": req(ECHO, 0),
        "notify-with-a-seq": frame(NOTIFY, NOTE, 2),
        "notify-with-a-status": frame(NOTIFY, NOTE, 0, status=1),
        "unknown-control": frame(CTRL, 0xFFFFFF77, 2),
        "hello-from-a-client": frame(CTRL, HELLO, 0),
        "ping-with-a-payload": frame(CTRL, PING, 2, b"x"),
        "auth-without-a-seq": auth(0, b"bob"),
        "text": text(b"hello"),
        "refused-flags": req(ECHO, 2, flags=1) + req(ECHO, 3, flags=0x80) +
                         req(ECHO, 4, flags=8) + req(ECHO, 5, flags=0x0C, payload=bytes(12)),
        "refused-status": req(ECHO, 2, status=7),
        "refused-ext": req(ECHO, 2, flags=EXT) + req(ECHO, 3, b"\0\x09\1", flags=EXT) +
                       req(ECHO, 4, ext=b"\1\5ab") + req(ECHO, 5, ext=b"\1") +
                       req(ECHO, 6, ext=value(1)) + req(ECHO, 7, ext=value(2, b"123")) +
                       req(ECHO, 8, ext=number(2, 0)) + req(ECHO, 9, ext=value(4, b"a@1")) +
                       req(ECHO, 10, ext=value(1, bytes(65))) +
                       req(ECHO, 11, ext=value(1, b"\xff")) + req(ECHO, 12, ext=value(1, b"a\0")) +
                       req(ECHO, 13, ext=value(1, b"\xff") + value(1, b"a")),
    }


def v1_scripts():
    one = req(ECHO, 1, b"1")
    held = req(HOLD, 1, b"1")
    return {
        "one-call": b"a" + one + b".",
        "each-action": b"a" + b"".join(req(code, code, b"7") + b"." for code in ALL) + b"a\0.",
        "notifies": b"a" + b"".join(frame(NOTIFY, code, 0, b"7") for code in ALL) + b"a\0.",
        "answered-in-another-order": b"a" + held + req(HOLD, 2, b"2") + req(ECHO, 3) + b".a\1.a\0.",
        "more-than-at-once": b"a" + b"".join(req(HOLD, n) for n in range(1, 9)) + b".a\0.a\2.f\0.",
        "a-seq-twice": b"a" + held + req(HOLD, 1, b"2") + req(ECHO, 1, b"3") + b".a\0." +
                       req(ECHO, 1) + b".",
        "a-seq-again": b"a" + one + one + b".",
        "one-at-once": b"a" + req(ONE, 1) + req(ONE, 2) + b".",
        "notify-to-one-at-once": b"a" + frame(NOTIFY, ONE, 0) + req(ONE, 2) + b".",
        "above-the-rate": b"a" + b"".join(req(RATED, n) for n in range(1, 5)) + b".",
        "all-values": b"a" + req(ECHO, 1, b"1", ext=value(1, b"trace") + number(2, 1000) +
                                 value(4) + number(5, 1) + value(3, b"key") + value(99, b"?")) +
                      b".",
        "asks-who-answers-with-an-error": b"a" + req(FAIL, 1, b"1000", ext=value(4)) + b".",
        "a-short-deadline": b"a" + req(HOLD, 1, ext=number(2, 1)) + b"s\1.",
        "pings": b"a" + frame(CTRL, PING, 0) + frame(CTRL, PING, 7) + b".",
        "pings-past-open-calls": b"a" + b"".join(req(HOLD, n) for n in range(1, 4)) +
                                 frame(CTRL, PING, 7) + req(ECHO, 9) + frame(CTRL, PING, 8) + b".",
        "logs-in": b"a" + auth(1, b"bob") + req(PRIVATE, 2, b"1") + b".",
        "logs-in-for-a-while": b"a" + auth(1, b"bob+10") + b"." + b"s\x20.s\x20." + one,
        "renews-its-login": b"A" + auth(1, b"alice+10") + b".s\x20." + auth(2, b"alice+99") +
                            b"s\x20." + one,
        "bad-tokens": b"A" + auth(1, b"-") + auth(2, b"-+1") + auth(3, b"") + req(PRIVATE, 4),
        "nine-bad-tokens": b"a" + auth(1, b"-") * 9 + b"." + one,
        "eight-bad-tokens-and-a-good-one": b"a" + auth(1, b"-") * 8 + auth(2, b"bob") +
                                           auth(3, b"-") + b".",
        "pushes": b"ap\x10q\x10" + req(PUSH, 1, b"12") + frame(NOTIFY, PUSH, 0, b"123") + b".",
        "too-slow-for-pushes": b"ax" + b"p\xff" * 5 + b".o.",
        "a-fault-behind-held-calls": b"a" + held + binary(b"") + one + b".",
        "a-fault-behind-waiting-calls": b"a" + held * 3 + req(HOLD, 2) * 3 + binary(b"") +
                                        b".a\0.a\0.",
        "client-closes": b"a" + held + one + b"e.a\0.",
        **{f"fault-{name}": b"a" + one + fault + req(ECHO, 99, b"9") + b"."
           for name, fault in v1_faults().items()},
    }


# ---- act.json.v1 --------------------------------------------------------------------------------

def members(head, data=None):
    """A message; `data` as it is to be written."""
    line = [f'"{name}":{json.dumps(what)}' for name, what in head.items() if what is not None]
    if data is not None:
        line.append(f'"data":{data}')
    return text(("{" + ",".join(line) + "}").encode())


def ask(action, seq=None, data=None, **more):
    return members({"action": action, "seq": seq, **more}, data)


def ctrl(word, seq=None, **more):
    return members({"ctrl": word, "seq": seq, **more})


def nested(depth):
    return "[" * depth + "]" * depth


def json_faults():
    """What is no good message: each ends the connection, but those that are refused."""
    return {
        "binary": binary(b'{"action":1,"seq":2}'),
        "not-utf8": text(b'{"action":1,"seq":2,"data":"\xc3("}'),
        "empty": text(b""),
        "no-json": text(b"{action:1}"),
        "no-object": text(b"[1]"),
        "no-action": text(b'{"seq":2}'),
        "too-deep": ask(ECHO, 2, nested(63)) + ask(ECHO, 3, nested(64)),
        "seq-0": ask(ECHO, 0),
        "seq-of-letters": ask(ECHO, "2"),
        "seq-with-a-fraction": ask(ECHO, 2.5),
        "action-of-letters": ask("echo", 2),
        "unknown-ctrl": ctrl("hello"),
        "auth-without-a-seq": ctrl("auth", token="bob"),
        "auth-without-a-token": ctrl("auth", 2),
        "a-notify-with-a-bad-deadline": ask(ECHO, deadline_ms=0),
        "refused-twice": text(b'{"action":1,"seq":2,"seq":3}') +
                         text(b'{"action":1,"data":1,"seq":2,"data":2}'),
        "refused-members-twice": b"".join(
            text(b'{"action":1,"seq":2,"%s":%s,"%s":%s}' % (name, first, name, first))
            for name, first in ((b"action", b"1"), (b"deadline_ms", b"9"), (b"trace", b'"t"'),
                                (b"by", b"true"), (b"ctrl", b'"ping"'), (b"token", b"1"))),
        "refused-members": ask(ECHO, 2, deadline_ms=0) + ask(ECHO, 3, trace="") +
                           ask(ECHO, 4, by="no") + ask(ECHO, 5, trace="x" * 65) +
                           ask(ECHO, 6, deadline_ms=1.5),
    }


def json_scripts():
    one, held = ask(ECHO, 1, '{"a":[1, 2]}'), ask(HOLD, 1, "1")
    return {
        "one-call": b"a" + one + b".",
        "each-action": b"a" + b"".join(ask(code, code, "7") + b"." for code in ALL) + b"a\0.",
        "notifies": b"a" + b"".join(ask(code, data="7") for code in ALL) + b"a\0.",
        "no-data": b"a" + ask(ECHO, 1) + ask(NOTE, 2) + b".",
        "data-as-they-are-written": b"a" + text(
            rb' { "data" : [ 1.0e1 , "\u00e9\/" ] , "seq" : 1e0 , "action":1 } ') + b".",
        "escaped-names": b"a" + text(rb'{"\u0061ction":1,"s\u0065q":1,"data":{"seq":9}}') + b".",
        "unknown-members": b"a" + text(
            b'{"x":1,"action":1,"x":2,"seq":1,"Action":2,"token":[]}') + b".",
        "answered-in-another-order": b"a" + held + ask(HOLD, 2, "2") + ask(ECHO, 3) + b".a\1.a\0.",
        "more-than-at-once": b"a" + b"".join(ask(HOLD, n) for n in range(1, 9)) + b".a\0.a\2.f\0.",
        "a-seq-twice": b"a" + held + held + ask(ECHO, 1, "3") + b".a\0." + ask(ECHO, 1) + b".",
        "all-members": b"a" + ask(ECHO, 1, "1", deadline_ms=1000, trace="trace", by=True) + b".",
        "asks-who-answers-with-an-error": b"a" + ask(FAIL, 1, "1000", by=True) + b".",
        "largest-numbers": b"a" + ask(4294967295, 4294967295, "1") + ask(0, 1) + b".",
        "a-short-deadline": b"a" + ask(HOLD, 1, deadline_ms=1) + b"s\1.",
        "pings": b"a" + ctrl("ping") + ctrl("ping", 7) + b".",
        "pings-past-open-calls": b"a" + b"".join(ask(HOLD, n) for n in range(1, 4)) +
                                 ctrl("ping", 7) + ask(ECHO, 9) + ctrl("ping", 8) + b".",
        "logs-in": b"a" + ctrl("auth", 1, token="bob") + ask(PRIVATE, 2, "1") + b".",
        "logs-in-for-a-while": b"a" + ctrl("auth", 1, token="bob+10") + b".s\x20.s\x20." + one,
        "bad-tokens": b"A" + ctrl("auth", 1, token="-") + ctrl("auth", 2, token="-+1") +
                      ctrl("auth", 3, token="") + ctrl("auth", 4, token="\u00e9\n\"") + b".",
        "nine-bad-tokens": b"a" + ctrl("auth", 1, token="-") * 9 + b"." + one,
        "errors-of-the-plugin": b"a" + b"".join(
            ask(FAIL, seq, status) for seq, status in
            enumerate(("4", "7", "12", "1000", "65535", "65536"), 1)) + b".",
        "pushes": b"ap\x10q\x10" + ask(PUSH, 1, "12") + ask(PUSH, data="123") + b".",
        "too-slow-for-pushes": b"ax" + b"p\xff" * 5 + b".o.",
        "a-fault-behind-held-calls": b"a" + held + text(b"") + one + b".",
        "client-closes": b"a" + held + one + b"e.a\0.",
        **{f"fault-{name}": b"a" + one + fault + ask(ECHO, 99, "9") + b"."
           for name, fault in json_faults().items()},
    }


def folders():
    return {"base": base_scripts(), "v1": v1_scripts(), "json": json_scripts()}
