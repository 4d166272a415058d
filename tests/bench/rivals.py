"""The servers that do the same work: what each is, whether it can be had here, how it is started.

Each is a process of its own that listens on a free port of 127.0.0.1, and lives as long as a `with`
statement. Code 1 is answered with `u32 1 + payload`; code 2 pushes the payload under 1002 to all.
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PATIENCE = 60.0  # seconds until a server that does not come up counts as hung
GO_PATH = pathlib.Path("/usr/share/gocode")
NODE_WS = pathlib.Path("/usr/share/nodejs/ws")

# What actd is told for all rows; a row may lay keys over it. One thread, like its rivals.
CONFIG = {
    "listen": "127.0.0.1:0", "threads": 1, "workers": 1, "auth": "none",
    "endpoints": {"/serv/": {"mode": "action", "login": "optional"}},
    "limits": {"connections": 19000},
}


class Missing(Exception):
    """This server is not to be had here; says what to do about it."""


class Running:
    """A server that listens."""

    def __init__(self, process, port, path):
        self.pid = process.pid
        self.url = f"ws://127.0.0.1:{port}{path}"


def line_of(*command, env=None):
    """The first line that a program prints about itself."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True,
                          stdin=subprocess.DEVNULL, env=env)
    return done.stdout.splitlines()[0].strip()


def package_version(name):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name], capture_output=True,
                          text=True, check=False)
    return done.stdout or "unknown"


class Rival:
    """A server whose first line of output tells where it listens."""

    name = title = ""
    path = "/"

    def __init__(self, build):
        self.build = build
        self.output = build / "tests/bench"

    def prepare(self):
        """Builds it where that is not done, or raises Missing."""
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def version(self):
        raise NotImplementedError

    def environment(self):
        return dict(os.environ)

    def row_path(self, row):
        """What a row connects to; only actd knows users."""
        del row
        return self.path

    @contextlib.contextmanager
    def running(self, row=None, cpu=None):
        """Starts it, on that core alone where one is given."""
        with tempfile.TemporaryDirectory(prefix="actd-bench-") as folder:
            folder = pathlib.Path(folder)
            log = folder / "log"
            pin = ["taskset", "-c", str(cpu)] if cpu is not None else []
            with open(log, "wb") as output:
                process = subprocess.Popen(
                    [*pin, *self.arguments(folder, row)], env=self.environment(),
                    stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
            try:
                port = self.wait(process, log)
                yield Running(process, port, self.row_path(row))
                if process.poll() is not None:
                    raise RuntimeError(f"{self.name} ended with {process.returncode}:\n"
                                       + log.read_text(errors="replace")[-2000:])
            finally:
                process.kill()
                process.wait()

    def arguments(self, folder, row):
        del folder, row
        return self.command()

    ready = re.compile(r"^listening on \S+:(\d+)$", re.M)

    def wait(self, process, log):
        """The port, once it listens."""
        end = time.monotonic() + PATIENCE
        while True:
            text = log.read_text(errors="replace")
            found = self.ready.search(text)
            if found:
                return int(found.group(1))
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{self.name} does not listen:\n{text[-2000:]}")
            time.sleep(0.02)


class Bare(Rival):
    name = "bare"
    title = "bare epoll loop"

    def prepare(self):
        if not (self.output / "bare").exists():
            raise Missing("build it: ninja bench_bare")

    def command(self):
        return [str(self.output / "bare")]

    def version(self):
        return "tests/bench/rivals/bare.c, " + line_of("cc", "--version")


class Actd(Rival):
    """The server itself, with plugins in the way of each message, as always."""

    name = "actd"
    title = "actd"
    path = "/serv/"
    ready = re.compile(r"net: listening on \S+:(\d+)$(?=[\s\S]*main: ready)", re.M)
    plugins = ("plugins/echo.so", "tests/bench/crowd.so")

    def prepare(self):
        for file in ("bin/actd", *self.plugins):
            if not (self.build / file).exists():
                raise Missing(f"{self.build / file} is not built")

    def row_path(self, row):
        return self.path + (row.query if row else "")

    def arguments(self, folder, row):
        config = json.loads(json.dumps(CONFIG))
        for key, value in (row.config if row else {}).items():
            config[key] = value
        config["plugin_dir"], config["state_dir"] = str(folder / "plugins"), str(folder / "state")
        for name in ("plugins", "state"):
            (folder / name).mkdir()
        for file in self.plugins:
            shutil.copy(self.build / file, folder / "plugins")
        (folder / "actd.json").write_text(json.dumps(config, indent=1))
        return [str(self.build / "bin/actd"), "-c", str(folder / "actd.json")]

    def environment(self):
        env = dict(os.environ)
        env.pop("STATE_DIRECTORY", None)
        return env

    def version(self):
        commit = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"],
                                capture_output=True, text=True, check=False).stdout.strip()
        return f"{line_of(str(self.build / 'bin/actd'), '--version')}, commit {commit or 'unknown'}"


class Gorilla(Rival):
    name = "gorilla"
    title = "gorilla"

    def prepare(self):
        if shutil.which("go") is None:
            raise Missing("go is not installed: apt-get install golang-go")
        if not (GO_PATH / "src/github.com/gorilla/websocket").exists():
            raise Missing("apt-get install golang-github-gorilla-websocket-dev")
        source, target = HERE / "rivals/gorilla.go", self.output / "gorilla"
        if target.exists() and target.stat().st_mtime > source.stat().st_mtime:
            return
        with tempfile.TemporaryDirectory(dir=self.output) as folder:
            env = dict(os.environ, GO111MODULE="off", GOPATH=str(GO_PATH), GOFLAGS="",
                       GOCACHE=str(self.build / "tests/go-cache"))
            built = pathlib.Path(folder) / "gorilla"
            subprocess.run(["go", "build", "-o", str(built), str(source)], env=env, check=True,
                           timeout=300)
            os.replace(built, target)

    def command(self):
        return [str(self.output / "gorilla")]

    def version(self):
        return (f"{package_version('golang-github-gorilla-websocket-dev')}, "
                f"{line_of('go', 'version')}")


class GorillaGather(Gorilla):
    """With writes kept until the next read, which gorilla does not do by itself."""

    name = "gorilla-gather"
    title = "gorilla, gathered"

    def command(self):
        return [*super().command(), "-gather"]


class NodeWs(Rival):
    name = "node-ws"
    title = "ws on Node"

    def prepare(self):
        if shutil.which("node") is None:
            raise Missing("node is not installed: apt-get install nodejs")
        if not NODE_WS.exists():
            raise Missing("apt-get install node-ws")

    def command(self):
        return ["node", str(HERE / "rivals/node_ws.js")]

    def environment(self):
        return dict(os.environ, WS_MODULE=str(NODE_WS))

    def version(self):
        return f"ws {package_version('node-ws')}, Node {line_of('node', '--version')}"


class Bun(Rival):
    name = "bun"
    title = "Bun"

    @property
    def program(self):
        """Where `.ci/bench` has npm put it: beside the builds, for all of them."""
        return self.build.parent / "bun/node_modules/.bin/bun"

    def prepare(self):
        if not self.program.exists():
            raise Missing(f"npm install --prefix {self.build.parent / 'bun'} bun")
        try:
            self.version()
        except (OSError, subprocess.SubprocessError) as why:
            raise Missing(f"{self.program} does not run: {why}") from why

    def command(self):
        return [str(self.program), str(HERE / "rivals/bun.js")]

    def version(self):
        return line_of(str(self.program), "--version")


ALL = [Bare, Actd, Gorilla, GorillaGather, NodeWs, Bun]
