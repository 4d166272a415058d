#!/usr/bin/python3
"""The shipped actions over the wire, where it takes a server to see it: who counts as a user, a
request that crosses another, payloads that are refused, plugins that come and go under users who
stay connected. (What each action does in each state is tested with the plugins, without a server.)"""

import json
import threading

from harness import ServerCase, eventually, main
from rawws import Client

ADD, ANSWER, LIST, REQUESTS, BLOCK = 110, 112, 114, 115, 116
GET, SET, SEARCH = 111, 118, 119
REQUESTED, ANSWERED = 1110, 1112


class Actions(ServerCase):

    def setUp(self):
        self.server = self.serve("echo", "sqlite", "friend", "profile", config={
            "services": {"act.sql/1": "sqlite"}})

    def connect(self, user):
        client = Client(self.server.port, f"/serv/?user={user}")
        self.addCleanup(client.sock.close)
        return client

    def ask(self, client, code, **members):
        return json.loads(client.call(code, json.dumps(members)))

    def hear(self, client):
        code, payload = client.reply()
        return code, json.loads(payload)

    def known(self, client, user):
        """Waits until the user, whose login is written down in the background, can be found."""
        eventually(lambda: "error" not in self.ask(client, GET, user=user), f"{user} is known")

    def test_who_only_connected_is_a_user(self):
        alice, bob = self.connect("alice"), self.connect("bob")
        self.known(alice, "bob")
        self.assertEqual(self.ask(alice, ADD, user="bob"), {"state": "requested"})
        self.assertEqual(self.hear(bob), (REQUESTED, {"user": "alice", "note": ""}))
        self.assertEqual(self.ask(alice, ADD, user="carol")["error"]["code"], 1001)

    def test_refusals_say_what_is_wrong(self):
        alice = self.connect("alice")
        error = alice.error(ADD, "我们都好")
        self.assertEqual((error["code"], error["name"]), (422, "payload_refused"))
        self.assertEqual(error["message"], "the payload cannot be read as a JSON object: expected "
                         "an object, that is '{', found '我' at byte 0 of 12")
        error = alice.error(SET, '{"name":"' + "x" * 65 + '"}')
        self.assertEqual(error["message"], '"name": expected a string of 1 to 64 characters or '
                         "null, found one of 65 at byte 8")
        self.assertEqual(alice.error(ADD, "x" * 8193)["name"], "too_large")
        error = alice.error(ADD, '{"user":"alice"}')
        self.assertEqual((error["code"], error["name"], error["retry"]),
                         (1002, "plugin_error", False))

    def cross(self, clients):
        """Both ask each other at once. Each hears its own answer and one push, in either order."""
        answers, pushes = {}, {}
        start = threading.Barrier(2)

        def one(user, other):
            start.wait()
            clients[user].ask(ADD, json.dumps({"user": other}))
            for code, payload in (clients[user].reply(), clients[user].reply()):
                (answers if code == ADD else pushes)[user] = (code, json.loads(payload))

        names = list(clients)
        threads = [threading.Thread(target=one, args=pair) for pair in (names, names[::-1])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers, pushes

    def test_crossing_requests(self):
        for number in range(20):
            names = [f"a{number}", f"b{number}"]
            clients = {name: self.connect(name) for name in names}
            for name in names:
                self.known(clients[names[0]], name)
            answers, pushes = self.cross(clients)
            first, second = sorted(names, key=lambda one: answers[one][1]["state"] != "requested")
            self.assertEqual(answers, {first: (ADD, {"state": "requested"}),
                                       second: (ADD, {"state": "friends"})})
            self.assertEqual(pushes, {second: (REQUESTED, {"user": first, "note": ""}),
                                      first: (ANSWERED, {"user": second, "accept": True})})
            for one, other in (names, names[::-1]):
                friends = self.ask(clients[one], LIST)["friends"]
                self.assertEqual([friend["user"] for friend in friends], [other])

    def test_a_block_is_not_seen_by_the_blocked(self):
        alice, eve = self.connect("alice"), self.connect("eve")
        self.known(alice, "eve")
        self.assertEqual(self.ask(alice, BLOCK, user="eve"), {"state": "blocked"})
        self.assertEqual(self.ask(eve, ADD, user="alice"), {"state": "requested"})
        sent = self.ask(eve, REQUESTS, list="sent")["sent"]
        self.assertEqual([request["user"] for request in sent], ["alice"])
        # Had there been a push to alice, it would come before this answer.
        self.assertEqual(self.ask(alice, REQUESTS), {"received": []})

    def test_a_new_generation_of_friend_under_open_connections(self):
        alice, bob = self.connect("alice"), self.connect("bob")
        self.known(alice, "bob")
        self.ask(alice, ADD, user="bob")
        self.assertEqual(self.hear(bob)[0], REQUESTED)
        reload = self.server.sighup(config={"plugins": {"friend": {"friends_max": 1}}})
        self.assertEqual(reload.verdict, "taken", reload.text)
        self.assertEqual(self.ask(bob, ANSWER, user="alice", accept=True), {"state": "friends"})
        self.assertEqual(self.hear(alice), (ANSWERED, {"user": "bob", "accept": True}))
        self.assertEqual(self.ask(alice, GET, user="bob")["name"], "bob")
        self.connect("carol")
        self.known(alice, "carol")
        self.assertEqual(self.ask(alice, ADD, user="carol"), {"state": "requested"})
        reload = self.server.sighup(config={"plugins": {"friend": {"friends_max": 0}}})
        self.assertNotEqual(reload.verdict, "taken", reload.text)
        self.assertEqual(len(self.ask(alice, LIST)["friends"]), 1)

    def test_friend_does_without_profile(self):
        alice, bob = self.connect("alice"), self.connect("bob")
        self.ask(alice, SET, name="Alice")
        self.server.remove("profile")
        self.server.sighup()
        self.assertEqual(alice.error(GET)["name"], "unknown_action")
        dave = self.connect("dave")
        eventually(lambda: "error" not in self.ask(bob, ADD, user="dave"), "dave is known")
        self.assertEqual(self.hear(dave)[0], REQUESTED)
        self.server.install("profile")
        self.server.sighup()
        users = self.ask(bob, SEARCH, prefix="da")["users"]
        self.assertEqual(users, [{"user": "dave", "name": "dave"}])
        self.assertEqual(self.ask(bob, GET, user="alice")["name"], "Alice")


if __name__ == "__main__":
    main()
