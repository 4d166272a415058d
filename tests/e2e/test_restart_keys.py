"""Settings that count from the start are named at each SIGHUP for as long as they differ."""

from harness import ServerCase, main

CHANGES = {
    "listen": "127.0.0.1:1",
    "threads": 3,
    "workers": 5,
    "handshake_ms": 9999,
    "check": True,
}


class RestartKeys(ServerCase):

    def named(self, reload, keys=(*CHANGES, "state_dir")):
        self.assertEqual(reload.verdict, "taken", reload.text)
        return {key for key in keys for line in reload.lines
                if f"{key}: it is another than at the start" in line}

    def test_each(self):
        server = self.serve()
        changes = {**CHANGES, "state_dir": str(server.root / "elsewhere")}
        before = dict(server.config)
        for key, value in changes.items():
            with self.subTest(key):
                server.config = dict(before)
                self.assertEqual(self.named(server.sighup({key: value})), {key})

    def test_admin(self):
        server = self.serve()
        token = server.write("token", "0123456789abcdef\n")
        token.chmod(0o600)
        admin = {"listen": "127.0.0.1:1", "token_file": str(token)}
        named = self.named(server.sighup({"admin": admin}), ("admin.listen", "admin.token_file"))
        self.assertEqual(named, {"admin.listen", "admin.token_file"})

    def test_every_time_until_it_is_as_before(self):
        server = self.serve()
        before = dict(server.config)
        for _ in range(3):
            self.assertEqual(self.named(server.sighup(CHANGES)), set(CHANGES))
        server.config = before
        self.assertEqual(self.named(server.sighup()), set())

    def test_each_section_that_changes_is_told(self):
        server = self.serve(config={"limits": {"calls": 5}})
        text = server.sighup({"limits": {"calls": 6}, "workers": 6}).text
        self.assertIn("config limits: calls 6 instead of 5; in force", text)
        self.assertIn("config workers: 6 instead of", text)
        self.assertIn("takes effect with a restart", text)
        self.assertNotIn("config limits", server.sighup().text)

    def test_more_connections_than_descriptors_were_planned_for(self):
        server = self.serve(config={"limits": {"connections": 100}})
        for _ in range(2):
            reload = server.sighup({"limits": {"connections": 101}})
            self.assertIn("limits.connections: descriptors were planned for 100", reload.text)
        reload = server.sighup({"limits": {"connections": 99}})
        self.assertNotIn("limits.connections", reload.text)


if __name__ == "__main__":
    main()
