"""Tokens in band, and the end of a login: told before, renewed in time, or closed with 4401.

A connection of the base protocol with a token as short shows that the time is over: where it is
closed, the others would have been."""


import cast
from cast import HOLD, IN_THE_AIR, LET_GO, PRIVATE, SEE, TELL, TOLD
from harness import ServerCase, eventually, main
from probe import EVENTS
from rawws import Closed
from speech import ERROR, NUMBERED, SPEAKERS, V1, Base, Json, Speakers
from tokens import Issuer, pack, tampered

SHORT = 3  # seconds that a token is good for
SHORTER = 2  # where nothing has to be done in that time
EXPIRED = {"code": 401, "name": "token_expired", "message": "the token has expired",
           "retry": False}


class LoginCase(Speakers, ServerCase):

    leeway_s = 0
    notice_s = 0

    def setUp(self):
        self.issuer = Issuer()
        config = dict(self.issuer.config(), endpoints=cast.ENDPOINTS,
                      services={"act.auth/1": "jwt"}, expiry_notice_s=self.notice_s)
        config["plugins"]["jwt"]["leeway_s"] = self.leeway_s
        self.server = self.serve("echo", "jwt", "probe", "witness", "juggler", config=config,
                                 files=self.issuer.files())

    def log_in(self, speaker, user="alice", lifetime=600, **claims):
        return self.speak(speaker, token=self.issuer.mint(user, lifetime, **claims))

    def user_of(self, client):
        return client.value(PRIVATE)["user"]

    def outlive(self, witness):
        """Waits until the server has closed a connection whose token ended."""
        self.assertEqual(witness.closed().code, 4401)


class Expiry(LoginCase):

    def test_a_token_that_expires_closes_each_protocol(self):
        clients, other = [self.log_in(kind, lifetime=SHORT) for kind in SPEAKERS], self.speak(Base)
        for client in clients:
            self.assertEqual(self.user_of(client), "alice")
            client.ask(HOLD, "{}")  # which is given up then
        for client, expected in zip(clients, (None, EXPIRED, EXPIRED)):
            with self.subTest(client.subprotocol):
                error, why = client.fault()
                self.assertEqual(error, expected)
                self.assertEqual((why.code, why.reason), (4401, "the token has expired"))
        eventually(lambda: other.value(IN_THE_AIR)["held"] == 0, "the calls are given up")

    def test_what_the_greeting_says(self):
        for speaker in NUMBERED:
            hello = self.log_in(speaker, lifetime=600).hello
            self.assertEqual(hello["user"], "alice")
            self.assertLessEqual(hello["expires_in_s"], 600)
            hello = self.speak(speaker).hello
            self.assertEqual((hello["user"], hello["expires_in_s"]), (None, None))

    def test_nobody_is_closed_whose_token_does_not_expire(self):
        for_ever = pack({"alg": "HS256", "typ": "JWT"}, {"sub": "alice"}, self.issuer.sign)
        clients = [self.speak(speaker, token=for_ever) for speaker in SPEAKERS]
        clients += [self.log_in(speaker) for speaker in SPEAKERS]
        strangers = [self.speak(speaker) for speaker in SPEAKERS]
        # Where nobody logs in a token is looked at, and of no further consequence.
        token = self.issuer.mint("alice", SHORTER)
        strangers += [self.speak(speaker, "/none/", token=token) for speaker in SPEAKERS]
        self.assertIsNone(clients[1].hello["expires_in_s"])
        self.outlive(self.log_in(Base, lifetime=SHORTER))
        for client in clients:
            self.assertEqual(self.user_of(client), "alice")
        for client in strangers:
            self.assertEqual(client.value(SEE)["user"], "")


