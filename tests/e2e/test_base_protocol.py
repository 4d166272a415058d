"""The base protocol of action endpoints: what is answered, refused and closed, and in which order
the checks run."""

import json
import re

from harness import ServerCase, main
from rawws import BINARY, CONT, TEXT, Client, action_frame, client_frame

CONFIG = {
    "actions": {
        "1": "echo.echo",
        "2": {"action": "echo.echo", "login": True, "payload_max": 8},
        "3": {"action": "echo.echo", "payload_max": 8, "rate_per_s": 0.001, "rate_burst": 1},
        "4": None,
        "2000-2009": "echo.echo",
        "9": "absent.action",
    },
}
EXACT = re.compile(rb'^\{"error":\{"code":\d+,"name":"[a-z_]+","message":"(?:[^"\\]|\\.)+",'
                   rb'"retry":(true|false)\}\}$')


class BaseProtocol(ServerCase):

    def setUp(self):
        self.server = self.serve("echo", "probe", config=CONFIG)

    def client(self, path="/serv/"):
        client = Client(self.server.port, path)
        self.addCleanup(client.sock.close)
        return client

    def refused(self, client, code, payload, number, name, retry):
        answer = client.call(code, payload)
        self.assertRegex(answer, EXACT)
        error = json.loads(answer)["error"]
        self.assertEqual((error["code"], error["name"], error["retry"]), (number, name, retry))

    def test_the_reply_bears_the_code(self):
        client = self.client()
        self.assertEqual(client.call(1, "我们都好"), "我们都好".encode())
        self.assertEqual(client.call(1), b"")
        self.assertEqual(client.call(1, b"\x00\xff"), b"\x00\xff")

    def test_a_range_serves_each_of_its_codes(self):
        client = self.client()
        for code in (2000, 2005, 2009):
            self.assertEqual(client.call(code, b"x"), b"x")
        self.refused(client, 2010, b"x", 404, "unknown_action", False)

    def test_errors_bear_the_code_too(self):
        client = self.client()
        for code in (0, 4, 5, 109, 0x7FFFFFFF, 0xFFFFFEFF):
            with self.subTest(code):
                self.refused(client, code, b"x", 404, "unknown_action", False)

    def test_reserved_codes_are_nothing_special_to_a_base_client(self):
        client = self.client()
        for code in (0xFFFFFF00, 0xFFFFFF01, 0xFFFFFFFF):
            with self.subTest(hex(code)):
                self.refused(client, code, b"x", 404, "unknown_action", False)
        self.assertEqual(client.call(1, b"and on"), b"and on")

    def test_without_login(self):
        self.refused(self.client(), 2, b"x", 401, "not_logged_in", False)
        self.refused(self.client(), 2120, b"", 401, "not_logged_in", False)

    def test_over_the_action_s_own_limit(self):
        client = self.client("/serv/?user=alice")
        self.assertEqual(client.call(2, b"x" * 8), b"x" * 8)
        self.refused(client, 2, b"x" * 9, 413, "too_large", False)
        self.assertEqual(client.call(2122, b"x" * 16), b"x" * 16)
        self.refused(client, 2122, b"x" * 17, 413, "too_large", False)

    def test_mapped_to_a_plugin_that_is_not_there(self):
        self.refused(self.client(), 9, b"", 502, "unavailable", True)

    def test_order_of_the_checks(self):
        client = self.client()
        self.refused(client, 5, b"x" * 100, 404, "unknown_action", False)
        self.refused(client, 2, b"x" * 100, 401, "not_logged_in", False)
        # What is too large is told so, and does not use up the rate.
        self.refused(client, 3, b"x" * 100, 413, "too_large", False)
        self.refused(client, 3, b"x" * 100, 413, "too_large", False)
        self.assertEqual(client.call(3, b"one"), b"one")
        self.refused(client, 3, b"two", 429, "rate_limited", True)
        self.refused(client, 3, b"x" * 100, 413, "too_large", False)

    def test_text_is_1003(self):
        client = self.client()
        client.send(client_frame(TEXT, b"\x00\x00\x00\x01"))
        self.assertEqual(client.closed().code, 1003)

    def test_fewer_than_four_bytes_are_1002(self):
        for payload in (b"", b"\x00", b"\x00\x00\x00"):
            with self.subTest(len(payload)):
                client = self.client()
                client.send(client_frame(BINARY, payload))
                self.assertEqual(client.closed().code, 1002)

    def test_over_the_connection_s_limit_is_1009(self):
        client = self.client()
        client.send(client_frame(BINARY, b"x" * ((1 << 20) + 1)))
        self.assertEqual(client.closed().code, 1009)

    def test_what_came_before_the_fault_is_answered(self):
        client = self.client()
        client.send(action_frame(1, b"a") + action_frame(1, b"b") + client_frame(TEXT, b"?"))
        self.assertEqual(client.reply(), (1, b"a"))
        self.assertEqual(client.reply(), (1, b"b"))
        self.assertEqual(client.closed().code, 1003)

    def test_a_fragmented_request(self):
        client = self.client()
        client.send(client_frame(BINARY, b"\x00\x00", fin=False)
                    + client_frame(CONT, b"\x00\x01ab", fin=False) + client_frame(CONT, b"c"))
        self.assertEqual(client.reply(), (1, b"abc"))

    def test_nothing_behind_a_call_that_is_open(self):
        client, other = self.client(), self.client()
        client.send(action_frame(2101, b"slot") + client_frame(BINARY, fin=False)
                    + client_frame(CONT))
        while other.text(2102, "slot done") == "none":
            pass  # the held call has not been taken yet
        self.assertEqual(client.reply(), (2101, b"done"))
        self.assertEqual(client.closed().code, 1002)

    def test_replies_in_the_order_of_the_requests(self):
        first, other = self.client(), self.client()
        first.send(action_frame(2101, b"slot") + b"".join(
            action_frame(1, b"%d" % n) for n in range(100)))
        while other.text(2102, "slot at last") == "none":
            pass  # the held call has not been taken yet
        self.assertEqual(first.reply(), (2101, b"at last"))
        for n in range(100):
            self.assertEqual(first.reply(), (1, b"%d" % n))


if __name__ == "__main__":
    main()
