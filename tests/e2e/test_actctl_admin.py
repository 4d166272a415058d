"""actctl check-config, status and reload: beside the server, and through its admin interface."""

import json

from actctl import (GOOD, PARTIAL, REFUSED, TIMED_OUT, UNREACHED, USAGE, Strange, actctl, head,
                    until_closed)
from harness import ACTD, ServerCase, main, sanitizer_env
from programs import run

BAD = '{\n  "listen": "127.0.0.1:0",\n  "threads": "many",\n  "colour": 1\n}'


class CheckConfig(ServerCase):

    def both(self, *args):
        """The same question to actctl and actd: (exit code, what was said) of each."""
        code, out, err = run([str(ACTD), "-t", "-c", *map(str, args)], env=sanitizer_env())
        done = actctl("check-config", *args)
        return (done.code, done.out + done.err), (code, out + err)

    def test_as_actd(self):
        server = self.serve(start=False)
        for text in (None, BAD, "{", "", '{"listen": 1,}'):
            with self.subTest(text):
                server.write_config(text)
                mine, actds = self.both(server.conf)
                self.assertEqual(mine, actds)
        self.assertEqual(self.both("/nonexistent")[0], self.both("/nonexistent")[1])

    def test_overrides(self):
        server = self.serve(start=False)
        server.write_config()
        mine, actds = self.both(server.conf, "-o", "threads=many")
        self.assertEqual(mine, actds)
        self.assertEqual(mine[0], 1)

    def test_the_environment_names_it(self):
        server = self.serve(start=False)
        server.write_config()
        done = actctl("check-config", config=server.conf)
        self.assertEqual((done.code, done.out), (GOOD, f"{server.conf}: the configuration is fine\n"))

    def test_for_programs(self):
        server = self.serve(start=False)
        server.write_config()
        self.assertEqual(actctl("check-config", server.conf, "--json").lines,
                         [{"config": str(server.conf), "good": True, "errors": [],
                           "warnings": []}])
        server.write_config(BAD)
        done = actctl("check-config", server.conf, "--json")
        self.assertEqual(done.code, REFUSED)
        self.assertEqual([line.split(":")[1] for line in done.lines[0]["errors"]], ["3", "4"])


class Admin(ServerCase):

    def start(self, **config):
        self.server = self.serve("echo", "probe", config=config)

    def ask(self, *args, expect=GOOD):
        done = actctl(*args, config=self.server.conf)
        self.assertEqual(done.code, expect, done.err)
        return done


class Status(Admin):

    def test_for_people(self):
        self.start()
        out = self.ask("status").out
        self.assertRegex(out, rf"(?m)^actd [0-9.]+, process {self.server.pid}, up \d+ s, ready$")
        self.assertIn(str(self.server.conf), out)
        self.assertRegex(out, r"(?m)^loaded +at the start, taken, \d{4}-")
        self.assertRegex(out, r"(?m)^echo +1\.0 +\d+  serving +0  1 echo, /echo raw$")
        self.ask("reload")
        self.assertRegex(self.ask("status").out, r"(?m)^loaded +by reload 1, taken, ")

    def test_for_programs(self):
        self.start()
        status = self.ask("status", "--json").lines[0]
        self.assertEqual((status["pid"], status["ready"]), (self.server.pid, True))
        self.assertEqual({plugin["name"] for plugin in status["plugins"]}, {"echo", "probe"})

    def test_a_socket_by_name(self):
        self.start()
        done = actctl("status", "--socket", self.server.state / "admin.sock")
        self.assertEqual(done.code, GOOD, done.err)
        done = actctl("status", "-v", "--socket", self.server.state / "admin.sock")
        self.assertRegex(done.err, r"\* GET /v1/status: HTTP 200, \d+ bytes")

    def test_nobody_there(self):
        self.start()
        self.server.stop()
        err = self.ask("status", expect=UNREACHED).err
        self.assertIn("admin.sock: No such file", err)
        self.assertIn("does the server run?", err)

    def test_no_config(self):
        done = actctl("status", "-c", "/nonexistent")
        self.assertEqual(done.code, USAGE)
        self.assertIn("--config", done.err)


