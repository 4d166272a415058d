"""Mistakes in a config, word for word: actd -t, a reload and actctl check-config say the same.

Each mistake is put to all three. The server that is asked to take it over refuses it and goes on
with what it had: a client that connected at the beginning is answered after each of them.
"""

import collections
import os
import re
import unittest

from actctl import GOOD, REFUSED, actctl
from harness import ACTD, ServerCase, main, sanitizer_env
from programs import run
from rawws import Client

# `text` stands in line 2 and after it, in front of what a config needs to run the server here; a
# whole config begins with an exclamation mark instead. `says` are the lines of the answer, without
# the name of the config in front of each. {conf} is that name, {root} the server's folder.
Mistake = collections.namedtuple("Mistake", "name text says")

NUMBER = "expected a whole number from"
CODE = 'expected a code ("110") or a range ("2000-2099") of 1 to 4294967039, found'
TWICE = "expected each key once, found it again; it stands at {conf}:2:1 already"
ADDRESS = ('expected a numeric address and a port ("127.0.0.1:8080", "[::1]:8080", "*:8080") or '
           '"unix:/path", found the string')
PATH = ("expected a path that begins with '/' (at most 255 visible ASCII characters without ? # % "
        '" \\), found')
ACTION = ("expected \"plugin.action\" (letters, digits, '_' and '-'; at most 31 and 63 of them), "
          "found the string")
PLUGIN = "expected the name of a plugin (1 to 31 letters, digits, '_' and '-'), found"
SERVICE = ('expected a service as "act.sql/1" (at most 63 letters, digits, \'.\', \'_\' and \'-\', '
           "then '/' and its revision), found")

SYNTAX = [
    Mistake("an empty file", "!", ["1:1: expected a value, found the end of the text"]),
    Mistake("nothing but a byte order mark", "!\ufeff",
            ["1:4: expected a value, found the end of the text"]),
    Mistake("no object", "![]", ["1:1: expected an object {…}, found an empty array"]),
    Mistake("two configs in one file", "!{}\n{}",
            ["2:1: expected nothing behind the value, found '{'"]),
    Mistake("cut off", '!{\n "workers": 4', ["2:14: expected ',' or '}', found the end of the text"]),
    Mistake("a comma too many", '!{\n "workers": 4,\n}',
            ["3:1: expected a key in double quotes behind the comma, found '}'"]),
    Mistake("a comma too few", '!{\n "workers": 4\n "threads": 2\n}',
            ["3:2: expected ',' or '}', found '\"'"]),
    Mistake("a comma too many in an array", '"listen": ["127.0.0.1:0", ]',
            ["2:27: expected a value behind the comma, found ']'"]),
    Mistake("a key without quotes", "workers: 4",
            ["2:1: expected a key in double quotes or '}', found the word workers"]),
    Mistake("single quotes", "'workers': 4",
            ["2:1: expected a key in double quotes or '}', found '''"]),
    Mistake("an equals sign", '"workers" = 4', ["2:11: expected ':' behind the key, found '='"]),
    Mistake("a word of another language", '"strict": True',
            ["2:11: expected a value, found the word True"]),
    Mistake("a string that is not closed", '"state_dir": "run',
            ["2:14: expected a string that ends on its line, found no closing quote"]),
    Mistake("an escape that there is not", r'"log": { "file": "C:\logs" }',
            ['2:22: expected one of " \\ / b f n r t u behind a backslash, found the word logs']),
    Mistake("half of a character", r'"log": { "file": "\ud83d" }',
            ["2:19: expected two \\u escapes that make one character, found half of it"]),
    Mistake("NUL in a string", r'"log": { "file": "a\u0000" }',
            ["2:20: expected a string without NUL, found \\u0000"]),
    Mistake("a tab in a string", '"log": { "file": "a\tb" }',
            ["2:20: expected control characters in a string as \\uXXXX, found the byte 0x09"]),
    Mistake("a comment without an end", '"workers": 4, /* four',
            ["2:15: expected */ behind this comment, found the end of the text"]),
    Mistake("not UTF-8", b'"log": { "file": "caf\xe9" }',
            ["2:22: expected UTF-8, found the byte 0xE9"]),
    Mistake("UTF-16", b"!" + "{}".encode("utf-16"),
            ["1:1: expected UTF-8, found the byte 0xFF"]),
    Mistake("65 levels", '"plugins": ' + "[" * 64 + "]" * 64,
            ["2:75: expected at most 64 levels of nesting, found one more"]),
    Mistake("a number with leading zeros", '"workers": 08',
            ["2:12: expected a number without leading zeros, found one"]),
    Mistake("a number that fits nowhere", '"workers": 1e999',
            ["2:12: expected a number that fits a double, found a larger one"]),
    Mistake("a hexadecimal number", '"workers": 0x8', ["2:13: expected ',' or '}', found 'x'"]),
]

