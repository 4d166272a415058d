"""act.state/1: what a plugin keeps in memory goes from one generation to the next. Meanwhile its
clients wait; where anything fails the old one goes on, with all that it had and all that waited."""

import threading

from harness import SANITIZERS, ServerCase, eventually, main
from procfs import descriptors, threads
from rawws import Client, action_frame
from speech import DEADLINE, V1, Base, Speakers

ADD, LATER, HOLD, TELL = range(2800, 2804)

LOAD_MS = 6000 if SANITIZERS else 1500  # the proof of a file has to fit in as well
RELOADS, CONNECTIONS, DEPTH = 20, 200, 4


def quirks(*sentences):
    return {"plugins": {"carrier": {"quirks": list(sentences)}}}


class Talker(threading.Thread):
    """A share of the connections: each always has DEPTH requests under way, and what comes is the
    answer that is due, in order on the base protocol, by its number on act.v1."""

    def __init__(self, clients, over):
        super().__init__()
        self.clients, self.over, self.answered, self.fault = clients, over, 0, None

    def run(self):
        try:
            while not self.over.is_set():
                for client in self.clients:
                    self.round(client)
        except Exception as why:  # told by the test, which looks at it
            self.fault = why

    def round(self, client):
        codes = [LATER if number == 1 else ADD for number in range(DEPTH)]
        if isinstance(client, V1):
            asked = [(client.ask(code, f"{number}"), number) for number, code in enumerate(codes)]
            for seq, number in reversed(asked):
                self.check(client.good(client.answer_to(seq)), b"%d" % number)
            return
        client.send(b"".join(action_frame(code, f"{n}") for n, code in enumerate(codes)))
        for number, code in enumerate(codes):
            self.check(client.reply(), (code, b"%d" % number))

    def check(self, got, expected):
        if got != expected:
            raise AssertionError(f"expected {expected}, got {got}")
        self.answered += 1


class HandoverCase(Speakers, ServerCase):

    def start(self, **config):
        self.server = self.serve("echo", config={
            "load_ms": LOAD_MS, "limits": {"connections": 1000}, **config})
        self.server.install("carrier_a", "carrier")
        self.assertEqual(self.server.sighup().verdict, "taken")
        self.client = self.speak(Base)

    def swap(self, build, **how):
        self.server.install(f"carrier_{build}", "carrier")
        return self.server.sighup(**how)

    def numbers(self):
        return self.client.value(TELL)

    def is_refused(self, reload, words):
        self.assertEqual(reload.verdict, "partial", reload.text)
        self.assertIn(words, reload.plugins["carrier"])
        self.assertIn("the one before goes on: 1.0", reload.plugins["carrier"])
        told = self.numbers()
        self.assertEqual((told["version"], told["total"]), ("1.0", self.added))

    def add(self, count=3):
        for number in range(count):
            self.assertEqual(self.client.text(ADD, str(number)), str(number))
        self.added = self.numbers()["total"]

    def in_background(self, run):
        result = []
        thread = threading.Thread(target=lambda: result.append(run()))
        thread.start()
        return lambda: (thread.join(), result[0])[1]

    def let_go(self, step):
        (self.server.data("carrier") / f"{step}.go").touch()


