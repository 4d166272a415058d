"""Plugins that were built for ABI 0.9, by each compiler, are loaded and called by today's server.

tests/abi/v0_9 has the headers as they were and the plugin "veteran", which calls every function of
the host table and has every callback. What it answers says what it saw."""

import json
import struct

from harness import BUILD, ServerCase, eventually, main
from rawws import BINARY, TEXT, Refused, client_frame
from speech import ERR, EXT, RES, RETRY, RETRY_AFTER, TRACE, V1, Base

(SAY, HOLD, RELEASE, REFUSE, BIND, JOIN, LEAVE, PUSH, WORK, PLACE, CLOSE, TIMER, SQL, EVENTS,
 NOTE) = range(2300, 2315)
NOTED, TICK = 3300, 3301

# Each compiler, and the language that its file says it was written in.
VETERANS = {"gcc": "c", "clang": "c", "g++": "c++", "clang++": "c++"}

CONFIG = {
    "auth": "token",
    "services": {"act.auth/1": "veteran", "act.sql/1": "sqlite"},
    "plugins": {"veteran": {"rank": "sergeant"}},
    "endpoints": {"/serv/": {"mode": "action", "login": "optional"},
                  "/raw": {"mode": "raw", "action": "veteran.raw", "login": "none"}},
}


def veteran(compiler):
    path = BUILD / f"tests/abi/veteran_{compiler}.so"
    if not path.exists():
        raise FileNotFoundError(f"no {path}: build it first")
    return path


class Veteran(ServerCase):
    """What one of them does; each compiler has a class of its own below."""

    compiler = None

    def setUp(self):
        self.server = self.serve("sqlite", config=CONFIG, start=False)
        self.server.install(veteran(self.compiler), "veteran")
        self.server.start()

    def client(self, user=None, path="/serv/", speaker=Base):
        client = speaker(self.server.port, path, token=user and f"good:{user}")
        self.addCleanup(client.sock.close)
        return client

    def events(self, client):
        """What the plugin was told, a list of words each."""
        return [line.split() for line in client.text(EVENTS).splitlines()]

    def wait_event(self, client, *words):
        eventually(lambda: list(words) in self.events(client), f"the event {words}")

    def test_a_call(self):
        said = self.client("alice").text(SAY, "hello")
        self.assertEqual(said, f"{VETERANS[self.compiler]} size>=1 code=2300 action=0 how=0 token=1 "
                               "conn=1 deadline=1 user=alice payload=hello trace=")
        seq = (numbered := self.client(speaker=V1)).ask(SAY, "x", ext=[(TRACE, b"t-1")])
        self.assertTrue(numbered.answer_to(seq).payload.endswith(b"user= payload=x trace=t-1"))

    def test_a_raw_call(self):
        client = self.client(path="/raw")
        for opcode, how in ((TEXT, "1"), (BINARY, "0")):
            client.send(client_frame(opcode, b"hi"))
            kind, answer = client.message()
            self.assertEqual(kind, opcode)
            self.assertIn(f"code=0 action=15 how={how}", answer.decode())

    def test_answers_later(self):
        client, other = self.client(), self.client()
        client.ask(HOLD, "a")
        self.wait_event(other, "held", "a", "0")
        self.assertEqual(other.text(RELEASE, "now"), "rc 0")
        self.assertEqual(client.reply(), (HOLD, b"now"))
        self.assertEqual(other.text(RELEASE, "twice"), "rc -1")

    def test_a_call_is_given_up(self):
        client, other = self.client(), self.client()
        client.ask(HOLD, "a")
        self.wait_event(other, "held", "a", "0")
        client.bye()
        self.wait_event(other, "cancel", "-1")
        self.assertEqual(other.text(RELEASE), "rc -1")

    def test_an_error(self):
        client = self.client(speaker=V1)
        frame = client.answer_to(client.ask(REFUSE, "not today"))
        self.assertEqual(frame[1:4], (RES, ERR | RETRY | EXT, 1234))
        self.assertEqual(frame[5:], ({RETRY_AFTER: struct.pack(">I", 50)}, b"not today"))

    def test_no_answer_is_owed(self):
        client = self.client()
        client.ask(NOTE, "hello")
        self.wait_event(client, "note", "hello", "-8")

    def test_its_description_counts(self):
        client = self.client()
        self.assertEqual(client.error(PUSH)["name"], "not_logged_in")
        self.assertEqual(client.error(SQL, "x" * 65)["name"], "too_large")

    def test_pushes_users_and_groups(self):
        client, other = self.client("alice"), self.client()
        other.text(SAY)
        self.assertEqual(client.text(BIND, "bob"), "rc 0")
        self.assertEqual(client.text(JOIN, "room"), "rc 0")
        client.ask(PUSH, "news")  # to the connection, to bob's phone, to the group, to all others
        self.assertEqual([client.reply() for _ in range(4)],
                         3 * [(NOTED, b"news")] + [(PUSH, b"rc 0")])
        self.assertEqual(other.reply(), (NOTED, b"news"))
        self.assertEqual(client.text(LEAVE, "room"), "rc 0")
        client.ask(PUSH, "more")
        self.assertEqual([client.reply() for _ in range(3)],
                         2 * [(NOTED, b"more")] + [(PUSH, b"rc 0")])
        self.assertEqual(other.reply(), (NOTED, b"more"))
        self.assertEqual(client.text(BIND, ""), "rc 0")
        self.wait_event(client, "bound", "bob", "1")
        self.wait_event(client, "unbound", "bob", "1")

    def test_a_timer(self):
        client = self.client()
        self.assertEqual(client.text(TIMER), "rc 0")
        self.assertEqual(client.reply(), (TICK, b"7"))
        self.assertIn(["timer", "7", "0"], self.events(client))

    def test_work(self):
        self.assertEqual(self.client().text(WORK), "worked")

    def test_where_it_runs(self):
        facts, folder = self.client().text(PLACE).split("\n")
        *facts, config = facts.split(" ", 5)
        self.assertEqual(facts, ["1", "0", "1", "1", "1"])
        self.assertEqual(json.loads(config), CONFIG["plugins"]["veteran"])
        self.assertEqual(folder, str(self.server.data("veteran")))

    def test_sql(self):
        client = self.client()
        self.assertEqual(client.text(SQL, "seven.."), "rc 0 changed 1 length 7 ")
        self.assertEqual(client.text(SQL, "four"), "rc 0 changed 1 length 4 ")

    def test_closes(self):
        client = self.client()
        client.ask(CLOSE, "enough")  # which takes effect before the call's answer would leave
        why = client.closed()
        self.assertEqual((why.code, why.reason), (4001, "enough"))

    def test_who_logs_in(self):
        for token, name in (("old", "token_expired"), ("new", "not_logged_in")):
            with self.assertRaises(Refused) as refused:
                Base(self.server.port, token=token)
            self.assertEqual(refused.exception.error()["name"], name)

    def test_what_it_is_told(self):
        client = self.client("alice")
        client.text(SAY)
        client.bye()
        watcher = self.client()
        self.wait_event(watcher, "close", "1")
        told = self.events(watcher)
        self.assertEqual(told[:3], [["create", "0"], ["start", "0"], ["activate", "0"]])
        self.assertEqual(told[3], ["check", "/serv/", "9"])
        self.assertEqual(told[4:7], [["open", "/serv/", "1"], ["from", "127.0.0.1", "6"],
                                     ["as", "alice", "0"]])
        self.assertIn(["close", "1"], told[7:])


