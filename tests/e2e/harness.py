"""Starts the real server for black-box tests and watches what it says.

One Server is one process with a folder of its own: config, plugins and state lie in a temporary
folder that goes away with it. The build under test is the folder in $ACTD_BUILD (default:
build/release). Ports are chosen by the kernel and read from the server's log. Every wait has a
deadline, and a deadline that passes is a failure with the log beside it; nothing here asserts how
fast anything is.
"""

import json
import logging
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import secure

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("ACTD_BUILD", ROOT / "build/release")).resolve()
ACTD = BUILD / "bin/actd"
SKIPPED = 77  # what ctest takes for "skipped"


def _sanitizers():
    cache = BUILD / "CMakeCache.txt"
    if not cache.exists():
        return ""
    found = re.search(r"^ACTD_SANITIZE:\w+=(.*)$", cache.read_text(), re.M)
    return found.group(1) if found else ""


SANITIZERS = _sanitizers()
DEADLINE = 90.0 if SANITIZERS else 25.0  # seconds until a wait counts as "it hangs"

ENDPOINTS = {
    "/echo": {"mode": "raw", "action": "echo.raw", "login": "none"},
    "/serv/": {"mode": "action", "login": "optional"},
}


def eventually(probe, what):
    """Asks `probe` again and again until it answers something true, which is returned."""
    end = time.monotonic() + DEADLINE
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"it never happened: {what}")
        time.sleep(0.02)


def plugin_file(name):
    """The path of a built plugin: shipped, of these tests, or unfit on purpose."""
    for folder in ("plugins", "tests/plugins", "tests/bad"):
        path = BUILD / folder / f"{name}.so"
        if path.exists():
            return path
    raise FileNotFoundError(f"no plugin {name}.so under {BUILD}: build it first")


class Reload:
    """What the log said about one SIGHUP."""

    VERDICT = re.compile(r"reload: reload (\d+) (taken|partial|refused)")
    PLUGIN = re.compile(r"reload: plugin (\S+): (.*)$")

    def __init__(self, lines):
        self.lines = lines
        self.text = "\n".join(lines)
        verdict = self.VERDICT.search(lines[-1])
        self.number, self.verdict = int(verdict.group(1)), verdict.group(2)
        found = (self.PLUGIN.search(line) for line in lines)
        # A file that does not tell its plugin's name is named by its path.
        self.plugins = {pathlib.Path(hit.group(1)).stem: hit.group(2) for hit in found if hit}


