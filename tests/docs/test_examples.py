#!/usr/bin/python3
"""The C examples in the documents are good C11 and C++17, laid out like the project's own code, and
plugins that export what a plugin exports."""
import pathlib
import subprocess
import tempfile
import unittest

from examples import ROOT, examples

WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror"]
# C++17 takes named members of C in a table only as an extension, which -Wpedantic would object to.
LANGUAGES = {
    "C11": ["gcc", "-std=c11", "-Wpedantic"],
    "C++17": ["g++", "-x", "c++", "-std=c++17", "-Wno-missing-field-initializers"],
}


def output(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    return done.returncode, done.stdout


class Examples(unittest.TestCase):
    def test_there_are_some(self):
        self.assertEqual(sorted(examples()), ["board", "hello", "score"])

    def test_compile(self):
        for name, (page, line, source) in examples().items():
            for language, command in LANGUAGES.items():
                with self.subTest(name, language=language), tempfile.TemporaryDirectory() as folder:
                    file = pathlib.Path(folder) / f"{name}.c"
                    file.write_text(source, encoding="utf-8")
                    shared = f"{folder}/{name}.so"
                    code, said = output(*command, *WARNINGS, "-O2", "-fPIC", "-shared",
                                        "-fvisibility=hidden", "-I", str(ROOT / "include"),
                                        "-o", shared, str(file), "-lcjson")
                    self.assertEqual((code, said), (0, ""), f"{page}:{line}")
                    code, said = output("nm", "-D", "--defined-only", shared)
                    self.assertRegex(said, r"\A[0-9a-f]+ [DR] act_plugin_v1\n\Z")

    def test_layout(self):
        for name, (page, line, source) in examples().items():
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                file = pathlib.Path(folder) / f"{name}.c"
                file.write_text(source, encoding="utf-8")
                code, said = output("clang-format-14", "--dry-run", "-Werror",
                                    f"--style=file:{ROOT}/.clang-format", str(file))
                self.assertEqual(code, 0, f"{page}:{line}: {said}")


if __name__ == "__main__":
    unittest.main()
