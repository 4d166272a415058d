"""A replaced generation lives until its last call is answered, and not longer."""

from harness import ServerCase, eventually, main
from probe import BLOCK, HOLD, JOIN, TIMER, Probe
from procfs import descriptors, mapped_files


class Pins(ServerCase):

    def setUp(self):
        self.turn = 0

    def start(self, **config):
        self.server = self.serve("echo", "probe", config=config)

    def client(self):
        client = Probe(self.server.port)
        self.addCleanup(client.sock.close)
        return client

    def replace(self):
        self.turn += 1
        reload = self.server.sighup({"plugins": {"probe": {"turn": self.turn}}})
        self.assertEqual(reload.verdict, "taken")
        self.assertTrue(reload.plugins["probe"].startswith("replaced"))

    def copies(self):
        """How many copies of the probe are mapped."""
        return len({path for path in mapped_files(self.server.pid) if "/probe." in path})

    def test_a_blocking_call_is_answered_by_its_own_generation(self):
        self.start(drain_ms=60000)
        busy, other = self.client(), self.client()
        old = other.me()["generation"]
        busy.ask(BLOCK, "gate")
        other.wait_event("blocking gate")
        self.replace()
        self.assertGreater(int(other.me()["generation"]), int(old))
        self.assertEqual(self.copies(), 2)
        (self.server.data("probe") / "gate").touch()
        self.assertEqual(busy.reply(), (BLOCK, f"gate after generation {old}".encode()))
        self.assertGreater(int(busy.me()["generation"]), int(old))
        eventually(lambda: self.copies() == 1, "the old generation is unmapped")

    def test_calls_in_the_queue_go_to_the_new_generation(self):
        self.start(drain_ms=60000)
        busy, other = self.client(), self.client()
        old = other.me()["generation"]
        busy.ask(BLOCK, "gate")
        for number in range(20):
            busy.ask(2100, str(number))  # wait behind it; routed when they are taken
        other.wait_event("blocking gate")
        self.replace()
        (self.server.data("probe") / "gate").touch()
        self.assertEqual(busy.reply()[0], BLOCK)
        for number in range(20):
            code, payload = busy.reply()
            self.assertIn(b"payload=%d" % number, payload)
            self.assertNotIn(f"generation={old} ".encode(), payload)

    def test_what_is_never_answered_is_answered_by_the_server(self):
        self.start(drain_ms=400)
        client = self.client()
        client.ask(HOLD, "for ever")
        other = self.client()
        other.wait_event(f"open {other.conn} user= address=127.0.0.1 endpoint=/serv/")
        self.hold_is_there(other)
        self.replace()
        code, payload = client.reply()
        self.assertEqual(code, HOLD)
        self.assertRegex(payload, rb'"code":50[23],"name":"(unavailable|draining)"')
        self.assertIn("conn=", client.text(2100))
        eventually(lambda: self.copies() == 1, "the old generation is unmapped")

    def hold_is_there(self, other):
        """Calls of one connection are taken in order; this one asks for the name until it is."""
        eventually(lambda: other.text(2102, "another x") == "none", "the plugin answers")

    def test_timers_die_with_their_generation(self):
        self.start(drain_ms=1000)
        client = self.client()
        client.text(JOIN, "ticks")
        for _ in range(3):
            client.ask(TIMER, "1 1 1")
            self.replace()
        eventually(lambda: self.copies() == 1, "the old generations are unmapped")
        other = self.client()
        self.assertIn("conn=", other.text(2100))

    def test_a_removed_plugin_leaves_nothing(self):
        self.start()
        before = len(descriptors(self.server.pid))
        self.server.remove("probe")
        self.server.sighup()
        eventually(lambda: self.copies() == 0, "the plugin is unmapped")
        self.assertLessEqual(len(descriptors(self.server.pid)), before)
        copies = [path for path in self.server.state.rglob("*.so") if "probe" in path.name]
        self.assertEqual(copies, [])


if __name__ == "__main__":
    main()
