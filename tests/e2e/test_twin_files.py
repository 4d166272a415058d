"""Two files of one plugin: whatever becomes of them, one generation serves."""

from harness import ServerCase, eventually, main
from procfs import mapped_files
from rawws import TEXT, Client, client_frame


class TwinFiles(ServerCase):

    def start(self):
        self.server = self.serve("echo")
        self.client = Client(self.server.port, "/echo")
        self.addCleanup(self.client.sock.close)
        self.quiet = self.heard()

    def heard(self):
        self.client.send(client_frame(TEXT, b"a"))
        return self.client.message()

    def damage(self):
        """The file is replaced by one that is cut off."""
        path = self.server.plugin_dir / "echo.so"
        whole = path.read_bytes()
        staged = self.server.staging / "echo.so"
        staged.write_bytes(whole[:3000])
        staged.rename(path)

    def check_one_serves(self):
        """An old connection and a new one hear the same, and one copy is mapped."""
        answer = self.heard()
        eventually(lambda: self.copies() == 1, "one copy is mapped")
        with Client(self.server.port, "/echo") as client:
            client.send(client_frame(TEXT, b"a"))
            self.assertEqual(client.message(), answer)
        return answer

    def copies(self):
        return len({path for path in mapped_files(self.server.pid) if "/state/run/" in path})

    def test_the_first_is_damaged_when_the_second_comes(self):
        self.start()
        self.damage()
        self.server.install("echo_loud", "zecho")
        self.assertEqual(self.server.sighup().verdict, "partial")
        answer = self.check_one_serves()
        self.assertEqual(self.server.sighup().verdict, "partial")
        self.assertEqual(self.check_one_serves(), answer)
        self.server.remove("echo")
        self.assertEqual(self.server.sighup().verdict, "taken")
        self.assertNotEqual(self.check_one_serves(), self.quiet)

    def test_both_are_good(self):
        self.start()
        self.server.install("echo_loud", "zecho")
        reload = self.server.sighup()
        self.assertEqual(reload.verdict, "partial", reload.text)
        self.assertIn("second file of plugin echo", reload.text)
        self.assertEqual(self.check_one_serves(), self.quiet)


if __name__ == "__main__":
    main()
