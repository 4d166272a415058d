"""actctl's command line: what it takes, what it says of what it does not take, and that help, man
page and completion tell of every option."""

import os
import re
import subprocess
import unittest

from actctl import ACTCTL, GOOD, USAGE, actctl
from harness import ROOT, main

COMMANDS = ["call", "listen", "token", "check-config", "status", "reload", "plugin", "dev",
            "bench"]
CODES = ["0  good", "1  the server", "2  wrong usage", "3  could not", "4  no answer", "5  the conn"]
URL = "ws://127.0.0.1:1/serv/"


def options_of(command):
    """The long options that a command's help lists."""
    text = actctl(command, "--help").out
    listed = text[text.index("Options:"):text.index("Examples:")]
    return re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", listed, re.M)


class Help(unittest.TestCase):

    def test_version(self):
        for option in ("--version", "-V"):
            done = actctl(option)
            self.assertEqual((done.code, done.err), (GOOD, ""))
            self.assertRegex(done.out, r"\Aactctl \d+\.\d+\.\d+\n\Z")

    def test_of_all(self):
        for option in ("--help", "-h", "help"):
            done = actctl(option)
            self.assertEqual((done.code, done.err), (GOOD, ""))
            for word in COMMANDS + CODES:
                self.assertIn(word, done.out)

    def test_of_each_command(self):
        for command in COMMANDS:
            with self.subTest(command):
                done = actctl(command, "--help")
                self.assertEqual((done.code, done.err), (GOOD, ""))
                self.assertEqual(done.out, actctl("help", command).out)
                for word in ["Options:", "Examples:", f"  actctl {command} ", *CODES]:
                    self.assertIn(word, done.out)
                self.assertIn("--json", options_of(command))

    def test_no_line_is_too_long_for_a_terminal(self):
        for command in COMMANDS:
            for line in actctl(command, "--help").out.splitlines():
                self.assertLessEqual(len(line), 100, line)

    def test_the_man_page_has_every_option(self):
        page = (ROOT / "docs/man/actctl.1").read_text(encoding="utf-8")
        named = set(re.findall(r"(?:Fl|,) -([a-z-]+)", page))
        for command in COMMANDS:
            for option in options_of(command):
                self.assertIn(option[2:], named, f"{command} {option}")

    def test_the_man_page_is_good_roff(self):
        if not os.access("/usr/bin/groff", os.X_OK):
            self.skipTest("groff is not installed: apt-get install groff-base")
        done = subprocess.run(["groff", "-mdoc", "-Tutf8", "-ww", ROOT / "docs/man/actctl.1"],
                              capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr, "")
        self.assertIn("EXIT STATUS", re.sub(r".\x08", "", done.stdout))


