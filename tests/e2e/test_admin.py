"""The admin listener: every route, what is refused, who is let in, and its socket."""

import os
import stat

import admin
from harness import ServerCase, main

TOKEN = "correct-horse-battery"


class Routes(ServerCase):

    def setUp(self):
        self.server = self.serve()

    def test_each(self):
        types = {"/healthz": "text/plain; charset=utf-8", "/readyz": "text/plain; charset=utf-8",
                 "/metrics": "text/plain; version=0.0.4; charset=utf-8",
                 "/v1/status": "application/json", "/v1/reload": "application/json"}
        for path, kind in types.items():
            with self.subTest(path):
                answer = admin.ask(self.server, path)
                self.assertEqual((answer.code, answer.headers["content-type"]), (200, kind))
                self.assertEqual(answer.headers["cache-control"], "no-store")
        self.assertEqual(admin.ask(self.server, "/healthz").text, "ok\n")
        self.assertEqual(admin.ask(self.server, "/readyz").text, "ready\n")

    def test_a_query_is_passed_over(self):
        self.assertEqual(admin.ask(self.server, "/healthz?verbose=1", "GET").text, "ok\n")

    def test_head_is_get_without_a_body(self):
        whole = admin.ask(self.server, "/healthz")
        head = admin.ask(self.server, "/healthz", "HEAD")
        self.assertEqual((head.code, head.body), (200, b""))
        self.assertEqual(head.headers["content-length"], whole.headers["content-length"])

    def test_another_method(self):
        for path, allowed in (("/metrics", "GET, HEAD"), ("/v1/reload", "POST")):
            for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"):
                if method in allowed:
                    continue
                with self.subTest(f"{method} {path}"):
                    answer = admin.ask(self.server, path, method)
                    self.assertEqual(answer.code, 405)
                    self.assertEqual(answer.headers["allow"], allowed)
                    if method != "HEAD":
                        self.assertEqual(answer.error()["name"], "method_not_allowed")

    def test_another_path(self):
        for path in ("/", "/v1", "/v1/reload/", "/healthz/..", "/metrics/x", "/serv/"):
            with self.subTest(path):
                answer = admin.ask(self.server, path, "GET")
                self.assertEqual(answer.code, 404)
                self.assertEqual(answer.error(), {
                    "code": 404, "name": "not_found", "retry": False,
                    "message": "expected /healthz, /readyz, /metrics, /v1/status or /v1/reload"})

    def test_a_body_is_passed_over(self):
        body = b'{"why": "no reason"}'
        answer = admin.ask(self.server, "/v1/reload",
                           headers=[f"Content-Length: {len(body)}"], body=body)
        self.assertEqual(answer.json()["verdict"], "taken")
        answer = admin.ask(self.server, "/v1/reload", headers=["Content-Length: 0"])
        self.assertEqual(answer.json()["verdict"], "taken")

    def test_chunks_are_refused(self):
        answer = admin.ask(self.server, "/v1/reload", headers=["Transfer-Encoding: chunked"],
                           body=b"2\r\n{}\r\n0\r\n\r\n")
        self.assertEqual((answer.code, answer.error()["name"]), (411, "length_required"))

    def test_there_is_nothing_to_upgrade_to(self):
        for upgrade in ("websocket", "h2c"):
            for path in ("/healthz", "/v1/reload"):
                with self.subTest(f"{upgrade} {path}"):
                    answer = admin.ask(self.server, path, headers=[
                        "Connection: Upgrade", f"Upgrade: {upgrade}", "Sec-WebSocket-Version: 13",
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="])
                    self.assertEqual((answer.code, answer.error()["name"]), (400, "bad_request"))
        self.assertEqual(admin.status(self.server)["reload"]["number"], 0)

    def test_an_upgrade_to_what_nobody_knows(self):
        with admin.connect(self.server) as sock:
            admin.send(sock, "GET", "/healthz", ["Connection: Upgrade", "Upgrade: other"])
            self.assertNotIn(b" 101 ", sock.recv(4096))

    def test_what_is_no_request(self):
        for junk in (b"CONNECT actd:80 HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01",
                     b"BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"GET\r\n\r\n"):
            with self.subTest(junk), admin.connect(self.server) as sock:
                sock.sendall(junk)
                heard = b""
                while chunk := sock.recv(4096):
                    heard += chunk
                self.assertNotIn(b" 200 ", heard)
        self.assertEqual(admin.ask(self.server, "/healthz").text, "ok\n")


class Status(ServerCase):

    def test_it(self):
        server = self.serve("echo", "sqlite", config={
            "threads": 2, "services": {"act.sql/1": "sqlite"},
            "actions": {"1": "echo.echo", "2000-2004": "echo.echo", "7": "absent.thing"}})
        status = admin.status(server)
        self.assertEqual(status["pid"], server.pid)
        self.assertEqual(status["config"], str(server.conf))
        self.assertIs(status["ready"], True)
        self.assertNotIn("why", status)
        self.assertRegex(status["started"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual([loop["index"] for loop in status["loops"]], [0, 1])
        self.assertEqual(status["reload"]["number"], 0)
        self.assertEqual(status["reload"]["verdict"], "taken")
        plugins = {plugin["name"]: plugin for plugin in status["plugins"]}
        self.assertEqual(set(plugins), {"echo", "sqlite"})
        self.assertEqual(plugins["echo"]["actions"], [
            {"code": 1, "name": "echo"}, {"code": 2000, "code_last": 2004, "name": "echo"}])
        self.assertEqual(plugins["echo"]["raw"], [{"endpoint": "/echo", "name": "raw"}])
        self.assertEqual(plugins["sqlite"]["actions"], [])
        for plugin in plugins.values():
            self.assertEqual((plugin["state"], plugin["open_calls"]), ("serving", 0))


class Tcp(ServerCase):

    def serve_tcp(self, token=f"{TOKEN}\n", **more):
        self.server = self.serve(start=False)
        self.token_file = self.server.write("token", token)
        self.token_file.chmod(0o600)
        self.server.config["admin"] = {"listen": "127.0.0.1:0",
                                       "token_file": str(self.token_file), **more}

    def start(self):
        self.server.start()
        line = self.server.wait_log(r"admin: listening on 127\.0\.0\.1:\d+$")
        self.port = int(line.rpartition(":")[2])

    def test_a_token_is_asked_for(self):
        self.serve_tcp()
        self.start()
        good = [f"Authorization: Bearer {TOKEN}"]
        for path in admin.PATHS:
            with self.subTest(path):
                for headers in ([], ["Authorization: Bearer wrong"], [f"Authorization: {TOKEN}"],
                                [f"Authorization: Basic {TOKEN}"], [f"X-Token: {TOKEN}"],
                                [f"Authorization: Bearer {TOKEN}x"], good * 2):
                    answer = admin.ask(self.server, path, headers=headers, port=self.port)
                    self.assertEqual((answer.code, answer.error()["name"]), (401, "unauthorized"))
                    self.assertEqual(answer.headers["www-authenticate"], "Bearer")
                answer = admin.ask(self.server, path, headers=good, port=self.port)
                self.assertEqual(answer.code, 200)
                # By the unix socket none is needed, and a wrong one does no harm.
                self.assertEqual(admin.ask(self.server, path).code, 200)
        self.assertEqual(admin.ask(self.server, "/nowhere", "GET", port=self.port).code, 401)

    def test_the_reload_was_carried_out_for_the_good_one_alone(self):
        self.serve_tcp()
        self.start()
        for headers in ([], ["Authorization: Bearer x"]):
            admin.ask(self.server, "/v1/reload", headers=headers, port=self.port)
        self.assertEqual(admin.status(self.server)["reload"]["number"], 0)

    def refused(self, words):
        self.server.spawn()
        self.assertEqual(self.server.ended(), 1)
        self.assertIn(words, self.server.tail())
        self.assertNotIn("main: ready", self.server.tail())
        self.server.check_reports()
        self.assertFalse((self.server.state / "admin.sock").exists())

    def test_a_short_token(self):
        self.serve_tcp("short\n")
        self.refused("token: expected 16 to 1024 bytes, found 5")

    def test_no_token_file(self):
        self.serve_tcp(token_file="/nowhere/token")
        self.refused("admin.token_file: /nowhere/token: No such file")

    def test_an_address_that_is_taken(self):
        other = self.serve()
        self.serve_tcp(listen=f"127.0.0.1:{other.port}")
        self.refused("Address already in use")

    def test_an_address_without_a_token_file(self):
        self.serve_tcp(token_file="")
        self.refused('expected "token_file" beside it')


class Door(ServerCase):

    def test_its_owner_alone_may_connect(self):
        server = self.serve()
        about = os.stat(server.state / "admin.sock")
        self.assertTrue(stat.S_ISSOCK(about.st_mode))
        self.assertEqual(stat.S_IMODE(about.st_mode), 0o600)
        server.stop()
        self.assertFalse((server.state / "admin.sock").exists())

    def test_one_left_behind_is_replaced(self):
        server = self.serve()
        server.kill()
        self.assertTrue((server.state / "admin.sock").exists())
        server.start()
        self.assertEqual(admin.ask(server, "/healthz").text, "ok\n")


if __name__ == "__main__":
    main()
