"""The public headers lay down what is stored of them, and a break of the interface is seen."""

import difflib
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from layout import BASELINE, HERE, ROOT, STORED, describe, surface

INCLUDE = ROOT / "include"
# Bits of abidiff's exit code: an error, wrong usage; a difference; one that no old binary survives.
FAILED, DIFFERS, BREAKS = 1 | 2, 4, 8

STRICT = ["-std=gnu17", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wpadded", "-Werror"]

SAY = """the interface is not what is stored of it:
{}
Was that not meant: undo it. Was it: say so in docs/abi.md (Changes) and, where it is more than an
addition, see there what that costs; then run .ci/abi-baseline and commit what it writes by itself."""

# What a careless hand may do to a header: (header, pattern, what it becomes, does abidiff(1) see it
# too, as more than nothing). Constants and names of parameters are no part of an object file.
BREAKS_OF_HEADERS = {
    "a member is moved": ("plugin.h", r"(\tact_bytes user;[^\n]*\n)(\tact_bytes payload;[^\n]*\n)",
                          r"\2\1", True),
    "a member is put in between": ("plugin.h", r"(\tact_bytes payload; /)", r"\tact_conn via;\n\1",
                                   True),
    "a member is removed": ("plugin.h", r"\tact_conn except;[^\n]*\n", "", True),
    "a member gets another type": ("plugin.h", r"int32_t repeat,", "int64_t repeat,", True),
    "a type gets wider": ("plugin.h", r"typedef int32_t act_rc;", "typedef int64_t act_rc;", True),
    "an array gets shorter": ("ext/auth.h", r"char device\[256\]", "char device[128]", True),
    "two functions change places": (
        "ext/sql.h", r"(\tact_rc \(\*)commit(\)\(const act_host[^;]*;\n\tact_rc \(\*)rollback",
        r"\1rollback\2commit", True),
    "a constant changes": ("plugin.h", r"(#define ACT_E_GONE) \(-1\)", r"\1 (-11)", False),
    "a constant changes its sign": ("plugin.h", r"(#define ACT_A_RAW 0x10)u", r"\1", False),
    "an id changes": ("ext/sql.h", r"act\.sql/1\"\n", 'act.sql/2"\n', False),
    "a constant goes": ("plugin.h", r"#define ACT_S_UNAVAILABLE 8u\n", "", False),
    "a struct is added": ("plugin.h", r"(\ntypedef struct act_note )",
                          r"\ntypedef struct act_extra { uint64_t a; } act_extra;\1", False),
}


def errors_of(compiler, include, source):
    """What the compiler has against layout.c or layout.cc with these headers; nothing if nothing."""
    options = [option.replace("gnu17", "gnu++17") if source.suffix == ".cc" else option
               for option in STRICT]
    done = subprocess.run([compiler, *options, "-I", include, source], capture_output=True,
                          text=True, check=False)
    return done.stderr if done.returncode else ""


def abidiff(include, described):
    """What abidiff(1) says of the headers against the baseline: (its exit code, its report)."""
    with tempfile.TemporaryDirectory() as scratch:
        library = pathlib.Path(scratch) / "libact.so"
        surface(include, library, described)
        done = subprocess.run(["abidiff", "--no-show-locs", BASELINE, library],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


class Stored(unittest.TestCase):
    """What is stored is what there is."""

    maxDiff = None

    def test_layout(self):
        found = describe(INCLUDE)
        changes = "\n".join(difflib.unified_diff(STORED.read_text().splitlines(),
                                                 found.splitlines(), "stored", "found",
                                                 lineterm="", n=0))
        self.assertEqual(changes, "", SAY.format(changes))

    def test_abidiff(self):
        code, report = abidiff(INCLUDE, HERE)
        self.assertEqual(code, 0, SAY.format(report))

    def test_covers_all(self):
        """Every struct that a header names is in it, looked for by other means."""
        names = set()
        for path in [INCLUDE / "act/plugin.h", *(INCLUDE / "act/ext").glob("*.h")]:
            names |= set(re.findall(r"^(?:typedef )?struct (act_\w+) \{", path.read_text(), re.M))
        self.assertIn("act_host", names)
        self.assertEqual(names, set(re.findall(r"^STRUCT\((\w+),", STORED.read_text(), re.M)))


class Broken(unittest.TestCase):
    """A scratch copy of the headers is broken, each time in one way."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.include = pathlib.Path(scratch.name) / "include"
        shutil.copytree(INCLUDE, self.include)

    def spoil(self, name, pattern, becomes):
        path = self.include / "act" / name
        text = path.read_text()
        spoiled, count = re.subn(pattern, becomes, text)
        self.assertEqual(count, 1, f"{name} has no longer what this test breaks: {pattern}")
        path.write_text(spoiled)
        self.addCleanup(path.write_text, text)
        return path, text

    def test_unspoiled(self):
        self.assertEqual(errors_of("gcc", self.include, HERE / "layout.c"), "")
        self.assertEqual(errors_of("g++", self.include, HERE / "layout.cc"), "")
        self.assertEqual(describe(self.include), STORED.read_text())

    def test_each_break_is_seen(self):
        for what, (name, pattern, becomes, in_objects) in BREAKS_OF_HEADERS.items():
            with self.subTest(what):
                path, text = self.spoil(name, pattern, becomes)
                found = describe(self.include)
                self.assertNotEqual(found, STORED.read_text())
                if what != "a struct is added":
                    self.assertNotEqual(errors_of("g++", self.include, HERE / "layout.cc"), "")
                if what not in ("a struct is added", "an id changes"):
                    self.assertNotEqual(errors_of("gcc", self.include, HERE / "layout.c"), "")
                if in_objects:
                    code, report = abidiff(self.include, HERE)
                    self.assertEqual(code & FAILED, 0, report)
                    self.assertTrue(code & (DIFFERS | BREAKS), report)
                path.write_text(text)

    def test_a_hole_is_seen(self):
        """Also where what is stored was written anew without a look."""
        for compiler, source in (("gcc", "layout.c"), ("clang", "layout.c"), ("g++", "layout.cc"),
                                 ("clang++", "layout.cc")):
            for name, pattern in (("plugin.h", r"(\tuint16_t abi_major;\n)(?=\tuint16_t abi_minor;)"),
                                  ("ext/auth.h", r"(\tint64_t expires_at;)")):
                with self.subTest(f"{compiler} {name}"):
                    path, text = self.spoil(name, pattern, r"\1\n\tuint8_t small;\n")
                    scratch = self.include.parent / "described"
                    scratch.mkdir(exist_ok=True)
                    (scratch / "layout.def").write_text(describe(self.include))
                    shutil.copy(HERE / source, scratch)
                    errors = errors_of(compiler, self.include, scratch / source)
                    self.assertIn("-Werror", errors)
                    self.assertIn("padded", errors)
                    path.write_text(text)

    def test_abidiff_sees_an_added_type(self):
        self.spoil("plugin.h", *BREAKS_OF_HEADERS["a struct is added"][1:3])
        described = self.include.parent / "described"
        described.mkdir()
        (described / "layout.def").write_text(describe(self.include))
        code, report = abidiff(self.include, described)
        self.assertEqual(code & (FAILED | DIFFERS), DIFFERS, report)
        self.assertIn("surface_act_extra", report)


if __name__ == "__main__":
    unittest.main(verbosity=2)