KEYS = [
    Mistake("a key that is nearly one", '"wokers": 4',
            ['2:1: wokers: expected a known key, found another; did you mean "workers"?']),
    Mistake("a key that is none", '"login": { "password": "x" }',
            ["2:12: login.password: expected a known key, found another; known here: header, "
             "cookie, query"]),
    Mistake("a key in another letter case", '"Listen": "127.0.0.1:0"',
            ['2:1: Listen: expected a known key, found another; did you mean "listen"?']),
    Mistake("a key that belongs elsewhere", '"endpoints": { "/serv/": { "origins": null } }',
            ["2:28: endpoints./serv/.origins: expected a known key, found another; known here: "
             "mode, login, action"]),
    Mistake("a key twice", '"workers": 4,\n"workers": 5', [f"3:1: workers: {TWICE}"]),
    Mistake("an endpoint twice", '"endpoints": {\n"/echo": {},\n"/echo": {} }',
            [f"4:1: endpoints./echo: {TWICE.replace('2:1', '3:1')}"]),
    Mistake("a code twice", '"actions": {\n"7": "echo.echo",\n"7": "echo.upper" }',
            [f"4:1: actions.7: {TWICE.replace('2:1', '3:1')}"]),
    Mistake("a push code twice", '"pushes": {\n"7": "echo.one",\n"7": "echo.two" }',
            [f"4:1: pushes.7: {TWICE.replace('2:1', '3:1')}"]),
    Mistake("everything at once", '"workers": 0,\n"thread": 1,\n"limits": { "calls": "many" }',
            [f"2:1: workers: {NUMBER} 1 to 256, found the number 0",
             '3:1: thread: expected a known key, found another; did you mean "threads"?',
             f'4:13: limits.calls: {NUMBER} 1 to 1024, found the string "many"']),
]

