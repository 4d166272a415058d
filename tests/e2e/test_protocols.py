"""The three protocols of an action endpoint side by side: which one is chosen, and that a plugin
and its callers are served the same by each."""

import cast
from cast import (BROKEN, EMPTY, FAIL, LEFT, MUTE, NOTE, NOTES, PRIVATE, SEE, TELL, TOLD, WHISPER,
                  WHISPERED)
from harness import ServerCase, main
from rawws import BINARY, CONT, PING, TEXT, Client, Refused, client_frame
from speech import DEADLINE, NUMBERED, SPEAKERS, TRACE, V1, Base, Json, Speakers, v1_frame

PAYLOAD = '{"a" : [1, 2.50, "好", "\\u00e9"]}'
CONFIG = {
    "endpoints": cast.ENDPOINTS,
    "actions": {"2602": "witness.left", "7": "absent.action",
                "8": {"action": "witness.left", "payload_max": 8},
                "9": {"action": "witness.left", "rate_per_s": 0.00001, "rate_burst": 1},
                "10": {"action": "witness.left", "rate_per_s": 0.001, "rate_burst": 1}},
}


class ProtocolCase(Speakers, ServerCase):

    def setUp(self):
        self.server = self.serve("echo", "witness", config=CONFIG)


class Choice(ProtocolCase):

    def offer(self, *names, path="/serv/"):
        """What the server chooses of an offer; None: it goes without."""
        client = Client(self.server.port, path, Sec_WebSocket_Protocol=", ".join(names))
        self.addCleanup(client.sock.close)
        return client.answer.headers.get("sec-websocket-protocol")

    def refused(self, *names, path="/serv/"):
        with self.assertRaises(Refused) as caught:
            self.offer(*names, path=path)
        return caught.exception.status, caught.exception.error()["message"]

    def test_the_first_known_name_is_chosen(self):
        for names in (["act.v1"], ["act.json.v1"], ["act.v1", "act.json.v1"],
                      ["act.json.v1", "act.v1"]):
            self.assertEqual(self.offer(*names), names[0])
        self.assertEqual(self.offer("graphql-ws", "act.v2", "act.json.v1", "act.v1"),
                         "act.json.v1")

    def test_unknown_names_alone_are_told_what_is_spoken(self):
        for names in (["act.v2"], ["graphql-ws", "mqtt"], ["ACT.V1"], ["act.v1x", "act"]):
            with self.subTest(names):
                status, message = self.refused(*names)
                self.assertEqual(status, 400)
                for word in ("act.v1", "act.json.v1", "base protocol", names[0]):
                    self.assertIn(word, message)

    def test_no_offer_is_the_base_protocol(self):
        client = self.speak(Base)
        self.assertEqual(client.call(1, PAYLOAD), PAYLOAD.encode())

    def test_a_raw_endpoint_speaks_none(self):
        for names in (["act.v1"], ["mqtt", "act.json.v1"]):
            status, message = self.refused(*names, path="/echo")
            self.assertEqual(status, 400)
            self.assertIn("/echo", message)
        client = self.speak(Client, "/echo")
        client.send(client_frame(TEXT, b"as ever"))
        self.assertEqual(client.message(), (TEXT, b"as ever"))

    def test_a_list_that_is_too_long_is_answered(self):
        with self.assertRaises(Refused) as caught:
            self.offer("act.v1", *(f"something-else-{n}" for n in range(20)))
        self.assertIn(caught.exception.status, (400, 431))


class Greeting(ProtocolCase):

    def test_what_it_says(self):
        for speaker in NUMBERED:
            with self.subTest(speaker.subprotocol):
                first = self.speak(speaker, "/serv/?user=ali%22ce").hello
                self.assertEqual(list(first), [
                    "version", "connection", "epoch", "heartbeat_s", "max_bytes", "calls",
                    "capabilities", "user", "expires_in_s"])
                second = self.speak(speaker).hello
                self.assertNotEqual(first.pop("connection"), second.pop("connection"))
                self.assertRegex(first["epoch"], "^[0-9a-f]{16}$")
                self.assertEqual(first.pop("user"), 'ali"ce')
                self.assertIsNone(second.pop("user"))
                self.assertEqual(first, second)
                del first["epoch"]
                self.assertEqual(first, {
                    "version": 1, "heartbeat_s": 25, "max_bytes": 1 << 20, "calls": 64,
                    "capabilities": ["auth"], "expires_in_s": None})

    def test_each_start_of_the_server_has_an_epoch(self):
        before = self.speak(V1).hello["epoch"]
        self.server.stop()
        self.server.start()
        self.assertNotEqual(self.speak(V1).hello["epoch"], before)

    def test_it_comes_before_what_a_plugin_pushes_when_it_opens(self):
        for _ in range(20):
            for speaker in SPEAKERS:  # which takes the greeting, or fails
                client = self.speak(speaker, "/greeted/")
                self.assertEqual(client.pushed(), (TOLD, b'{"welcome":true}'))


