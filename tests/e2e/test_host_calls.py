"""The host table, part one: how calls are answered, at once, later, twice, never."""

import json

from harness import ServerCase, main
from probe import (BIG, BLOCK, EVENTS, E_GONE, FAIL, HOLD, LATE, ME, NOTE, OK, OVERRUN, PLACE, RC,
                   TWICE, Probe)
from rawws import TEXT, BINARY, client_frame

CONFIG = {
    "plugins": {"probe": {"colour": "grün", "depth": [1, 2]}},
    "endpoints": {"/serv/": {"mode": "action", "login": "optional"},
                  "/raw": {"mode": "raw", "action": "probe.raw", "login": "none"}},
}


class HostCalls(ServerCase):

    def setUp(self):
        self.server = self.serve("probe", config=CONFIG)

    def client(self, path="/serv/"):
        client = Probe(self.server.port, path)
        self.addCleanup(client.sock.close)
        return client

    def failure(self, client, code, payload):
        error = client.error(code, payload)
        return error["code"], error["name"], error["retry"]

    # ---- answers

    def test_what_a_call_says(self):
        client = self.client("/serv/?user=alice")
        me = client.me()
        self.assertEqual((me["user"], me["code"], me["how"]), ("alice", str(ME), "0"))
        self.assertNotIn(me["conn"], ("0", self.client().conn))
        self.assertGreater(int(me["generation"]), 0)

    def test_on_a_raw_endpoint(self):
        client = self.client("/raw")
        for opcode, how in ((TEXT, "1"), (BINARY, "0")):
            client.send(client_frame(opcode, b"hi"))
            kind, answer = client.message()
            fields = dict(field.split("=", 1) for field in answer.decode().split(" "))
            self.assertEqual(kind, opcode)
            self.assertEqual((fields["how"], fields["code"], fields["payload"]), (how, "0", "hi"))

    def test_only_the_first_answer_counts(self):
        client = self.client()
        self.assertEqual(client.text(TWICE), "first")
        self.assertEqual(client.silent(), [])
        self.assertIn("twice -1", client.events())

    def test_no_answer_is_owed(self):
        client = self.client()
        client.ask(NOTE, "hello")
        self.assertEqual(client.silent(), [])
        client.wait_event("note hello -8")

    def test_an_answer_that_is_too_long(self):
        client = self.client()
        limit = 1 << 20
        self.assertEqual(len(client.call(BIG, str(limit))), limit)
        self.assertEqual(client.text(BIG, str(limit + 1)), "rc -4")

    # ---- failures

    def test_what_handle_returns(self):
        table = {
            -1: (502, "unavailable", True), -2: (503, "overloaded", True),
            -3: (422, "payload_refused", False), -4: (413, "too_large", False),
            -5: (503, "overloaded", True), -6: (500, "plugin_failed", False),
            -7: (504, "deadline", True), -8: (500, "plugin_failed", False),
            -9: (500, "plugin_failed", False), -1000: (500, "plugin_failed", False),
            77: (500, "plugin_failed", False),
        }
        client = self.client()
        for rc, expected in table.items():
            with self.subTest(rc):
                self.assertEqual(self.failure(client, RC, str(rc)), expected)

    def test_ok_without_an_answer(self):
        client, since = self.client(), self.server.mark()
        self.assertEqual(self.failure(client, RC, "0"), (500, "plugin_failed", False))
        self.server.wait_log("probe", since)

    def test_statuses_that_a_plugin_may_fail_with(self):
        table = {4: (403, "forbidden"), 7: (503, "overloaded"), 8: (502, "unavailable"),
                 9: (413, "too_large"), 14: (422, "payload_refused"), 15: (500, "plugin_failed"),
                 1000: (1000, "plugin_error"), 65535: (65535, "plugin_error")}
        client = self.client()
        for status, expected in table.items():
            with self.subTest(status):
                error = client.error(FAIL, f"{status} 0 because \"so\" \\ 好")
                self.assertEqual((error["code"], error["name"]), expected)
                self.assertEqual(error["message"], "because \"so\" \\ 好")

    def test_asking_again_may_help(self):
        client = self.client()
        self.assertTrue(client.error(FAIL, "1001 500 later")["retry"])
        self.assertFalse(client.error(FAIL, "1001 0 never")["retry"])

    def test_no_such_status(self):
        client = self.client()
        for status in (0, 16, 999, 65536):
            with self.subTest(status):
                self.assertEqual(client.text(FAIL, f"{status} 0 x"), "rc -3")

    # ---- later

    def test_deferred(self):
        first, other = self.client(), self.client()
        first.ask(HOLD, "a")
        self.assertEqual(other.release("a", "at last"), OK)
        self.assertEqual(first.reply(), (HOLD, b"at last"))
        self.assertEqual(first.silent(), [])

    def test_deferred_past_its_deadline(self):
        first, other = self.client(), self.client()
        self.assertEqual(self.failure(first, LATE, "slow"), (504, "deadline", True))
        other.wait_event("cancel slow -7")
        self.assertEqual(other.release("slow", "too late"), E_GONE)
        self.assertEqual(first.silent(), [])

    def test_deferred_past_its_connection(self):
        first, other = self.client(), self.client()
        first.ask(HOLD, "orphan")
        first.sock.close()
        other.wait_event("cancel orphan -1")
        self.assertEqual(other.release("orphan", "too late"), E_GONE)

    def test_a_worker_past_its_deadline(self):
        client = self.client()
        self.assertEqual(self.failure(client, OVERRUN, "gate"), (504, "deadline", True))
        (self.server.data("probe") / "gate").touch()
        client.wait_event("overrun -1")

    def test_a_slow_call_delays_nobody_else(self):
        slow = [self.client() for _ in range(3)]
        for client in slow:
            client.ask(BLOCK, "gate")
        quick = [self.client() for _ in range(8)]
        for turn in range(10):
            for client in quick:
                self.assertIn(f"payload={turn}", client.text(ME, str(turn)))
        (self.server.data("probe") / "gate").touch()
        for client in slow:
            self.assertTrue(client.reply()[1].startswith(b"gate after"))

    # ---- what a plugin has

    def test_settings_and_folder(self):
        settings, folder = self.client().text(PLACE).split("\n")
        self.assertEqual(json.loads(settings), CONFIG["plugins"]["probe"])
        self.assertEqual(folder, str(self.server.data("probe")))


class HostUnanswered(ServerCase):

    def test_open_calls_at_the_end_of_the_server(self):
        server = self.serve("probe", config={"drain_ms": 500})
        client = Probe(server.port)
        client.ask(HOLD, "for ever")
        client.ask(EVENTS)  # waits behind it
        other = Probe(server.port)
        other.me()
        server.stop()
        self.assertEqual(other.closed().code, 1012)
        why = client.closed()
        self.assertEqual(why.code, 1012)
        self.assertRegex(why.reason, r"^retry=\d+$")


if __name__ == "__main__":
    main()