VALUES = [
    Mistake("a number in quotes", '"workers": "4"',
            [f'2:1: workers: {NUMBER} 1 to 256, found the string "4"']),
    Mistake("a part of a worker", '"workers": 2.5',
            [f"2:1: workers: {NUMBER} 1 to 256, found the number 2.5"]),
    Mistake("no worker", '"workers": 0', [f"2:1: workers: {NUMBER} 1 to 256, found the number 0"]),
    Mistake("more threads than there may be", '"threads": 65',
            [f"2:1: threads: {NUMBER} 0 to 64, found the number 65"]),
    Mistake("null where none is meant", '"drain_ms": null',
            [f"2:1: drain_ms: {NUMBER} 0 to 3600000, found null"]),
    Mistake("a time before now", '"load_ms": -1',
            [f"2:1: load_ms: {NUMBER} 1 to 3600000, found the number -1"]),
    Mistake("a time that never ends", '"deadline_ms": 3600001',
            [f"2:1: deadline_ms: {NUMBER} 1 to 3600000, found the number 3600001"]),
    Mistake("a number beyond 64 bits", '"ping_s": 99999999999999999999',
            [f"2:1: ping_s: {NUMBER} 0 to 3600, found the number 1e+20"]),
    Mistake("a canary of more than all", '"canary_percent": 101',
            [f"2:1: canary_percent: {NUMBER} 0 to 100, found the number 101"]),
    Mistake("yes for true", '"strict": "yes"',
            ['2:1: strict: expected true or false, found the string "yes"']),
    Mistake("one for true", '"deflate": { "enabled": 1 }',
            ["2:14: deflate.enabled: expected true or false, found the number 1"]),
    Mistake("a level of compression", '"deflate": { "level": 10 }',
            [f"2:14: deflate.level: {NUMBER} 1 to 9, found the number 10"]),
    Mistake("an unknown word", '"log": { "level": "verbose" }',
            ['2:10: log.level: expected "debug", "info", "warn" or "error", found the string '
             '"verbose"']),
    Mistake("an unknown way of login", '"auth": "password"',
            ['2:1: auth: expected "none" or "token", found the string "password"']),
    Mistake("a list for an object", '"limits": [ 1 ]',
            ["2:1: limits: expected an object, found an array"]),
    Mistake("an outbox that holds no reply", '"limits": { "outbox_bytes": 2000, '
            '"reply_bytes": 4096 }',
            ['2:13: limits.outbox_bytes: expected "outbox_bytes" of at least 4160, as '
             '"reply_bytes" needs it, found 2000']),
    Mistake("a way back to nothing", '"rollback": { "errors_percent": 20 }',
            ['2:15: rollback.errors_percent: expected "hold_s" or "canary_percent" above 0 beside '
             '"rollback", found neither: nothing would be kept to go back to']),
    Mistake("messages longer than what may wait", '"limits": { "message_bytes": 8000000 }',
            ['2:13: limits.message_bytes: expected "pending_bytes" of at least 8000000, as '
             '"message_bytes" needs it, found 4194304']),
]

PEOPLE = [
    Mistake("a name for an address", '"listen": "localhost:8080"',
            [f'2:1: listen: {ADDRESS} "localhost:8080"']),
    Mistake("a port alone", '"listen": 8080',
            ["2:1: listen: expected a string, a non-empty array of strings or null, found the "
             "number 8080"]),
    Mistake("a port that there is not", '"listen": "127.0.0.1:65536"',
            [f'2:1: listen: {ADDRESS} "127.0.0.1:65536"']),
    Mistake("an IPv6 address without brackets", '"listen": "::1:8080"',
            [f'2:1: listen: {ADDRESS} "::1:8080"']),
    Mistake("an address twice", '"listen": [ "127.0.0.1:8080",\n"127.0.0.1:8080" ]',
            ['3:1: listen[1]: expected each address once, found "127.0.0.1:8080" again; it stands '
             "at {conf}:2:13 already"]),
    Mistake("no address", '"listen": []',
            ["2:1: listen: expected a string, a non-empty array of strings or null, found an "
             "empty array"]),
    Mistake("a socket without a path", '"listen": "unix:"',
            ["2:1: listen: expected a socket's path behind unix:, found none"]),
    Mistake("a socket's path that is too long", f'"listen": "unix:/{"a" * 107}"',
            ["2:1: listen: expected a socket's path of at most 107 bytes, found 108; unix(7) "
             "allows no more"]),
    Mistake("everybody believed everywhere", '"auth": "none",\n"listen": "*:8080"',
            ['3:1: listen: expected a loopback address with "auth": "none", found "*:8080"; use '
             '"auth": "token", or insist with "auth_anywhere": true']),
    Mistake("a field with a blank in its name", '"login": { "header": "x token" }',
            ['2:12: login.header: expected the name of a header field, found the string '
             '"x token"']),
    Mistake("a cookie without a name", '"login": { "cookie": "" }',
            ['2:12: login.cookie: expected the name of a cookie, found the string ""']),
    Mistake("a parameter that cannot be", '"login": { "query": "a=b" }',
            ['2:12: login.query: expected letters, digits and - . _ ~, found the string "a=b"']),
    Mistake("an origin with a path", '"origins": [ "https://example.org/" ]',
            ['2:14: origins[0]: expected an origin as "https://example.org", found the string '
             '"https://example.org/"']),
    Mistake("questions from anybody", '"admin": { "listen": "127.0.0.1:9090" }',
            ['2:12: admin.listen: expected "token_file" beside it, found none; whoever reaches '
             "the address could otherwise reload the server"]),
    Mistake("clients and questions at one address",
            '"listen": "127.0.0.1:8080",\n'
            '"admin": { "listen": "127.0.0.1:8080", "token_file": "t" }',
            ['3:12: admin.listen: expected an address of its own, found "127.0.0.1:8080", which '
             'clients connect to: "listen" has it at {conf}:2:1']),
    Mistake("TLS and questions at one address",
            '"admin": { "listen": "[::1]:8443", "token_file": "t" },\n'
            '"tls": { "listen": "[0::1]:8443", "cert": "{conf}", "key": "{conf}" }',
            ["3:35: tls.cert: expected certificates in PEM, found none in {conf}",
             '2:12: admin.listen: expected an address of its own, found "[::1]:8443", which '
             'clients connect to: "tls.listen" has it at {conf}:3:10']),
    Mistake("nowhere to connect to", '"listen": null',
            ['2:1: listen: expected an address here or in "tls.listen", found none']),
    Mistake("TLS without a certificate", '"tls": { "listen": "127.0.0.1:8443" }',
            ['2:10: tls.listen: expected "cert" beside it, found none',
             '2:10: tls.listen: expected "key" beside it, found none']),
    Mistake("a certificate without its key", '"tls": { "cert": "{conf}" }',
            ['2:10: tls.cert: expected "key" beside it, found none']),
    Mistake("a certificate that is not there",
            '"tls": { "cert": "no.pem", "key": "no.pem" }',
            ["2:10: tls.cert: {root}/no.pem cannot be read: No such file or directory"]),
    Mistake("a second socket for questions",
            '"admin": { "listen": "unix:/run/a.sock", "token_file": "t" }',
            ['2:12: admin.listen: expected a numeric address and a port ("127.0.0.1:9090"), found '
             "a unix socket; there is one in state_dir already"]),
]

