"""SIGHUP: plugins and config change while connections stay open."""

import os
import signal

from harness import ENDPOINTS, Reload, ServerCase, main
from probe import JOIN, TO_GROUP, Probe
from rawws import BINARY, Client, client_frame

GREET = 200


class ReloadPlugins(ServerCase):

    def setUp(self):
        self.server = self.serve("echo", "probe")
        self.client = Probe(self.server.port)
        self.addCleanup(self.client.sock.close)
        self.raw = Client(self.server.port, "/echo")
        self.addCleanup(self.raw.sock.close)

    def echoed(self, text):
        """What both kinds of endpoint make of a text."""
        self.raw.send(client_frame(BINARY, text.encode()))
        answers = {self.raw.message()[1].decode(), self.client.text(1, text)}
        self.assertEqual(len(answers), 1)
        return answers.pop()

    def test_dropped_in_and_mapped(self):
        self.assertEqual(self.client.error(GREET)["name"], "unknown_action")
        self.server.install("newcomer")
        reload = self.server.sighup({"actions": {str(GREET): "newcomer.greet"}})
        self.assertEqual(reload.verdict, "taken")
        self.assertRegex(reload.plugins["newcomer"], r"^loaded 1\.0 \(generation \d+\)")
        self.assertEqual(reload.plugins["probe"], "unchanged")
        self.assertEqual(self.client.text(GREET, "world"), "hello, world")

    def test_mapped_before_it_is_there(self):
        self.server.sighup({"actions": {str(GREET): "newcomer.greet"}})
        error = self.client.error(GREET)
        self.assertEqual((error["code"], error["name"], error["retry"]),
                         (502, "unavailable", True))
        self.server.install("newcomer")
        self.assertEqual(self.server.sighup().verdict, "taken")
        self.assertEqual(self.client.text(GREET, "world"), "hello, world")

    def test_another_build(self):
        self.assertEqual(self.echoed("hi"), "hi")
        self.server.install("echo_loud", "echo")
        reload = self.server.sighup()
        self.assertEqual(reload.verdict, "taken")
        self.assertRegex(reload.plugins["echo"],
                         r"^replaced 1\.0 \(generation \d+\) by 9\.9 \(generation \d+\)")
        self.assertEqual(self.echoed("hi"), "loud:hi")
        self.server.install("echo")
        self.assertEqual(self.server.sighup().verdict, "taken")
        self.assertEqual(self.echoed("hi"), "hi")

    def test_other_settings(self):
        for number in range(3):
            reload = self.server.sighup({"plugins": {"echo": {"prefix": f"{number}:"}}})
            self.assertEqual(reload.verdict, "taken")
            self.assertTrue(reload.plugins["echo"].startswith("replaced "))
            self.assertEqual(reload.plugins["probe"], "unchanged")
            self.assertEqual(self.echoed("hi"), f"{number}:hi")

    def test_settings_that_the_plugin_refuses(self):
        self.server.sighup({"plugins": {"echo": {"prefix": "good:"}}})
        reload = self.server.sighup({"plugins": {"echo": {"prefix": 7}}})
        self.assertEqual(reload.verdict, "partial")
        self.assertIn("refused", reload.plugins["echo"])
        self.assertIn("expected a string", reload.text)
        self.assertEqual(self.echoed("hi"), "good:hi")
        self.assertEqual(self.server.sighup({"plugins": {}}).verdict, "taken")
        self.assertEqual(self.echoed("hi"), "hi")

    def test_nothing_changed(self):
        before = self.client.me()["generation"]
        for _ in range(3):
            reload = self.server.sighup()
            self.assertEqual(reload.verdict, "taken")
            self.assertEqual(reload.plugins, {"echo": "unchanged", "probe": "unchanged"})
        self.assertEqual(self.client.me()["generation"], before)

    def test_the_same_content_in_a_new_file(self):
        before = self.client.me()["generation"]
        self.server.install("probe")
        self.assertEqual(self.server.sighup().plugins["probe"], "unchanged")
        self.assertEqual(self.client.me()["generation"], before)

    def test_reloads_are_counted(self):
        first, second = self.server.sighup().number, self.server.sighup().number
        self.assertEqual(second, first + 1)

    def test_removed_and_put_back(self):
        self.server.sighup({"actions": {"1": "echo.echo"}})
        self.server.remove("echo")
        reload = self.server.sighup()
        self.assertTrue(reload.plugins["echo"].startswith("retired"), reload.text)
        error = self.client.error(1, "hi")
        self.assertEqual((error["code"], error["name"]), (502, "unavailable"))
        self.assertIn("conn=", self.client.text(2100))
        self.server.install("echo")
        self.assertTrue(self.server.sighup().plugins["echo"].startswith("loaded"))
        self.assertEqual(self.echoed("hi"), "hi")

    def test_disabled(self):
        reload = self.server.sighup({"actions": {"1": "echo.echo"},
                                     "plugins": {"echo": {"disabled": True}}})
        self.assertIn("switched off", reload.plugins["echo"])
        self.assertEqual(self.client.error(1)["name"], "unavailable")

    def test_a_second_file_of_the_same_plugin(self):
        self.server.install("echo_loud", "echo2")
        reload = self.server.sighup()
        self.assertEqual(reload.verdict, "partial")
        self.assertIn("refused", reload.text)
        self.assertEqual(self.echoed("hi"), "hi")
        self.server.remove("echo2")
        self.assertEqual(self.server.sighup().verdict, "taken")

    def test_groups_outlive_a_generation(self):
        self.client.text(JOIN, "g")
        self.server.sighup({"plugins": {"probe": {"new": True}}})
        other = Probe(self.server.port)
        self.addCleanup(other.sock.close)
        other.push(TO_GROUP, "still in", who="g")
        self.assertEqual(self.client.heard(), "still in")

    def test_many_signals_are_folded(self):
        self.server.config["plugins"] = {"echo": {"prefix": "last:"}}
        self.server.write_config()
        since = self.server.mark()
        for _ in range(30):
            os.kill(self.server.pid, signal.SIGHUP)
        self.server.wait_log(Reload.VERDICT.pattern, since)
        self.assertEqual(self.server.sighup().verdict, "taken")
        self.assertEqual(self.echoed("hi"), "last:hi")