class OneCall(ProtocolCase):

    def asked(self, path, payload, **how):
        """What the plugin sees by each protocol."""
        return [self.speak(speaker, path).value(SEE, payload, **(how.get(speaker.subprotocol, {})))
                for speaker in SPEAKERS]

    def test_a_plugin_sees_the_same(self):
        for path, user in (("/serv/", ""), ("/serv/?user=%E5%A5%BD", "好")):
            for payload in ("", PAYLOAD, "[]", "0", '"text"', "null"):
                with self.subTest(user=user, payload=payload):
                    base, v1, json = self.asked(path, payload)
                    self.assertEqual(base, v1)
                    self.assertEqual(base, json)
                    self.assertLessEqual(cast.seen(payload.encode(), user=user).items(),
                                         base.items())

    def test_the_same_id_for_logs(self):
        _, v1, json = self.asked("/serv/", PAYLOAD, **{
            "act.v1": {"ext": [(TRACE, "好-17".encode())]}, "act.json.v1": {"trace": "好-17"}})
        self.assertEqual(v1, json)
        self.assertEqual(v1["trace"], "好-17")

    def test_a_caller_is_answered_the_same(self):
        clients = [self.speak(speaker) for speaker in SPEAKERS]
        for status in (4, 7, 8, 9, 14, 15, 1000, 65535):
            payload = f'{{"status":{status},"text":"because \\"so\\" 好"}}'
            self.check_errors(clients, FAIL, payload)
        for code, payload in ((0, ""), (4242, ""), (7, "{}"), (PRIVATE, "{}"), (8, '"too long"'),
                              (MUTE, ""), (FAIL, "[]"), (FAIL, '{"text":5}')):
            self.check_errors(clients, code, payload)

    def check_errors(self, clients, code, payload):
        base, v1, json = (client.error(code, payload) for client in clients)
        self.assertEqual(base, v1)
        self.assertEqual(base, json)
        self.assertEqual(list(json), ["code", "name", "message", "retry"])

    def test_when_asking_again_may_help(self):
        for speaker in NUMBERED:
            client = self.speak(speaker)
            error = client.error(FAIL, '{"status":1001,"retry_after_ms":1500,"text":"later"}')
            self.assertEqual(error, {"code": 1001, "name": "plugin_error", "message": "later",
                                     "retry": True, "retry_after_ms": 1500})
            client.call(10)
            error = client.error(10)
            self.assertEqual((error["name"], error["retry"]), ("rate_limited", True))
            self.assertIn(error["retry_after_ms"], range(1, 1000002))
            client.call(9)  # as above, but a day would not do
            self.assertNotIn("retry_after_ms", client.error(9))

    def test_an_empty_answer(self):
        for speaker, expected in zip(SPEAKERS, (b"", b"", b"null")):
            self.assertEqual(self.speak(speaker).call(EMPTY), expected)

    def test_an_answer_that_is_not_json_though_its_plugin_says_so(self):
        for speaker in (Base, V1):
            self.assertEqual(self.speak(speaker).call(BROKEN), b'{"cut":')
        client, since = self.speak(Json), self.server.mark()
        self.assertEqual(client.error(BROKEN)["name"], "plugin_failed")
        self.server.wait_log(f"action {BROKEN}.*not JSON", since)
        self.assertEqual(client.value(SEE)["code"], SEE)

    def test_where_no_answer_is_owed(self):
        """A question with a number is answered all the same, and told where the plugin failed."""
        client = self.speak(Base)
        client.ask(NOTE, "{}")
        self.assertEqual(client.value(NOTES), {"notes": 1})
        for count, (speaker, empty) in enumerate(((V1, b""), (Json, b"null"))):
            client = self.speak(speaker)
            self.assertEqual(client.call(NOTE, "{}"), empty)
            self.assertEqual(client.error(NOTE)["name"], "plugin_failed")
            client.notify(NOTE, "{}")
            self.assertEqual(client.value(NOTES), {"notes": 3 * count + 4})

    def test_who_wants_no_answer_gets_none(self):
        for speaker in NUMBERED:
            with self.subTest(speaker.subprotocol):
                client = self.speak(speaker)
                for code, payload in ((SEE, "{}"), (4242, ""), (7, ""), (PRIVATE, ""), (MUTE, ""),
                                      (8, '"too long"'), (FAIL, '{"status":15,"text":""}'),
                                      (BROKEN, ""), (1, "{}"), (NOTE, "")):
                    client.notify(code, payload)
                client.nothing()

    def test_what_the_client_grants_and_what_the_action_has(self):
        v1, json = self.speak(V1), self.speak(Json)
        for wish, most in ((5000, 5000), (60000, 20000)):
            for answer in (v1.value(LEFT, ext=[(DEADLINE, wish.to_bytes(4, "big"))]),
                           json.value(LEFT, deadline_ms=wish)):
                self.assertLessEqual(answer["left_ms"], most)

    def test_who_served_it(self):
        v1, json = self.speak(V1), self.speak(Json)
        frame = v1.answer_to(v1.ask(SEE, ext=[(4, b"")]))
        read = json.answer_to(json.ask(SEE, by=True))
        self.assertEqual(list(read)[:3], ["action", "seq", "by"])
        self.assertEqual(frame.ext, {4: read["by"].encode()})
        self.assertRegex(read["by"], r"^witness@[1-9]\d*$")
        self.assertEqual(v1.answer_to(v1.ask(SEE)).ext, {})
        self.assertNotIn("by", json.answer_to(json.ask(SEE, by=False)))


