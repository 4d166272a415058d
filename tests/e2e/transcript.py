"""Transcripts: what goes over connections, byte for byte, as text (golden/*.txt). A line is one of:

    # a comment
    connect NAME PATH [SUBPROTOCOL [USER SECONDS]]    with a token of that user, good for so long
    NAME > BYTES    the client sends these bytes (a frame, or several)
    NAME < BYTES    the server sends exactly these (one frame)
    NAME = closed   the stream ends here

BYTES are words, and what the server sends is written with their help once more by words():

    820c00    bytes in hex
    'text'    the UTF-8 of what stands between (which has no ')
    ?x ?d     one byte that differs each time: a lower-case hex digit, or a decimal one
    WORD*N    the word N times
"""

import collections
import re

Line = collections.namedtuple("Line", "number name what argument text")

WORD = re.compile(r"(?:'([^']*)'|\?([xd])|((?:[0-9a-f]{2})+))(?:\*(\d+))?(?:\s+|$)")
DIGITS = {"x": b"0123456789abcdef", "d": b"0123456789"}
# All that may differ: which connection this is, which start of the server, how much time is left.
VARYING = re.compile(rb'(?<="connection":")[0-9a-f]{16}|(?<="epoch":")[0-9a-f]{16}'
                     rb'|(?<="expires_in_s":)\d+')
RUN = re.compile(rb"(.)\1{31,}", re.S)  # that is worth a *N
PRINTABLE = re.compile("[^\x00-\x1f\x7f-\x9f']{4,}")


class Bytes:
    """BYTES, read: `literal`, and at which positions of it which digit may stand."""

    def __init__(self, words):
        self.literal, self.digits, at = b"", {}, 0
        while at < len(words):
            found = WORD.match(words, at)
            if not found:
                raise ValueError(f"no word: {words[at:at + 40]}")
            text, digit, pairs, times = found.groups()
            once = text.encode() if text is not None else bytes.fromhex(pairs or "00")
            before = len(self.literal)
            self.literal += once * int(times or 1)
            if digit:
                self.digits.update(dict.fromkeys(range(before, len(self.literal)), digit))
            at = found.end()

    def __len__(self):
        return len(self.literal)

    def fits(self, got):
        """Are these bytes what is written?"""
        same = bytearray(got)
        for position, digit in self.digits.items():
            if position >= len(got) or got[position] not in DIGITS[digit]:
                return False
            same[position] = self.literal[position]
        return same == self.literal


def read(path):
    """The lines of a transcript, comments and empty ones (`what` is "") among them."""
    for number, text in enumerate(path.read_text().splitlines(), 1):
        parts = text.split(maxsplit=2)
        if not parts or text.startswith("#"):
            yield Line(number, "", "", "", text)
        elif parts[0] == "connect":
            yield Line(number, parts[1], "connect", parts[2], text)
        else:
            yield Line(number, parts[0], parts[1], parts[2], text)


def header_len(frame):
    """Of a frame of the server's, which is not masked (RFC 6455, section 5.2)."""
    return {126: 4, 127: 10}.get(frame[1] & 0x7F, 2)


def words(frame, heads=()):
    """A frame as BYTES: its header, then runs of bytes of the lengths `heads`, then the rest."""
    out, at = [], 0
    for length in (header_len(frame), *heads):
        if frame[at:at + length]:
            out.append(frame[at:at + length].hex())
        at += length
    rest, done = frame[at:], 0
    for found in VARYING.finditer(rest):
        kind = "?x" if len(found.group()) == 16 else "?d"
        out += [*plain(rest[done:found.start()]), f"{kind}*{len(found.group())}"]
        done = found.end()
    return " ".join(out + plain(rest[done:]))


def plain(data):
    """Bytes of which none differs, as words."""
    out, done = [], 0
    for found in RUN.finditer(data):
        out += [*quoted(data[done:found.start()]), f"{found.group(1).hex()}*{len(found.group())}"]
        done = found.end()
    return out + quoted(data[done:])


def quoted(data):
    """The same without runs: text where there is some, otherwise hex."""
    try:
        text, out, done = data.decode(), [], 0
    except UnicodeDecodeError:
        return [data.hex()]
    for found in PRINTABLE.finditer(text):
        out += [text[done:found.start()].encode().hex(), f"'{found.group()}'"]
        done = found.end()
    out.append(text[done:].encode().hex())
    return [word for word in out if word]
