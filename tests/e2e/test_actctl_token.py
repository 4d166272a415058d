"""actctl token: signed as the server's config says, with a secret that is made where there is
none, and never overwritten."""

import base64
import json
import os
import subprocess
import time

from actctl import ACTCTL, GOOD, USAGE, actctl, environment
from harness import ServerCase, main
from probe import PRIVATE
from tokens import Issuer


def parts(token):
    """Header and claims."""
    return [json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
            for part in token.strip().split(".")[:2]]


class TokenCase(ServerCase):

    def prepare(self, jwt=None, **config):
        settings = {"algorithms": ["HS256"], "key_file": "secret", **(jwt or {})}
        self.server = self.serve("echo", "jwt", "probe", start=False, config={
            "auth": "token", "services": {"act.auth/1": "jwt"}, "plugins": {"jwt": settings},
            **config})
        self.server.write_config()
        self.secret = self.server.state / "data/jwt/secret"

    def token(self, *args, expect=GOOD):
        done = actctl("token", *args, config=self.server.conf)
        self.assertEqual(done.code, expect, done.err)
        return done.out.strip() if expect == GOOD else done.err

    def who(self, token):
        done = actctl("call", self.server.url("/serv/"), PRIVATE, "--token", token)
        self.assertEqual(done.code, GOOD, done.err)
        return done.out.strip()


class Tokens(TokenCase):

    def test_the_server_takes_it(self):
        """The first token makes the secret, before the server's start, and private: the plugin
        has nothing to say about it."""
        self.prepare()
        tokens = [self.token("alice"), self.token("我们 2"), self.token('a"\\b')]
        self.server.start()
        self.assertEqual([self.who(token) for token in tokens], ["alice", "我们 2", 'a"\\b'])
        self.assertEqual([line for line in self.server.lines if " warn " in line], [])

    def test_what_is_in_it(self):
        self.prepare()
        before = int(time.time())
        header, claims = parts(self.token("alice"))
        self.assertEqual(header, {"alg": "HS256", "typ": "JWT"})
        self.assertEqual(set(claims), {"sub", "iat", "exp"})
        self.assertEqual((claims["sub"], claims["exp"] - claims["iat"]), ("alice", 3600))
        self.assertTrue(before <= claims["iat"] <= int(time.time()))
        _, claims = parts(self.token("alice", "--seconds", 60))
        self.assertEqual(claims["exp"] - claims["iat"], 60)

    def test_issuer_and_audience(self):
        self.prepare(jwt={"issuer": "https://id.example.org", "audience": "chat"})
        token = self.token("alice")
        _, claims = parts(token)
        self.assertEqual((claims["iss"], claims["aud"]), ("https://id.example.org", "chat"))
        self.server.start()
        self.assertEqual(self.who(token), "alice")

    def test_for_programs(self):
        self.prepare()
        line = actctl("token", "alice", "--json", config=self.server.conf).lines[0]
        self.assertEqual(list(line), ["user", "token", "expires_at"])
        self.assertEqual(parts(line["token"])[1]["exp"], line["expires_at"])
        self.assertEqual(line["user"], "alice")

    def test_names(self):
        self.prepare()
        self.token("a" * 255)
        self.assertIn("1 to 255 bytes, found 256", self.token("a" * 256, expect=USAGE))
        self.assertIn("1 to 255 bytes, found 0", self.token("", expect=USAGE))
        self.assertIn("control characters", self.token("a\nb", expect=USAGE))
        self.assertIn("expected UTF-8", self.token(b"\xff".decode("utf-8", "surrogateescape"),
                                                   expect=USAGE))