class Server:
    """One running actd. `config` is laid over a small default, key by key."""

    def __init__(self, plugins=("echo",), config=None, args=(), files=None):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="actd-e2e-"))
        self.state, self.plugin_dir = self.root / "state", self.root / "plugins"
        self.staging, self.conf = self.root / "staging", self.root / "actd.json"
        for folder in (self.state, self.plugin_dir, self.staging):
            folder.mkdir()
        self.config = {
            "listen": "127.0.0.1:0", "threads": 2, "workers": 4, "auth": "none",
            "plugin_dir": str(self.plugin_dir), "state_dir": str(self.state),
            "drain_ms": 2000, "close_ms": 2000, "endpoints": ENDPOINTS,
        }
        if secure.CARRIER == "tls":
            self.config["tls"] = secure.settings()
            self.config["handshake_ms"] = 60000  # many handshakes at once take their time
        self.config.update(config or {})
        self.args, self.env = list(args), {}
        for name in plugins:
            self.install(name)
        for path, content in (files or {}).items():
            self.write(path, content)
        self.process, self.lines, self.changed = None, [], threading.Condition()
        self.reader, self.ports, self.tls_ports, self.pid = None, [], [], 0

    # ---- files

    def write(self, path, content):
        """A file under the server's folder, made with its folders."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return target

    def write_config(self, text=None):
        """Puts it in place by rename: a reload that is under way reads the old one or the new one."""
        staged = self.staging / self.conf.name
        text = text if text is not None else json.dumps(self.config, indent=1)
        staged.write_bytes(text if isinstance(text, bytes) else text.encode())
        os.replace(staged, self.conf)

    def install(self, name, as_name=None):
        """Puts a plugin's file in place by rename, as an installer does."""
        source = name if isinstance(name, pathlib.Path) else plugin_file(name)
        target = self.plugin_dir / f"{as_name or source.stem}.so"
        staged = self.staging / target.name
        shutil.copyfile(source, staged)
        os.replace(staged, target)
        return target

    def remove(self, name):
        (self.plugin_dir / f"{name}.so").unlink()

    def data(self, plugin):
        """The folder of a plugin's own files."""
        folder = self.state / "data" / plugin
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    # ---- life

    def start(self):
        """Starts the process and waits until it says that it is ready."""
        self.spawn()
        self.wait_log(r"main: ready")
        self.ports = self._listening("$")
        self.tls_ports = self._listening(" with TLS$")
        secure.note(self.ports, self.tls_ports)
        return self

    def _listening(self, end):
        with self.changed:
            found = [re.search(r"net: listening on \S+:(\d+)" + end, line) for line in self.lines]
        return [int(hit.group(1)) for hit in found if hit]

    def spawn(self):
        """Starts the process without waiting for it."""
        if not ACTD.exists():
            raise FileNotFoundError(f"{ACTD}: no server there; set ACTD_BUILD or build it")
        self.write_config()
        self.lines.clear()
        self.process = subprocess.Popen(
            [str(ACTD), "-c", str(self.conf), *self.args], env={**sanitizer_env(), **self.env},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.pid = self.process.pid
        self.reader = threading.Thread(target=self._collect, args=(self.process,), daemon=True)
        self.reader.start()

    def _collect(self, process):
        for raw in process.stderr:
            with self.changed:
                self.lines.append(raw.decode("utf-8", "replace").rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.lines.append("")
            self.changed.notify_all()

    @property
    def port(self):
        return (self.tls_ports if secure.CARRIER == "tls" else self.ports)[0]

    def url(self, path):
        scheme = "wss" if self.port in self.tls_ports else "ws"
        return f"{scheme}://127.0.0.1:{self.port}{path}"

    def stop(self):
        """Ends the server as an operator does; it must end well and without a report."""
        if self.process is None:
            return
        process, self.process = self.process, None
        alive = process.poll() is None
        if alive:
            process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"SIGTERM did not end the server\n{self.tail()}") from None
        finally:
            self.reader.join(DEADLINE)
            process.stderr.close()
        if not alive:
            raise AssertionError(f"the server was gone (exit {code}) before SIGTERM\n{self.tail()}")
        if code != 0:
            raise AssertionError(f"the server ended with {code}\n{self.tail()}")
        self.check_reports()

    def check_reports(self):
        """No sanitizer report of the server's own. (A child that proves a file that is unfit on
        purpose may well print one, under its own process id.)"""
        own = re.compile(rf"=={self.pid}==ERROR|ThreadSanitizer: .*\(pid={self.pid}\)"
                         rf"|runtime error:|=={self.pid}==\s*WARNING: \w+Sanitizer")
        bad = [line for line in self.lines if own.search(line)]
        if bad:
            raise AssertionError("sanitizer reports:\n" + self.tail(200))

    def ended(self):
        """Waits for a server that ends by itself; its exit code."""
        process, self.process = self.process, None
        try:
            code = process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process = process
            raise AssertionError(f"the server did not end by itself\n{self.tail()}") from None
        self.reader.join(DEADLINE)
        process.stderr.close()
        return code

    def kill(self):
        """Ends the server as a power cut does."""
        process, self.process = self.process, None
        process.kill()
        process.wait()
        self.reader.join(DEADLINE)
        process.stderr.close()

    def discard(self):
        """Gives everything back, whatever state it is in."""
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.root, ignore_errors=True)

    # ---- log

    def mark(self):
        """A place in the log to wait from."""
        with self.changed:
            return len(self.lines)

    def wait_log(self, pattern, since=0):
        """The first line after `since` that matches; fails at the deadline."""
        regex, end = re.compile(pattern), time.monotonic() + DEADLINE
        with self.changed:
            while True:
                for line in self.lines[since:]:
                    if regex.search(line):
                        return line
                ended = self.process is not None and self.process.poll() is not None
                if ended and not self.reader.is_alive() or time.monotonic() > end:
                    raise AssertionError(f"the log never said {pattern!r}:\n" + self._tail(60))
                self.changed.wait(0.2)

    def tail(self, count=60):
        with self.changed:
            return self._tail(count)

    def _tail(self, count):
        return "\n".join("    | " + line for line in self.lines[-count:])

    # ---- reload

    def sighup(self, config=None, text=None):
        """Writes the config (changed by `config`, or `text` as it is), signals, and waits for the
        one line that says what became of it."""
        if config:
            self.config.update(config)
        self.write_config(text)
        return self.sighup_alone()

    def sighup_alone(self):
        """The same with the config as it lies there."""
        since = self.mark()
        self.process.send_signal(signal.SIGHUP)
        self.wait_log(Reload.VERDICT.pattern, since)
        with self.changed:
            lines = self.lines[since:]
        last = next(i for i, line in enumerate(lines) if Reload.VERDICT.search(line))
        return Reload(lines[:last + 1])


def sanitizer_env():
    """The environment for a server: sanitizers report to stderr and end with a code of their own;
    the address sanitizer's leak check runs at exit."""
    env = dict(os.environ)
    for name in ("STATE_DIRECTORY", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
        env.pop(name, None)
    env["ASAN_OPTIONS"] = "exitcode=99:detect_leaks=1:abort_on_error=0"
    env["LSAN_OPTIONS"] = "exitcode=99"
    env["UBSAN_OPTIONS"] = "print_stacktrace=1"
    # It would wait a second at the end of each process for threads that go on: ours have been joined.
    env["TSAN_OPTIONS"] = "exitcode=98:halt_on_error=0:second_deadlock_stack=1:atexit_sleep_ms=20"
    return env


class ServerCase(unittest.TestCase):
    """A test that starts servers; when it fails, their logs are printed."""

    maxDiff = None

    def serve(self, *plugins, config=None, args=(), files=None, start=True):
        server = Server(plugins or ("echo",), config, args, files)
        self.__dict__.setdefault("servers", []).append(server)
        self.addCleanup(server.discard)
        self.addCleanup(server.stop)
        if start:
            server.start()
        return server

    def run(self, result=None):
        result = result if result is not None else self.defaultTestResult()
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            for server in self.__dict__.get("servers", ()):
                print(f"--- log of the server of {self.id()}\n{server.tail()}", file=sys.stderr)
        return result


# unittest turns asyncio's debug mode on, which tells of each step that a busy machine made slow.
logging.getLogger("asyncio").setLevel(logging.ERROR)


class AsyncServerCase(ServerCase, unittest.IsolatedAsyncioTestCase):
    """The same with coroutines as tests."""


def main():
    """Runs the tests of the calling file; all skipped is told apart from passed."""
    program = unittest.main(module="__main__", exit=False, verbosity=2)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    if result.testsRun == 0:
        sys.exit("no test was run")
    sys.exit(SKIPPED if result.testsRun == len(result.skipped) else 0)
