"""A "unix:" address whose path is taken: what is not a socket that was left behind is not touched.
"""

import socket

from harness import DEADLINE, ServerCase, main
from rawws import upgrade_request


class ListenUnix(ServerCase):

    def prepare(self):
        self.server = self.serve(start=False)
        self.path = self.server.root / "there"
        self.server.config["listen"] = ["127.0.0.1:0", f"unix:{self.path}"]

    def check_refused(self, reason):
        self.server.spawn()
        self.assertEqual(self.server.ended(), 1)
        self.assertIn(f"unix:{self.path}: {reason}", self.server.tail())
        self.server.check_reports()

    def test_a_file_stays(self):
        self.prepare()
        self.path.write_text("important\n")
        self.check_refused("Address already in use")
        self.assertEqual(self.path.read_text(), "important\n")

    def test_a_link_to_a_file_stays(self):
        self.prepare()
        target = self.server.write("target", "important\n")
        self.path.symlink_to(target)
        self.check_refused("Address already in use")
        self.assertTrue(self.path.is_symlink())
        self.assertEqual(target.read_text(), "important\n")

    def test_a_socket_that_somebody_listens_on_stays(self):
        self.prepare()
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(self.path))
            other.listen()
            self.check_refused("Address already in use")
            self.assertTrue(self.path.is_socket())

    def test_a_socket_that_was_left_behind_is_replaced(self):
        self.prepare()
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(self.path))
        self.server.start()
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(DEADLINE)
            client.connect(str(self.path))
            client.sendall(upgrade_request("/echo"))
            self.assertIn(b" 101 ", client.recv(4096))


if __name__ == "__main__":
    main()
