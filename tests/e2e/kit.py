"""The kit for authors of plugins, installed into a clean prefix: what its tests share."""

import os
import pathlib
import re
import subprocess
import tempfile

from harness import BUILD, DEADLINE, SANITIZERS

TOOLS = "/usr/bin:/bin"
BUILD_SECONDS = 6 * DEADLINE  # compilers share the machine with the other tests


def run(*command, folder=None, env=None):
    """Runs a program to its end; (exit code, stdout, stderr)."""
    done = subprocess.run([str(word) for word in command], cwd=folder, env=env, text=True,
                          capture_output=True, timeout=BUILD_SECONDS, stdin=subprocess.DEVNULL,
                          check=False)
    return done.returncode, done.stdout, done.stderr


class Prefix:
    """An installation, and an environment that knows it and the system's tools, nothing else."""

    def __init__(self):
        self.holder = tempfile.TemporaryDirectory(prefix="actd-kit-")
        self.root = pathlib.Path(self.holder.name)
        self.path = self.root / "opt"
        code, out, err = run("cmake", "--install", BUILD, "--prefix", self.path)
        assert code == 0, out + err
        self.env = {"PATH": f"{self.path}/bin:{TOOLS}", "LANG": "C.UTF-8",
                    "HOME": str(self.root), "TMPDIR": str(self.root),
                    "CMAKE_PREFIX_PATH": str(self.path), "ASAN_OPTIONS": "detect_leaks=0"}

    def actctl(self, *words):
        return run(self.path / "bin/actctl", *words, folder=self.root, env=self.env)

    def run(self, *words):
        return run(*words, folder=self.root, env=self.env)

    def new(self, name, code, *options):
        """A new plugin's folder, made by `actctl plugin new`."""
        done, out, err = self.actctl("plugin", "new", name, str(code), *options)
        assert done == 0, out + err
        return self.root / name

    def make(self, folder):
        """Builds a folder; raises where that does not work."""
        for words in (("cmake", "-S", folder, "-B", folder / "build"),
                      ("cmake", "--build", folder / "build")):
            code, out, err = self.run(*words)
            assert code == 0, out + err

    def close(self):
        self.holder.cleanup()


def names_of(folder):
    """The files below a folder, as paths from it."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def edit(path, old, new):
    """Saves a file as an editor does, by renaming."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path}: no {old}"
    beside = path.with_name(path.name + "~")
    beside.write_text(text.replace(old, new), encoding="utf-8")
    os.replace(beside, path)


def findings(text, kind):
    """The findings of a kind in what `actctl plugin check` printed."""
    return re.findall(rf"^  {kind} +(.*)$", text, re.M)


SANITIZED = bool(SANITIZERS)
