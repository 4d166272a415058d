"""Two users become friends over the wire: requests, pushes, lists, and all still there after a
restart; with tokens in a header and in a cookie."""

import json

from harness import ServerCase, main
from rawws import Client
from tokens import Issuer

ADD, ANSWER, REMOVE, LIST, REQUESTS = 110, 112, 113, 114, 115
GET, SET, SEARCH = 111, 118, 119
REQUESTED, ANSWERED, REMOVED = 1110, 1112, 1113
PLUGINS = ("echo", "jwt", "sqlite", "friend", "profile")


class Person:
    """A user with one connection."""

    def __init__(self, server, issuer, name, how):
        token = issuer.mint(name)
        headers = {"header": {"Authorization": f"Bearer {token}"},
                   "cookie": {"Cookie": f"session={token}"}}[how]
        self.client = Client(server.port, **headers)

    def ask(self, code, **members):
        return json.loads(self.client.call(code, json.dumps(members)))

    def hear(self):
        code, payload = self.client.reply()
        return code, json.loads(payload)

    def friends(self):
        return [one["user"] for one in self.ask(LIST)["friends"]]


class Friends(ServerCase):

    def setUp(self):
        self.issuer = Issuer()
        self.server = self.serve(*PLUGINS, config=self.issuer.config(), files=self.issuer.files())

    def person(self, name, how="header"):
        person = Person(self.server, self.issuer, name, how)
        self.addCleanup(person.client.sock.close)
        # A user exists from the first login on; one answered call says that it has happened.
        self.assertEqual(person.ask(GET)["user"], name)
        return person

    def become_friends(self, how):
        alice, bob = self.person("alice", how), self.person("bob", how)
        self.assertEqual(alice.ask(ADD, user="bob", note="hi"), {"state": "requested"})
        self.assertEqual(bob.hear(), (REQUESTED, {"user": "alice", "note": "hi"}))
        self.assertEqual(bob.ask(ANSWER, user="alice", accept=True), {"state": "friends"})
        self.assertEqual(alice.hear(), (ANSWERED, {"user": "bob", "accept": True}))
        self.assertEqual((alice.friends(), bob.friends()), (["bob"], ["alice"]))
        return alice, bob

    def check_with_restart(self, how):
        self.become_friends(how)
        self.server.stop()
        self.server.start()
        alice, bob = self.person("alice", how), self.person("bob", how)
        self.assertEqual((alice.friends(), bob.friends()), (["bob"], ["alice"]))

    def test_header(self):
        self.check_with_restart("header")

    def test_cookie(self):
        self.check_with_restart("cookie")

    def test_every_connection_of_the_other_user_hears(self):
        bobs = [self.person("bob"), self.person("bob", "cookie"), self.person("bob")]
        alice = self.person("alice")
        alice.ask(ADD, user="bob")
        for bob in bobs:
            code, body = bob.hear()
            self.assertEqual((code, body["user"]), (REQUESTED, "alice"))

    def test_crossing_requests(self):
        alice, bob = self.person("alice"), self.person("bob")
        self.assertEqual(bob.ask(ADD, user="alice"), {"state": "requested"})
        self.assertEqual(alice.hear()[0], REQUESTED)
        self.assertEqual(alice.ask(ADD, user="bob"), {"state": "friends"})
        self.assertEqual(bob.hear(), (ANSWERED, {"user": "alice", "accept": True}))

    def test_decline(self):
        alice, bob = self.person("alice"), self.person("bob")
        alice.ask(ADD, user="bob")
        bob.hear()
        self.assertEqual(bob.ask(ANSWER, user="alice", accept=False), {"state": "declined"})
        self.assertEqual(alice.hear(), (ANSWERED, {"user": "bob", "accept": False}))
        self.assertEqual((alice.friends(), bob.friends()), ([], []))

    def test_remove(self):
        alice, bob = self.become_friends("header")
        alice.ask(REMOVE, user="bob")
        self.assertEqual(bob.hear()[0], REMOVED)
        self.assertEqual((alice.friends(), bob.friends()), ([], []))

    def test_a_user_who_never_logged_in(self):
        error = self.person("alice").ask(ADD, user="nobody")["error"]
        self.assertGreaterEqual(error["code"], 1000)
        self.assertFalse(error["retry"])

    def test_profiles(self):
        alice, bob = self.person("alice"), self.person("bob")
        self.assertEqual(bob.ask(SET, name="Bob 好")["name"], "Bob 好")
        self.assertEqual(alice.ask(GET, user="bob")["name"], "Bob 好")

    def test_the_server_lives_through_a_power_cut(self):
        self.become_friends("header")
        self.server.kill()
        self.server.start()
        self.assertEqual(self.person("alice").friends(), ["bob"])


if __name__ == "__main__":
    main()
