#!/usr/bin/python3
"""Plugin files as small as they can be, for the fuzzer of the manifest: headers, a dynamic section
and a note (elf(5)), good ones and some that lack or break one thing.

    elf_seeds.py FOLDER     writes them there

They are made with the build, for the version of the interface that it has.
"""
import pathlib
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

X86_64 = 62  # on another machine the fuzzer begins with files that are for the wrong one
PT_LOAD, PT_DYNAMIC, PT_NOTE = 1, 2, 4
DT_NULL, DT_STRTAB, DT_SYMTAB = 0, 5, 6
NOTE_TYPE = 0x41435431
MAGIC = 0x31544341

# The interface's version and the sizes of its tables are known to the compiler alone.
ASK = """
#include <act/plugin.h>
#include <stdio.h>
int main(void)
{
	printf("%u %u %zu %zu", ACT_ABI_MAJOR, ACT_ABI_MINOR, sizeof(act_plugin), sizeof(act_host));
}
"""


def ask_compiler():
    """(major, minor, bytes of act_plugin, bytes of act_host)"""
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/ask"
        subprocess.run(["cc", "-I", ROOT / "include", "-x", "c", "-", "-o", program],
                       input=ASK.encode(), check=True)
        return tuple(map(int, subprocess.run([program], capture_output=True, check=True)
                         .stdout.split()))


def manifest(abi, name=b"echo", version=b"1.0", needs=b"", provides=b"", **changed):
    major, minor, plugin_size, host_size = abi
    values = {"magic": MAGIC, "major": major, "minor": minor, "plugin": plugin_size,
              "host": host_size, **changed}
    return struct.pack("<IHHII32s16s128s64s", values["magic"], values["major"], values["minor"],
                       values["plugin"], values["host"], name, version, needs, provides)


def note(body, owner=b"act\0", kind=NOTE_TYPE, align=4):
    head = struct.pack("<III", len(owner), len(body), kind) + owner
    head += bytes(-len(head) % align)
    return head + body + bytes(-len(body) % align)


def elf(notes, machine=X86_64, kind=3, dynamic=(DT_STRTAB, DT_SYMTAB, DT_NULL), note_align=4,
        sections=b""):
    """A file of one segment that holds everything; the dynamic section points at its first byte."""
    count = 3
    at = 64 + 56 * count
    tail = b"".join(struct.pack("<QQ", tag, 64) for tag in dynamic)
    dynamic_at, at = at, at + len(tail)
    notes_at, at = at, at + len(notes)
    size = at + len(sections)
    head = b"\x7fELF" + bytes([2, 1, 1, 0]) + bytes(8)
    head += struct.pack("<HHIQQQIHHHHHH", kind, machine, 1, 0, 64, at, 0, 64, 56, count, 64,
                        len(sections) // 64, 0)
    headers = b""
    for what, flags, begin, length, align in ((PT_LOAD, 4, 0, size, 4096),
                                              (PT_DYNAMIC, 6, dynamic_at, len(tail), 8),
                                              (PT_NOTE, 4, notes_at, len(notes), note_align)):
        headers += struct.pack("<IIQQQQQQ", what, flags, begin, begin, begin, length, length, align)
    return head + headers + tail + notes + sections


def files():
    abi = ask_compiler()
    good = note(manifest(abi))
    strings = struct.pack("<IIQQQQIIQQ", 0, 3, 0, 0, 64, 16, 0, 0, 1, 0)
    foreign = note(b"\x01\x02\x03\x04", owner=b"GNU\0", kind=3)

    def plugin(**changed):
        return elf(note(manifest(abi, **changed)))

    return {
        "good": elf(good),
        "good-with-services": plugin(needs=b"act.sql/1,act.auth/1", provides=b"act.x/2"),
        "good-with-sections": elf(good, sections=strings),
        "good-between-another-note-and-zeros": elf(foreign + good + bytes(32)),
        "good-aligned-to-8": elf(note(manifest(abi), align=8), note_align=8),
        "good-with-a-longer-manifest": elf(note(manifest(abi) + bytes(64))),
        "empty": b"",
        "text": b"#!/bin/sh\nexit 0\n",
        "zeros": bytes(64),
        "cut-in-the-header": elf(good)[:40],
        "cut-in-the-segments": elf(good)[:200],
        "cut-in-the-note": elf(good)[:-100],
        "cut-in-the-sections": elf(good, sections=strings)[:-1],
        "of-another-machine": elf(good, machine=8),
        "of-32-bits": elf(good)[:4] + b"\x01" + elf(good)[5:],
        "an-object-file": elf(good, kind=1),
        "a-program": elf(good, kind=2),
        "no-end-of-the-dynamic-section": elf(good, dynamic=(DT_STRTAB, DT_SYMTAB)),
        "no-note": elf(foreign),
        "two-notes": elf(good + good),
        "note-longer-than-its-segment": elf(good[:4] + struct.pack("<I", 0xFFFFFFF0) + good[8:]),
        "another-magic": plugin(magic=0x32544341),
        "another-major": plugin(major=9),
        "another-minor": plugin(minor=99),
        "a-short-manifest": elf(note(manifest(abi)[:100])),
        "a-short-table": plugin(plugin=8),
        "a-name-that-does-not-end": plugin(name=b"n" * 32),
        "a-name-with-a-blank": plugin(name=b"an echo"),
        "no-name": plugin(name=b""),
        "no-version": plugin(version=b""),
        "needs-something-twice": plugin(needs=b"act.sql/1,act.sql/1"),
        "needs-no-id": plugin(needs=b"act.sql"),
    }


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files().items():
        (folder / name).write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
