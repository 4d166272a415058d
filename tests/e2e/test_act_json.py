"""act.json.v1: what its messages may be, and what becomes of those that are not."""

import json

import cast
from cast import SEE
from harness import ServerCase, main
from rawws import BINARY, TEXT, client_frame
from speech import Json, Speakers

DEEP = 64  # levels of arrays and objects that JSON may have here, those of the message among them


class JsonCase(Speakers, ServerCase):

    def setUp(self):
        self.server = self.serve(
            "echo", "witness", "sqlite", "profile",
            config={"endpoints": cast.ENDPOINTS, "services": {"act.sql/1": "sqlite"},
                    "actions": {"151": "profile.get_pb"}})
        self.client = self.speak(Json, "/serv/?user=alice")

    def payload_seen(self, client):
        """What the plugin saw behind "data" in the call that is answered next."""
        return bytes.fromhex(client.heard()["data"]["payload"]).decode()


class Requests(JsonCase):

    def test_what_an_answer_is(self):
        self.client.say(f'{{"action":{cast.NOTES},"seq":4294967295}}')
        self.assertEqual(self.client.message(),
                         (TEXT, b'{"action":2610,"seq":4294967295,"data":{"notes":0}}'))

    def test_what_an_error_is(self):
        self.client.say('{"action":4242,"seq":9}')
        self.assertEqual(self.client.message(), (
            TEXT, b'{"action":4242,"seq":9,"error":{"code":404,"name":"unknown_action",'
            b'"message":"there is no action 4242","retry":false}}'))

    def test_the_bytes_of_data_are_handed_on(self):
        for data in ('{"a" : 1 , "a":2}', '[ ]', '"\\u597d 好 \\/"', "1e2", "-0.0", "null", "true",
                     '{\n\t"b": []\r\n}', "[" * (DEEP - 1) + "]" * (DEEP - 1)):
            for text in (f'{{"action":{SEE},"seq":1,"data":{data}}}',
                         f' {{ "seq" : 1 , "data" :\t{data}\r\n, "action" : {SEE} }} '):
                self.client.say(text)
                self.assertEqual(self.payload_seen(self.client), data)

    def test_members_that_are_not_known(self):
        self.client.say(f'{{"":0,"Data":1,"ACTION":2,"x":{{"seq":3}},"x":4,"action":{SEE},'
                        '"seq":7,"push":5,"error":6,"data":"7"}')
        self.assertEqual(self.payload_seen(self.client), '"7"')

    def test_names_written_otherwise(self):
        self.client.say(f'{{"\\u0061ction":{SEE},"s\\u0065q":0.7e1,"data":"7"}}')
        self.assertEqual(self.payload_seen(self.client), '"7"')

    def test_a_ping(self):
        self.client.say('{"ctrl":"ping"}')
        self.assertEqual(self.client.message(), (TEXT, b'{"ctrl":"ping"}'))
        self.client.say('{"seq":7,"ctrl":"ping"}')
        self.assertEqual(self.client.message(), (TEXT, b'{"ctrl":"ping","seq":7}'))

    def test_actions_that_are_not_in_json(self):
        for code in (1, 151):
            error = self.client.error(code, "{}")
            self.assertEqual((error["code"], error["name"]), (422, "payload_refused"))
            self.assertIn("act.v1", error["message"])
            self.assertIn(str(code), error["message"])


class Refusals(JsonCase):

    def test_requests_that_can_be_answered(self):
        for member in ('"deadline_ms":0', '"deadline_ms":-5', '"deadline_ms":1.5',
                       '"deadline_ms":"5"', '"deadline_ms":4294967296', '"trace":""', '"trace":7',
                       f'"trace":"{"x" * 65}"', f'"trace":"{"好" * 22}"', '"by":1', '"by":"true"',
                       '"by":null', '"data":1,"data":1', '"trace":"a","trace":"a"',
                       '"data":1,"d\\u0061ta":2', '"by":true,"by":true'):
            with self.subTest(member):
                self.client.say(f'{{"action":{SEE},"seq":7,{member}}}')
                read = self.client.heard()
                self.assertEqual((read["action"], read["seq"]), (SEE, 7))
                error = self.client.bad(read)
                self.assertEqual((error["code"], error["name"], error["retry"]),
                                 (400, "bad_frame", False))
                name = json.loads(f"{{{member}}}").popitem()[0]
                self.assertIn(f'"{name}"', error["message"])
        self.client.nothing()

    def check_closed(self, *messages, opcode=TEXT, code=1002):
        for message in messages:
            with self.subTest(message[:40]):
                client = self.speak(Json)
                client.send(client_frame(opcode, message.encode("utf-8", "surrogateescape")))
                read = client.heard()
                self.assertEqual(list(read), ["ctrl", "error"])
                self.assertEqual(read["ctrl"], "error")
                self.assertEqual(read["error"]["name"], "bad_frame")
                told, why = client.fault()
                self.assertIsNone(told)  # one was enough
                self.assertEqual(why.code, code)
                self.assertTrue(read["error"]["message"].startswith(why.reason))
        self.client.nothing()

    def test_what_is_not_json(self):
        whole = f'{{"action":{SEE},"seq":7,"data":%s}}'
        self.check_closed("", " ", "hello", "{", '{"action":1', "{action:1}", "{'action':1}",
                          *(whole % data for data in (
                              "", "{", "01", "1.", "NaN", "[1,]", '{"a":1,}', '"\t"', '"\\x"',
                              '"\\u12"', "tru", "1 2", "[1}", '"', "/**/1", "\u00a01",
                              "[" * DEEP + "]" * DEEP, "[" * 100000)),
                          whole % "1" + "x", whole % "1" + "{}")

    def test_what_is_no_object(self):
        self.check_closed("[]", '"text"', "110", "null", '[{"action":1,"seq":7}]')

    def test_what_names_no_action(self):
        self.check_closed("{}", '{"seq":7}', '{"data":{}}', *(
            f'{{"seq":7,"action":{value}}}' for value in (
                '"110"', "null", "1.5", "-1", "4294967296", "1e400", "[110]", "true",
                '110,"action":110.5')))

    def test_numbers_that_are_none(self):
        self.check_closed(*(f'{{"action":{SEE},"seq":{value}}}' for value in (
            "0", "-1", "1.5", '"7"', "null", "4294967296", "[7]", "true")))

    def test_what_is_broken_and_wants_no_answer(self):
        self.check_closed(f'{{"action":{SEE},"data":1,"data":2}}',
                          f'{{"action":{SEE},"deadline_ms":0}}')

    def test_control_messages(self):
        self.check_closed(*(f'{{"ctrl":{value},"seq":7}}' for value in (
            '"hello"', '"error"', '""', "null", "7", '"PING"', '"ping","ctrl":"ping"')))
        self.check_closed('{"ctrl":"ping","seq":0}', '{"ctrl":"auth","seq":7}',
                          '{"ctrl":"auth","token":"t"}', '{"ctrl":"auth","seq":7,"token":7}',
                          '{"ctrl":"auth","seq":7,"token":"a","token":"b"}')

    def test_binary(self):
        self.check_closed("", '{"action":1,"seq":7}', opcode=BINARY, code=1003)

    def test_text_that_is_not_utf8(self):
        whole = f'{{"action":{SEE},"seq":7,"data":"%s"}}'
        for bad in (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf"):
            self.check_closed(whole % bad.decode("utf-8", "surrogateescape"), code=1007)


if __name__ == "__main__":
    main()