class Load(HandoverCase):

    def test_twenty_reloads_under_load(self):
        self.start()
        over = threading.Event()
        clients = [self.speak(V1 if number % 2 else Base) for number in range(CONNECTIONS)]
        talkers = [Talker(clients[number::4], over) for number in range(4)]
        for talker in talkers:
            talker.start()
        try:
            for turn in range(RELOADS):
                seen = sum(talker.answered for talker in talkers)
                reload = self.swap("a" if turn % 2 else "b")
                self.assertEqual(reload.verdict, "taken", reload.text)
                self.assertIn("replaced", reload.plugins["carrier"])
                eventually(lambda: any(talker.fault for talker in talkers) or sum(
                    talker.answered for talker in talkers) > seen, "requests are answered")
        finally:
            over.set()
            for talker in talkers:
                talker.join()
        self.assertEqual([talker.fault for talker in talkers], [None] * 4)
        told = self.numbers()
        self.assertEqual(told["total"], sum(talker.answered for talker in talkers))
        self.assertEqual(told["opened"], CONNECTIONS + 1)
        self.assertEqual(told["version"], "1.0")
        for client in clients:
            if isinstance(client, V1):
                client.nothing()

    def test_nothing_is_left_behind(self):
        self.start()
        self.add()
        counts = None
        for turn in range(RELOADS):
            since = self.server.mark()
            self.assertEqual(self.swap("a" if turn % 2 else "b").verdict, "taken")
            self.server.wait_log(r"plugin carrier \(generation \d+\): unloaded", since)
            now = len(descriptors(self.server.pid)), len(threads(self.server.pid))
            counts = counts or now
            self.assertEqual(now, counts)
        self.assertEqual(self.numbers()["total"], self.added)


class Comer(threading.Thread):
    """Connects, asks and leaves, again and again."""

    def __init__(self, port, over):
        super().__init__()
        self.port, self.over, self.came, self.fault = port, over, 0, None

    def run(self):
        try:
            while not self.over.is_set():
                with Client(self.port) as client:
                    self.came += 1
                    if client.text(ADD, "x") != "x":
                        raise AssertionError("another answer")
        except Exception as why:  # told by the test, which looks at it
            self.fault = why


class Comings(HandoverCase):

    def test_an_opening_is_told_before_all_else(self):
        """Of a connection: its opening, its calls, its end, whoever serves by then."""
        self.start()
        over = threading.Event()
        comers = [Comer(self.server.port, over) for _ in range(4)]
        for comer in comers:
            comer.start()
        try:
            for turn in range(RELOADS):
                came = sum(comer.came for comer in comers)
                self.assertEqual(self.swap("a" if turn % 2 else "b").verdict, "taken")
                eventually(lambda: any(comer.fault for comer in comers) or sum(
                    comer.came for comer in comers) > came, "somebody came")
        finally:
            over.set()
            for comer in comers:
                comer.join()
        self.assertEqual([comer.fault for comer in comers], [None] * 4)
        came = sum(comer.came for comer in comers)
        told = eventually(lambda: (now := self.numbers())["closed"] == came and now, "all left")
        self.assertEqual((told["total"], told["opened"], told["early"]), (came, came + 1, 0))


class Rest(HandoverCase):

    def test_an_open_call_is_asked_to_hurry(self):
        self.start()
        self.add()
        holder = self.speak(Base)
        holder.ask(HOLD)
        holder.ask(ADD, "behind")
        self.client.text(ADD, "x")
        reload = self.swap("b")
        self.assertEqual(reload.verdict, "taken", reload.text)
        self.assertEqual(holder.reply(), (HOLD, b"1.0 hurried"))
        self.assertEqual(holder.reply(), (ADD, b"behind"))
        told = self.numbers()
        self.assertEqual((told["version"], told["total"]), ("2.0", self.added + 2))

    def test_one_that_does_not_end_refuses_the_new_one(self):
        self.start(**quirks("hold stays"))
        self.add()
        holder, other = self.speak(V1), self.speak(V1)
        held = holder.ask(HOLD)
        holder.call(TELL)
        since = self.server.mark()
        finish = self.in_background(lambda: self.swap("b"))
        self.server.wait_log("cancel", since)  # half of the time is over
        waits = other.ask(ADD, "waits")
        reload = finish()
        self.assertEqual(other.good(other.answer_to(waits)), b"waits")
        self.added += 1
        self.is_refused(reload, "calls or tasks of the one before did not end within load_ms")
        self.server.remove("carrier")
        self.assertEqual(self.server.sighup().verdict, "taken")
        self.assertEqual(holder.good(holder.answer_to(held)), b"1.0 stopped")


