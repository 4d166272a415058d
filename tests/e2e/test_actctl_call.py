"""actctl call: the same request in each protocol, where payloads come from and how answers are
printed."""

import json
import re

from actctl import GOOD, LOST, REFUSED, TIMED_OUT, USAGE, actctl
from harness import ServerCase, eventually, main
from probe import FAIL, HOLD, ME, NOTE, PRIVATE, Probe
from tokens import Issuer

PROTOCOLS = ["base", "act.v1", "act.json.v1"]
NOT_UTF8 = bytes(range(250, 256))


class CallCase(ServerCase):

    def setUp(self):
        self.server = self.serve("echo", "probe", "friend", "profile", "sqlite",
                                 config={"services": {"act.sql/1": "sqlite"}})
        self.url = self.server.url("/serv/")

    def call(self, *args, stdin=b"", expect=GOOD, **env):
        done = actctl("call", self.url, *args, config=self.server.conf, stdin=stdin, **env)
        self.assertEqual(done.code, expect, done.err)
        return done


class EachProtocol(CallCase):

    def test_a_request(self):
        for protocol in PROTOCOLS:
            with self.subTest(protocol):
                done = self.call(118, '{"name":"Bob"}', "-u", "bob", "-p", protocol)
                self.assertEqual(json.loads(done.out)["name"], "Bob")
                self.assertEqual(done.err, "")

    def test_an_error(self):
        for protocol in PROTOCOLS:
            with self.subTest(protocol):
                done = self.call(110, "{}", "-p", protocol, expect=REFUSED)
                self.assertEqual(done.out, "")
                said = done.err.splitlines()
                self.assertIn("401 not_logged_in: ", said[0])
                self.assertIn("--user", said[1])

    def test_for_programs(self):
        for protocol in PROTOCOLS:
            with self.subTest(protocol):
                done = self.call(114, "{}", "-u", "bob", "--json", "-p", protocol)
                self.assertEqual(done.lines, [{"action": 114, "data": {"friends": []}}])
                done = self.call(99, "{}", "--json", "-p", protocol, expect=REFUSED)
                error = done.lines[0]["error"]
                self.assertEqual((error["code"], error["name"], error["retry"]),
                                 (404, "unknown_action", False))
                self.assertEqual(list(done.lines[0]), ["action", "error"])

    def test_a_plugins_own_error(self):
        """Number, text and retry are the plugin's, whatever they came by."""
        for protocol in ("base", "act.v1"):
            with self.subTest(protocol):
                done = self.call(FAIL, "1234 1 come back", "--json", "-p", protocol,
                                 expect=REFUSED)
                error = done.lines[0]["error"]
                self.assertEqual((error["code"], error["name"], error["message"], error["retry"]),
                                 (1234, "plugin_error", "come back", True))

    def test_who_answered(self):
        for protocol in PROTOCOLS[1:]:
            with self.subTest(protocol):
                done = self.call(114, "{}", "-u", "bob", "--by", "-p", protocol)
                self.assertRegex(done.err, r"\Aactctl: answered by friend@\d+\n\Z")
                done = self.call(114, "{}", "-u", "bob", "--by", "--json", "-p", protocol)
                self.assertRegex(done.lines[0]["by"], r"\Afriend@\d+\Z")

    def test_a_notify(self):
        """Is sent before the connection is closed, and served, though nobody waits."""
        with Probe(self.server.port) as probe:
            for protocol in PROTOCOLS[:2]:
                with self.subTest(protocol):
                    done = self.call(NOTE, protocol, "--notify", "-p", protocol)
                    self.assertEqual((done.out, done.err), ("", ""))
                    eventually(lambda protocol=protocol: any(
                        event.startswith(f"note {protocol} ") for event in probe.events()),
                               "the plugin got it")

    def test_a_notify_says_that_it_is_one(self):
        err = self.call(NOTE, "x", "--notify", "-v", "-p", "act.v1").err
        self.assertIn("> NOTIFY 2107, seq 0, 1 bytes", err)
        err = self.call(114, "{}", "--notify", "-v", "-p", "act.json.v1", "-u", "bob").err
        self.assertIn('>   {"action":114,"data":{}}\n', err)
        self.assertNotIn("friends", err)

    def test_an_objection_to_a_notify(self):
        """Nothing answers it, but a server that closes for it says why."""
        self.server.sighup({"limits": {"message_bytes": 100}})
        done = self.call(1, "x" * 200, "--notify", "-p", "act.v1", expect=LOST)
        self.assertIn("413 too_large", done.err)

    def test_repeated(self):
        for protocol in PROTOCOLS:
            with self.subTest(protocol):
                done = self.call(114, "{}", "-u", "bob", "-n", 3, "-p", protocol)
                self.assertEqual(done.out, '{"friends":[]}\n' * 3)

    def test_a_deadline(self):
        done = self.call(HOLD, "late", "-p", "act.v1", "--deadline-ms", 50, expect=REFUSED)
        self.assertIn("504 deadline", done.err)
        self.assertIn("--deadline-ms", done.err.splitlines()[1])

    def test_a_wait_without_an_answer(self):
        for protocol in PROTOCOLS[:2]:
            done = self.call(HOLD, f"w-{protocol}", "-p", protocol, "--timeout", 0.2,
                             expect=TIMED_OUT)
            self.assertIn("no answer to 2101 within 0.2 s", done.err)
            self.assertIn("--timeout", done.err.splitlines()[1])

    def test_what_act_json_cannot_say(self):
        done = self.call(114, "no JSON", "-p", "act.json.v1", expect=USAGE)
        self.assertIn("expected a payload of JSON", done.err)
        self.assertIn("act.v1", done.err.splitlines()[1])