class Completion(unittest.TestCase):

    def complete(self, *words):
        """What bash would offer for the last word."""
        script = (f". {ROOT}/clients/actctl/completion.bash; COMP_WORDS=(\"$@\"); "
                  "COMP_CWORD=$(($# - 1)); _actctl; printf '%s\\n' \"${COMPREPLY[@]}\"")
        env = dict(os.environ, PATH=f"{ACTCTL.parent}:{os.environ['PATH']}",
                   ASAN_OPTIONS="detect_leaks=0")
        done = subprocess.run(["bash", "-c", script, "bash", "actctl", *words], env=env, cwd=ROOT,
                              capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_commands(self):
        self.assertEqual(self.complete(""), [*COMMANDS, "--help", "--version"])
        self.assertEqual(self.complete("re"), ["reload"])

    def test_options(self):
        for command in COMMANDS:
            self.assertEqual(self.complete(command, "-"), options_of(command))
        self.assertEqual(self.complete("call", "--prot"), ["--protocol"])

    def test_values(self):
        self.assertEqual(self.complete("call", "--protocol", "act."), ["act.v1", "act.json.v1"])
        self.assertEqual(self.complete("bench", "-m", "f"), ["fan-out"])
        self.assertEqual(self.complete("token", "--config", "conf/actd.j"), ["conf/actd.json"])
        self.assertEqual(self.complete("call", "ws://x/", "1", "@READ"), ["@README.md"])
        self.assertEqual(self.complete("check-config", "conf/actd.j"), ["conf/actd.json"])


class Usage(unittest.TestCase):

    def refused(self, *args, says):
        """Is not taken: exit code, what was found, and what to do."""
        done = actctl(*args)
        self.assertEqual((done.code, done.out), (USAGE, ""), done.err)
        self.assertIn(says, done.err)
        self.assertEqual(len(done.err.splitlines()), 2, done.err)

    def test_commands(self):
        self.refused(says="expected a command")
        self.refused("cal", says='found "cal"')
        self.refused("--frobnicate", says='found "--frobnicate"')

    def test_arguments(self):
        self.refused("call", says="call: expected URL CODE")
        self.refused("call", URL, says="call: expected URL CODE")
        self.refused("call", URL, "1", "{}", "more", says='found "more"')
        self.refused("listen", says="listen: expected URL")
        self.refused("token", says="token: expected USER")
        self.refused("status", "now", says='found "now"')

    def test_options(self):
        self.refused("call", "--frobnicate", says="--frobnicate: there is no such option")
        self.refused("call", "-x", says="-x: there is no such option")
        self.refused("listen", URL, "--raw", says="--raw: there is no such option")
        self.refused("call", URL, "1", "--token", says="--token: expected a value")
        self.refused("call", URL, "1", "--raw=yes", says="--raw=yes")

    def test_values(self):
        for option, value in (("repeat", "0"), ("repeat", "-1"), ("repeat", "1.5"),
                              ("repeat", "4294967296"), ("timeout", "0"), ("timeout", "soon"),
                              ("timeout", "1e3"), ("timeout", "9999999"), ("protocol", "act.v2"),
                              ("trace", ""), ("trace", "x" * 65), ("header", "no colon"),
                              ("header", "X: a\r\nY: b"), ("token", ""), ("deadline-ms", "x")):
            with self.subTest(option=option, value=value):
                self.refused("call", URL, "1", f"--{option}={value}", says=f"--{option}: expected")

    def test_codes(self):
        for code in ("0", "x", "", "-1", "4294967296", "0x", "0x100000000", "1 ", "１"):
            with self.subTest(code):
                self.refused("call", "--", URL, code, says="CODE: expected a number")

    def test_addresses(self):
        for url, says in (("127.0.0.1:8080", "expected ws://"), ("http://x/", "expected ws://"),
                          ("ws:///serv/", "a host of"), ("ws://x:0/", "a port from 1"),
                          ("ws://x:65536/", "a port from 1"), ("ws://x:/", "a port from 1"),
                          ("ws://x:8o/", "a port from 1"), ("ws://[::1/", "a ']'"),
                          ("ws://[::1]8080/", "a ':' and the port"),
                          ("ws://alice@x/", "a host's name"), ("ws://x/a b", "printable ASCII"),
                          ("ws://x/é", "printable ASCII"), ("ws://x/" + "a" * 2000, "at most 1900"),
                          ("ws+unix::/serv/", "path of a socket"),
                          ("ws+unix:/" + "a" * 108, "path of a socket")):
            with self.subTest(url):
                self.refused("call", url, "1", says=says)

    def test_together(self):
        self.refused("call", URL, "1", "--user", "a", "--token", "b", says="one of --user")
        for option in (["--by"], ["--trace", "t"], ["--deadline-ms", "5"]):
            self.refused("call", URL, "1", *option, says="the base protocol has no room")
        self.refused("status", "--socket", "s", "--admin", "http://x", says="found both")
        self.refused("status", "--admin", "ws://x", says="expected http://")

    def test_files(self):
        self.refused("call", URL, "1", "@/nonexistent/file", says="/nonexistent/file: No such")
        self.refused("call", URL, "1", "--token-file", "/nonexistent/t", says="/nonexistent/t: No")
        self.refused("call", URL, "1", "--token-file", "-", says="the token: expected one")
        self.refused("token", "alice", "-c", "/nonexistent/c", says="/nonexistent/c: the config cannot")
        self.refused("call", "wss://127.0.0.1:1/", "1", "--ca", "/nonexistent/ca", says="--ca: ")

    def test_for_programs(self):
        done = actctl("call", URL, "0", "--json")
        self.assertEqual(done.code, USAGE)
        failed = done.lines[0]["failed"]
        self.assertEqual((failed["exit"], len(done.lines)), (USAGE, 1))
        self.assertIn("CODE: expected", failed["message"])
        self.assertIn("--help", failed["next"])

    def test_output_that_is_full(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([ACTCTL, "--help"], stdout=full, stderr=subprocess.PIPE,
                                  text=True, check=False)
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("cannot write to the standard output: No space left", done.stderr)


if __name__ == "__main__":
    main()
