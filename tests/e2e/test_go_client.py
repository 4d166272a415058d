"""A Go client on gorilla/websocket, as programs in the field are written."""

import json

import programs
from harness import ServerCase, main
from tokens import Issuer, tampered

ECHOED = "type=2 len=16 action=110 body=我们都好\n"


class GoClient(ServerCase):

    def setUp(self):
        self.issuer = Issuer()
        self.server = self.serve("echo", "jwt", "sqlite", "friend", config=self.issuer.config(),
                                 files=self.issuer.files())

    def error(self, **options):
        """The error that one 110 with a text that is no JSON is answered with."""
        code, out, err = programs.go(self.server.url("/serv/"), **options)
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"^type=2 len=\d+ action=110 body=\{")
        return json.loads(out.split("body=", 1)[1])["error"]

    def test_echo(self):
        code, out, err = programs.go(self.server.url("/echo"), n=2)
        self.assertEqual((code, out, err), (0, ECHOED * 2, ""))

    def test_without_login(self):
        self.assertEqual(self.error()["name"], "not_logged_in")

    def test_with_a_token(self):
        token = self.issuer.mint("alice")
        for how in ("token", "cookie"):
            with self.subTest(how):
                error = self.error(**{how: token})
                self.assertEqual((error["code"], error["name"]), (422, "payload_refused"))
                self.assertIn("JSON", error["message"])

    def test_with_a_bad_token(self):
        bad = tampered(self.issuer.mint("alice"), "bob")
        code, out, err = programs.go(self.server.url("/serv/"), token=bad)
        self.assertEqual((code, out), (1, ""))
        self.assertIn("HTTP 401", err)


if __name__ == "__main__":
    main()
