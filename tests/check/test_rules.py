#!/usr/bin/python3
"""Tests of rules.py: a small tree that breaks one rule at a time, and one that breaks none."""
import os
import subprocess
import sys
import tempfile
import unittest

RULES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rules.py")

# A tree without a finding.
GOOD = {
    "include/act/plugin.h": "#include <stdint.h>\n",
    "include/act/ext/sql.h": '#include "../plugin.h"\n',
    "core/base/err.h": "struct err;\n",
    "core/base/err.c": '#include "base/err.h"\n\n#include <stdio.h>\n',
    "core/base/config.c": "#include <cjson/cJSON.h>\n",
    "core/net/front.c": '#include "base/err.h"\n#include <libwebsockets.h>\n',
    "core/act/call.h": '#include "act/plugin.h"\n#include "net/hub.h"\n',
    "core/main.c": '#include "act/call.h"\n#include "net/hub.h"\n',
    "plugins/echo/echo.c": '#include <act/easy.h>\n#include "parts.h"\n#include "../common/json.h"\n',
    "tests/unit/test_err.c": '#include "../../core/base/err.c"\n',
}

# What is put into that tree, and the one finding it must make.
BAD = [
    ("core/base/err.c", '#include <stdio.h>\n#include "base/err.h"\n',
     'core/base/err.c:1: the first include: expected "base/err.h"'),
    ("core/base/err.c", "int x;\n",
     'core/base/err.c:1: the first include: expected "base/err.h", its own header, found none'),
    ("core/net/conn.c", '#include "base/err.h"\n#include "act/call.h"\n',
     'core/net/conn.c:2: "act/call.h": core/act stands above core/net'),
    ("core/base/pool.c", '#include "reload/reload.h"\n',
     'core/base/pool.c:1: "reload/reload.h": core/reload stands above core/base'),
    ("core/base/pool.c", '#include "pool_inner.h"\n',
     'core/base/pool.c:1: "pool_inner.h": expected "room/file.h"'),
    ("core/tools/x.c", "int x;\n", "core/tools/x.c:1: core/tools is no room"),
    ("core/act/route.c", "#include <libwebsockets.h>\n",
     "core/act/route.c:1: <libwebsockets.h> is for core/net/"),
    ("plugins/echo/echo.c", "#include <libwebsockets.h>\n",
     "plugins/echo/echo.c:1: <libwebsockets.h> is for core/net/"),
    ("core/net/frame.c", "#include <cjson/cJSON.h>\n",
     "core/net/frame.c:1: <cjson/cJSON.h> is for core/base/"),
    ("include/act/plugin.h", "#include <cjson/cJSON.h>\n",
     "include/act/plugin.h:1: <cjson/cJSON.h> is for core/base/"),
    ("include/act/plugin.h", "#include <pthread.h>\n",
     "include/act/plugin.h:1: <pthread.h>: a public header includes stdarg.h"),
    ("include/act/plugin.h", '#include "../../core/base/err.h"\n',
     'include/act/plugin.h:1: "../../core/base/err.h": a public header includes public headers'),
    ("plugins/friend/store.c", "#include <sqlite3.h>\n",
     "plugins/friend/store.c:1: <sqlite3.h> is for plugins/sqlite/"),
    ("plugins/friend/store.c", '#include "base/err.h"\n',
     'plugins/friend/store.c:1: "base/err.h": a plugin knows the server by act/ alone'),
    ("plugins/friend/store.c", '#include "../../core/base/err.h"\n',
     'plugins/friend/store.c:1: "../../core/base/err.h": a plugin knows the server by act/'),
    ("plugins/friend/store.c", '#include "../echo/parts.h"\n',
     'plugins/friend/store.c:1: "../echo/parts.h": expected a header of plugins/friend'),
    ("core/base/long.c", "int x;\n" * 501, "core/base/long.c:501: 501 lines, expected at most 500"),
    ("core/base/long.c", "int f(void)\n{\n" + "\tx();\n" * 71 + "}\n",
     "core/base/long.c:2: a function of 71 lines"),
    ("core/base/text.c", "int x; \n", "core/base/text.c:1: blanks at the end"),
    ("core/base/text.c", "int x;\r\n", "core/base/text.c:1: a carriage return"),
    ("core/base/text.c", "int f(void)\n{\n \treturn 0;\n}\n", "core/base/text.c:3: a space before"),
    ("core/base/text.c", "int x;", "core/base/text.c:1: no line end"),
    ("core/base/text.c", f"/* {'x' * 95} */\n", "core/base/text.c:1: 101 columns"),
    ("core/base/text.c", b"/* \xff */\n", "core/base/text.c:1: not UTF-8: byte 3"),
]


def run(tree):
    """rules.py over a tree: its exit code and its lines."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in tree.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "wb") as file:
                file.write(text if isinstance(text, bytes) else text.encode())
        done = subprocess.run([sys.executable, RULES, root], stdout=subprocess.PIPE, text=True,
                              check=False)
        return done.returncode, done.stdout.splitlines()


class Rules(unittest.TestCase):
    def test_good(self):
        self.assertEqual(run(GOOD), (0, [f"{len(GOOD)} files, 0 findings"]))

    def test_limits_are_allowed(self):
        edge = {
            "core/base/file.c": "int x;\n" * 500,
            "core/base/function.c": "int f(void)\n{\n" + "\tx();\n" * 70 + "}\n",
            "core/base/columns.c": f"/* {'ö' * 94} */\n",
        }
        code, lines = run(GOOD | edge)
        self.assertEqual((code, lines), (0, [f"{len(GOOD) + 3} files, 0 findings"]))

    def test_bad(self):
        for path, text, finding in BAD:
            with self.subTest(finding):
                code, lines = run(GOOD | {path: text})
                self.assertEqual(code, 1)
                self.assertEqual(len(lines), 2, lines)
                self.assertTrue(lines[0].startswith(finding), lines[0])

    def test_wrong_root(self):
        code, lines = run({"readme.txt": "nothing\n"})
        self.assertEqual(code, 1)
        self.assertIn("not the root of the project", lines[0])


if __name__ == "__main__":
    unittest.main()
