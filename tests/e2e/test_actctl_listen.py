"""actctl listen: pushes as they come, and what ends it."""

import json
import signal

from actctl import GOOD, LOST, TIMED_OUT, Running, actctl
from harness import ServerCase, main
from probe import PUSH, PUSHED, TO_ALL, TO_USER
from tokens import Issuer

PROTOCOLS = ["base", "act.v1", "act.json.v1"]


class ListenCase(ServerCase):

    def start(self, **config):
        self.server = self.serve("echo", "probe", "sqlite", "profile", "friend",
                                 config={"services": {"act.sql/1": "sqlite"}, **config})
        self.url = self.server.url("/serv/")

    def listen(self, *args):
        """One that is connected, seen by its -v."""
        listener = Running("listen", self.url, "-v", *args, config=self.server.conf)
        self.addCleanup(lambda: listener.process.poll() is None and listener.end(signal.SIGKILL))
        self.assertIn("* connected to", listener.error_line())
        return listener

    def push(self, user, body):
        done = actctl("call", self.url, PUSH, f"0 {TO_USER} {user} - 0 0 {body}")
        self.assertEqual((done.code, done.out.strip()), (GOOD, "rc 0"), done.err)

    def ask(self, user, code, body):
        done = actctl("call", self.url, code, body, "-u", user, config=self.server.conf)
        self.assertEqual(done.code, GOOD, done.err)

    def befriend(self):
        """bob is asked by alice; the push is 1110."""
        self.ask("bob", 118, "{}")
        self.ask("alice", 110, '{"user":"bob","note":"hi"}')


class Pushes(ListenCase):

    def test_a_line_each(self):
        self.start()
        for protocol in PROTOCOLS:
            with self.subTest(protocol):
                bob = self.listen("-u", "bob", "-n", 1, "-p", protocol)
                self.befriend()
                code, _, payload = bob.line().partition(" ")
                self.assertEqual(code, "1110")
                self.assertEqual(json.loads(payload), {"user": "alice", "note": "hi"})
                self.assertEqual(bob.end().code, GOOD)
                self.ask("alice", 113, '{"user":"bob"}')

    def test_for_programs(self):
        self.start()
        for protocol in PROTOCOLS[:2]:
            with self.subTest(protocol):
                bob = self.listen("-u", "bob", "-n", 3, "-p", protocol, "--json")
                for body in ("plain", '{"a": 1}', "two\nlines"):
                    self.push("bob", body)
                self.assertEqual(bob.end().lines,
                                 [{"push": PUSHED, "text": "plain"},
                                  {"push": PUSHED, "data": {"a": 1}},
                                  {"push": PUSHED, "text": "two\nlines"}])

    def test_one_push_is_one_line(self):
        self.start()
        bob = self.listen("-u", "bob", "-n", 2)
        self.push("bob", "two\nlines")
        done = actctl("call", self.url, PUSH, "-", stdin=f"0 {TO_USER} bob - 0 0 \x1b\x7f".encode())
        self.assertEqual(done.out, "rc 0\n", done.err)
        self.assertEqual(bob.end().out, f"{PUSHED} two\\nlines\n{PUSHED} hex 1b7f\n")

    def test_answers_to_others_are_none(self):
        """What is meant for somebody else is not heard."""
        self.start()
        bob = self.listen("-u", "bob", "-n", 1)
        self.push("alice", "not for bob")
        self.push("bob", "for bob")
        self.assertEqual(bob.end().out, f"{PUSHED} for bob\n")


class Ends(ListenCase):

    def test_ctrl_c(self):
        self.start()
        for number in (signal.SIGINT, signal.SIGTERM):
            bob = self.listen("-u", "bob")
            self.push("bob", "x")
            self.assertEqual(bob.line(), f"{PUSHED} x\n")
            done = bob.end(number)
            self.assertEqual((done.code, done.out), (GOOD, ""), done.err)

    def test_time(self):
        self.start()
        done = actctl("listen", self.url, "-s", 0.3)
        self.assertEqual((done.code, done.out, done.err), (GOOD, "", ""))

    def test_too_few_in_time(self):
        self.start()
        done = actctl("listen", self.url, "-s", 0.3, "-n", 2)
        self.assertEqual(done.code, TIMED_OUT)
        self.assertIn("0 of 2 pushes came within 0.3 s", done.err)

    def test_a_reader_that_has_enough(self):
        self.start()
        bob = self.listen("-u", "bob")
        bob.process.stdout.close()
        self.push("bob", "x")
        self.assertEqual(bob.process.wait(), 2)
        self.assertNotIn("cannot write", bob.process.stderr.read())
        bob.process.stdout = open("/dev/null", encoding="utf-8")

    def test_everybody_hears_it(self):
        self.start()
        listeners = [self.listen("-n", 1) for _ in range(2)]
        done = actctl("call", self.url, PUSH, f"0 {TO_ALL} - - 0 0 all")
        self.assertEqual(done.out, "rc 0\n", done.err)
        for listener in listeners:
            self.assertEqual(listener.end().out, f"{PUSHED} all\n")


class Expiry(ListenCase):

    def test_is_told(self):
        """A line before the token expires; then the server closes, and it is said why."""
        issuer = Issuer()
        config = dict(issuer.config(), services={"act.auth/1": "jwt"})
        config["plugins"]["jwt"]["leeway_s"] = 0
        config["expiry_notice_s"] = 2
        self.server = self.serve("echo", "jwt", config=config, files=issuer.files())
        for protocol, ctrl in (("act.v1", False), ("act.json.v1", True)):
            with self.subTest(protocol):
                done = actctl("listen", self.server.url("/serv/"), "-p", protocol,
                              "--token", issuer.mint("alice", 4), *(["--json"] if ctrl else []))
                self.assertEqual(done.code, LOST, done.err)
                if ctrl:
                    line = done.lines[0]
                    self.assertEqual(line["ctrl"], "auth")
                    self.assertIn(line["expires_in_s"], (0, 1, 2))
                else:
                    self.assertRegex(done.out, r"\Aauth: the login expires in [0-2] s\n\Z")
                self.assertIn("token_expired", done.err)
                self.assertIn("actctl token", done.err)


if __name__ == "__main__":
    main()
