"""The host table, part two: users, groups, pushes, closing, and what the plugin is told of it."""

from harness import ServerCase, main
from probe import (BIND, CLOSE, E_GONE, E_INVAL, E_NOSUPP, HOLD, JOIN, LEAVE, ME, OK, PRIVATE, PUSH,
                   PUSHED, P_MUTE, RENAME, TO_ALL, TO_CONN, TO_GROUP, TO_USER, Probe)
from rawws import Client, action_frame

STALE = str(0xDEADBEEF00000001)


class PeopleCase(ServerCase):

    def setUp(self):
        self.server = self.serve("echo", "probe")

    def client(self, path="/serv/"):
        client = Probe(self.server.port, path)
        self.addCleanup(client.sock.close)
        return client


class Users(PeopleCase):

    def test_bound_in_band(self):
        client = self.client()
        self.assertEqual(client.error(PRIVATE)["name"], "not_logged_in")
        # Sent together: the binding is there before the next message is looked at.
        client.send(action_frame(BIND, "alice") + action_frame(PRIVATE) + action_frame(ME))
        self.assertEqual(client.reply(), (BIND, OK.encode()))
        self.assertEqual(client.reply(), (PRIVATE, b"alice"))
        self.assertIn(b"user=alice ", client.reply()[1])

    def test_bound_while_the_call_still_knows_the_user_before(self):
        client = self.client("/serv/?user=" + "a" * 200)
        self.assertEqual(client.text(RENAME, "bob"), f"{OK} was {'a' * 200}")
        self.assertEqual(client.text(RENAME, "carol"), f"{OK} was bob")
        self.assertEqual(client.text(PRIVATE), "carol")

    def test_bound_again_and_unbound(self):
        client = self.client("/serv/?user=alice")
        self.assertEqual(client.text(PRIVATE), "alice")
        self.assertEqual(client.text(BIND, "bob phone"), OK)
        self.assertEqual(client.text(PRIVATE), "bob")
        self.assertEqual(client.text(BIND, "- -"), OK)
        self.assertEqual(client.error(PRIVATE)["name"], "not_logged_in")

    def test_ids_that_are_none(self):
        client = self.client()
        self.assertEqual(client.text(BIND, "x" * 255), OK)
        self.assertEqual(client.text(BIND, "x" * 256), E_INVAL)
        self.assertEqual(client.text(BIND, b"\xff"), E_INVAL)
        self.assertEqual(client.text(PRIVATE), "x" * 255)

    def test_what_the_plugin_is_told(self):
        watcher = self.client()
        client = self.client("/serv/?user=alice")
        conn = client.conn
        client.text(BIND, "bob")
        client.text(BIND, "-")
        client.bye()
        watcher.wait_event(f"close {conn}")
        own = [event for event in watcher.events() if conn in event.split()]
        self.assertEqual(own[0], f"open {conn} user=alice address=127.0.0.1 endpoint=/serv/")
        self.assertEqual(own[-1], f"close {conn}")
        told = [event.split()[0] + " " + event.split()[-1] for event in own[1:-1]]
        self.assertEqual(told, ["unbound alice", "bound bob", "unbound bob"])

    def test_a_connection_that_breaks_is_told_too(self):
        watcher, client = self.client(), self.client()
        conn = client.conn
        client.sock.close()
        watcher.wait_event(f"close {conn}")