class Payloads(CallCase):

    def test_sources(self):
        file = self.server.write("payload", "from a file")
        self.assertEqual(self.call(1, "typed").out, "typed\n")
        self.assertEqual(self.call(1, f"@{file}").out, "from a file\n")
        self.assertEqual(self.call(1, "-", stdin="übers Rohr\n".encode()).out, "übers Rohr\n")
        self.assertEqual(self.call("0x1", "--", "-5").out, "-5\n")
        self.assertEqual(self.call(1).out, "")

    def test_bytes(self):
        dump = self.call(1, "-", stdin=NOT_UTF8).out
        self.assertEqual(dump, "00000000  fa fb fc fd fe ff " + " " * 31 + " |......|\n")
        done = self.call(1, "-", "--raw", stdin=NOT_UTF8)
        self.assertEqual(done.raw, NOT_UTF8)
        self.assertEqual(self.call(1, "-", "--json", stdin=NOT_UTF8).lines,
                         [{"action": 1, "hex": NOT_UTF8.hex()}])

    def test_nothing_does_things_to_a_terminal(self):
        for sneaky in (b"\x1b[31mred", "a\u009b31m".encode(), b"bell\x07", b"a\x00b", b"\x7f"):
            out = self.call(1, "-", stdin=sneaky).raw
            self.assertRegex(out, rb"\A00000000  [0-9a-f ]+\|")
            self.assertIsNone(re.search(rb"[\x00-\x09\x0b-\x1f\x7f-\xff]", out))

    def test_text_for_programs(self):
        self.assertEqual(self.call(1, "a\n\"b\"", "--json").lines, [{"action": 1, "text": "a\n\"b\""}])
        self.assertEqual(self.call(1, "--json").lines, [{"action": 1, "text": ""}])

    def test_numbers_stay_as_they_are(self):
        """A number that no double holds is not rounded on its way."""
        body = '{ "big": 12345678901234567890, "text": "a  b // c" }'
        done = self.call(1, body, "--json")
        self.assertEqual(done.out,
                         '{"action":1,"data":{"big":12345678901234567890,"text":"a  b // c"}}\n')

    def test_what_a_server_says_does_nothing_to_a_terminal(self):
        err = self.call(FAIL, "1234 0 \x1b[31mred\x07\u009b", expect=REFUSED).err
        self.assertIn("plugin_error: ?[31mred???", err)

    def test_raw_is_the_payload_alone(self):
        self.assertEqual(self.call(1, "x", "--raw").raw, b"x")

    def test_long_ones(self):
        body = bytes(range(256)) * 3600
        for protocol in PROTOCOLS[:2]:
            self.assertEqual(self.call(1, "-", "--raw", "-p", protocol, stdin=body).raw, body)


