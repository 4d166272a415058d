"""A step of a plugin's life that overruns load_ms costs its worker and its generation, and nothing
else: the server goes on, also when that worker comes back to find the world changed."""

from harness import ServerCase, main
from rawws import Client
from stubborn import ANSWER, LOAD_MS, open_gate, quirks

SQL_SERVED_OR_GONE = r"sql (0|-1)$"


class StuckSteps(ServerCase):

    def start(self, *plugins, **config):
        self.server = self.serve("echo", *plugins, config={"load_ms": LOAD_MS, **config})

    def serves(self):
        with Client(self.server.port) as client:
            self.assertEqual(client.text(1, "x"), "x")

    def replace_provider(self):
        reload = self.server.sighup({"plugins": {**self.server.config.get("plugins", {}),
                                                 "sqlite": {"busy_ms": 4000}}})
        self.assertTrue(reload.plugins["sqlite"].startswith("replaced"), reload.text)

    def comes_back(self, step):
        """The lost worker goes on, and asks for what was taken away meanwhile."""
        since = self.server.mark()
        open_gate(self.server, step)
        self.server.wait_log(rf"{step}: {SQL_SERVED_OR_GONE}", since)
        self.serves()

    def test_create(self):
        self.start()
        self.server.install("stubborn")
        reload = self.server.sighup(quirks("create waits"))
        self.assertEqual(reload.verdict, "partial", reload.text)
        self.assertIn("create did not end within load_ms", reload.plugins["stubborn"])
        self.serves()
        self.server.stop()  # which must not wait for that worker

    def test_start_and_then_its_provider_is_replaced(self):
        self.start("sqlite")
        self.server.install("stubborn_sql", "stubborn")
        reload = self.server.sighup(quirks("start waits", "start asks SQL"))
        self.assertEqual(reload.verdict, "partial", reload.text)
        self.assertIn("start did not end within load_ms", reload.plugins["stubborn"])
        self.server.remove("stubborn")
        self.replace_provider()
        self.comes_back("start")

    def test_activate_and_then_it_is_replaced(self):
        self.start()
        self.server.install("stubborn")
        reload = self.server.sighup(quirks("activate waits"))
        self.assertEqual(reload.verdict, "taken", reload.text)
        self.assertIn("activate did not end within load_ms", reload.text)
        with Client(self.server.port) as client:
            self.assertEqual(client.text(ANSWER, "x"), "x")
            since = self.server.mark()
            reload = self.server.sighup(quirks())
            self.assertTrue(reload.plugins["stubborn"].startswith("replaced"), reload.text)
            self.assertEqual(client.text(ANSWER, "y"), "y")
            open_gate(self.server, "activate")
            self.server.wait_log("activate goes on", since)
            self.server.wait_log(r"plugin stubborn \(generation \d+\): unloaded", since)
            self.assertEqual(client.text(ANSWER, "z"), "z")

    def test_activate_and_then_it_is_removed(self):
        self.start()
        self.server.install("stubborn")
        self.server.sighup(quirks("activate waits"))
        self.server.remove("stubborn")
        since = self.server.mark()
        self.assertEqual(self.server.sighup().verdict, "taken")
        open_gate(self.server, "activate")
        self.server.wait_log(r"plugin stubborn \(generation \d+\): unloaded", since)
        self.serves()

    def test_stop_and_then_its_provider_is_replaced(self):
        self.start("sqlite", **quirks("stop waits", "stop asks SQL"))
        self.server.install("stubborn_sql", "stubborn")
        self.assertEqual(self.server.sighup().verdict, "taken")
        self.server.remove("stubborn")
        self.assertEqual(self.server.sighup().verdict, "taken")
        self.server.wait_log("plugin stubborn .*: stop did not end in time")
        self.replace_provider()
        self.comes_back("stop")

    def test_destroy_at_the_end_of_the_server(self):
        self.start("stubborn", **quirks("destroy waits"))
        self.serves()
        self.server.stop()


if __name__ == "__main__":
    main()