class Leeway(LoginCase):

    leeway_s = 30

    def test_it_counts_at_the_upgrade_and_in_band(self):
        late = -10  # this token's time is over by so much, and the clocks may differ by more
        for speaker in NUMBERED:
            left = self.log_in(speaker, lifetime=late).hello["expires_in_s"]
            self.assertIn(left, range(1, 21))
            answer = self.speak(speaker).auth(self.issuer.mint("alice", late))
            self.assertIn(answer["expires_in_s"], range(1, 21))

    def test_a_token_ends_behind_it(self):
        clients = [self.log_in(kind, lifetime=SHORTER - self.leeway_s) for kind in SPEAKERS]
        for client, expected in zip(clients, (None, EXPIRED, EXPIRED)):
            error, why = client.fault()
            self.assertEqual((error, why.code), (expected, 4401))


class Renewal(LoginCase):

    def test_renewed_in_time_it_stays(self):
        clients = [self.log_in(speaker, lifetime=SHORT) for speaker in NUMBERED]
        witness = self.log_in(Base, lifetime=SHORT)
        for client in clients:
            client.held = client.ask(HOLD, '"held"')
            answer = client.auth(self.issuer.mint("alice", 600))
            self.assertEqual(answer["user"], "alice")
            self.assertLessEqual(answer["expires_in_s"], 600)
        self.outlive(witness)
        self.speak(Base).call(LET_GO)
        for client in clients:
            self.assertEqual(client.good(client.answer_to(client.held)), b'"held"')
            self.assertEqual(self.user_of(client), "alice")
            client.nothing()

    def test_a_shorter_token_counts_too(self):
        clients = [self.log_in(speaker, lifetime=600) for speaker in NUMBERED]
        for client in clients:
            self.assertEqual(client.auth(self.issuer.mint("alice", SHORTER))["user"], "alice")
        for client in clients:
            self.assertEqual(client.fault()[0], EXPIRED)

    def test_who_came_without_a_login(self):
        for speaker in NUMBERED:
            client = self.speak(speaker)
            self.assertEqual(client.error(PRIVATE)["name"], "not_logged_in")
            self.assertEqual(client.auth(self.issuer.mint("好"))["user"], "好")
            self.assertEqual(self.user_of(client), "好")

    def test_another_user(self):
        speaker = self.log_in(Base, "bob")
        for kind in NUMBERED:
            client = self.log_in(kind, lifetime=SHORT)
            conn = int(client.hello["connection"], 16)
            client.notify(HOLD, "{}")
            self.assertEqual(client.auth(self.issuer.mint("bob"))["user"], "bob")
            self.assertEqual(self.user_of(client), "bob")
            told = [f"unbound {conn} alice", f"bound {conn} bob"]
            events = [line for line in self.events() if line in told]
            self.assertEqual(events, told)
            speaker.ask(TELL, '"for bob"')
            self.assertEqual(client.pushed(), (TOLD, b'"for bob"'))

    def test_the_same_user_is_not_bound_anew(self):
        client = self.log_in(V1)
        client.auth(self.issuer.mint("alice"))
        client.call(SEE)
        conn = int(client.hello["connection"], 16)
        self.assertEqual([line for line in self.events() if f"bound {conn}" in line], [])

    def events(self):
        with Base(self.server.port) as client:
            return client.text(EVENTS).splitlines()


