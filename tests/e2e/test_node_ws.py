"""Node's ws, as Debian packages it."""

import json

import programs
from harness import ServerCase, main
from tokens import Issuer


class NodeClient(ServerCase):

    def test_conversation(self):
        issuer = Issuer()
        config = dict(issuer.config(), services={"act.auth/1": "jwt"})
        server = self.serve("echo", "jwt", config=config, files=issuer.files())
        code, out, err = programs.node("client.js", server.url(""),
                                       issuer.mint("alice"))
        self.assertEqual((code, err), (0, ""))
        self.assertEqual([json.loads(line) for line in out.splitlines()], [
            ["text", ["text 我们都好", False]],
            ["binary", ["00ff", True]],
            ["pong", "here"],
            ["close", 1000],
            ["action", [1, "payload", True]],
            ["closed", 1003],
            ["refused", 401],
        ])


if __name__ == "__main__":
    main()
