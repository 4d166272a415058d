"""The command line: actd -c FILE [-o key.path=value]... [-t]."""

import os
import signal
import socket

from harness import ACTD, DEADLINE, ROOT, ServerCase, main, sanitizer_env
from programs import run
from rawws import Client, upgrade_request

BAD = '{\n  "listen": "127.0.0.1:0",\n  "limits": { "connections": "many" }\n}'


class CommandLine(ServerCase):

    def actd(self, *args):
        return run([str(ACTD), *map(str, args)], env=sanitizer_env())

    def config(self, text=None):
        """A server's files, not started; the path of its config."""
        self.server = self.serve("echo", start=False)
        self.server.write_config(text)
        return self.server.conf

    # ---- -t

    def test_a_good_config(self):
        code, out, err = self.actd("-t", "-c", self.config())
        self.assertEqual(code, 0, err)
        self.assertIn(str(self.server.conf), out + err)

    def test_the_check_starts_nothing(self):
        self.actd("-t", "-c", self.config())
        self.assertEqual(list(self.server.state.iterdir()), [])

    def test_a_bad_config(self):
        code, out, err = self.actd("-t", "-c", self.config(BAD))
        self.assertEqual(code, 1)
        self.assertIn(f"{self.server.conf}:3:", err + out)
        self.assertIn("limits.connections: expected", err + out)

    def test_everything_wrong_is_listed(self):
        path = self.config('{\n "threads": -1,\n "colour": 1,\n "listen": 7\n}')
        _, out, err = self.actd("-t", "-c", path)
        for line in (2, 3, 4):
            self.assertIn(f"{path}:{line}:", err + out)

    def test_the_check_says_what_sighup_says(self):
        server = self.serve()
        server.conf.write_text(BAD)
        _, out, err = self.actd("-t", "-c", server.conf)
        said = next(line for line in (err + out).splitlines() if "limits.connections" in line)
        sentence = said[said.index("limits.connections"):]
        reload = server.sighup(text=BAD)
        self.assertEqual(reload.verdict, "refused")
        self.assertIn(sentence, reload.text)

    def test_the_shipped_config_is_good(self):
        code, out, err = self.actd("-t", "-c", ROOT / "conf/actd.json")
        self.assertEqual(code, 0, err + out)

    # ---- -o

    def test_overrides(self):
        server = self.serve("echo", args=["-o", "actions.77=echo.echo", "-o",
                                          "plugins.echo.prefix=o:"])
        with Client(server.port) as client:
            self.assertEqual(client.text(77, "x"), "o:x")

    def test_overrides_outlive_a_reload(self):
        server = self.serve("echo", args=["-o", "plugins.echo.prefix=o:"])
        self.assertEqual(server.sighup({"plugins": {"echo": {"prefix": "file:"}}}).verdict, "taken")
        with Client(server.port) as client:
            self.assertEqual(client.text(1, "x"), "o:x")

    def test_a_bad_override(self):
        code, out, err = self.actd("-t", "-c", self.config(), "-o", "threads=none")
        self.assertEqual(code, 1)
        self.assertIn("-o threads=none", err + out)
        code, out, err = self.actd("-t", "-c", self.server.conf, "-o", "threads")
        self.assertNotEqual(code, 0)
        self.assertIn("threads", err + out)

    # ---- the rest

    def test_help_and_version(self):
        code, out, _ = self.actd("--help")
        self.assertEqual(code, 0)
        for option in ("-c", "-o", "-t"):
            self.assertIn(option, out)
        code, out, _ = self.actd("--version")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"actd \d+\.\d+\.\d+")

    def test_what_is_no_option(self):
        for args in (["-x"], ["--frobnicate"], ["-c"], ["stray"]):
            with self.subTest(args):
                code, _, err = self.actd(*args)
                self.assertNotIn(code, (0, 1))
                self.assertIn(args[0].strip("-"), err)

    def test_a_config_that_is_not_there(self):
        code, out, err = self.actd("-c", "/nonexistent/actd.json")
        self.assertEqual(code, 1)
        self.assertIn("/nonexistent/actd.json", err + out)
        self.assertIn("No such file", err + out)

    def test_a_port_that_is_taken(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            server = self.serve(config={"listen": address}, start=False)
            server.spawn()
            self.assertEqual(server.ended(), 1)
            self.assertIn(address, server.tail())
            self.assertIn("in use", server.tail())


class Life(ServerCase):

    def test_several_listeners(self):
        server = self.serve(config={"listen": ["127.0.0.1:0", "[::1]:0"]})
        self.assertEqual(len(server.ports), 2)
        with Client(server.ports[0]) as client:
            self.assertEqual(client.text(1, "x"), "x")

    def test_a_unix_socket(self):
        server = self.serve(start=False)
        path = server.root / "actd.sock"
        server.config["listen"] = ["127.0.0.1:0", f"unix:{path}"]
        server.start()
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(DEADLINE)
            sock.connect(str(path))
            sock.sendall(upgrade_request("/echo"))
            self.assertIn(b" 101 ", sock.recv(4096))
        server.stop()
        self.assertFalse(path.exists())

    def test_the_pid_file(self):
        server = self.serve()
        file = server.state / "actd.pid"
        self.assertEqual(int(file.read_text()), server.pid)
        server.stop()
        self.assertFalse(file.exists())

    def test_interrupt_ends_it_as_terminate_does(self):
        server = self.serve()
        client = Client(server.port)
        client.text(1, "x")
        os.kill(server.pid, signal.SIGINT)
        self.assertEqual(client.closed().code, 1012)
        client.sock.close()
        self.assertEqual(server.ended(), 0)
        server.check_reports()


if __name__ == "__main__":
    main()