MAPS = [
    Mistake("a path without its slash", '"endpoints": { "echo": {} }',
            [f'2:16: endpoints.echo: {PATH} "echo"']),
    Mistake("a path with a query", '"endpoints": { "/echo?a": {} }',
            [f'2:16: endpoints./echo?a: {PATH} "/echo?a"']),
    Mistake("an unknown mode", '"endpoints": { "/echo": { "mode": "text" } }',
            ['2:27: endpoints./echo.mode: expected "action" or "raw", found the string "text"']),
    Mistake("a raw endpoint without its action", '"endpoints": { "/echo": { "mode": "raw" } }',
            ['2:16: endpoints./echo: expected "action": "plugin.action" with "mode": "raw", found '
             "none"]),
    Mistake("an action where codes name them", '"endpoints": { "/echo": { "action": "echo.raw" } }',
            ['2:27: endpoints./echo.action: expected "mode": "raw" beside it, found "action": '
             "there the messages' codes name the actions"]),
    Mistake("code 0", '"actions": { "0": "echo.echo" }', [f'2:14: actions.0: {CODE} "0"']),
    Mistake("a code of the server's own", '"actions": { "4294967040": "echo.echo" }',
            [f'2:14: actions.4294967040: {CODE} "4294967040"']),
    Mistake("a code that fits no message", '"actions": { "4294967296": "echo.echo" }',
            [f'2:14: actions.4294967296: {CODE} "4294967296"']),
    Mistake("a code in hexadecimal", '"actions": { "0x6E": "echo.echo" }',
            [f'2:14: actions.0x6E: {CODE} "0x6E"']),
    Mistake("a range backwards", '"actions": { "9-2": "echo.echo" }',
            [f'2:14: actions.9-2: {CODE} "9-2"']),
    Mistake("a code within a range", '"actions": { "10-19": "echo.echo",\n"15": "echo.upper" }',
            ['3:1: actions.15: expected each code once, found 15 again; "10-19" at {conf}:2:14 '
             "has it already"]),
    Mistake("an action without its plugin", '"actions": { "7": "echo" }',
            [f'2:14: actions.7: {ACTION} "echo"']),
    Mistake("settings without an action", '"actions": { "7": { "rate_per_s": 5 } }',
            ['2:14: actions.7: expected "action": "plugin.action", found none']),
    Mistake("a burst without a rate", '"actions": { "7": { "action": "echo.echo", '
            '"rate_burst": 5 } }',
            ['2:44: actions.7.rate_burst: expected "rate_per_s" above 0 beside it, found none: a '
             "burst without a rate bounds nothing"]),
    Mistake("a rate below nothing", '"actions": { "7": { "action": "echo.echo", '
            '"rate_per_s": -1 } }',
            ["2:44: actions.7.rate_per_s: expected a number from 0 to 1000000, found the number "
             "-1"]),
    Mistake("a push with a range", '"pushes": { "7-9": "echo.one" }',
            ['2:13: pushes.7-9: expected a code ("1110") of 1 to 4294967039, found "7-9"']),
    Mistake("a push under two codes", '"pushes": { "7": "echo.one",\n"8": "echo.one" }',
            ['3:1: pushes.8: expected one code for a push, found a second for "echo.one"; it has 7 '
             "at {conf}:2:13 already"]),
    Mistake("a plugin by its file", '"plugins": { "echo.so": {} }',
            [f'2:14: plugins.echo.so: {PLUGIN} "echo.so"']),
    Mistake("settings that are no object", '"plugins": { "echo": "loud" }',
            ['2:14: plugins.echo: expected an object, found the string "loud"']),
    Mistake("a service without its revision", '"services": { "act.sql": "sqlite" }',
            [f'2:15: services.act.sql: {SERVICE} "act.sql"']),
    Mistake("a service of a plugin without a name", '"services": { "act.sql/1": "" }',
            [f'2:15: services.act.sql/1: {PLUGIN} ""']),
]

