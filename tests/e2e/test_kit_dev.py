"""`actctl dev`: each saved file is built, put in place and served; what does not build is not."""

import os
import re
import signal
import subprocess
import time

from harness import DEADLINE, SANITIZERS, ServerCase, eventually, main
from kit import BUILD_SECONDS, Prefix, edit

PAYLOAD = '{"name":"Bob"}'


class Dev(ServerCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.prefix = Prefix()
        cls.addClassCleanup(cls.prefix.close)

    def setUp(self):
        super().setUp()
        if SANITIZERS:
            self.skipTest("a sanitizer's runtime would have to be in the plugins too")
        self.server = self.serve("echo")
        self.name = f"dev{time.monotonic_ns() % 1000000}"
        self.folder = self.prefix.new(self.name, 2000)

    def actctl(self, *words):
        return self.prefix.actctl(*words, "--config", self.server.conf)

    def ask(self):
        """What the action answers now."""
        code, out, _ = self.actctl("call", self.server.url("/serv/"), "2000", PAYLOAD, "-u", "a")
        return out.strip() if code == 0 else None

    def begin(self):
        """Starts to watch; the process, whose output stands in a file."""
        self.said = self.prefix.root / f"{self.name}.log"
        with open(self.said, "w", encoding="utf-8") as log:
            dev = subprocess.Popen(
                [self.prefix.path / "bin/actctl", "dev", self.folder, "-c", self.server.conf],
                env=self.prefix.env, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.addCleanup(dev.wait, DEADLINE)
        self.addCleanup(dev.send_signal, signal.SIGINT)
        self.hear("watching ")

    def hear(self, text, times=1):
        end = time.monotonic() + BUILD_SECONDS
        while (said := self.said.read_text(encoding="utf-8")).count(text) < times:
            self.assertLess(time.monotonic(), end, said)
            time.sleep(0.01)
        return said

    def test_once(self):
        code, out, err = self.actctl("dev", "--once", self.folder)
        self.assertEqual(code, 0, out + err)
        self.assertRegex(out, rf"\A{self.name}: loaded 1\.0 .*\n"
                              r"reload \d+: taken \(built in \d+ ms, reloaded in \d+ ms\)\n\Z")
        self.assertEqual(self.ask(), '{"text":"Hello, Bob"}')
        # In place by renaming: nothing else is left in the folder.
        self.assertEqual(sorted(os.listdir(self.server.plugin_dir)),
                         sorted(["echo.so", f"{self.name}.so"]))

    def test_once_where_not_all_is_taken(self):
        """It serves, and beside it lies a file that is no plugin: as after actctl reload."""
        self.server.install("bad_text")
        code, out, err = self.actctl("dev", "--once", self.folder)
        self.assertEqual(code, 2, out + err)
        self.assertIn(f"{self.name}: loaded 1.0", out)
        self.assertRegex(out, r"reload \d+: partial \(")
        self.assertEqual(self.ask(), '{"text":"Hello, Bob"}')

    def test_once_where_the_config_is_wrong(self):
        self.server.write_config('{ "workers": 0 }')
        code, out, err = self.actctl("dev", "--once", self.folder, "-o",
                                     f"plugin_dir={self.server.plugin_dir}", "-o", "workers=1",
                                     "-o", f"state_dir={self.server.state}")
        self.assertEqual(code, 1, out + err)
        self.assertRegex(out, r"reload \d+: refused \(")

    def test_once_with_an_error(self):
        edit(self.folder / f"{self.name}.c", "return ACT_E_NOMEM;", "return ACT_E_NOMEM")
        code, out, err = self.actctl("dev", "--once", self.folder)
        self.assertEqual((code, out), (1, ""))
        self.assertIn(f"{self.name}.c:", err)
        self.assertIn("actctl: it does not build; cmake says above why\n", err)
        self.assertEqual(os.listdir(self.server.plugin_dir), ["echo.so"])

    def test_no_folder_of_a_plugin(self):
        code, out, err = self.actctl("dev", "--once", self.server.plugin_dir)
        self.assertEqual((code, out), (1, ""))
        self.assertIn("expected the folder of a plugin, with a CMakeLists.txt or a Cargo.toml", err)
        code, _, err = self.actctl("dev", "/no/such/place")
        self.assertEqual(code, 2)
        self.assertIn("/no/such/place cannot be watched: No such file or directory", err)

    def test_an_edit(self):
        self.begin()
        self.assertEqual(self.ask(), '{"text":"Hello, Bob"}')
        source = self.folder / f"{self.name}.c"

        begun = time.monotonic()
        edit(source, '"Hello"', '"Servus"')
        eventually(lambda: self.ask() == '{"text":"Servus, Bob"}', "the new word")
        print(f"an edit is answered with new code after {time.monotonic() - begun:.2f} s")

        # A mistake is told with its line, and the plugin serves on.
        edit(source, '"Servus"', '"Servus')
        said = self.hear("it does not build")
        self.assertRegex(said, rf"{self.name}\.c:\d+:\d+: error")
        self.assertEqual(self.ask(), '{"text":"Servus, Bob"}')

        # Mended, in a file of a folder that was not there at the beginning.
        (self.folder / "words").mkdir()
        (self.folder / "words/word.h").write_text('#define WORD "Ciao"\n', encoding="utf-8")
        edit(source, '"Servus', "WORD")
        edit(source, "#include <act/easy.h>", '#include <act/easy.h>\n#include "words/word.h"')
        eventually(lambda: self.ask() == '{"text":"Ciao, Bob"}', "the word of the header")
        edit(self.folder / "words/word.h", "Ciao", "Salut")
        eventually(lambda: self.ask() == '{"text":"Salut, Bob"}', "the header's new word")
        self.assertGreaterEqual(len(re.findall(r"^reload \d+: taken", self.hear("reload"), re.M)), 3)


if __name__ == "__main__":
    main()