class Verbose(CallCase):

    def test_base(self):
        err = self.call(1, '{"a":1}', "-v").err
        self.assertIn("* connected to 127.0.0.1:", err)
        self.assertIn("> 1, 7 bytes\n>   00000000  00 00 00 01 7b 22 61 22  3a 31 7d", err)
        self.assertIn('>   {"a":1}\n< 1, 7 bytes\n', err)

    def test_act_v1(self):
        err = self.call(114, "{}", "-v", "-p", "act.v1", "-u", "bob", "--by", "--trace", "t-1",
                        "--deadline-ms", 5000).err
        self.assertIn("speaking act.v1", err)
        self.assertIn("> REQ 114, seq 1, flags EXT, trace t-1, deadline 5000 ms, asks by whom, "
                      "2 bytes", err)
        self.assertRegex(err, r"(?m)^< CTRL HELLO, seq 0, \d+ bytes$")
        self.assertRegex(err, r"(?m)^< RES 114, seq 1, flags EXT, by friend@\d+, 14 bytes$")
        self.assertIn('<   {"friends":[]}', err)

    def test_an_error(self):
        err = self.call(99, "{}", "-v", "-p", "act.v1", expect=REFUSED).err
        self.assertRegex(err, r"(?m)^< RES 99, seq 1, flags ERR, status 1 unknown_action, \d+ ")

    def test_act_json(self):
        err = self.call(114, "{}", "-v", "-p", "act.json.v1", "-u", "bob").err
        self.assertIn('>   {"action":114,"seq":1,"data":{}}\n', err)
        self.assertIn('<   {"ctrl":"hello",', err)
        self.assertIn('<   {"action":114,"seq":1,"data":{"friends":[]}}\n', err)

    def test_the_trace_arrives(self):
        self.server.sighup({"log": {"frames": True}})
        self.call(1, "x", "-p", "act.v1", "--trace", "find-me")
        self.server.wait_log("find-me")


class Login(ServerCase):

    def setUp(self):
        self.issuer = Issuer()
        config = dict(self.issuer.config(), services={"act.auth/1": "jwt"})
        self.server = self.serve("echo", "jwt", "probe", config=config, files=self.issuer.files())

    def who(self, *args, stdin=b""):
        done = actctl("call", self.server.url("/serv/"), PRIVATE, *args, config=self.server.conf,
                      stdin=stdin)
        return done.out.strip() if done.code == GOOD else done.code

    def test_every_way(self):
        token = self.issuer.mint("alice")
        file = self.server.write("token", token + "\n")
        self.assertEqual(self.who("--user", "alice"), "alice")
        self.assertEqual(self.who("--user", "我们 2"), "我们 2")
        self.assertEqual(self.who("--token", token), "alice")
        self.assertEqual(self.who("--token-file", file), "alice")
        self.assertEqual(self.who("--token-file", "-", stdin=token.encode()), "alice")
        self.assertEqual(self.who("-H", f"Cookie: session={token}"), "alice")
        self.assertEqual(self.who(), REFUSED)

    def test_where_the_config_looks_for_it(self):
        for login in ({"header": "x-token"}, {"header": None, "cookie": "session"},
                      {"header": None, "cookie": None, "query": "t"}):
            with self.subTest(login):
                self.assertEqual(self.server.sighup({"login": login}).verdict, "taken")
                self.assertEqual(self.who("--user", "alice"), "alice")
        self.server.sighup({"login": {"header": None, "cookie": None, "query": None}})
        self.assertEqual(self.who("--user", "alice"), USAGE)

    def test_a_long_token(self):
        token = self.issuer.mint("alice", padding="x" * 5000)
        self.assertEqual(self.who("--token", token), "alice")

    def test_headers(self):
        self.server.sighup({"origins": ["https://example.org"]})
        self.assertEqual(self.who("-u", "alice", "-H", "Origin: https://example.org"), "alice")
        self.assertEqual(self.who("-u", "alice", "-H", "Origin: https://example.com"), 3)


class WithoutTokens(CallCase):

    def test_the_query_names_the_user(self):
        """As the server's config says "auth": "none"."""
        out = self.call(ME, "", "--user", "ä &=?#/+").out
        self.assertIn("user=ä &=?#/+ ", out)
        self.url += "?v=1"
        self.assertIn("user=bob ", self.call(ME, "", "--user", "bob").out)


class OverAUnixSocket(ServerCase):

    def test_call(self):
        server = self.serve(start=False)
        path = server.root / "actd.sock"
        server.config["listen"] = ["127.0.0.1:0", f"unix:{path}"]
        server.start()
        done = actctl("call", f"ws+unix:{path}:/serv/", 1, "hello")
        self.assertEqual((done.code, done.out, done.err), (GOOD, "hello\n", ""))


if __name__ == "__main__":
    main()