PLUGINS = [
    Mistake("an action that its plugin does not have", '"actions": { "7": "echo.shout" }',
            ['2:14: actions.7: expected an action of plugin echo (echo), found "shout"']),
    Mistake("a range of codes for one", '"actions": {\n"700-799": "echo.shout" }',
            ['3:1: actions.700-799: expected an action of plugin echo (echo), found "shout"']),
    Mistake("a raw action under a code", '"actions": { "7": "echo.raw" }',
            ['2:14: actions.7: expected an action of plugin echo (echo), found "raw", which serves '
             "raw endpoints and has no code"]),
    Mistake("a coded action under a raw endpoint",
            '"endpoints": { "/echo": { "mode": "raw", "action": "echo.echo" } }',
            ['2:16: endpoints./echo: expected a raw action of plugin echo (raw), found "echo", '
             "which is served under a code"]),
    Mistake("a raw action that there is not",
            '"endpoints": { "/echo": { "mode": "raw", "action": "echo.bytes" } }',
            ['2:16: endpoints./echo: expected a raw action of plugin echo (raw), found "bytes"']),
    Mistake("a push that its plugin does not have", '"pushes": { "1007": "echo.shouted" }',
            ['2:13: pushes.1007: expected a push of plugin echo (it has none), found "shouted"']),
    Mistake("a service that its plugin does not provide", '"services": { "act.sql/1": "echo" }',
            ['2:15: services.act.sql/1: expected a plugin that provides it, found "echo", which '
             "provides nothing"]),
    Mistake("a plugin folder that is not there", '"plugin_dir": "{root}/plugin"',
            ["2:1: plugin_dir: expected a folder that can be read, found {root}/plugin: No such "
             "file or directory"]),
    Mistake("a file for a plugin folder", '"plugin_dir": "{conf}"',
            ["2:1: plugin_dir: expected a folder that can be read, found {conf}: Not a "
             "directory"]),
    Mistake("every name at once",
            '"actions": {\n"7": "echo.shout",\n"8": "echo.raw" },\n'
            '"pushes": { "1007": "echo.shouted" }',
            ['3:1: actions.7: expected an action of plugin echo (echo), found "shout"',
             '4:1: actions.8: expected an action of plugin echo (echo), found "raw", which serves '
             "raw endpoints and has no code",
             '5:13: pushes.1007: expected a push of plugin echo (it has none), found "shouted"']),
]

