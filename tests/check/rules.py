#!/usr/bin/python3
"""Holds the C files against the rules of the house that no compiler knows.

    rules.py [ROOT]     ROOT is the root of the project; by default the one this file lies in

One finding a line: file:line: what is wrong and what to do. Exit code 0 where there is none.
The way of laying out code is clang-format's part (.ci/format --check).
"""
import os
import re
import sys

# The rooms of core/, lowest first: a room includes itself and what is below it.
ROOMS = ["base", "net", "act", "isolate", "reload", "admin"]

# Libraries that are one place's business: (header, folders that may include it).
LIBRARIES = [
    ("libwebsockets.h", ["core/net/", "core/admin/", "clients/actctl/"]),
    ("cjson/cJSON.h", ["core/base/", "core/admin/", "plugins/", "clients/actctl/",
                       "tests/"]),
    ("sqlite3.h", ["plugins/sqlite/", "tests/"]),
    ("rhonabwy.h", ["plugins/jwt/", "clients/actctl/", "tests/"]),
]

# What C itself has, and all that the public headers need of it.
PLAIN = ["stdarg.h", "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h"]

FILE_LINES = 500
FUNCTION_LINES = 70
COLUMNS = 100
TAB = 8

INCLUDE = re.compile(r'\s*#\s*include\s*(["<])([^">]+)[">]')


def files(root, folders):
    """The C and C++ files below the folders, as paths from the root, sorted."""
    found = []
    for folder in folders:
        for where, _, names in os.walk(os.path.join(root, folder)):
            found += [os.path.relpath(os.path.join(where, name), root)
                      for name in names if re.search(r"\.(c|h|cc)$", name)]
    return sorted(found)


def includes(lines):
    """(line number, quote, name) of each #include."""
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def room_of(path):
    """The room of core/ that a file lies in; None for core/main.c and whatever is elsewhere."""
    parts = path.split("/")
    return parts[1] if parts[0] == "core" and len(parts) > 2 else None


def check_rooms(path, lines, known):
    """A room includes itself, the rooms below it, and include/act (not the room of that name)."""
    own = room_of(path)
    if own is None:
        return
    if own not in ROOMS:
        yield 1, f'core/{own} is no room: expected one of {", ".join(ROOMS)}'
        return
    for number, quote, name in includes(lines):
        if quote != '"' or "include/" + name in known:
            continue
        other = name.split("/")[0]
        if "/" not in name or other not in ROOMS:
            yield number, f'"{name}": expected "room/file.h", a room being one of {", ".join(ROOMS)}'
        elif ROOMS.index(other) > ROOMS.index(own):
            yield number, (f'"{name}": core/{other} stands above core/{own}: declare a table of '
                           f"functions in core/{own} and let main fill it")


def check_public(path, lines, _known):
    """The public headers include the C library and one another, nothing else."""
    if not path.startswith("include/act/"):
        return
    for number, quote, name in includes(lines):
        if quote == '"':
            target = os.path.normpath(os.path.join(os.path.dirname(path), name))
            if not target.startswith("include/act/"):
                yield number, f'"{name}": a public header includes public headers only'
        elif name not in PLAIN and name not in (header for header, _ in LIBRARIES):
            yield number, f"<{name}>: a public header includes {', '.join(PLAIN)} and no other"


def check_plugins(path, lines, _known):
    """A plugin includes its own folder, plugins/common and act/: nothing of the server's."""
    parts = path.split("/")
    if parts[0] != "plugins":
        return
    for number, quote, name in includes(lines):
        if name.startswith("act/"):
            continue
        if name.split("/")[0] in ROOMS or "core/" in name:
            yield number, f'"{name}": a plugin knows the server by act/ alone'
        elif quote == '"':
            target = os.path.normpath(os.path.join(os.path.dirname(path), name))
            common = os.path.normpath(os.path.join("plugins", name))
            if not any(t.startswith((f"plugins/{parts[1]}/", "plugins/common/"))
                       for t in (target, common)):
                yield number, (f'"{name}": expected a header of plugins/{parts[1]}, of '
                               "plugins/common, or act/…")


def check_libraries(path, lines, _known):
    """Each library is included where it belongs."""
    for number, _, name in includes(lines):
        for header, folders in LIBRARIES:
            if name == header and not path.startswith(tuple(folders)):
                places = ", ".join(folders)
                yield number, f"<{header}> is for {places}: go through what these offer"


def check_own_header(path, lines, known):
    """A .c includes its own header first, so that the header is seen to need nothing before it."""
    header = re.sub(r"\.c$", ".h", path)
    if not path.endswith(".c") or header not in known:
        return
    first = next(includes(lines), None)
    wanted = header[len("core/"):] if header.startswith("core/") else os.path.basename(header)
    if first is None or not ("/" + header).endswith("/" + first[2]):
        number, found = (first[0], f'"{first[2]}"') if first else (1, "none")
        yield number, f'the first include: expected "{wanted}", its own header, found {found}'


def check_size(path, lines, _known):
    """One concept a file, one thought a function."""
    if path.startswith("tests/"):
        return
    if len(lines) > FILE_LINES:
        yield FILE_LINES + 1, (f"{len(lines)} lines, expected at most {FILE_LINES}: more than one "
                               "concept? Split it")
    opened = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            opened = number
        elif line.startswith("}") and opened is not None:
            if number - opened - 1 > FUNCTION_LINES:
                yield opened, (f"a function of {number - opened - 1} lines, expected at most "
                               f"{FUNCTION_LINES}: give its parts names")
            opened = None


def check_text(_path, lines, _known):
    """What the eye does not see."""
    for number, line in enumerate(lines, 1):
        if line.endswith("\r"):
            yield number, "a carriage return at the end: save the file with Unix line ends"
        elif line != line.rstrip():
            yield number, "blanks at the end of the line: remove them"
        elif re.search(r" \t", line[:len(line) - len(line.lstrip())]):
            yield number, "a space before a tab: indent with tabs, align with spaces after them"
        width = len(line.expandtabs(TAB))
        if width > COLUMNS:
            yield number, f"{width} columns, expected at most {COLUMNS}"


# Each takes a path, its lines and the set of all paths, and yields (line number, sentence).
CHECKS = [check_rooms, check_public, check_plugins, check_libraries, check_own_header, check_size,
          check_text]


def check_file(root, path, known):
    """All findings of one file."""
    try:
        with open(os.path.join(root, path), encoding="utf-8", newline="\n") as file:
            text = file.read()
    except UnicodeDecodeError as why:
        return [(1, f"not UTF-8: byte {why.start}")]
    lines = text.split("\n")
    findings = []
    if lines.pop() != "":
        lines.append(text.rsplit("\n", 1)[-1])
        findings.append((len(lines), "no line end at the end of the file: add one"))
    for check in CHECKS:
        findings += check(path, lines, known)
    return sorted(findings)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "../..")
    known = files(root, ["include", "core", "plugins", "clients", "tests"])
    if not any(path.startswith("core/") for path in known):
        print(f"{root}: no C files below core/: not the root of the project?")
        return 1
    count = 0
    for path in known:
        for number, text in check_file(root, path, set(known)):
            print(f"{path}:{number}: {text}")
            count += 1
    print(f"{len(known)} files, {count} findings")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
