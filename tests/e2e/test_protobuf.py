#!/usr/bin/python3
"""Payloads in Protocol Buffers over the base protocol: 151, held against Python's own protobuf with
the .proto that lies beside the plugin."""

import importlib.util
import json
import pathlib
import random
import re
import struct
import subprocess
import tempfile

from google.protobuf.message import DecodeError
from harness import ROOT, ServerCase, eventually, main
from rawws import Client

GET, SET, GET_PB = 111, 118, 151
PROTO = ROOT / "plugins/profile/profile.proto"
BIO = "I like tea.\n\tAnd 我们都好."
AVATAR = "https://example.org/bob.png"


def compile_proto():
    """What protoc makes of the .proto for Python."""
    with tempfile.TemporaryDirectory(prefix="actd-e2e-") as folder:
        subprocess.run(["protoc", f"--proto_path={PROTO.parent}", f"--python_out={folder}",
                        PROTO.name], check=True)
        path = pathlib.Path(folder) / "profile_pb2.py"
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


profile_pb2 = compile_proto()


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def unknown_fields():
    """A field of a number that no message has, in each type."""
    return (varint(9 << 3) + varint(1 << 63) + varint(9 << 3 | 1) + struct.pack("<Q", 7)
            + varint(9 << 3 | 2) + b"\x03xyz" + varint(9 << 3 | 5) + struct.pack("<I", 7))


class Protobuf(ServerCase):

    def setUp(self):
        self.server = self.serve("echo", "sqlite", "profile", config={
            "services": {"act.sql/1": "sqlite"}, "actions": {"151": "profile.get_pb"}})
        self.alice, self.bob = self.connect("alice"), self.connect("bob")
        eventually(lambda: b"error" not in self.alice.call(GET, '{"user":"bob"}'), "bob is known")

    def connect(self, user):
        client = Client(self.server.port, f"/serv/?user={user}")
        self.addCleanup(client.sock.close)
        return client

    def get(self, client, **members):
        """The profile, as Python reads it."""
        answer = client.call(GET_PB, profile_pb2.GetProfile(**members).SerializeToString())
        return profile_pb2.Profile.FromString(answer)

    def set(self, client, **members):
        return json.loads(client.call(SET, json.dumps(members)))

    def refused(self, payload):
        error = self.alice.error(GET_PB, payload)
        self.assertEqual((error["code"], error["name"], error["retry"]),
                         (422, "payload_refused", False))
        return error["message"]

    def test_what_is_set_in_json_is_got_in_protobuf(self):
        self.set(self.bob, name="Bob", bio=BIO, avatar=AVATAR)
        in_json = json.loads(self.alice.call(GET, '{"user":"bob"}'))
        profile = self.get(self.alice, user="bob")
        found = {field.name: value for field, value in profile.ListFields()}
        self.assertEqual(found, in_json)
        self.assertEqual((profile.name, profile.bio, profile.avatar), ("Bob", BIO, AVATAR))
        self.assertEqual(self.get(self.bob), profile)

    def test_what_is_null_in_json_is_not_there(self):
        for given in ({}, {"bio": ""}, {"bio": None, "avatar": AVATAR}):
            in_json = self.set(self.bob, **given)
            profile = self.get(self.alice, user="bob")
            self.assertEqual(list(in_json), [field.name for field in profile.DESCRIPTOR.fields])
            for key, value in in_json.items():
                self.assertEqual(profile.HasField(key), value is not None, key)
                self.assertEqual(getattr(profile, key), value or "", key)

    def test_an_empty_payload_asks_for_oneself(self):
        self.assertEqual(self.get(self.alice).user, "alice")
        self.assertEqual(self.get(self.bob).user, "bob")

    def test_unknown_users_are_refused_as_in_json(self):
        asked = profile_pb2.GetProfile(user="dave").SerializeToString()
        error = self.alice.error(GET_PB, asked)
        self.assertEqual((error["code"], error["name"]), (1001, "plugin_error"))
        self.assertEqual(error, self.alice.error(GET, '{"user":"dave"}'))

    def test_users_that_are_too_long_are_refused(self):
        asked = profile_pb2.GetProfile(user="x" * 256).SerializeToString()
        self.assertEqual(self.refused(asked),
                         '"user": expected a string of 1 to 255 bytes, found one of 256')
        self.assertEqual(self.alice.error(GET_PB, bytes(1025))["name"], "too_large")

    def test_the_refusals_read_as_described(self):
        section = (ROOT / "docs/actions.md").read_text().split("### 151 ")[1].split("\n## ")[0]
        rows = re.findall(r"^\| `([0-9a-f]+)` \| .* \| `(.*)` \|$", section, re.M)
        self.assertGreaterEqual(len(rows), 2)
        for payload, message in rows:
            self.assertEqual(self.refused(bytes.fromhex(payload)), message)
        self.assertIn(profile_pb2.GetProfile(user="bob").SerializeToString().hex(), section)

    def test_every_field_is_described(self):
        section = (ROOT / "docs/actions.md").read_text().split("### 151 ")[1].split("\n## ")[0]
        for message in (profile_pb2.GetProfile, profile_pb2.Profile):
            table = section.split(f"| `{message.DESCRIPTOR.name}` |")[1].split("\n\n")[0]
            self.assertEqual(re.findall(r"^\| `(\w+)` \|", table, re.M),
                             [field.name for field in message.DESCRIPTOR.fields])

    def test_truncations_at_each_length(self):
        whole = profile_pb2.GetProfile(user="bob").SerializeToString() + unknown_fields()
        good = 0
        for length in range(len(whole)):
            self.alice.ask(GET_PB, whole[:length])
        for length in range(len(whole)):
            code, answer = self.alice.reply()
            self.assertEqual(code, GET_PB)
            try:
                asked = profile_pb2.GetProfile.FromString(whole[:length])
            except DecodeError:
                self.assertEqual(json.loads(answer)["error"]["name"], "payload_refused", length)
                continue
            self.assertEqual(profile_pb2.Profile.FromString(answer).user, asked.user or "alice")
            good += 1
        self.assertEqual(good, 5)  # the empty one, and those cut off between two fields
        self.assertEqual(self.get(self.alice, user="bob").user, "bob")

    def test_bytes_of_any_kind(self):
        """The server takes nothing that Python does not take, and reads in it what Python reads."""
        seed = random.randrange(1 << 32)
        choice = random.Random(seed)
        whole = profile_pb2.GetProfile(user="bob").SerializeToString() + unknown_fields()
        for _ in range(1500):
            payload = bytearray(whole[:choice.randrange(len(whole) + 1)])
            for _ in range(choice.randrange(4)):
                at = choice.randrange(len(payload) + 1)
                payload[at:at + choice.randrange(2)] = choice.randbytes(choice.randrange(3))
            with self.subTest(seed=seed, payload=payload.hex()):
                self.check_reading(bytes(payload))

    def check_reading(self, payload):
        answer = self.alice.call(GET_PB, payload)
        error = json.loads(answer)["error"] if answer.startswith(b"{") else None
        if error and error["code"] == 422:
            return
        asked = profile_pb2.GetProfile.FromString(payload)
        user = asked.user if asked.HasField("user") else "alice"
        if error:
            self.assertEqual(error["message"], f'unknown user "{user}": nobody of that id has '
                             "logged in yet")
        else:
            self.assertEqual(profile_pb2.Profile.FromString(answer).user, user)


if __name__ == "__main__":
    main()
