"""Many calls of one connection at once, by the protocols that number them: answered in any order,
each once, and never more at a time than the config allows."""

import json
import unittest

import cast
from cast import HOLD, HURRY, IN_THE_AIR, LET_GO, SEE
from harness import SANITIZERS, ServerCase, eventually, main
from procfs import status_kib
from rawws import action_frame, client_frame, BINARY, TEXT
from speech import BY, DEADLINE, NUMBERED, V1, Base, Json, Speakers, v1_frame
from test_flow import ROOM_KIB, send_until_stuck

COUNT = 100


def ball(number):
    return b'{"ball":%d}' % number


def in_thirds(things):
    return things[0::3] + things[1::3] + things[2::3]


class FlightCase(Speakers, ServerCase):

    def start(self, **limits):
        self.server = self.serve("echo", "witness", "juggler",
                                 config={"endpoints": cast.ENDPOINTS, "limits": limits})
        self.other = self.speak(Base)

    def held(self):
        return self.other.value(IN_THE_AIR)["held"]

    def wait_held(self, count):
        eventually(lambda: self.held() == count, f"{count} calls are held")


class InFlight(FlightCase):

    def test_a_hundred_answered_in_another_order(self):
        self.start(calls=128)
        for speaker in NUMBERED:
            for reverse in (True, False):
                for own in (True, False):
                    with self.subTest(speaker.subprotocol, reverse=reverse, own=own):
                        self.check_order(self.speak(speaker), reverse, own)

    def check_order(self, client, reverse, own):
        """Let go by a call of the same connection (`own`), or of another."""
        sent = {client.ask(HOLD, ball(number)): ball(number) for number in range(COUNT)}
        self.wait_held(COUNT)
        answered = (client if own else self.other).value(
            LET_GO, json.dumps({"reverse": reverse}))
        self.assertEqual(answered, {"answered": COUNT})
        order = list(sent)
        order = order[::-1] if reverse else in_thirds(order)
        got = {}
        while len(got) < COUNT:
            answer = client.wait_for(lambda _: True)
            seq = answer["seq"] if isinstance(client, Json) else answer.seq
            self.assertNotIn(seq, got)
            got[seq] = client.good(answer)
        self.assertEqual(list(got), order)
        self.assertEqual(got, sent)
        client.nothing()

    def test_never_more_than_allowed(self):
        self.start(calls=4)
        for speaker in NUMBERED:
            with self.subTest(speaker.subprotocol):
                client = self.speak(speaker)
                self.assertEqual(client.hello["calls"], 4)
                sent = {client.ask(HOLD, ball(number)): ball(number) for number in range(COUNT)}
                for _ in range(COUNT // 4):
                    self.wait_held(4)
                    self.other.call(LET_GO)
                for seq, payload in sent.items():
                    self.assertEqual(client.good(client.answer_to(seq)), payload)
                client.nothing()
                self.assertEqual(self.other.value(IN_THE_AIR), {"held": 0, "most": 4})

    def test_control_messages_do_not_wait_for_calls_that_hang(self):
        self.start(calls=1)
        for speaker in NUMBERED:
            with self.subTest(speaker.subprotocol):
                client = self.speak(speaker)
                held = client.ask(HOLD, ball(1))
                self.wait_held(1)
                client.ping()  # asks, and hears the answer
                # "auth" is "none" here: what counts is that it is answered.
                self.assertEqual(client.auth("token")["name"], "forbidden")
                waits = client.ask(SEE, "{}")
                self.assertEqual(self.held(), 1)
                self.other.call(LET_GO)
                self.assertEqual(client.good(client.answer_to(held)), ball(1))
                client.good(client.answer_to(waits))
                client.nothing()

    def test_the_base_protocol_beside_it_keeps_its_order(self):
        self.start(calls=128)
        client = self.speak(Base)
        client.send(b"".join(action_frame(HOLD, ball(number)) for number in range(8)))
        for number in range(8):
            self.wait_held(1)
            self.other.call(LET_GO, '{"reverse":true}')
            self.assertEqual(client.reply(), (HOLD, ball(number)))
        self.assertEqual(self.other.value(IN_THE_AIR)["most"], 1)

    def test_a_number_that_is_in_flight(self):
        self.start()
        for speaker in NUMBERED:
            with self.subTest(speaker.subprotocol):
                client = self.speak(speaker)
                client.ask(HOLD, ball(1), seq=5)
                error = client.error(SEE, "{}", seq=5)
                self.assertEqual((error["code"], error["name"], error["retry"]),
                                 (409, "duplicate", False))
                self.assertIn("5", error["message"])
                client.notify(HOLD, ball(2))  # has no number
                self.assertEqual(client.value(SEE, seq=6)["code"], SEE)
                self.assertEqual(client.value(LET_GO)["answered"], 2)
                self.assertEqual(client.good(client.answer_to(5)), ball(1))
                self.assertEqual(client.value(SEE, seq=5)["code"], SEE)
                client.nothing()

    def test_deadlines_of_the_client_and_of_the_action(self):
        self.start()
        v1, in_json = self.speak(V1), self.speak(Json)
        for code, ms in ((HOLD, 50), (HURRY, 600000)):
            for error in (v1.error(code, ball(1), ext=[(DEADLINE, ms.to_bytes(4, "big"))]),
                          in_json.error(code, ball(1), deadline_ms=ms)):
                self.assertEqual((error["code"], error["name"], error["retry"]),
                                 (504, "deadline", True))
        for client in (v1, in_json):
            client.notify(HURRY, ball(1))
            client.nothing()
            eventually(lambda: self.held() == 0, "its deadline passed")
            client.nothing()
        self.assertEqual(self.other.value(LET_GO), {"answered": 0})

    def test_a_connection_that_goes_takes_its_calls_along(self):
        self.start()
        for speaker in NUMBERED:
            client = self.speak(speaker)
            for number in range(10):
                client.ask(HOLD, ball(number))
            self.wait_held(10)
            client.sock.close()
            self.wait_held(0)

    def test_a_reload_while_calls_are_in_flight(self):
        self.start(calls=128)
        v1, in_json = self.speak(V1), self.speak(Json)
        before = v1.answer_to(v1.ask(IN_THE_AIR, ext=[(BY, b"")])).ext[BY]
        sent = {client: {client.ask(HOLD, ball(number)): ball(number) for number in range(COUNT)}
                for client in (v1, in_json)}
        self.wait_held(2 * COUNT)
        answer = self.server.sighup({"plugins": {"juggler": {"another": "config"}}})
        self.assertIn("replaced", answer.plugins["juggler"])
        for client, calls in sent.items():
            for seq, payload in calls.items():
                self.assertEqual(client.good(client.answer_to(seq)), payload)
            client.nothing()
            self.assertEqual(client.value(IN_THE_AIR), {"held": 0, "most": 0})
        after = v1.answer_to(v1.ask(IN_THE_AIR, ext=[(BY, b"")])).ext[BY]
        self.assertNotEqual(before, after)


@unittest.skipIf("thread" in SANITIZERS, "megabytes on one loop: there is no race to be found")
class BackPressure(FlightCase):

    def test_a_client_that_does_not_read_its_answers(self):
        for speaker in NUMBERED:
            with self.subTest(speaker.subprotocol):
                self.start()
                self.check_deaf(self.speak(speaker, receive_buffer=65536))

    def check_deaf(self, client):
        """Megabytes of questions with answers as long (by act.v1) or twice as long; fewer where
        memory is not measured."""
        before = status_kib(self.server.pid, "VmHWM")
        size, count = 256 * 1024, 320 if isinstance(client, V1) else 192
        if SANITIZERS:
            count = 128
        data = b"".join(self.question(client, number, size) for number in range(1, count + 1))
        sent = send_until_stuck(client, data)
        self.assertLess(sent, len(data), "all was taken from a client that reads nothing")
        if not SANITIZERS:
            self.assertLess(status_kib(self.server.pid, "VmHWM") - before, ROOM_KIB)
        self.assertEqual(self.other.call(1, b"others go on"), b"others go on")
        rest, left = memoryview(data)[sent:], set(range(1, count + 1))
        while left:
            rest = self.send_some(client, rest)
            left.remove(self.check_answer(client, size))
        client.nothing()

    def question(self, client, seq, size):
        if isinstance(client, V1):
            return client_frame(BINARY, v1_frame(1, seq=seq, payload=b"x" * size))
        return client_frame(TEXT, b'{"action":%d,"seq":%d,"data":"%s"}' % (SEE, seq, b"x" * size))

    def check_answer(self, client, size):
        """Its number. (Megabytes are not for assertEqual, which would print them.)"""
        answer = client.heard()
        if isinstance(client, V1):
            self.assertTrue(client.good(answer) == b"x" * size)
            return answer.seq
        self.assertTrue(answer["data"]["payload"] == (b'"%s"' % (b"x" * size)).hex())
        return answer["seq"]

    def send_some(self, client, rest):
        while rest and (sent := client.send_some(rest[:65536])):
            rest = rest[sent:]
        return rest


if __name__ == "__main__":
    main()
