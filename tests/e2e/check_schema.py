#!/usr/bin/python3
"""Holds conf/actd.schema.json, conf/actd.json and docs/configuration.md against the program.

    check_schema.py PRINT_KEYS

PRINT_KEYS is the program that prints the server's table of config keys, and that says what the
server finds wrong with a config. Each key must be in the schema with the same types, bounds,
default and meaning, and the schema may have no other; the shipped config must be valid and have
every key, with its default where it is not said otherwise; the documentation must have one row for
each key, and that row must be true.
"""

import copy
import json
import pathlib
import re
import subprocess
import sys
import unittest

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "conf/actd.schema.json"
CONFIG = ROOT / "conf/actd.json"
DOCUMENT = ROOT / "docs/configuration.md"

# Where the shipped config is meant to differ from the defaults.
DIFFERENT = {"state_dir", "endpoints", "actions", "pushes", "plugins", "services"}

PRINT_KEYS = None


def without_comments(text):
    """The same text with spaces in place of comments; strings are left alone."""
    token = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/', re.S)
    return token.sub(lambda m: m[0] if m[0][0] == '"' else re.sub(r"[^\n]", " ", m[0]), text)


def strict_object(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"a key stands twice: {names}"
    return dict(pairs)


def children(schema):
    """The members that a schema knows, as (name, schema); '*' for a pattern."""
    yield from schema.get("properties", {}).items()
    patterns = schema.get("patternProperties", {})
    assert len(patterns) <= 1, "more than one pattern in one object"
    for part in patterns.values():
        yield "*", part


def flatten(schema, path=""):
    """Every key of a schema, as {path: schema}."""
    found = {}
    for name, part in children(schema):
        below = f"{path}.{name}" if path else name
        found[below] = part
        found.update(flatten(part, below))
    return found


def types_of(schema):
    given = schema["type"]
    return set(given) if isinstance(given, list) else {given}


def read_keys():
    text = subprocess.run([PRINT_KEYS], check=True, stdout=subprocess.PIPE, timeout=30).stdout
    return {key["path"]: key for key in json.loads(text)}


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.keys = read_keys()
        cls.schema = json.loads(SCHEMA.read_text())
        cls.flat = flatten(cls.schema)
        cls.config = json.loads(without_comments(CONFIG.read_text()),
                                object_pairs_hook=strict_object)


class Schema(Case):
    def test_it_is_a_schema(self):
        jsonschema.Draft202012Validator.check_schema(self.schema)

    def test_the_same_keys(self):
        self.assertEqual(sorted(self.keys), sorted(self.flat))

    def test_each_key_alike(self):
        for path, key in self.keys.items():
            part = self.flat[path]
            with self.subTest(path):
                self.assertEqual(set(key["types"]), types_of(part))
                self.assertEqual(key["meaning"], part["description"])
                self.assertEqual("default" in key, "default" in part)
                self.assertEqual(key.get("default"), part.get("default"))
                for bound in ("minimum", "maximum"):
                    self.assertEqual(key.get(bound), part.get(bound))
                words = key["words"].split("|") if "words" in key else None
                self.assertEqual(words, part.get("enum"))
                if "object" in key["types"]:
                    self.assertEqual(key["open"], part["additionalProperties"])

    def test_other_keys_are_refused_at_the_top(self):
        self.assertIs(self.schema["additionalProperties"], False)


class Shipped(Case):
    def problems(self, config):
        return list(jsonschema.Draft202012Validator(self.schema).iter_errors(config))

    def test_it_is_valid(self):
        self.assertEqual([], [error.message for error in self.problems(self.config)])

    def test_the_server_takes_it(self):
        found = subprocess.run([PRINT_KEYS, str(CONFIG)], stdout=subprocess.PIPE, timeout=30)
        self.assertEqual((0, ""), (found.returncode, found.stdout.decode()))

    def test_the_defaults_are_valid(self):
        for path, key in self.keys.items():
            if "default" in key:
                with self.subTest(path):
                    jsonschema.validate(key["default"], self.flat[path],
                                        jsonschema.Draft202012Validator)

    def test_damage_is_found(self):
        """A schema that lets everything through would pass the tests above."""
        def spoiled(*path, value):
            config = copy.deepcopy(self.config)
            at = config
            for name in path[:-1]:
                at = at[name]
            at[path[-1]] = value
            return config

        for config in (spoiled("conections", value=1), spoiled("workers", value="many"),
                       spoiled("limits", "connections", value=0),
                       spoiled("limits", "conections", value=5),
                       spoiled("actions", "0x6E", value="friend.add"),
                       spoiled("actions", "110", value="friend"),
                       spoiled("actions", "110", value={"deadline_ms": 5}),
                       spoiled("endpoints", "/echo", value={"mode": "raw"}),
                       spoiled("endpoints", "/serv/", value={"action": "echo.raw"}),
                       spoiled("endpoints", "serv", value={}),
                       spoiled("pushes", "1110", value=None),
                       spoiled("services", "act.sql", value="sqlite"),
                       spoiled("listen", value=[]), spoiled("auth", value="maybe")):
            self.assertTrue(self.problems(config), config)

    def test_every_key_is_there_with_its_default(self):
        for path, key in self.keys.items():
            if "*" in path:
                continue
            with self.subTest(path):
                value = self.config
                for name in path.split("."):
                    self.assertIn(name, value)
                    value = value[name]
                if path not in DIFFERENT and "object" not in key["types"]:
                    self.assertEqual(key["default"], value)

    def test_the_keys_of_members_are_explained(self):
        text = CONFIG.read_text()
        for name in {path.split(".")[-1] for path in self.keys} - {"*"}:
            with self.subTest(name):
                self.assertRegex(text, rf"\b{name}\b")


class Document(Case):
    def test_one_true_row_for_each_key(self):
        rows = [line for line in DOCUMENT.read_text().splitlines()
                if re.match(r"\| `[^`]+` \| ", line)]
        expected = []
        for path, key in self.keys.items():
            default = f"`{json.dumps(key['default'])}`" if "default" in key else "none"
            change = "restart" if key["restart"] else "live"
            expected.append(f"| `{path}` | {default} | {key['expected']} | {change} | "
                            f"{key['meaning']} |")
        self.assertEqual(sorted(expected), sorted(rows))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: check_schema.py PRINT_KEYS")
    PRINT_KEYS = sys.argv.pop(1)
    unittest.main()
