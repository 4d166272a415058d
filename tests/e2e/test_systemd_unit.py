"""The unit for systemd, as it is installed: sound, with paths that are there, and with times and
limits that fit what the server needs by default."""

import json
import os
import pathlib
import re
import shutil
import tempfile
import unittest

from harness import BUILD, ROOT, main
from kit import run

ANALYZE = shutil.which("systemd-analyze")
# What the unit leans on: the targets, and the program that sends the signal.
SYSTEM_UNITS = pathlib.Path("/usr/lib/systemd/system")
KILL = "bin/kill"


def defaults():
    """The default of each key at the top of the config, and below "limits"."""
    schema = json.loads((ROOT / "conf/actd.schema.json").read_text())
    found = {name: key.get("default") for name, key in schema["properties"].items()}
    limits = schema["properties"]["limits"]["properties"]
    found["limits"] = {name: key["default"] for name, key in limits.items()}
    return found


class Installed(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        """Installs below a folder that then looks like the root of a system."""
        holder = tempfile.TemporaryDirectory(prefix="actd-unit-")
        cls.addClassCleanup(holder.cleanup)
        cls.root = pathlib.Path(holder.name)
        code, out, err = run("cmake", "--install", BUILD, env={**os.environ, "DESTDIR": cls.root})
        assert code == 0, out + err
        cache = (BUILD / "CMakeCache.txt").read_text()
        prefix = re.search(r"^CMAKE_INSTALL_PREFIX:PATH=/(.*)$", cache, re.M).group(1)
        cls.file = cls.root / prefix / "lib/systemd/system/actd.service"
        cls.text = cls.file.read_text()

    def setting(self, name):
        values = re.findall(rf"^{name}=(.*)$", self.text, re.M)
        self.assertEqual(len(values), 1, f"{name}: {values}")
        return values[0]


class Unit(Installed):

    def test_nothing_is_left_to_fill_in(self):
        self.assertNotRegex(self.text, r"@\w+@")

    def test_its_program_and_configuration(self):
        program, option, config = self.setting("ExecStart").split()
        server = self.root / program.lstrip("/")
        self.assertTrue(os.access(server, os.X_OK), program)
        self.assertEqual(option, "-c")
        code, usage, err = run(server, "-h")
        self.assertEqual(code, 0, err)
        self.assertIn(f"(default: {config})", usage)

    def test_it_stops_no_sooner_than_the_server_may(self):
        keys = defaults()
        end_ms = 2 * keys["drain_ms"] + keys["close_ms"] + 5 * keys["load_ms"]
        self.assertGreater(int(self.setting("TimeoutStopSec")) * 1000, end_ms)
        self.assertIn(f"at most {end_ms // 1000} s", self.text)

    def test_there_are_descriptors_enough(self):
        spare = 512
        limit = int(self.setting("LimitNOFILE"))
        self.assertGreaterEqual(limit, defaults()["limits"]["connections"] + spare)
        self.assertIn(f"room for {limit - spare:,} connections", self.text)


@unittest.skipUnless(ANALYZE, "systemd-analyze is not there: .ci/install .ci/packages.test")
class Analyzed(Installed):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        shutil.copytree(SYSTEM_UNITS, cls.root / "usr/lib/systemd/system", symlinks=True,
                        dirs_exist_ok=True)
        (cls.root / KILL).parent.mkdir(exist_ok=True)
        shutil.copy("/" + KILL, cls.root / KILL)

    def verify(self, text):
        """What systemd finds wrong with a unit: lines, none where it is sound. (It ends with 0
        where it passes over a line that it does not understand.)"""
        place = self.root / "etc/systemd/system/actd.service"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        # The man page that it names lies where this root has it, not where man(1) looks.
        code, out, err = run(ANALYZE, "verify", "--man=no", f"--root={self.root}", place.name)
        return out + err + (f"exit code {code}\n" if code else "")

    def test_it_is_sound(self):
        self.assertEqual(self.verify(self.text), "")

    def test_a_fault_would_be_seen(self):
        self.assertIn("notfy", self.verify(self.text.replace("Type=notify", "Type=notfy")))
        self.assertIn("sbin/actt", self.verify(self.text.replace("sbin/actd", "sbin/actt")))

    def test_its_man_page_is_installed(self):
        name, section = re.fullmatch(r"man:(\w+)\((\d)\)", self.setting("Documentation")).groups()
        self.assertEqual(len(list(self.root.rglob(f"man{section}/{name}.{section}"))), 1)

    def test_its_exposure_is_as_documented(self):
        code, out, err = run(ANALYZE, "security", "--offline=true", "--no-pager", self.file)
        self.assertEqual(code, 0, err)
        found = re.search(r"Overall exposure level for actd\.service: .*", out).group()
        level = re.match(r".*: [\d.]+ [A-Z]+", found).group()
        self.assertIn(level, (ROOT / "docs/operating.md").read_text())


if __name__ == "__main__":
    main()
