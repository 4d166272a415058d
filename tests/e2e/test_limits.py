"""Limits: what is over a bound is told so, and what is under it is served."""

from harness import ServerCase, eventually, main
from probe import BLOCK, HOLD, ME, OK, Probe
from rawws import PING, Client, Closed, client_frame, PONG, BINARY

LIMITED, CAPPED, SHORT = 50, 51, 52


class Limits(ServerCase):

    def clients(self, count, **config):
        self.server = self.serve("echo", "probe", config=config)
        return [self.client() for _ in range(count)]

    def client(self, path="/serv/"):
        client = Probe(self.server.port, path)
        self.addCleanup(client.sock.close)
        return client

    def test_rate(self):
        one, two = self.clients(2, actions={
            "1": "echo.echo",
            str(LIMITED): {"action": "echo.echo", "rate_per_s": 0.001, "rate_burst": 3}})
        for _ in range(3):
            self.assertEqual(one.call(LIMITED, b"x"), b"x")
        for _ in range(3):
            error = one.error(LIMITED, b"x")
            self.assertEqual((error["code"], error["name"], error["retry"]),
                             (429, "rate_limited", True))
        self.assertEqual(two.call(LIMITED, b"x"), b"x")  # each connection has its own
        self.assertEqual(one.call(1, b"x"), b"x")  # and each action

    def test_rate_comes_back(self):
        one, = self.clients(1, actions={
            str(LIMITED): {"action": "echo.echo", "rate_per_s": 20, "rate_burst": 1}})
        self.assertEqual(one.call(LIMITED, b"x"), b"x")
        eventually(lambda: one.call(LIMITED, b"x") == b"x", "another call is let through")

    def test_calls_at_once(self):
        one, two = self.clients(2, actions={
            str(CAPPED): {"action": "probe.hold", "in_flight": 1}})
        for name in ("first", "second"):
            one.ask(CAPPED, name)
            two.wait_event(f"held {name}")
            for _ in range(3):
                error = two.error(CAPPED, "another")
                self.assertEqual((error["code"], error["name"], error["retry"]),
                                 (503, "overloaded", True))
            self.assertEqual(two.release(name, "done"), OK)
            self.assertEqual(one.reply(), (CAPPED, b"done"))

    def test_queue_for_workers(self):
        clients = self.clients(4, workers=1, limits={"worker_queue": 1})
        for client in clients[:3]:
            client.ask(BLOCK, "gate")
        (self.server.data("probe") / "gate").touch()
        answers = [client.reply()[1] for client in clients[:3]]
        self.assertTrue(any(answer.startswith(b"gate after") for answer in answers))
        for answer in answers:
            if not answer.startswith(b"gate after"):
                self.assertIn(b'"name":"overloaded"', answer)
        self.assertIn("payload=x", clients[3].text(ME, "x"))

    def test_queue_for_workers_is_bounded(self):
        # On one loop, which hears of them in the order in which they speak.
        one, two, three = self.clients(3, threads=1, workers=1, limits={"worker_queue": 1})
        one.ask(BLOCK, "gate")
        two.wait_event("blocking gate")  # the only worker is taken
        two.ask(BLOCK, "gate")  # and the only place
        eventually(lambda: three.call(ME) and True, "the loop goes on")
        error = eventually(lambda: self.overloaded(three), "503 when the queue is full")
        self.assertEqual((error["code"], error["retry"]), (503, True))
        (self.server.data("probe") / "gate").touch()
        for client in (one, two):
            self.assertTrue(client.reply()[1].startswith(b"gate after"))

    def overloaded(self, client):
        """One more blocking call, which a full queue refuses at once."""
        return client.error(BLOCK, "gate")

    def test_deadlines_of_the_config(self):
        one, two = self.clients(2, deadline_ms=300, actions={
            str(HOLD): "probe.hold",
            str(SHORT): {"action": "probe.hold", "deadline_ms": 100}})
        for code in (HOLD, SHORT):
            error = one.error(code, str(code))
            self.assertEqual((error["code"], error["name"]), (504, "deadline"))
        two.wait_event(f"cancel {SHORT} -7")

    def test_longest_message(self):
        one, two = self.clients(2, limits={"message_bytes": 4096})
        self.assertEqual(one.call(1, b"x" * 4092), b"x" * 4092)
        two.ask(1, b"x" * 4093)
        self.assertEqual(two.closed().code, 1009)

    def test_login_by_action(self):
        one, = self.clients(1, actions={
            "60": {"action": "probe.private", "login": False},
            "61": {"action": "echo.echo", "login": True}})
        self.assertEqual(one.call(60), b"")
        self.assertEqual(one.error(61)["name"], "not_logged_in")


class Liveness(ServerCase):

    def start(self):
        self.server = self.serve(config={"ping_s": 1, "pong_s": 1})
        client = Client(self.server.port, "/echo")
        self.addCleanup(client.sock.close)
        return client

    def test_a_peer_that_answers_is_kept(self):
        client = self.start()
        for _ in range(3):
            got = client.frame()
            self.assertEqual(got.opcode, PING)
            client.send(client_frame(PONG, got.payload))
        client.send(client_frame(BINARY, b"alive"))
        self.assertEqual(client.message(), (BINARY, b"alive"))

    def test_any_frame_counts_as_life(self):
        client = self.start()
        for number in range(3):
            self.assertEqual(client.frame().opcode, PING)
            client.send(client_frame(BINARY, b"%d" % number))
            self.assertEqual(client.frame().payload, b"%d" % number)

    def test_a_dead_peer_is_dropped(self):
        client = self.start()
        self.assertEqual(client.frame().opcode, PING)
        with self.assertRaises(Closed):
            while True:
                client.frame()


class Frames(ServerCase):
    """"log": {"frames": true} prints each message; it can be switched while connections live."""

    def test_switched_on_and_off(self):
        server = self.serve()
        client = Client(server.port)
        self.addCleanup(client.sock.close)
        client.call(1, "before")
        self.assertEqual(server.sighup({"log": {"frames": True}}).verdict, "taken")
        client.call(1, "during 我们都好")
        for way in ("<", ">"):
            line = server.wait_log(rf"{way}.*during 我们都好")
            self.assertRegex(line, r"\b1\b")
        self.assertEqual(server.sighup({"log": {"frames": False}}).verdict, "taken")
        client.call(1, "after")
        self.assertNotRegex(server.tail(1000), "before|after")


if __name__ == "__main__":
    main()