TABLE = SYNTAX + KEYS + VALUES + PEOPLE + MAPS + PLUGINS


class MistakeCase(ServerCase):
    """A server with one client, and a config to make mistakes in."""

    def setUp(self):
        self.server = self.serve("echo")
        self.client = Client(self.server.port)
        self.addCleanup(self.client.sock.close)

    def whole(self, text):
        """The config with `text` in it, as bytes."""
        text = text if isinstance(text, bytes) else text.encode()
        if text.startswith(b"!"):
            return text[1:]
        text = self.fill(text.decode("latin-1")).encode("latin-1")
        base = {"listen": '"127.0.0.1:0"', "threads": "2", "workers": "4", "auth": '"none"',
                "plugin_dir": f'"{self.server.plugin_dir}"', "state_dir": f'"{self.server.state}"',
                "endpoints": '{ "/serv/": {} }'}
        given = re.findall(rb'^"(\w+)"', text, re.M)
        rest = [f'"{key}": {value}' for key, value in base.items() if key.encode() not in given]
        text = text + b",\n" if text else b""
        return b"{\n" + text + ",\n".join(rest).encode() + b"\n}\n"

    def fill(self, text):
        return text.replace("{conf}", str(self.server.conf)).replace("{root}",
                                                                     str(self.server.root))

    # ---- the three that are asked

    def actd(self):
        code, out, err = run([str(ACTD), "-t", "-c", str(self.server.conf)], env=sanitizer_env())
        return code, out, err.splitlines()

    def actctl(self):
        done = actctl("check-config", self.server.conf)
        return done.code, done.out, done.err.splitlines()

    def reload(self, level="error"):
        """The verdict, and the sentences of that level."""
        done = self.server.sighup_alone()
        said = [re.fullmatch(r"\S+ (\w+) +reload: (.*)", line) for line in done.lines[:-1]]
        return done.verdict, [hit.group(2) for hit in said if hit and hit.group(1) == level]

    def agree(self, verdict, expected):
        """All three say the same of the config as it lies there, and the client that was there
        before goes on."""
        refused, conf = verdict == "refused", self.server.conf
        code, level = (REFUSED, "error") if refused else (GOOD, "warn")
        out = "" if refused else f"{conf}: the configuration is fine, but for what is said above\n"
        self.assertEqual(self.actd(), (code, out, expected))
        self.assertEqual(self.actctl(), (code, out, expected))
        self.assertEqual(self.reload(level), (verdict, expected))
        self.assertEqual(self.client.text(1, "x"), "x")

    def taken(self):
        """A good one is taken after all of that, under the same client."""
        self.assertEqual(self.server.sighup().verdict, "taken")
        self.assertEqual(self.client.text(1, "x"), "x")


class Text(MistakeCase):
    """What refuses a config as a whole."""

    def test_in_the_text(self):
        for mistake in TABLE:
            with self.subTest(mistake.name):
                self.server.write_config(self.whole(mistake.text))
                self.agree("refused",
                           [f"{self.server.conf}:{self.fill(line)}" for line in mistake.says])
        self.taken()

    def test_the_table_tells_them_apart(self):
        for column in zip(*TABLE):
            self.assertEqual(len({str(cell) for cell in column}), len(TABLE))
        self.assertGreaterEqual(len(TABLE), 40)

    def test_as_json(self):
        self.server.write_config(self.whole('"workers": 0'))
        done = actctl("check-config", "--json", self.server.conf)
        self.assertEqual(done.lines, [
            {"config": str(self.server.conf), "good": False, "warnings": [],
             "errors": [f"{self.server.conf}:2:1: workers: {NUMBER} 1 to 256, found the number 0"]}])


