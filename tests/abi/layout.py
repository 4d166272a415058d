#!/usr/bin/python3
"""What the public headers lay down, as text: each struct, member, constant and type.

    layout.py INCLUDE    prints it for the headers below INCLUDE (act/plugin.h and act/ext/)

The names and types are read from clang's syntax tree, the numbers from a program that is compiled
with the headers and run. The text is stored as layout.def and compiled again by each build
(layout.c, layout.cc); surface() makes a shared object of it for abidiff(1).
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
STORED = HERE / "layout.def"
BASELINE = HERE / "baseline" / "act.abi"

HEAD = """\
/* The layout of the public headers: written by .ci/abi-baseline, read by layout.c, layout.cc and
 * surface.c, and held against the headers by test_baseline.py.
 *
 *   TYPE(name, type)
 *   CONSTANT(name, type, value), TEXT(name, value)
 *   STRUCT(name, size, alignment), MEMBER(struct, name, offset, size, alignment, type) */
"""

PROBE = """\
#include <stdio.h>
#define KIND(x) _Generic((x), int: "int", unsigned: "unsigned", default: "?")
#define MARK(x) _Generic((x), unsigned: "u", default: "")
int main(void)
{
%s
	return 0;
}
"""


def run(*command, **options):
    """Runs a command that must succeed; its output."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          check=False, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def headers(include):
    """The headers that are the binary interface, as they are included."""
    extensions = sorted((include / "act/ext").glob("*.h"))
    return ["act/plugin.h"] + [f"act/ext/{path.name}" for path in extensions]


def includes(include):
    return "".join(f"#include <{name}>\n" for name in headers(include))


def declared(include):
    """The types and structs of the headers: [(name, type)] and [(name, [(member, type)])]."""
    tree = json.loads(run("clang", "-std=c11", "-fsyntax-only", "-Xclang", "-ast-dump=json", "-I",
                          include, "-x", "c", "-", input=includes(include)))
    types, structs = [], []
    for node in tree["inner"]:
        name = node.get("name", "")
        if not name.startswith("act_"):
            continue
        if node["kind"] == "TypedefDecl" and node["type"]["qualType"] != f"struct {name}":
            types.append((name, node["type"]["qualType"]))
        if node["kind"] == "RecordDecl" and node.get("completeDefinition"):
            structs.append((name, [(field["name"], field["type"]["qualType"])
                                   for field in node["inner"] if field["kind"] == "FieldDecl"]))
    return types, structs


def constants(include):
    """The names of the macros that stand for a value, and whether it is a text."""
    macros = run("clang", "-std=c11", "-E", "-dM", "-I", include, "-x", "c", "-",
                 input=includes(include))
    found = re.findall(r"^#define (ACT_\w+) (.+)$", macros, re.M)
    return sorted((name, body.startswith('"')) for name, body in found
                  if not body.startswith("__attribute__"))


def describe(include):
    """The whole text for the headers below `include`."""
    include = pathlib.Path(include)
    types, structs = declared(include)
    lines = [f'printf("TYPE({name}, {kind})\\n");' for name, kind in types]
    for name, is_text in constants(include):
        lines.append(f'printf("TEXT({name}, \\"%s\\")\\n", {name});' if is_text else
                     f'printf("CONSTANT({name}, %s, %lld%s)\\n", KIND({name}), (long long){name}, '
                     f"MARK({name}));")
    for name, members in structs:
        lines.append(f'printf("STRUCT({name}, %zu, %zu)\\n", sizeof({name}), _Alignof({name}));')
        for member, kind in members:
            place = f"(({name} *)0)->{member}"
            lines.append(f'printf("MEMBER({name}, {member}, %zu, %zu, %zu, {kind})\\n", '
                         f"offsetof({name}, {member}), sizeof({place}), "
                         f"_Alignof(__typeof__({place})));")
    with tempfile.TemporaryDirectory() as scratch:
        program = pathlib.Path(scratch) / "probe"
        run("clang", "-std=gnu11", "-I", include, "-x", "c", "-", "-o", program,
            input=includes(include) + PROBE % "\n".join(f"\t{line}" for line in lines))
        return HEAD + includes(include) + run(program)


def surface(include, target, described=HERE):
    """Compiles surface.c with the headers below `include`; `described` has the layout.def."""
    # Standard input lies in the working folder, whose layout.def is the first to be found.
    run("gcc", "-std=c11", "-g", "-fPIC", "-shared", "-I", include, "-x", "c", "-", "-o", target,
        input=(HERE / "surface.c").read_text(), cwd=described)


def store(include=ROOT / "include"):
    """Writes layout.def and the baseline of abidiff anew."""
    STORED.write_text(describe(include))
    BASELINE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        library = pathlib.Path(scratch) / "libact.so"
        surface(include, library)
        run("abidw", "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs",
            "--type-id-style", "hash", "--out-file",
            BASELINE, library)


if __name__ == "__main__":
    if sys.argv[1:] == ["--store"]:
        store()
    elif len(sys.argv) == 2:
        print(describe(sys.argv[1]), end="")
    else:
        sys.exit("usage: layout.py INCLUDE | --store")
