"""Login at the upgrade: where tokens are taken from, and which are refused before it."""

import json

from harness import ENDPOINTS, ServerCase, main
from rawws import Client, Refused
from tokens import Issuer, pack, tampered, unsigned

PRIVATE = 2120  # an action of the probe that answers the user, and needs one
ENDS = dict(ENDPOINTS, **{
    "/must/": {"mode": "action", "login": "required"},
    "/none/": {"mode": "action", "login": "none"},
})


class TokenCase(ServerCase):

    def start(self, algorithm="HS256", **changes):
        self.issuer = Issuer(algorithm)
        config = dict(self.issuer.config(), endpoints=ENDS)
        config["services"] = {"act.auth/1": "jwt"}
        config.update(changes)
        self.server = self.serve("echo", "jwt", "probe", config=config, files=self.issuer.files())

    def client(self, path="/serv/", **headers):
        client = Client(self.server.port, path, **headers)
        self.addCleanup(client.sock.close)
        return client

    def refusal(self, path="/serv/", **headers):
        with self.assertRaises(Refused) as caught:
            self.client(path, **headers)
        error = caught.exception.error()
        self.assertEqual(sorted(error), ["code", "message", "name", "retry"])
        self.assertEqual(error["code"], caught.exception.status)
        self.assertEqual(caught.exception.response.headers["content-type"], "application/json")
        self.assertTrue(error["message"])
        return caught.exception.status, error["name"]

    def bearer(self, token):
        return {"Authorization": f"Bearer {token}"}


class WhereTokensComeFrom(TokenCase):

    def every_way(self, token):
        yield "header", "/serv/", self.bearer(token)
        yield "scheme in lower case", "/serv/", {"Authorization": f"bearer {token}"}
        yield "cookie", "/serv/", {"Cookie": f"session={token}"}
        yield "cookie among others", "/serv/", {"Cookie": f"a=b; session={token}; theme=dark"}
        yield "query", f"/serv/?token={token}", {}
        yield "query among others", f"/serv/?v=1&token={token}&w=2", {}

    def check_every_way(self, algorithm):
        self.start(algorithm)
        token = self.issuer.mint("alice")
        for what, path, headers in self.every_way(token):
            with self.subTest(what):
                self.assertEqual(self.client(path, **headers).text(PRIVATE), "alice")
        self.assertEqual(self.refusal(**self.bearer(tampered(token, "bob"))),
                         (401, "not_logged_in"))

    def test_hs256(self):
        self.check_every_way("HS256")

    def test_rs256(self):
        self.check_every_way("RS256")

    def test_eddsa(self):
        self.check_every_way("EdDSA")

    def test_cookies_with_names_that_only_resemble(self):
        self.start()
        token = self.issuer.mint("alice")
        for cookie in (f"evilsession={token}", f"session2={token}", f"Session={token}",
                       f"a=session={token}", f"xsession={token}; sessionx={token}"):
            with self.subTest(cookie.split("=")[0]):
                error = self.client(Cookie=cookie).error(PRIVATE)
                self.assertEqual(error["name"], "not_logged_in")

    def test_the_good_cookie_beside_an_evil_one(self):
        self.start()
        good, evil = self.issuer.mint("alice"), Issuer().mint("mallory")
        client = self.client(Cookie=f"evilsession={evil}; session={good}")
        self.assertEqual(client.text(PRIVATE), "alice")

    def test_users_that_are_not_ascii(self):
        self.start()
        for user in ("好", "a b", "x" * 255):
            with self.subTest(user[:3]):
                client = self.client(**self.bearer(self.issuer.mint(user)))
                self.assertEqual(client.text(PRIVATE), user)


