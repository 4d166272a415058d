"""The gate: handshakes that are answered with something other than 101, each told why."""

import json

from harness import ServerCase, main
from rawws import KEY, Client, Closed, Refused, Socket, client_frame, http, upgrade_request, PING


class Gate(ServerCase):

    def setUp(self):
        self.server = self.serve("echo")

    def answer(self, request):
        return http(self.server.port, request)

    def refused(self, request, status):
        response = self.answer(request)
        self.assertEqual(response.status, status, response)
        self.assertEqual(response.headers.get("connection", "").lower(), "close")
        self.assertTrue(response.reason, "a status line without words")
        error = json.loads(response.body)["error"]
        self.assertEqual(error["code"], status)
        self.assertTrue(error["message"])
        return response

    def test_unknown_path(self):
        for path in ("/nothing", "/", "/ech", "/echo/", "/echoes", "/serv"):
            with self.subTest(path):
                self.refused(upgrade_request(path), 404)

    def test_below_a_path_that_ends_in_a_slash(self):
        with Client(self.server.port, "/serv/deeper/down?x=1") as client:
            self.assertEqual(client.call(1, b"x"), b"x")

    def test_not_an_upgrade(self):
        plain = b"GET /serv/ HTTP/1.1\r\nHost: x\r\n\r\n"
        response = self.refused(plain, 426)
        self.assertEqual(response.headers.get("upgrade", "").lower(), "websocket")

    def test_keep_alive_is_never_granted(self):
        plain = b"GET /serv/ HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n"
        self.refused(plain, 426)
        with Socket(self.server.port) as sock:
            sock.send(plain + upgrade_request("/echo"))
            self.assertEqual(sock.response().status, 426)
            self.assertEqual(sock.read_all(), b"")

    def test_other_methods(self):
        self.refused(upgrade_request("/serv/", method="POST"), 405)
        self.refused(upgrade_request("/serv/", method="PUT"), 405)

    def test_connect_and_the_like_end_the_connection(self):
        for line in (b"CONNECT example.org:80 HTTP/1.1", b"BREW /pot HTTP/1.1", b"\x16\x03\x01",
                     b"GET", b"GET /serv/ SPDY/9"):
            with self.subTest(line), Socket(self.server.port) as sock:
                sock.send(line + b"\r\nHost: x\r\n\r\n")
                self.assertNotIn(b" 101 ", sock.read_all())

    def test_other_versions(self):
        for version in ("12", "8", "14", "13, 8", "x"):
            with self.subTest(version):
                response = self.refused(
                    upgrade_request("/serv/", Sec_WebSocket_Version=version), 426)
                self.assertEqual(response.headers["sec-websocket-version"], "13")
        response = self.refused(upgrade_request("/serv/", drop=["Sec-WebSocket-Version"]), 426)
        self.assertEqual(response.headers["sec-websocket-version"], "13")

    def test_bad_keys(self):
        for key in ("short", KEY + "AAAA", "x" * 200, "!" * 24, ""):
            with self.subTest(key[:6]):
                self.refused(upgrade_request("/serv/", Sec_WebSocket_Key=key), 400)
        self.refused(upgrade_request("/serv/", drop=["Sec-WebSocket-Key"]), 400)

    def test_subprotocols_that_are_not_spoken(self):
        for offer in ("chat", "http-only", "actd", "act.v9", "chat, superchat"):
            with self.subTest(offer):
                self.refused(upgrade_request("/serv/", Sec_WebSocket_Protocol=offer), 400)
        response = self.answer(upgrade_request("/serv/", Sec_WebSocket_Protocol="x" * 300))
        self.assertIn(response.status, (400, 431))

    def test_upgrade_to_something_else(self):
        self.refused(upgrade_request("/serv/", Upgrade="h2c"), 400)
        # Other words libwebsockets refuses by itself, before anybody is asked.
        for other in ("TLS/1.0", "websockets"):
            with self.subTest(other):
                self.assertEqual(self.answer(upgrade_request("/serv/", Upgrade=other)).status, 403)

    def test_headers_that_are_too_large(self):
        with Socket(self.server.port) as sock:
            try:
                sock.send(upgrade_request("/serv/", X_Long="x" * 100000))
                answer = sock.read_all()
            except (ConnectionError, Closed):
                answer = b""
            self.assertNotIn(b" 101 ", answer)

    def test_headers_as_large_as_tokens_are(self):
        with Client(self.server.port, X_Some="x" * 2000, Cookie="theme=" + "y" * 1500) as client:
            self.assertEqual(client.call(1, b"x"), b"x")

    def test_case_of_names_and_values(self):
        request = (b"GET /serv/ HTTP/1.1\r\nHOST: x\r\nupgrade: WebSocket\r\n"
                   b"CONNECTION: keep-alive, Upgrade\r\nsec-websocket-key: " + KEY.encode()
                   + b"\r\nSEC-WEBSOCKET-VERSION: 13\r\n\r\n")
        with Client(self.server.port, request=request) as client:
            self.assertEqual(client.call(1, b"x"), b"x")

    def test_http_1_0_as_a_plain_nginx_sends_it(self):
        request = upgrade_request("/serv/", host="push_web", version="HTTP/1.0")
        with Client(self.server.port, request=request) as client:
            self.assertEqual(client.call(1, b"x"), b"x")

    def test_extensions_are_declined(self):
        offer = "permessage-deflate; client_max_window_bits"
        with Client(self.server.port, Sec_WebSocket_Extensions=offer) as client:
            self.assertNotIn("sec-websocket-extensions", client.answer.headers)
            self.assertEqual(client.call(1, b"x"), b"x")

    def test_frames_right_behind_the_upgrade(self):
        early = upgrade_request("/echo") + client_frame(PING, b"early")
        with Client(self.server.port, request=early) as client:
            self.assertEqual(client.frame().payload, b"early")


class GateBounds(ServerCase):

    def test_a_slow_header_is_closed(self):
        server = self.serve(config={"handshake_ms": 1000})
        request = upgrade_request("/serv/")
        for what, sent in (("nothing", b""), ("a part", request[:40])):
            with self.subTest(what), Socket(server.port) as sock:
                sock.send(sent)
                self.assertNotIn(b" 101 ", sock.read_all())

    def test_more_connections_than_allowed(self):
        server = self.serve(config={"limits": {"connections": 2}})
        clients = [Client(server.port), Client(server.port)]
        for client in clients:
            self.assertEqual(client.call(1, b"in"), b"in")
        with self.assertRaises(Refused) as caught:
            Client(server.port)
        self.assertEqual(caught.exception.status, 503)
        self.assertEqual(caught.exception.error()["code"], 503)
        clients[0].bye()
        self.wait_for_room(server)
        self.assertEqual(clients[1].call(1, b"still"), b"still")
        clients[1].sock.close()

    def wait_for_room(self, server):
        """The server may learn of the end of a connection a moment after its client."""
        for _ in range(200):
            try:
                Client(server.port).bye()
                return
            except Refused as why:
                self.assertEqual(why.status, 503)
        self.fail("a closed connection still counts")

    def test_origins(self):
        server = self.serve(config={"origins": ["https://app.example"]})
        Client(server.port, Origin="https://app.example").bye()
        Client(server.port).bye()  # not a browser
        for origin in ("https://evil.example", "null", "https://app.example.evil.example"):
            with self.subTest(origin), self.assertRaises(Refused) as caught:
                Client(server.port, Origin=origin)
            self.assertEqual(caught.exception.status, 403)


if __name__ == "__main__":
    main()
