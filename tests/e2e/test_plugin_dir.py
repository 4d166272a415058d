"""The folder of the plugins is not there: nothing is taken for "all plugins were removed"."""

from harness import ServerCase, main
from rawws import Client


class PluginDir(ServerCase):

    def test_gone_at_a_reload(self):
        server = self.serve("echo")
        aside = server.plugin_dir.rename(server.root / "aside")
        with Client(server.port) as client:
            for _ in range(2):
                reload = server.sighup()
                self.assertEqual(reload.verdict, "refused", reload.text)
                self.assertIn(f"plugin_dir: expected a folder that can be read, found "
                              f"{server.plugin_dir}: No such file",
                              reload.text)
                self.assertEqual(client.text(1, "x"), "x")
            aside.rename(server.plugin_dir)
            reload = server.sighup()
            self.assertEqual((reload.verdict, reload.plugins["echo"]), ("taken", "unchanged"))
            self.assertEqual(client.text(1, "y"), "y")

    def test_another_folder_that_is_not_there(self):
        server = self.serve("echo")
        missing = server.root / "missing"
        reload = server.sighup({"plugin_dir": str(missing)})
        self.assertEqual(reload.verdict, "refused", reload.text)
        self.assertIn(f"plugin_dir: expected a folder that can be read, found {missing}:",
                      reload.text)
        with Client(server.port) as client:
            self.assertEqual(client.text(1, "x"), "x")

    def test_gone_at_the_start(self):
        server = self.serve(start=False)
        server.config["plugin_dir"] = str(server.root / "missing")
        server.spawn()
        self.assertEqual(server.ended(), 1)
        self.assertIn("plugin_dir: expected a folder that can be read, found "
                      f"{server.root / 'missing'}:", server.tail())
        self.assertNotIn("main: ready", server.tail())
        server.check_reports()


if __name__ == "__main__":
    main()
