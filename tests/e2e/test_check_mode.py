""""check": true: whoever breaks a rule of act/plugin.h is named, with the call and the rule; who
does not is left in peace."""

import admin
from harness import ServerCase, main
from rawws import Client

DO, DO_WORKER = 2600, 2601
PLACE = r"\(generation \d+\): "


class Checked(ServerCase):

    def start(self, *plugins, **config):
        self.server = self.serve("echo", *(plugins or ("misbehave",)),
                                 config={"check": True, **config})
        self.client = Client(self.server.port)
        self.addCleanup(self.client.sock.close)

    def counted(self, about):
        return admin.Metrics(self.server).family("actd_check_findings_total")[(about,)]

    def late(self, after):
        return admin.Metrics(self.server).family("actd_check_late_answers_total")[(after,)]

    def found(self, about, pattern):
        """One finding, of that kind and with those words."""
        self.server.wait_log(r"error check: plugin misbehave 1\.0 " + PLACE + pattern)
        self.assertEqual(self.counted(about), 1)
        with Client(self.server.port) as client:
            self.assertEqual(client.text(1, "x"), "x")


class Findings(Checked):

    def test_two_answers(self):
        self.start()
        self.assertEqual(self.client.text(DO, "twice"), "first")
        self.found("answers", r"reply\(\), in handle \(code 2600, connection \d+\): call \d+ was "
                              r"answered already: a call is answered once")

    def test_an_answer_and_an_error(self):
        self.start()
        self.assertEqual(self.client.text(DO_WORKER, "answer and fail"), "answered")
        self.found("answers", r"return, in handle \(code 2601, connection \d+\): call "
                              r"\d+ was answered already, and then handle\(\) "
                              r"returned -9")

    def test_a_number_of_another_thing(self):
        self.start()
        self.assertEqual(self.client.text(DO, "wrong number"), "-1")
        self.found("numbers", r"bind_user\(\), in handle \(code 2600, connection \d+\): \d+ is no "
                              r"connection's number, and never was one: rule 4")

    def test_a_thread_that_is_not_told_of(self):
        self.start()
        self.assertEqual(self.client.text(DO, "other thread"), "from another thread")
        self.found("threads", r"reply\(\): called from a thread of the plugin's own, and the "
                              r"plugin does not say ACT_F_THREADS")


class Late(Checked):

    def test_behind_the_deadline(self):
        self.start(deadline_ms=200)
        self.assertEqual(self.client.error(DO, "too late")["name"], "deadline")
        self.server.wait_log(r"the late answer: -1$")
        self.assertEqual((self.late("deadline"), self.late("closed")), (1, 0))
        self.assertNotIn("error check:", self.server.tail())

    def test_behind_the_end_of_the_connection(self):
        self.start()
        self.client.ask(DO, "too late")
        self.client.bye()
        self.server.wait_log(r"the late answer: -1$")
        self.assertEqual((self.late("deadline"), self.late("closed")), (0, 1))
        self.assertNotIn("error check:", self.server.tail())


class Borrowed(Checked):
    """The last line names the plugin, the call and the rule."""

    def dies(self, *words):
        line = self.server.wait_log(r"error fatal: signal 11 \(SIGSEGV\)")
        for word in ("check: plugin misbehave (generation ", "of do, code 2600, connection ",
                     "rule 3; the process ends", *words):
            self.assertIn(word, line)
        self.assertNotEqual(self.server.ended(), 0)

    def test_written_to(self):
        self.start()
        self.client.ask(DO, "write into")
        self.dies("wrote to borrowed memory")

    def test_written_past(self):
        self.start()
        self.client.ask(DO, "write past")
        self.dies("went past the end of the borrowed payload")

    def test_used_after_return(self):
        self.start()
        self.assertEqual(self.client.text(DO, "keep"), "kept")
        self.client.ask(DO, "use kept")
        self.dies("used borrowed memory after handle() returned")

    def test_used_after_many_more(self):
        self.start()
        self.assertEqual(self.client.text(DO, "keep"), "kept")
        for i in range(500):
            self.assertEqual(self.client.text(DO, f"{i}" * (i + 1)), f"{i}" * (i + 1))
        self.client.ask(DO, "use kept")
        self.dies("used borrowed memory after handle() returned")


class InPeace(Checked):

    def test_more_calls_than_are_kept(self):
        self.start()
        for i in range(1500):
            self.assertEqual(self.client.text(1, "x" * (i * 7)), "x" * (i * 7))
        self.assertEqual(self.client.text(1, ""), "")
        self.assertNotIn("error check:", self.server.tail(2000))

    def test_the_shipped_plugins(self):
        self.start("sqlite", "friend")
        with Client(self.server.port, "/serv/?user=alice") as alice, \
                Client(self.server.port, "/serv/?user=bob"):
            alice.ask(110, '{"user": "bob"}')
            alice.reply()
        self.server.install("echo_loud", "echo")
        self.assertEqual(self.server.sighup().verdict, "taken")
        self.server.stop()
        self.assertNotIn("error check:", self.server.tail(2000))

    def test_off(self):
        server = self.serve("echo", "misbehave")
        with Client(server.port) as client:
            self.assertEqual(client.text(DO, "twice"), "first")
            server.wait_log(r"the second answer: -1$")
        self.assertNotIn("check:", server.tail())
        self.assertNotIn("actd_check", admin.Metrics(server).text)


if __name__ == "__main__":
    main()