class Pushes(ProtocolCase):

    def setUp(self):
        super().setUp()
        self.clients = [self.speak(speaker, "/serv/?user=alice") for speaker in SPEAKERS * 2]
        self.speaker = self.speak(Base, "/serv/?user=alice")

    def tell(self, code, payload):
        """From the base protocol, where a payload is any bytes."""
        self.speaker.ask(code, payload)
        heard = [self.speaker.reply() for _ in range(2)]
        self.assertIn((code, b'{"rc":0}'), heard)

    def test_every_connection_of_a_user_hears_it(self):
        other = self.speak(Json, "/serv/?user=bob")
        self.tell(TELL, PAYLOAD)
        for client in self.clients:
            self.assertEqual(client.pushed(), (TOLD, PAYLOAD.encode()))
        other.nothing()

    def test_what_is_not_json_is_not_for_json(self):
        self.tell(WHISPER, b"\x00\xff")
        self.tell(TELL, "{}")
        for client in self.clients:
            if not isinstance(client, Json):
                self.assertEqual(client.pushed(), (WHISPERED, b"\x00\xff"))
            self.assertEqual(client.pushed(), (TOLD, b"{}"))

    def test_what_claims_to_be_json_and_is_not(self):
        for broken in (b'{"cut":', b"", b"1}", b"\xff"):
            self.tell(TELL, broken)
            for client in self.clients:
                if not isinstance(client, Json):
                    self.assertEqual(client.pushed(), (TOLD, broken))
        self.tell(TELL, "[1]")
        for client in self.clients:
            self.assertEqual(client.pushed(), (TOLD, b"[1]"))


class Messages(ProtocolCase):

    def test_in_fragments(self):
        whole = v1_frame(SEE, seq=7, payload=PAYLOAD)
        client = self.speak(V1)
        self.send_pieces(client, BINARY, whole)
        self.assertEqual(client.answer_to(7).code, SEE)
        client = self.speak(Json)
        self.send_pieces(client, TEXT, f'{{"action":{SEE},"seq":7,"data":{PAYLOAD}}}'.encode())
        self.assertIn(PAYLOAD.encode().hex(), client.answer_to(7)["data"]["payload"])

    def send_pieces(self, client, opcode, message):
        """A byte each, so also in the middle of characters, with pings between."""
        for at in range(len(message)):
            last = at == len(message) - 1
            client.send(client_frame(opcode if at == 0 else CONT, message[at:at + 1], fin=last))
            if at % 16 == 8:
                client.send(client_frame(PING, b"between"))
                self.assertEqual(client.frame()[:2], (10, b"between"))

    def test_as_long_as_allowed_and_longer(self):
        limit = 1 << 20
        for extra in (0, 1):
            v1, json = self.speak(V1), self.speak(Json)
            whole = v1_frame(1, seq=7, payload=b"x" * (limit - 12 + extra))
            v1.send(client_frame(BINARY, whole))
            head = f'{{"action":{LEFT},"seq":7,"data":"'
            json.say(head + "x" * (limit - len(head) - 2 + extra) + '"}')
            if extra:
                self.check_too_long(v1)
                self.check_too_long(json)
            else:
                self.assertEqual(v1.good(v1.answer_to(7)), whole[12:])
                self.assertIn(b"left_ms", json.good(json.answer_to(7)))

    def check_too_long(self, client):
        error, why = client.fault()
        self.assertEqual((error["code"], error["name"]), (413, "too_large"))
        self.assertEqual((why.code, why.reason), (1009, error["message"]))


if __name__ == "__main__":
    main()
