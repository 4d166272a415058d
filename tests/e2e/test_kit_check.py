"""`actctl plugin check`: what it says of good plugins and of unfit ones, each of which it survives."""

import json
import os
import socket
import tempfile
import unittest

from harness import BUILD, main, plugin_file
from kit import SANITIZED, TOOLS, findings, run

# What is unfit, and a part of the sentence that says why. What the server refuses is refused in the
# server's own words.
UNFIT = {
    "bad_abi_major": "built for ABI 9.0",
    "bad_abi_minor": "built for ABI 0.99",
    "bad_no_manifest": "a shared object without a manifest",
    "bad_two_manifests": "it carries 2 manifests, expected one",
    "bad_no_symbol": "it does not export act_plugin_v1",
    "bad_symbol": "its act_plugin_v1 is not data",
    "bad_borrowed": "its act_plugin_v1 comes from a library",
    "bad_size": "its table says that it has 4096 bytes",
    "bad_name": 'act_plugin.name is "somebody"',
    "bad_twice": "actions number 0 and 1 are both named which",
    "bad_blocking": "expected ACT_F_PARALLEL in act_plugin.flags",
    "bad_raw_code": "is ACT_A_RAW and has the code 2001",
    "bad_flags": "act_plugin.flags is 0x80000000",
    "bad_ctor_crash": "a constructor?) killed the process: signal 11",
    "bad_ctor_abort": "a constructor?) killed the process: signal 6",
    "bad_ctor_exit": "a constructor?) ended the process with exit(0)",
    "bad_ctor_lie": "a constructor?) ended the process with exit(0)",
    "bad_ctor_loop": "a constructor?) did not end within 1000 ms",
    "bad_ctor_wait": "a constructor?) did not end within 1000 ms",
    "bad_dtor_crash": "unloading it killed the process: signal 11",
    "bad_dtor_loop": "unloading it did not end within 1000 ms",
    "bad_create": "its create() failed (-9): create: the moon is not full",
    "bad_start": "its start() failed (-9): start: the tide is out",
    "bad_machine": "it is for AArch64",
    "bad_elf32": "it is a 32-bit shared object",
    "bad_truncated": "the file is cut off or damaged",
    "bad_zero": "the file begins with zero bytes",
    "bad_empty": "the file is empty",
    "bad_text": "expected a shared object, found text",
}
NOTED = {
    "bad_nodelete": ["linked with -z nodelete", "it stays in memory"],
    "bad_unique": ['the symbol bad_unique_symbol is "unique"', "it stays in memory"],
    "bad_thread_local": ["it stays in memory"],
}
HANGS = ("_loop", "_wait")


def check(file, *options):
    env = {"PATH": TOOLS, "ASAN_OPTIONS": "detect_leaks=0"}
    return run(BUILD / "bin/actctl", "plugin", "check", file, *options, env=env)


