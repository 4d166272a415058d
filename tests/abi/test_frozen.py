"""The headers of a version that was given out stay as they were, byte for byte: what is compiled with
them is what an author compiled then."""

import hashlib
import pathlib
import unittest

HERE = pathlib.Path(__file__).resolve().parent

# From the last state of 0.9. A new version gets a folder and entries of its own; these never change.
FROZEN = {
    "v0_9/act/easy.h": "0ce76bb6217ddd806f314a56cb10b808f7fdadee883591a154550ae8ed5e878c",
    "v0_9/act/ext/auth.h": "6bb58120ec1f2bfc81a75731ac9b0d22bb73da11288742e1f21bea76c28ee416",
    "v0_9/act/ext/sql.h": "0cf1576b61bdb90f9d232578faa9c17c5a647feeb4384ace8601dfbd2f5bf1d5",
    "v0_9/act/plugin.h": "93bc7b1a722de7ebfe3593cf297152d9cef8e06a0c5161e84cf7868e705c5bc4",
}


class Frozen(unittest.TestCase):

    def test_each_byte(self):
        for name, expected in FROZEN.items():
            with self.subTest(name):
                found = hashlib.sha256((HERE / name).read_bytes()).hexdigest()
                self.assertEqual(found, expected, f"tests/abi/{name} is frozen: restore it")

    def test_no_other(self):
        """A header beside them would be found by what is compiled with them, too."""
        found = {str(path.relative_to(HERE)) for path in HERE.glob("v*/**/*.h")}
        self.assertEqual(found, set(FROZEN))


if __name__ == "__main__":
    unittest.main(verbosity=2)