class BadTokens(LoginCase):

    def bad(self):
        good = self.issuer.mint("bob")
        yield tampered(good, "carol"), (401, "not_logged_in")
        yield Issuer().mint("bob"), (401, "not_logged_in")
        yield self.issuer.mint("bob", -5), (401, "token_expired")
        yield "hello", (401, "not_logged_in")
        yield "", (401, "not_logged_in")
        yield "x" * 100000, (401, "not_logged_in")

    def test_they_leave_all_as_it_was(self):
        clients = [self.log_in(speaker, lifetime=SHORT) for speaker in NUMBERED]
        for client in clients:
            for token, expected in self.bad():
                with self.subTest(client.subprotocol, token=token[:20]):
                    error = client.auth(token)
                    self.assertEqual((error["code"], error["name"]), expected)
                    self.assertEqual((error["retry"], bool(error["message"])), (False, True))
            self.assertEqual(self.user_of(client), "alice")
        for client in clients:  # at its old end
            self.assertEqual(client.fault()[0], EXPIRED)

    def test_eight_are_borne(self):
        for speaker in NUMBERED:
            client = self.log_in(speaker)
            for _ in range(8):
                self.assertEqual(client.auth("bad")["name"], "not_logged_in")
            self.assertEqual(self.user_of(client), "alice")
            with self.assertRaises(Closed) as caught:
                client.auth(self.issuer.mint("alice"))
            self.assertEqual(caught.exception.code, 1008)
            self.assertTrue(caught.exception.reason)

    def test_a_good_one_makes_up_for_them(self):
        for speaker in NUMBERED:
            client = self.speak(speaker)
            for _ in range(3):
                for _ in range(7):
                    self.assertEqual(client.auth("bad")["name"], "not_logged_in")
                self.assertEqual(client.auth(self.issuer.mint("bob"))["user"], "bob")

    def test_where_nobody_logs_in(self):
        for speaker in NUMBERED:
            client = self.speak(speaker, "/none/")
            error = client.auth(self.issuer.mint("alice"))
            self.assertEqual((error["code"], error["name"]), (403, "forbidden"))
            self.assertEqual(client.value(SEE)["user"], "")

    def test_known_but_not_allowed(self):
        jwt = {"algorithms": ["HS256"], "key_file": "key", "audience": "here"}
        self.assertEqual(self.server.sighup({"plugins": {"jwt": jwt}}).verdict, "taken")
        for speaker in NUMBERED:
            client = self.speak(speaker)
            error = client.auth(self.issuer.mint("alice", aud="there"))
            self.assertEqual((error["code"], error["name"]), (403, "forbidden"))
            self.assertEqual(client.auth(self.issuer.mint("alice", aud="here"))["user"], "alice")

    def test_nobody_to_ask(self):
        clients = [self.speak(speaker) for speaker in NUMBERED]
        self.server.remove("jwt")
        self.server.sighup({"services": {"act.auth/1": "absent"}})
        for client in clients:
            error = client.auth(self.issuer.mint("alice"))
            self.assertEqual((error["code"], error["name"], error["retry"]),
                             (502, "unavailable", True))


class Notice(LoginCase):

    notice_s = 2

    def test_it_comes_before_the_end_and_in_time_to_renew(self):
        clients = [self.log_in(speaker, lifetime=SHORT + 1) for speaker in NUMBERED]
        witness = self.log_in(Base, lifetime=SHORT + 1)
        for client in clients:
            notice = client.notice()
            self.assertEqual(notice["user"], "alice")
            self.assertIn(notice["expires_in_s"], range(0, self.notice_s + 1))
            self.assertEqual(client.auth(self.issuer.mint("alice", 600))["user"], "alice")
        self.outlive(witness)
        for client in clients:
            self.assertEqual(self.user_of(client), "alice")
            client.nothing()

    def test_a_second_token_has_its_own(self):
        clients = [self.log_in(speaker) for speaker in NUMBERED]
        for client in clients:
            client.auth(self.issuer.mint("bob", SHORT))
        for client in clients:
            self.assertEqual(client.notice()["user"], "bob")
            self.assertEqual(client.fault()[0], EXPIRED)

    def test_a_token_that_ends_sooner_has_none(self):
        """The greeting has said it already."""
        for client in [self.log_in(speaker, lifetime=self.notice_s) for speaker in NUMBERED]:
            last = client.heard()
            if isinstance(client, Json):
                self.assertEqual(last["error"], EXPIRED)
            else:
                self.assertEqual(last.code, ERROR)
            self.assertEqual(client.closed().code, 4401)


class WithoutTokens(Speakers, ServerCase):

    def test_none_is_looked_at(self):
        self.server = self.serve("witness", config={"endpoints": cast.ENDPOINTS})
        for speaker in NUMBERED:
            client = self.speak(speaker, "/serv/?user=alice")
            error = client.auth(Issuer().mint("bob"))
            self.assertEqual((error["code"], error["name"]), (403, "forbidden"))
            self.assertIn("?user=", error["message"])
            self.assertEqual(client.value(PRIVATE)["user"], "alice")


if __name__ == "__main__":
    main()