class Check(unittest.TestCase):

    def test_unfit(self):
        for name, sentence in UNFIT.items():
            with self.subTest(name):
                short = ["-T", "1"] if name.endswith(HANGS) else []
                code, out, _ = check(plugin_file(name), *short)
                self.assertEqual(code, 1)
                self.assertIn(sentence, "\n".join(findings(out, "bad")))
                self.assertTrue(out.endswith(f"{plugin_file(name)}: unfit\n"), out)

    def test_every_undefined_symbol_is_named(self):
        code, out, _ = check(plugin_file("bad_undefined"))
        self.assertEqual(code, 1)
        self.assertIn("the symbol bad_missing_function is undefined", findings(out, "bad")[0])

    @unittest.skipIf(SANITIZED, "a sanitizer adds symbols of its own")
    def test_noted(self):
        for name, sentences in NOTED.items():
            with self.subTest(name):
                code, out, _ = check(plugin_file(name))
                self.assertEqual(code, 0, out)
                for sentence in sentences:
                    self.assertIn(sentence, "\n".join(findings(out, "note")))
                self.assertEqual(check(plugin_file(name), "--strict")[0], 1)

    def test_fit_and_called(self):
        code, out, err = check(plugin_file("echo"), "--settings", '{"prefix":"> "}', "--call",
                               "echo=hello", "--call", "echo")
        self.assertEqual((code, err), (0, ""), out)
        self.assertEqual(findings(out, "call"), ["echo: > hello", "echo: > "])
        self.assertIn("created and started", findings(out, "ok"))
        self.assertIn("unloaded: nothing of it is left in memory", findings(out, "ok"))

    def test_settings_and_payloads_from_files(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("s", '{"prefix":"<"}'), ("p", "\x00\xff")):
                with open(f"{folder}/{name}", "w", encoding="latin-1") as file:
                    file.write(text)
            code, out, _ = check(plugin_file("echo"), "--settings", f"@{folder}/s", "--call",
                                 f"echo=@{folder}/p")
        self.assertEqual((code, findings(out, "call")), (0, ["echo: hex 3c00ff"]))

    def test_wrong_settings(self):
        code, out, _ = check(plugin_file("echo"), "--settings", '{"suffix":1}')
        self.assertEqual(code, 1)
        self.assertEqual(findings(out, "bad"), [
            'its create() failed (-3): "suffix": there is no such setting; expected "prefix"'])

    def test_no_such_action(self):
        code, out, _ = check(plugin_file("echo"), "--call", "sing=la")
        self.assertEqual(code, 1)
        self.assertEqual(findings(out, "bad"), ["--call sing: it has no action of that name"])

    def test_needs(self):
        code, out, _ = check(plugin_file("profile"), "--call", "get={}")
        self.assertEqual((code, findings(out, "call")), (0, []))
        self.assertIn("was not started nor called: it needs act.sql/1",
                      "\n".join(findings(out, "note")))
        code, out, _ = check(plugin_file("profile"), "--needs", plugin_file("sqlite"), "--user",
                             "bob", "--call", 'set={"name":"Bob"}')
        self.assertEqual(code, 0, out)
        self.assertIn("created and started", findings(out, "ok"))
        self.assertEqual(len(findings(out, "call")), 1)
        code, out, _ = check(plugin_file("profile"), "--needs", "/no/such.so")
        self.assertEqual(code, 1)
        self.assertIn("--needs /no/such.so: there is no such file", findings(out, "bad"))

    def test_what_the_server_has_itself(self):
        """Listed under needs, and there without --needs."""
        code, out, _ = check(plugin_file("keeper"), "--call", "put=a 0 one", "--call", "get=a")
        self.assertEqual((code, findings(out, "call")), (0, ["put: rc 0", "get: one"]), out)
        self.assertIn("keys that it keeps in act.kv/1: 2", findings(out, "ok"))
        with socket.create_server(("127.0.0.1", 0)) as back:
            settings = json.dumps({"port": back.getsockname()[1]})
            code, out, _ = check(plugin_file("relay"), "--settings", settings)
        self.assertEqual(code, 0, out)
        self.assertIn("descriptors that it watches (act.poll/1): 1", findings(out, "ok"))

    def test_a_state_is_handed_over(self):
        file = plugin_file("carrier_a")
        code, out, _ = check(file, "--call", "add=x")
        self.assertEqual(code, 0, out)
        self.assertIn("its state was handed to another generation (40 bytes in format 1)",
                      findings(out, "ok"))
        for quirk, sentence in (
                ("save fails", "its save() failed (-9)"),
                ("load refuses", "its load() failed (-8) on what its save() wrote (40 bytes in "
                                 "format 1)")):
            with self.subTest(quirk):
                settings = json.dumps({"quirks": [quirk]})
                code, out, _ = check(file, "--settings", settings)
                self.assertEqual((code, findings(out, "bad")), (1, [sentence]), out)
        code, out, _ = check(file, "--settings", '{"quirks":["save waits"]}', "-T", "1")
        self.assertEqual((code, findings(out, "bad")),
                         (1, ["its save() did not end within 1000 ms (--timeout)"]), out)

    def test_for_programs(self):
        code, out, _ = check(plugin_file("echo"), "--json", "--call", "echo=x")
        answer = json.loads(out)
        self.assertEqual((code, answer["fit"]), (0, True))
        self.assertIn({"kind": "call", "text": "echo: x"}, answer["findings"])
        code, out, _ = check(plugin_file("bad_text"), "--json")
        self.assertEqual((code, json.loads(out)["fit"]), (1, False))

    def test_nothing_is_left_of_the_trial(self):
        with tempfile.TemporaryDirectory() as folder:
            env = {"PATH": TOOLS, "TMPDIR": folder, "ASAN_OPTIONS": "detect_leaks=0"}
            for name in ("echo", "bad_create", "bad_start", "bad_ctor_crash"):
                run(BUILD / "bin/actctl", "plugin", "check", plugin_file(name), env=env)
            self.assertEqual(os.listdir(folder), [])

    def test_usage(self):
        file = plugin_file("echo")
        for words, sentence in (
                (["--call", "=x"], 'expected ACTION=PAYLOAD, found "=x"'),
                (["--call", "echo=@/no/such"], "/no/such"),
                (["--settings", "[]"], "--settings: expected a JSON object"),
                (["--settings", "{"], "--settings: expected a JSON object"),
                ([str(file)], "plugin check: expected one file")):
            with self.subTest(words):
                code, out, err = check(file, *words)
                self.assertEqual((code, out), (2, ""))
                self.assertIn(sentence, err)
        code, out, _ = check("/no/such.so")
        self.assertEqual((code, out), (1, "  bad   the file cannot be opened: No such file or "
                                          "directory\n/no/such.so: unfit\n"))


if __name__ == "__main__":
    main()
