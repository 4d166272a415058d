"""Plugins made with the installed package alone: begun, built, tested, checked, and served by the
installed server, in each language."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from harness import BUILD, DEADLINE, ROOT, main
from kit import SANITIZED, TOOLS, Prefix, findings, names_of, run

PAYLOAD = '{"name":"Bob"}'
GREETING = '{"text":"Hello, Bob"}'
FILES = {
    "c": ["{0}.c"],
    "cpp": ["{0}.cc"],
    "rust": ["Cargo.toml", "src/act.rs", "src/json.rs", "src/lib.rs"],
}
COMMON = [".gitignore", "CMakeLists.txt", "README.md", "test_{0}.c"]
NO_SANITIZER = "a sanitizer's runtime would have to be in programs that know nothing of it"


class Kit(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.prefix = Prefix()
        cls.addClassCleanup(cls.prefix.close)

    def serve(self, *files):
        """The installed server with these plugins; (process, port, config)."""
        folder = self.prefix.root / f"serve-{time.monotonic_ns()}"
        for below in ("plugins", "state"):
            (folder / below).mkdir(parents=True)
        for file in files:
            shutil.copy(file, folder / "plugins")
        config = folder / "actd.json"
        config.write_text(json.dumps({
            "listen": "127.0.0.1:0", "plugin_dir": str(folder / "plugins"),
            "state_dir": str(folder / "state"), "auth": "none",
            "endpoints": {"/serv/": {"login": "optional"}}}), encoding="utf-8")
        log = open(folder / "log", "w+", encoding="utf-8")  # closed below
        self.addCleanup(log.close)
        server = subprocess.Popen([self.prefix.path / "sbin/actd", "-c", config], stderr=log,
                                  env=self.prefix.env, stdin=subprocess.DEVNULL)
        self.addCleanup(self.end, server)
        end = time.monotonic() + DEADLINE
        while "main: ready" not in (text := (folder / "log").read_text(encoding="utf-8")):
            self.assertLess(time.monotonic(), end, text)
            self.assertIsNone(server.poll(), text)
            time.sleep(0.02)
        return int(text.split("listening on 127.0.0.1:")[1].split()[0]), config

    def end(self, server):
        server.send_signal(signal.SIGTERM)
        self.assertEqual(server.wait(DEADLINE), 0)

    def test_what_is_installed(self):
        names = names_of(self.prefix.path)
        for end in ("include/act/plugin.h", "include/act/fake.h", "include/act/ext/sql.h",
                    "cmake/actd/actdConfig.cmake", "cmake/actd/actdConfigVersion.cmake",
                    "pkgconfig/actd.pc", "libactd-fake.a", "man/man1/actctl.1",
                    "man/man8/actd.8", "completions/actctl", "actd/templates/c/NAME.c.in",
                    "actd/plugins/echo.so", "sbin/actd", "bin/actctl"):
            self.assertTrue(any(name.endswith(end) for name in names), f"{end} in {names}")

    def test_nothing_installed_names_the_source(self):
        for name in names_of(self.prefix.path):
            if name.endswith((".h", ".cmake", ".pc", ".in", ".map")):
                text = (self.prefix.path / name).read_text(encoding="utf-8")
                self.assertNotIn(str(ROOT), text, name)

    def test_pkg_config(self):
        place = next(self.prefix.path.rglob("actd.pc")).parent
        env = dict(self.prefix.env, PKG_CONFIG_PATH=str(place))
        def ask(*words):
            code, out, err = run("pkg-config", *words, "actd", env=env)
            self.assertEqual((code, err), (0, ""))
            return os.path.realpath(out.strip().removeprefix("-I"))
        self.assertEqual(ask("--cflags"), str(self.prefix.path / "include"))
        self.assertTrue(os.path.exists(ask("--variable=plugindir") + "/echo.so"))
        self.assertTrue(os.path.exists(ask("--variable=templatedir") + "/c/NAME.c.in"))

    def language(self, language, name, code):
        """One language, from the first command to an answer of the installed server."""
        if SANITIZED:
            self.skipTest(NO_SANITIZER)
        prefix = self.prefix
        folder = prefix.new(name, code, "--lang", language)
        self.assertEqual(names_of(folder),
                         sorted(file.format(name) for file in COMMON + FILES[language]))
        for file in names_of(folder):
            text = (folder / file).read_text(encoding="utf-8")
            self.assertNotRegex(text, r"@[A-Z]+@", file)
        prefix.make(folder)
        tested, said, err = prefix.run("ctest", "--test-dir", folder / "build",
                                       "--output-on-failure", "--no-tests=error")
        self.assertEqual(tested, 0, said + err)
        file = folder / f"build/{name}.so"
        fit, said, err = prefix.actctl("plugin", "check", "--strict", file, "--call",
                                       f"greet={PAYLOAD}", "--call", "greet=[]")
        self.assertEqual((fit, err), (0, ""), said)
        calls = findings(said, "call")
        self.assertEqual(calls[0], f"greet: {GREETING}")
        self.assertRegex(calls[1], r"^greet: error 14: the payload is ")
        port, config = self.serve(file)
        self.assertEqual(prefix.actctl("call", f"ws://127.0.0.1:{port}/serv/", str(code), PAYLOAD,
                                       "--user", "alice", "--config", config),
                         (0, GREETING + "\n", ""))
        # And to the place where the installed server looks for plugins.
        self.assertEqual(prefix.run("cmake", "--install", folder / "build")[0], 0)
        self.assertEqual(len(list(prefix.path.rglob(f"plugins/{name}.so"))), 1)

    def test_c(self):
        self.language("c", "greet-c", 2000)

    def test_cpp(self):
        self.language("cpp", "greet_cpp", 2001)

    def test_rust(self):
        if not os.access("/usr/bin/cargo", os.X_OK):
            self.skipTest("cargo is not installed: apt-get install cargo")
        self.language("rust", "greet-in-rust", 4294967039)


class New(unittest.TestCase):
    """What `actctl plugin new` refuses, with its sentence; it leaves nothing behind."""

    REFUSED = [
        (["9lives", "2000"], 'the name: expected a letter and then up to 30 letters, digits, '
                             '\'_\' or \'-\', found "9lives"'),
        (["a b", "2000"], 'found "a b"'),
        (["../up", "2000"], 'found "../up"'),
        (["", "2000"], 'found ""'),
        (["n" * 32, "2000"], "the name: expected"),
        (["good", "0"], '"0"'),
        (["good", "zero"], '"zero"'),
        (["good", "4294967040"], "the code: expected one below 4294967040, found 4294967040"),
        (["good", "2000", "--lang", "java"], "--lang: expected c, cpp or rust, found \"java\""),
        (["good", "2000", "--dir", "here"], "here is there already, and is left as it is"),
        (["good", "2000", "--dir", "no/such/place"], "no/such/place cannot be made: No such file"),
        (["good"], "plugin new: expected a name and a code"),
    ]

    def test_refusals(self):
        for words, sentence in self.REFUSED:
            with self.subTest(words), tempfile.TemporaryDirectory() as folder:
                os.mkdir(f"{folder}/here")
                code, out, err = run(BUILD / "bin/actctl", "plugin", "new", *words, folder=folder,
                                     env={"PATH": TOOLS})
                self.assertEqual((code, out), (2, ""))
                self.assertIn(sentence, err)
                self.assertEqual(os.listdir(folder), ["here"])
                self.assertEqual(os.listdir(f"{folder}/here"), [])

    def test_for_programs(self):
        with tempfile.TemporaryDirectory() as folder:
            code, out, _ = run(BUILD / "bin/actctl", "plugin", "new", "a", "0x10", "-j",
                               folder=folder, env={"PATH": TOOLS})
            self.assertEqual((code, json.loads(out)), (0, {
                "plugin": "a", "code": 16, "language": "c", "folder": "a"}))


if __name__ == "__main__":
    main()