class OverTcp(Admin):

    def setUp(self):
        token = "0123456789abcdef0123456789abcdef"
        self.start()
        self.server.stop()
        self.file = self.server.write("admin-token", token + "\n")
        self.server.config["admin"] = {"listen": "127.0.0.1:0", "token_file": str(self.file)}
        self.server.start()
        line = self.server.wait_log(r"admin: listening on 127\.0\.0\.1:\d+")
        self.url = "http://" + line.rsplit(" ", 1)[1]

    def test_with_the_token(self):
        done = actctl("status", "--admin", self.url, "--admin-token-file", self.file, "--json")
        self.assertEqual(done.code, GOOD, done.err)
        self.assertEqual(done.lines[0]["pid"], self.server.pid)

    def test_without(self):
        done = actctl("status", "--admin", self.url)
        self.assertEqual((done.code, done.out), (REFUSED, ""))
        self.assertIn("the server answered 401", done.err)
        done = actctl("status", "--admin", self.url, "--json")
        self.assertEqual(done.lines[0]["error"]["code"], 401)

    def test_a_wrong_one(self):
        wrong = self.server.write("wrong", "x" * 32)
        done = actctl("reload", "--admin", self.url, "--admin-token-file", wrong)
        self.assertEqual(done.code, REFUSED)
        self.assertIn("401", done.err)


class Reload(Admin):

    def test_taken(self):
        self.start()
        self.server.install("echo_loud", "echo")
        done = self.ask("reload")
        self.assertEqual(done.err, "")
        self.assertRegex(done.out, r"(?m)^echo: replaced 1\.0 \(generation \d+\) by ")
        self.assertRegex(done.out, r"(?m)^probe: unchanged$")
        self.assertEqual(done.out.splitlines()[-1], "reload 1: taken")
        report = self.ask("reload", "--json").lines[0]
        self.assertEqual((report["number"], report["verdict"]), (2, "taken"))

    def test_refused(self):
        self.start()
        self.server.write_config(BAD)
        done = actctl("reload", "--socket", self.server.state / "admin.sock")
        self.assertEqual(done.code, REFUSED)
        self.assertIn(f"{self.server.conf}:3:", done.out)
        self.assertEqual(done.out.splitlines()[-1], "reload 1: refused")
        self.assertIn("reload again", done.err)

    def test_partial(self):
        self.start()
        self.server.write("plugins/broken.so", "no ELF")
        done = self.ask("reload", expect=PARTIAL)
        self.assertRegex(done.out, r"broken.*: refused: ")
        self.assertEqual(done.out.splitlines()[-1], "reload 1: partial")
        self.assertEqual(self.ask("reload", "--json", expect=PARTIAL).lines[0]["verdict"],
                         "partial")


class OtherServers(ServerCase):
    """Something else answers, or answers badly."""

    def play(self, answer):
        def script(conn):
            head(conn)
            if answer is None:
                until_closed(conn)
            else:
                conn.sendall(answer)
        server = Strange(script)
        self.addCleanup(server.stop)
        return actctl("status", "--admin", f"http://127.0.0.1:{server.port}", "--timeout", 0.5)

    def test_no_answer(self):
        done = self.play(None)
        self.assertEqual(done.code, TIMED_OUT)
        self.assertIn("did not answer in time", done.err)

    def test_a_page(self):
        done = self.play(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>")
        self.assertEqual((done.code, done.out), (REFUSED, ""))
        self.assertIn("is that the admin interface", done.err)

    def test_broken_off(self):
        done = self.play(b"HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\n{")
        self.assertNotIn(done.code, (GOOD, REFUSED), done.err)

    def test_an_error(self):
        body = json.dumps({"error": {"code": 503, "name": "draining", "message": "it ends",
                                     "retry": True}}).encode()
        done = self.play(b"HTTP/1.1 503 no\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        self.assertEqual(done.code, REFUSED)
        self.assertIn("503 draining: it ends", done.err)


if __name__ == "__main__":
    main()