class Failures(HandoverCase):

    def check(self, quirk, words):
        self.start()
        self.add()
        self.is_refused(self.swap("b", config=quirks(quirk)), words)
        before = self.numbers()["ticks"]
        eventually(lambda: self.numbers()["ticks"] > before, "the timer of the old one goes on")
        reload = self.server.sighup(quirks())  # the next attempt
        self.assertEqual(reload.verdict, "taken", reload.text)
        told = self.numbers()
        self.assertEqual((told["version"], told["total"]), ("2.0", self.added))

    def test_load_fails(self):
        self.check("load fails", "load() failed (-")

    def test_the_format_is_refused(self):
        self.check("load refuses", "load() does not know format 1")

    def test_start_fails_after_load(self):
        self.check("start fails", "start failed (-")

    def test_load_hangs(self):
        self.check("load waits", "load() did not end within load_ms")
        self.let_go("load")
        self.server.wait_log("load goes on")

    def test_save_fails(self):
        self.start(**quirks("save fails"))
        self.add()
        self.is_refused(self.swap("b"), "save() of the one before failed (-")

    def test_save_hangs(self):
        self.start(**quirks("save waits"))
        self.add()
        self.is_refused(self.swap("b"), "save() of the one before did not end within load_ms")
        self.let_go("save")
        self.server.wait_log("save goes on")
        reload = self.server.sighup()
        self.assertEqual(reload.verdict, "taken", reload.text)
        told = self.numbers()
        self.assertEqual((told["version"], told["total"]), ("2.0", self.added))

    def test_the_whole_reload_is_refused_after_it(self):
        self.start()
        self.add()
        reload = self.swap("b", config={"actions": {"4711": {"action": "carrier.nothing"}}})
        self.assertEqual(reload.verdict, "refused", reload.text)
        self.assertEqual(self.numbers()["version"], "1.0")
        self.assertEqual(self.numbers()["total"], self.added)
        reload = self.server.sighup({"actions": {}})
        self.assertEqual(reload.verdict, "taken", reload.text)
        self.assertEqual(self.numbers()["total"], self.added)


class Meanwhile(HandoverCase):
    """load() stands still until the test has done what happens meanwhile."""

    def meanwhile(self, run):
        self.start(load_ms=60000)
        self.add()
        since = self.server.mark()
        finish = self.in_background(lambda: self.swap("b", config=quirks("load waits")))
        self.server.wait_log("load waits", since)
        run()
        self.let_go("load")
        reload = finish()
        self.assertEqual(reload.verdict, "taken", reload.text)

    def test_a_deadline_passes(self):
        def ask():
            self.v1 = self.speak(V1)
            self.late = self.v1.ask(ADD, "x", ext=[(DEADLINE, (1).to_bytes(4, "big"))])
            self.patient = self.v1.ask(ADD, "y", ext=[(DEADLINE, (600000).to_bytes(4, "big"))])
            self.v1.ping()
        self.meanwhile(ask)
        error = self.v1.bad(self.v1.answer_to(self.late))
        self.assertEqual((error["code"], error["name"], error["retry"]), (504, "deadline", True))
        self.assertEqual(self.v1.good(self.v1.answer_to(self.patient)), b"y")
        self.assertEqual(self.numbers()["total"], self.added + 1)

    def test_connections_come_and_go(self):
        def come_and_go():
            for _ in range(10):
                client = self.speak(V1)
                client.ask(ADD, "never read")
                client.ping()
                client.sock.close()
            self.stays = self.speak(Base)
            self.stays.ask(ADD, "stays")
            with self.speak(Base) as other:
                self.assertEqual(other.text(1, "others are served"), "others are served")
        self.meanwhile(come_and_go)
        self.assertEqual(self.stays.reply(), (ADD, b"stays"))
        eventually(lambda: self.numbers()["closed"] == 11, "each close is told")
        told = self.numbers()
        self.assertEqual((told["version"], told["opened"], told["closed"]), ("2.0", 13, 11))

    def test_the_timer_stands_still_and_goes_on(self):
        self.meanwhile(lambda: None)
        before = self.numbers()["ticks"]
        eventually(lambda: self.numbers()["ticks"] > before, "the new one has its timer")


if __name__ == "__main__":
    main()