class Secrets(TokenCase):

    def test_is_made(self):
        self.prepare()
        self.token("alice")
        self.assertRegex(self.secret.read_text(), r"\A[0-9a-f]{64}\n\Z")
        self.assertEqual(self.secret.stat().st_mode & 0o777, 0o600)
        self.assertEqual(list(self.secret.parent.iterdir()), [self.secret])

    def test_is_never_overwritten(self):
        self.prepare()
        self.token("alice")
        before = (self.secret.read_bytes(), self.secret.stat().st_mtime_ns)
        self.token("bob")
        self.assertEqual((self.secret.read_bytes(), self.secret.stat().st_mtime_ns), before)

    def test_two_at_once_share_it(self):
        self.prepare()
        running = [subprocess.Popen([ACTCTL, "token", "alice"], stdout=subprocess.PIPE, text=True,
                                    env=environment(self.server.conf)) for _ in range(4)]
        tokens = [one.communicate()[0].strip() for one in running]
        self.assertEqual([one.returncode for one in running], [GOOD] * 4)
        self.server.start()
        self.assertEqual([self.who(token) for token in tokens], ["alice"] * 4)

    def test_one_that_is_there(self):
        issuer = Issuer()
        self.prepare()
        self.server.write("state/data/jwt/secret", issuer.secret)
        token = self.token("alice")
        self.assertEqual(self.secret.read_bytes(), issuer.secret)
        self.server.start()
        self.assertEqual(self.who(token), "alice")
        self.assertEqual(self.who(issuer.mint("bob")), "bob")

    def test_elsewhere(self):
        """A path of the config's own is read, and no secret is made there."""
        self.prepare()
        path = self.server.root / "keys/secret"
        self.server.config["plugins"]["jwt"]["key_file"] = str(path)
        self.server.write_config()
        self.assertIn(f"{path}: No such file", self.token("alice", expect=USAGE))
        self.assertFalse(path.parent.exists())
        self.server.write("keys/secret", "s" * 32 + "\n")
        self.token("alice")

    def test_that_is_no_good(self):
        self.prepare()
        for content, says in (("short", "expected a secret of 32 to 4096 bytes, found 5"),
                              ("", "found 0"), ("x" * 5000, "32 to 4096 bytes, found more"),
                              ("-----BEGIN PUBLIC KEY-----\n" + "x" * 40, "is a key in PEM")):
            with self.subTest(says):
                self.server.write("state/data/jwt/secret", content)
                self.assertIn(says, self.token("alice", expect=USAGE))
                self.assertEqual(self.secret.read_text(), content)

    def test_that_is_no_file(self):
        self.prepare()
        self.secret.parent.mkdir(parents=True)
        os.mkfifo(self.secret)
        self.assertIn("expected a file, found something else", self.token("alice", expect=USAGE))
        self.secret.unlink()
        self.secret.mkdir()
        self.assertIn("expected a file", self.token("alice", expect=USAGE))

    def test_a_folder_that_cannot_be_made(self):
        self.prepare()
        self.server.write("state/data", "in the way")
        self.assertIn("cannot be made", self.token("alice", expect=USAGE))


class Configs(TokenCase):

    def test_other_algorithms(self):
        self.prepare(jwt={"algorithms": ["RS256"]})
        self.assertIn('has no "HS256"', self.token("alice", expect=USAGE))
        self.assertFalse(self.secret.exists())

    def test_a_key_set(self):
        self.prepare()
        del self.server.config["plugins"]["jwt"]["key_file"]
        self.server.config["plugins"]["jwt"]["jwks_file"] = "jwks.json"
        self.server.write_config()
        self.assertIn('no "key_file"', self.token("alice", expect=USAGE))

    def test_another_provider(self):
        self.prepare(services={"act.auth/1": "ldap"})
        self.assertIn("the plugin ldap checks tokens", self.token("alice", expect=USAGE))
        self.prepare(services={})
        self.assertIn("this server checks no tokens", self.token("alice", expect=USAGE))

    def test_one_that_is_wrong(self):
        self.prepare(threads="many")
        err = self.token("alice", expect=USAGE)
        self.assertIn("threads: expected a whole number", err)
        self.assertIn("actctl check-config", err)

    def test_overrides(self):
        self.prepare(jwt={"algorithms": ["RS256"]})
        self.token("alice", "-o", 'plugins.jwt.algorithms=["HS256"]')
        self.assertTrue(self.secret.exists())


if __name__ == "__main__":
    main()
