"""A reload that is refused as a whole after its plugins were made: each is undone while what it
uses is still there, and the world before serves on."""

from harness import ServerCase, main, plugin_file
from procfs import mapped_files
from rawws import Client
from stubborn import ANSWER, WAIT, open_gate, quirks

NO_SUCH_ACTION = {"actions": {"77": "stubborn.nosuch"}}
CLINGS = quirks("start begins a transaction", "destroy asks SQL")


class Undone(ServerCase):

    def refuse(self, **plugins):
        """A reload with those settings, in which an action is named that nobody has."""
        settings = {**CLINGS["plugins"], **plugins}
        reload = self.server.sighup({"plugins": settings, **NO_SUCH_ACTION})
        self.assertEqual(reload.verdict, "refused", reload.text)
        self.assertIn('actions.77: expected an action of plugin stubborn', reload.text)
        self.assertIn("start: transaction 0", reload.text)
        self.assertIn("destroy: sql 0", reload.text)
        copies = {path for path in mapped_files(self.server.pid) if "/stubborn." in path}
        self.assertEqual(copies, set())

    def take(self):
        """The same without the mistake."""
        reload = self.server.sighup({"actions": {}, "plugins": {}})
        self.assertEqual(reload.verdict, "taken", reload.text)
        open_gate(self.server, "gate")
        with Client(self.server.port) as client:
            self.assertEqual(client.text(ANSWER, "x"), "x")
            self.assertEqual(client.text(WAIT, "gate"), "gate: sql 0")

    def test_new_consumer_of_a_new_provider(self):
        self.server = self.serve("echo")
        self.server.install("sqlite")
        self.server.install("stubborn_sql", "stubborn")
        self.refuse()
        self.take()

    def test_new_consumer_whose_file_sorts_before_its_provider(self):
        self.server = self.serve("echo")
        self.server.install(plugin_file("sqlite"), "z_sqlite")
        self.server.install("stubborn_sql", "a_stubborn")
        self.refuse()
        self.take()

    def test_new_consumer_of_a_replaced_provider(self):
        self.server = self.serve("echo", "sqlite")
        self.server.install("stubborn_sql", "stubborn")
        self.refuse(sqlite={"busy_ms": 4000})
        self.take()

    def test_create_fails_in_a_transaction(self):
        """What it began does not keep its provider."""
        self.server = self.serve("echo", "sqlite", config={"drain_ms": 600000})
        self.server.install("stubborn_sql", "stubborn")
        reload = self.server.sighup(quirks("create begins a transaction", "create fails"))
        self.assertIn("create: transaction 0", reload.text)
        self.assertTrue(reload.plugins["stubborn"].startswith("refused: create failed"))
        since = self.server.mark()
        reload = self.server.sighup({"plugins": {"sqlite": {"busy_ms": 4000}}})
        self.assertTrue(reload.plugins["sqlite"].startswith("replaced"), reload.text)
        self.server.wait_log(r"plugin sqlite \(generation \d+\): unloaded", since)


if __name__ == "__main__":
    main()