class ReloadConfig(ServerCase):

    def setUp(self):
        self.server = self.serve("echo")
        self.client = Client(self.server.port)
        self.addCleanup(self.client.sock.close)

    def refused(self, text, *expected):
        reload = self.server.sighup(text=text)
        self.assertEqual(reload.verdict, "refused")
        for part in expected:
            self.assertIn(part, reload.text)
        self.assertEqual(self.client.text(1, "still"), "still")

    def test_bad_configs_change_nothing(self):
        good = self.server.conf.read_text()
        self.refused('{\n  "listen": "127.0.0.1:0",\n  oops\n}', "actd.json:3:")
        self.refused('{\n  "colour": 1\n}', "actd.json:2:", "colour")
        self.refused('{\n\n  "actions": {\n    "1": "echo.echo",\n    "1-5": "echo.echo"\n  }\n}',
                     "actd.json:5:", "actd.json:4")
        self.refused('{ "threads": "many" }', "actd.json:1:", "threads")
        self.refused("", "actd.json")
        self.server.conf.unlink()
        self.assertEqual(self.server.sighup(text=good).verdict, "taken")

    def test_codes_move(self):
        self.server.sighup({"actions": {"1": None, "50": "echo.echo"}})
        self.assertEqual(self.client.text(50, "x"), "x")
        self.assertEqual(self.client.error(1)["name"], "unknown_action")

    def test_a_new_endpoint(self):
        more = dict(ENDPOINTS, **{"/more/": {"mode": "action", "login": "none"}})
        self.assertEqual(self.server.sighup({"endpoints": more}).verdict, "taken")
        with Client(self.server.port, "/more/") as client:
            self.assertEqual(client.text(1, "x"), "x")
        self.assertEqual(self.client.text(1, "x"), "x")

    def test_an_action_that_the_plugin_has_not(self):
        reload = self.server.sighup({"actions": {"50": "echo.nothing"}})
        self.assertIn("echo.nothing", reload.text.replace('"nothing"', "echo.nothing"))
        self.assertEqual(self.client.text(1, "x"), "x")


if __name__ == "__main__":
    main()
