#!/usr/bin/python3
"""The C examples in the documents do in the server what the documents say of them: compiled by the
README's own command, dropped in, loaded by SIGHUP, and called on connections that were open."""
import json
import re
import subprocess
import sys

from examples import ROOT, examples

sys.path.insert(0, str(ROOT / "tests/e2e"))
from harness import ServerCase, main  # noqa: E402
from rawws import Client  # noqa: E402

COMPILE = re.compile(r"^gcc .*\\\n +-o build/release/plugins/(\w+)\.so .*$", re.M)
SED = re.compile(r"^sed -i '(.*)' conf/actd\.json$", re.M)
POST, WATCH, REMIND, POSTED = 2010, 2011, 2012, 3010


def compile_into(server, name):
    """Builds an example with the command that its page shows, into the server's plugin folder."""
    page, _, source = examples()[name]
    commands = {found.group(1): found.group(0)
                for found in COMPILE.finditer((ROOT / page).read_text(encoding="utf-8"))}
    server.write(f"source/{name}.c", source)
    command = commands[name].replace("build/release/plugins", str(server.plugin_dir))
    command = command.replace("-I include", f"-I {ROOT / 'include'}")
    subprocess.run(["sh", "-c", command], cwd=server.root / "source", check=True)


class Hello(ServerCase):
    def test_dropped_in_while_connected(self):
        server = self.serve("echo", config={"actions": {"1": "echo.echo"}})
        client = Client(server.port)
        self.addCleanup(client.sock.close)
        self.assertEqual(client.error(2000, "World")["name"], "unknown_action")
        compile_into(server, "hello")
        reload = server.sighup({"actions": {"1": "echo.echo", "2000": "hello.greet"}})
        self.assertEqual(reload.verdict, "taken", reload.text)
        self.assertEqual(client.text(2000, "World"), "Hello, World!")
        self.assertEqual(client.error(2000)["name"], "payload_refused")
        self.assertEqual(client.text(1, "still"), "still")

    def test_line_in_the_shipped_config(self):
        """The README's sed puts the line where it belongs."""
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        commands = SED.findall(readme)
        self.assertEqual(len(commands), 1)
        server = self.serve(start=False)
        shipped = (ROOT / "conf/actd.json").read_bytes()
        conf = server.write("conf/actd.json", shipped)
        subprocess.run(["sed", "-i", commands[0], str(conf)], check=True)
        before, after = shipped.splitlines(), conf.read_bytes().splitlines()
        added = [line for line in after if line not in before]
        self.assertEqual(added, [b'        "2000": "hello.greet",'])
        self.assertEqual(len(after), len(before) + 1)


class Board(ServerCase):
    def setUp(self):
        self.server = self.serve("echo", "sqlite",
                                 config={"services": {"act.sql/1": "sqlite"}})
        compile_into(self.server, "board")
        reload = self.server.sighup()
        self.assertEqual(reload.verdict, "taken", reload.text)

    def user(self, name):
        client = Client(self.server.port, f"/serv/?user={name}")
        self.addCleanup(client.sock.close)
        return client

    def test_post_reaches_who_watches(self):
        alice, bob = self.user("alice"), self.user("bob")
        self.assertEqual(bob.text(WATCH), '{"watching":true}')
        self.assertEqual(alice.text(POST, '{"body":"tea at five"}'), '{"kept":true}')
        code, body = bob.reply()
        self.assertEqual((code, json.loads(body)),
                         (POSTED, {"author": "alice", "body": "tea at five"}))
        self.assertIn("body", alice.error(POST, '{"body":7}')["message"])

    def test_answer_later(self):
        self.assertEqual(self.user("alice").text(REMIND), '{"reminded":true}')

    def test_settings(self):
        reload = self.server.sighup({"plugins": {"board": {"text_max": 3}}})
        self.assertEqual(reload.verdict, "taken", reload.text)
        alice = self.user("alice")
        self.assertEqual(alice.error(POST, '{"body":"four"}')["name"], "payload_refused")
        reload = self.server.sighup({"plugins": {"board": {"text_max": "3"}}})
        self.assertEqual(reload.verdict, "partial", reload.text)
        self.server.wait_log("text_max: expected 1 to 10000, found a string")
        self.assertEqual(alice.text(POST, '{"body":"two"}'), '{"kept":true}')


if __name__ == "__main__":
    main()