class Gcc(Veteran):
    compiler = "gcc"


class Clang(Veteran):
    compiler = "clang"


class GccPlusPlus(Veteran):
    compiler = "g++"


class ClangPlusPlus(Veteran):
    compiler = "clang++"


class Relay(ServerCase):
    """Each takes over from the one before, with a connection that stays."""

    def test_one_after_the_other(self):
        server = self.serve("sqlite", config=CONFIG, start=False)
        server.install(veteran("gcc"), "veteran")
        server.start()
        client = Base(server.port, token="good:alice")
        self.addCleanup(client.sock.close)
        before = "gcc"
        for compiler in ("g++", "clang", "clang++", "gcc"):
            with self.subTest(f"{before}, then {compiler}"):
                self.assertEqual(client.text(WORK), "worked")  # on a worker, which is to be left
                since = server.mark()
                server.install(veteran(compiler), "veteran")
                reload = server.sighup()
                self.assertEqual(reload.verdict, "taken", reload.text)
                self.assertRegex(reload.plugins["veteran"], "^replaced 0.9 .* by 0.9 ")
                self.assertTrue(client.text(SAY).startswith(VETERANS[compiler] + " "))
                for last in ("stop", "worker_leave", "destroy"):
                    server.wait_log(rf"veteran.*: {last} {VETERANS[before].replace('+', '.')}$",
                                    since)
                server.wait_log(r"plugin veteran \(generation \d+\): unloaded", since)
                before = compiler


del Veteran  # is no test by itself

if __name__ == "__main__":
    main()