class Pushes(PeopleCase):

    def test_to_one_connection(self):
        one, two = self.client(), self.client()
        self.assertEqual(one.push(TO_CONN, "hi there", conn=two.conn), OK)
        self.assertEqual(two.heard(), "hi there")
        self.assertEqual(one.silent(), [])
        self.assertEqual(one.push(TO_CONN, "x", conn=STALE), E_GONE)

    def test_before_its_own_answer(self):
        client = self.client()
        conn = client.conn
        client.ask(2112, f"0 {TO_CONN} - - {conn} 0 first")
        self.assertEqual(client.reply(), (PUSHED, b"first"))
        self.assertEqual(client.reply(), (2112, OK.encode()))

    def test_to_a_user_on_every_connection(self):
        bobs = [self.client("/serv/?user=bob") for _ in range(3)]
        conns = [bob.conn for bob in bobs]
        alice = self.client("/serv/?user=alice")
        self.assertEqual(alice.push(TO_USER, "all", who="bob"), OK)
        self.assertEqual([bob.heard() for bob in bobs], ["all"] * 3)
        self.assertEqual(alice.push(TO_USER, "some", who="bob", skip=conns[1]), OK)
        self.assertEqual([bobs[0].heard(), bobs[2].heard()], ["some"] * 2)
        self.assertEqual(bobs[1].silent(), [])
        self.assertEqual(alice.push(TO_USER, "nobody is no error", who="carol"), OK)

    def test_to_one_device(self):
        phone, desk = self.client(), self.client()
        phone.text(BIND, "bob phone")
        desk.text(BIND, "bob desk")
        self.client().push(TO_USER, "ring", who="bob", device="phone")
        self.assertEqual(phone.heard(), "ring")
        self.assertEqual(desk.silent(), [])

    def test_to_a_user_no_longer(self):
        client, other = self.client("/serv/?user=bob"), self.client()
        client.text(BIND, "carol")
        other.push(TO_USER, "for bob", who="bob")
        other.push(TO_USER, "for carol", who="carol")
        self.assertEqual(client.heard(), "for carol")

    def test_to_a_group(self):
        one, two, three = (self.client() for _ in range(3))
        for client in (one, two, two):  # twice is once
            self.assertEqual(client.text(JOIN, "g"), OK)
        three.push(TO_GROUP, "a", who="g")
        self.assertEqual((one.heard(), two.heard()), ("a", "a"))
        self.assertEqual(two.silent(), [])
        self.assertEqual(two.text(LEAVE, "g"), OK)
        self.assertEqual(two.text(LEAVE, "g"), OK)
        three.push(TO_GROUP, "b", who="g")
        self.assertEqual(one.heard(), "b")
        self.assertEqual((two.silent(), three.silent()), ([], []))
        self.assertEqual(three.text(JOIN, f"g {two.conn}"), OK)
        three.push(TO_GROUP, "c", who="g", skip=one.conn)
        self.assertEqual(two.heard(), "c")
        self.assertEqual(one.silent(), [])
        self.assertEqual(three.text(JOIN, f"g {STALE}"), E_GONE)

    def test_to_all_but_raw_endpoints(self):
        raw = Client(self.server.port, "/echo")
        self.addCleanup(raw.sock.close)
        clients = [self.client() for _ in range(6)]
        for client in clients:
            client.me()
        self.assertEqual(clients[0].push(TO_ALL, "all", skip=clients[0].conn), OK)
        self.assertEqual([client.heard() for client in clients[1:]], ["all"] * 5)
        raw.send(action_frame(1, b"?"))
        self.assertEqual(raw.message()[1], b"\0\0\0\x01?")

    def test_order_of_many(self):
        listener, speaker = self.client(), self.client()
        for number in range(300):
            speaker.ask(2112, f"0 {TO_CONN} - - {listener.conn} 0 {number}")
        self.assertEqual([listener.heard() for _ in range(300)], [str(n) for n in range(300)])

    def test_what_is_no_push(self):
        client = self.client()
        self.assertEqual(client.push(TO_CONN, "x", what=9, conn=client.conn), E_INVAL)
        self.assertEqual(client.push(9, "x"), E_INVAL)
        self.assertEqual(client.push(TO_USER, "x"), E_INVAL)
        self.assertEqual(client.push(TO_GROUP, "x"), E_INVAL)
        self.assertEqual(client.push(TO_CONN, "x", what=P_MUTE, conn=client.conn), E_NOSUPP)
        self.assertEqual(client.push(TO_CONN, f"*{(1 << 20) + 1}", conn=client.conn), "rc -4")
        self.assertEqual(client.silent(), [])


class Closing(PeopleCase):

    def test_codes_and_reasons(self):
        for code, reason in ((1000, "done"), (1008, "策"), (3000, ""), (4500, "kicked"),
                             (4999, "x" * 123)):
            with self.subTest(code):
                client, other = self.client(), self.client()
                self.assertEqual(other.text(CLOSE, f"{client.conn} {code} {reason}"), OK)
                self.assertEqual(client.gone(), (code, reason))

    def test_what_waits_in_the_outbox_goes_first(self):
        client, other = self.client(), self.client()
        conn = client.conn
        for number in range(3):
            other.ask(PUSH, f"0 {TO_CONN} - - {conn} 0 {number}" + "x" * 400)
        other.ask(CLOSE, f"{conn} 4000 bye")
        self.assertEqual([client.heard()[0] for _ in range(3)], ["0", "1", "2"])
        self.assertEqual(client.gone(), (4000, "bye"))

    def test_one_s_own_connection(self):
        client = self.client()
        client.ask(CLOSE, "0 4000 bye")
        why = client.closed()
        self.assertEqual((why.code, why.reason), (4000, "bye"))

    def test_codes_that_may_not_be_sent(self):
        client = self.client()
        for code in (0, 999, 1002, 1004, 1005, 1006, 1014, 1015, 2999, 5000):
            with self.subTest(code):
                self.assertEqual(client.text(CLOSE, f"0 {code} x"), E_INVAL)
        self.assertEqual(client.text(CLOSE, "0 4000 " + "x" * 124), E_INVAL)
        self.assertEqual(client.text(CLOSE, f"{STALE} 4000 x"), E_GONE)

    def test_held_calls_are_cancelled(self):
        client, other = self.client(), self.client()
        conn = client.conn
        client.ask(HOLD, "held")
        other.text(CLOSE, f"{conn} 4500 kicked")
        self.assertEqual(client.gone(), (4500, "kicked"))
        other.wait_event("cancel held -1")
        other.wait_event(f"close {conn}")


if __name__ == "__main__":
    main()