class Folder(MistakeCase):
    """What costs one plugin, or its actions: it is said, and the rest is taken."""

    def says(self, text, *expected, verdict="partial"):
        self.server.write_config(self.whole(text))
        self.agree(verdict, [self.fill(line) for line in expected])

    def bad(self, name, sentence, who=None):
        path = self.server.install(name)
        self.says('"load_ms": 1000', f"plugin {who or path}: refused: {sentence}")
        path.unlink()

    def test_a_plugin_that_is_not_there(self):
        self.says('"actions": { "7": "chess.move" }',
                  "{conf}:2:14: actions.7: plugin chess is not there: chess.move is answered "
                  '"unavailable"', verdict="taken")
        self.says('"endpoints": { "/chess": { "mode": "raw", "action": "chess.move" } }',
                  "{conf}:2:16: endpoints./chess: plugin chess is not there: chess.move is "
                  'answered "unavailable"', verdict="taken")
        self.taken()

    def test_a_file_that_is_no_plugin(self):
        self.bad("bad_text", 'expected a shared object, found text: "#!/bin/sh"')
        self.taken()

    def test_a_file_that_does_not_come_through_its_loading(self):
        self.bad("bad_ctor_crash", "its constructor killed the process that tried it: signal 11 "
                 "(Segmentation fault); if it has none, the file is damaged", "bad_ctor_crash")
        self.bad("bad_ctor_exit", "it ended the process with exit(0) while being loaded", "bad_ctor_exit")
        self.bad("bad_ctor_wait", "it did not finish loading within 1000 ms (load_ms in the "
                 "config): does a constructor wait for something?", "bad_ctor_wait")
        self.taken()

    def test_a_service_that_nobody_provides(self):
        self.bad("friend", 'it needs act.sql/1, which no loaded plugin provides: say who does '
                 'under "services"', "friend")
        self.taken()

    def test_a_second_file_of_a_plugin(self):
        second = self.server.install("echo", "second")
        self.says('"load_ms": 1000', f"plugin echo: refused: {second} is a second file of plugin "
                  f"echo: {second.with_name('echo.so')} is the first")
        second.unlink()
        self.taken()

    def test_a_circle_refuses_all(self):
        for name in ("left", "right"):
            self.server.install(name)
        self.says("", "services: a circle: plugin left needs, through others, what it provides "
                  'itself; change who provides what under "services"', verdict="refused")

    def test_nothing_is_wrong(self):
        self.server.write_config()
        fine = f"{self.server.conf}: the configuration is fine\n"
        self.assertEqual(self.actd(), (GOOD, fine, []))
        self.assertEqual(self.actctl(), (GOOD, fine, []))

    def test_a_plugin_that_is_switched_off_is_not_looked_at(self):
        self.server.install("bad_ctor_crash")
        self.says('"plugins": { "bad_ctor_crash": { "disabled": true } },\n'
                  '"actions": { "7": "bad_ctor_crash.which" }',
                  '{conf}:3:14: actions.7: plugin bad_ctor_crash is not there: '
                  'bad_ctor_crash.which is answered "unavailable"', verdict="taken")


class File(MistakeCase):
    """It is no file that can be read."""

    def says(self, sentence):
        self.agree("refused", [f"{self.server.conf}: {sentence}"])

    def test_that_is_no_text(self):
        conf = self.server.conf
        conf.unlink()
        self.says("the config cannot be read: No such file or directory")
        conf.mkdir()
        self.says("expected a file, found a folder")
        conf.rmdir()
        os.mkfifo(conf)
        self.says("expected a file, found a pipe or a device")
        conf.unlink()
        conf.symlink_to(conf.name)
        self.says("the config cannot be read: Too many levels of symbolic links")
        conf.unlink()
        conf.write_bytes(b" " * (1 << 20) + b"{}")
        self.says("expected at most 1048576 bytes, found more")
        conf.unlink()
        self.taken()

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_that_may_not_be_read(self):
        self.server.conf.chmod(0)
        self.says("the config cannot be read: Permission denied")


if __name__ == "__main__":
    main()