class WhatIsRefused(TokenCase):

    def test_bad_tokens(self):
        self.start()
        good = self.issuer.mint("alice")
        head, body, signature = good.split(".")
        bad = {
            "tampered": tampered(good, "bob"),
            "no algorithm": unsigned("alice"),
            "no signature": f"{head}.{body}.",
            "another's key": Issuer().mint("alice"),
            "signature cut": good[:-4],
            "not a token": "hello",
            "not yet": self.issuer.mint("alice", nbf=4102444800),
            "without a user": self.issuer.mint(""),
            "user too long": self.issuer.mint("x" * 256),
        }
        for what, token in bad.items():
            with self.subTest(what):
                self.assertEqual(self.refusal(**self.bearer(token)), (401, "not_logged_in"))

    def test_expired(self):
        self.start()
        old = self.issuer.mint("alice", lifetime=-3600)
        for what, path, headers in (("header", "/serv/", self.bearer(old)),
                                    ("cookie", "/serv/", {"Cookie": f"session={old}"}),
                                    ("query", f"/serv/?token={old}", {})):
            with self.subTest(what):
                self.assertEqual(self.refusal(path, **headers), (401, "token_expired"))

    def test_the_public_key_is_no_secret(self):
        self.start("RS256")
        forger = Issuer("HS256")
        forger.secret = self.issuer.key_file
        forged = pack({"alg": "HS256", "typ": "JWT"}, {"sub": "alice", "exp": 4102444800},
                      forger.sign)
        self.assertEqual(self.refusal(**self.bearer(forged)), (401, "not_logged_in"))

    def test_two_authorization_headers(self):
        self.start()
        token = self.issuer.mint("alice")
        both = {"Authorization": [f"Bearer {token}", f"Bearer {token}"]}
        status, _ = self.refusal(**both)
        self.assertIn(status, (400, 401))

    def test_another_scheme(self):
        self.start()
        # Credentials for a proxy in front are no token, neither a good one nor a bad one.
        proxys = {"Authorization": "Basic YWxpY2U6c2VjcmV0"}
        self.assertEqual(self.client(**proxys).error(PRIVATE)["name"], "not_logged_in")
        self.assertEqual(self.refusal("/must/", **proxys), (401, "not_logged_in"))
        cookie = {"Cookie": f"session={self.issuer.mint('alice')}"}
        self.assertEqual(self.client(**proxys, **cookie).text(PRIVATE), "alice")

    def test_bad_where_login_is_optional_is_refused_all_the_same(self):
        self.start()
        self.assertEqual(self.refusal("/serv/?token=rubbish"), (401, "not_logged_in"))

    def test_known_but_not_allowed_is_403(self):
        settings = {"algorithms": ["HS256"], "key_file": "key", "audience": "here"}
        self.start(plugins={"jwt": settings})
        self.assertEqual(self.refusal(**self.bearer(self.issuer.mint("a", aud="there"))),
                         (403, "forbidden"))
        client = self.client(**self.bearer(self.issuer.mint("a", aud="here")))
        self.assertEqual(client.text(PRIVATE), "a")

    def test_nobody_to_ask_is_503(self):
        self.issuer = Issuer()
        config = dict(self.issuer.config(), endpoints=ENDS, services={"act.auth/1": "absent"})
        self.server = self.serve("echo", "probe", config=config)
        status, _ = self.refusal(**self.bearer(self.issuer.mint("alice")))
        self.assertEqual(status, 503)
        self.assertEqual(self.client().text(1, "unlogged"), "unlogged")


class WhereLoginIsAskedFor(TokenCase):

    def test_required(self):
        self.start()
        self.assertEqual(self.refusal("/must/"), (401, "not_logged_in"))
        client = self.client("/must/", **self.bearer(self.issuer.mint("alice")))
        self.assertEqual(client.text(PRIVATE), "alice")

    def test_optional(self):
        self.start()
        client = self.client()
        self.assertEqual(client.error(PRIVATE)["name"], "not_logged_in")
        self.assertEqual(client.text(1, "hi"), "hi")

    def test_none(self):
        """No token is asked for; one that is there and bad is refused here too."""
        self.start()
        self.assertEqual(self.client("/none/").text(1, "hi"), "hi")
        self.assertEqual(self.refusal("/none/", **self.bearer("rubbish")), (401, "not_logged_in"))
        client = self.client("/none/", **self.bearer(self.issuer.mint("alice")))
        self.assertEqual(client.text(1, "hi"), "hi")

    def test_places_that_are_switched_off(self):
        self.start(login={"header": "authorization", "cookie": None, "query": None})
        token = self.issuer.mint("alice")
        self.assertEqual(self.client(f"/serv/?token={token}").error(PRIVATE)["code"], 401)
        self.assertEqual(self.client(Cookie=f"session={token}").error(PRIVATE)["code"], 401)
        self.assertEqual(self.client(**self.bearer(token)).text(PRIVATE), "alice")


class WithoutTokens(ServerCase):
    """"auth": "none", for trying things out."""

    def test_the_query_names_the_user(self):
        server = self.serve("echo", "probe")
        for query, user in (("?user=alice", "alice"), ("?user=%E5%A5%BD", "好"),
                            ("?a=b&user=bob", "bob")):
            with self.subTest(user), Client(server.port, "/serv/" + query) as client:
                self.assertEqual(client.text(PRIVATE), user)
        with Client(server.port) as client:
            self.assertEqual(client.error(PRIVATE)["name"], "not_logged_in")

    def test_bad_names(self):
        server = self.serve("echo", "probe")
        for query in ("?user=%ff", "?user=" + "x" * 256):
            with self.subTest(query[:10]), self.assertRaises(Refused) as caught:
                Client(server.port, "/serv/" + query)
            self.assertIn(caught.exception.status, (400, 401))
            self.assertIn("error", json.loads(caught.exception.response.body))


if __name__ == "__main__":
    main()
