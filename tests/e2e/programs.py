"""Clients that are programs of their own: how to build and run them. Where a tool is not installed,
the test is skipped and says which package has it."""

import functools
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from harness import BUILD, DEADLINE

HERE = pathlib.Path(__file__).resolve().parent
GO_PATH = pathlib.Path("/usr/share/gocode")
NODE_WS = pathlib.Path("/usr/share/nodejs/ws")


def need(program, package):
    if shutil.which(program) is None:
        raise unittest.SkipTest(f"{program} is not installed: apt-get install {package}")


def run(command, says=None, **options):
    """Runs a program to its end, with `says` as its input; (exit code, stdout, stderr)."""
    heard = {"stdin": subprocess.DEVNULL} if says is None else {"input": says}
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, **heard,
                          **options)
    return done.returncode, done.stdout, done.stderr


@functools.cache
def go_client(name):
    """The path of a built Go client. Built beside and renamed: tests run at the same time."""
    need("go", "golang-go")
    if not (GO_PATH / "src/github.com/gorilla/websocket").exists():
        raise unittest.SkipTest("apt-get install golang-github-gorilla-websocket-dev")
    source, target = HERE / f"go/{name}.go", BUILD / f"tests/{name}"
    if target.exists() and target.stat().st_mtime > source.stat().st_mtime:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        env = dict(os.environ, GO111MODULE="off", GOPATH=str(GO_PATH), GOFLAGS="",
                   GOCACHE=str(BUILD / "tests/go-cache"))
        built = pathlib.Path(folder) / name
        subprocess.run(["go", "build", "-o", str(built), str(source)], env=env, check=True,
                       timeout=300)
        os.replace(built, target)
    return target


def go(url, program="action_client", says=None, **options):
    """Runs a Go client; (exit code, stdout, stderr)."""
    flags = [f"-{name}={value}" for name, value in options.items()]
    return run([str(go_client(program)), f"-url={url}", *flags], says)


def node(script, *args, says=None):
    """Runs a Node script of this folder with Debian's ws; (exit code, stdout, stderr)."""
    need("node", "nodejs")
    if not NODE_WS.exists():
        raise unittest.SkipTest("apt-get install node-ws")
    return run(["node", str(HERE / "node" / script), *args], says,
               env=dict(os.environ, WS_MODULE=str(NODE_WS)))
