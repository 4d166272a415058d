"""Plugin files that are unfit: each is refused with a sentence that says why, and the generation
that was live before it serves on."""

import pathlib
import shutil
import tempfile

from harness import ServerCase, main, plugin_file
from procfs import children
from rawws import Client

WHICH = 2000  # the action of the plugin "swap"


def half(data):
    return data[:len(data) // 2]


def zeros(data):
    return bytes(len(data))


def other_machine(data):
    changed = bytearray(data)
    changed[18:20] = (0xB7 if data[18] == 0x3E else 0x3E).to_bytes(2, "little")  # AArch64, x86-64
    return bytes(changed)


def hole(data):
    """Zeros where the program headers lie."""
    return data[:64] + bytes(512) + data[576:]


class Unfit(ServerCase):

    def start(self, **config):
        self.server = self.serve("echo", config=config)
        self.file = self.server.install("good_a", "swap")
        self.assertEqual(self.server.sighup().verdict, "taken")
        self.client = Client(self.server.port)
        self.addCleanup(self.client.sock.close)
        self.serves("a")

    def serves(self, build):
        """The open connection and a new one are served, by swap and by the others."""
        self.assertEqual(self.client.text(WHICH, "x"), build + ":x")
        self.assertEqual(self.client.text(1, "y"), "y")
        with Client(self.server.port) as client:
            self.assertEqual(client.text(WHICH, "x"), build + ":x")

    def refused(self, *words):
        """A SIGHUP now costs only this plugin; the sentence has those words."""
        reload = self.server.sighup()
        self.assertEqual(reload.verdict, "partial", reload.text)
        sentences = [text for text in reload.plugins.values() if text.startswith("refused: ")]
        self.assertEqual(len(sentences), 1, reload.text)
        for word in words:
            self.assertIn(word, reload.text)
        self.assertEqual(reload.plugins["echo"], "unchanged")
        self.serves("a")
        return sentences[0]

    def check_in_place(self, change, *words):
        """The content of the loaded file is changed under the server."""
        self.start()
        good = self.file.read_bytes()
        with open(self.file, "r+b") as file:
            file.truncate(0)
            file.write(change(good))
        self.refused(*words)
        shutil.copyfile(plugin_file("good_b"), self.file)  # in place, and good again
        self.assertEqual(self.server.sighup().verdict, "taken")
        self.serves("b")

    def check_build(self, name, *words):
        """Another build of the plugin comes, and does not do."""
        self.start(load_ms=3000)
        self.server.install(name, "swap")
        self.refused(*words)
        self.server.install("good_a", "swap")
        reload = self.server.sighup()
        self.assertEqual((reload.verdict, reload.plugins["swap"]), ("taken", "unchanged"))
        self.assertEqual(children(self.server.pid), [])


class ChangedInPlace(Unfit):

    def test_truncated(self):
        self.check_in_place(half, "cut off or damaged")

    def test_zeros(self):
        self.check_in_place(zeros, "zero bytes")

    def test_empty(self):
        self.check_in_place(lambda data: b"", "empty")

    def test_text(self):
        self.check_in_place(lambda data: b"#!/bin/sh\n", "found text")

    def test_a_hole(self):
        self.check_in_place(hole, "refused")

    def test_another_machine(self):
        self.check_in_place(other_machine, "build it for this machine")


class OtherBuilds(Unfit):

    def test_another_abi(self):
        self.check_build("swap_abi", "built for ABI 0.99, this server has 0.10")

    def test_no_symbol(self):
        self.check_build("swap_no_symbol", "act_plugin_v1")

    def test_a_symbol_that_nobody_has(self):
        self.check_build("swap_undefined", "undefined symbol")

    def test_create_fails(self):
        self.check_build("swap_create", "create", "the moon is not full")

    def test_start_fails(self):
        self.check_build("swap_start", "start", "the tide is out")

    def test_its_constructor_crashes(self):
        self.check_build("swap_ctor_crash", "constructor")

    def test_its_constructor_ends_the_process(self):
        self.check_build("swap_ctor_exit", "exit")

    def test_its_constructor_never_ends(self):
        self.check_build("swap_ctor_wait", "3000 ms")


class BesideTheGoodOnes(Unfit):
    """A new file that is unfit costs nobody anything."""

    def check(self, name, *words):
        self.start(load_ms=3000)
        self.server.install(name)
        self.assertIn(name, self.refused(*words))
        self.server.remove(name)
        self.assertEqual(self.server.sighup().verdict, "taken")

    def refused(self, *words):
        reload = self.server.sighup()
        self.assertEqual(reload.verdict, "partial", reload.text)
        lines = [line for line in reload.lines if ": refused: " in line]
        self.assertEqual(len(lines), 1, reload.text)
        for word in words:
            self.assertIn(word, reload.text)
        self.serves("a")
        return lines[0]

    def test_no_manifest(self):
        self.check("bad_no_manifest", "ACT_MANIFEST")

    def test_blocking_without_parallel(self):
        self.check("bad_blocking", "PARALLEL")

    def test_two_actions_with_one_name(self):
        self.check("bad_twice", "refused")

    def test_a_table_with_another_name(self):
        self.check("bad_name", "refused")

    def test_a_lie(self):
        self.check("bad_ctor_lie", "refused")

    def test_not_a_file(self):
        self.start()
        folder = self.server.plugin_dir / "folder.so"
        folder.mkdir()
        self.refused("found a folder")
        folder.rmdir()

    def test_a_link_to_nothing(self):
        self.start()
        link = self.server.plugin_dir / "link.so"
        link.symlink_to("/nonexistent/plugin.so")
        self.refused("No such file")
        link.unlink()

    def test_files_that_are_no_plugins_are_passed_over(self):
        self.start()
        for name in ("README", "swap.so.bak", ".hidden.so", "swap.so~"):
            (self.server.plugin_dir / name).write_text("nothing")
        self.assertEqual(self.server.sighup().verdict, "taken")

    def test_several_at_once(self):
        self.start()
        names = ("bad_abi_minor", "bad_create", "bad_no_symbol", "bad_truncated")
        for name in names:
            self.server.install(name)
        reload = self.server.sighup()
        self.assertEqual(reload.verdict, "partial")
        for name in names:
            self.assertTrue(reload.plugins[name].startswith("refused: "), reload.text)
        self.serves("a")


class StayInMemory(Unfit):
    """Plugins that cannot be unloaded are served, retired, and told of."""

    def check(self, name):
        self.start()
        self.server.install(name)
        self.assertTrue(self.server.sighup().plugins[name].startswith("loaded"))
        self.assertNotIn("error", self.client.text(2001, "x"))
        since = self.server.mark()
        self.server.remove(name)
        self.assertTrue(self.server.sighup().plugins[name].startswith("retired"))
        self.server.wait_log(rf"{name}.*memory", since)
        self.serves("a")

    def test_nodelete(self):
        self.check("bad_nodelete")

    def test_thread_local(self):
        self.check("bad_thread_local")


class AtTheStart(ServerCase):

    def test_a_bad_file_costs_only_itself(self):
        server = self.serve("echo", "bad_abi_minor", "bad_create",
                            config={"actions": {"2001": "bad_create.which"}})
        with Client(server.port) as client:
            self.assertEqual(client.text(1, "x"), "x")
            self.assertEqual(client.error(2001)["name"], "unavailable")
        for name in ("bad_abi_minor", "bad_create"):
            server.wait_log(rf"plugin (\S*/)?{name}(\.so)?: refused: ")

    def test_strict(self):
        server = self.serve("echo", "bad_abi_minor", config={"strict": True}, start=False)
        server.spawn()
        self.assertNotEqual(server.ended(), 0)
        self.assertIn("bad_abi_minor", server.tail())
        self.assertNotIn("main: ready", server.tail())

    def test_a_plugin_folder_that_is_not_there(self):
        missing = pathlib.Path(tempfile.gettempdir()) / "actd-e2e-no-such-folder"
        server = self.serve(config={"plugin_dir": str(missing)}, start=False)
        server.spawn()
        self.assertNotEqual(server.ended(), 0)
        self.assertIn(str(missing), server.tail())


if __name__ == "__main__":
    main()
