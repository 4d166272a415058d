"""A real nginx in front: the recommended form, and the plain one that hands the upgrade on as
HTTP/1.0 with "Host: push_web"."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile

import programs
from harness import ROOT, ServerCase, eventually, main
from rawws import Client, Refused, Socket
from tokens import Issuer

PRIVATE = 2120


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Nginx:
    """One nginx with one of the shipped configs, its ports changed, in a folder of its own."""

    def __init__(self, conf, upstream):
        self.folder = tempfile.mkdtemp(prefix="actd-nginx-")
        self.port = free_port()
        text = (ROOT / "conf" / conf).read_text()
        for old, new in (("127.0.0.1:8080", f"127.0.0.1:{upstream}"),
                         ("127.0.0.1:8000", f"127.0.0.1:{self.port}")):
            if old not in text:
                raise AssertionError(f"{conf}: expected {old} in it")
            text = text.replace(old, new)
        path = os.path.join(self.folder, "nginx.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        self.process = subprocess.Popen(
            ["nginx", "-p", self.folder + "/", "-c", path, "-g", "daemon off;"],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        eventually(self.listens, "nginx listens")

    def listens(self):
        if self.process.poll() is not None:
            raise AssertionError("nginx ended: " + self.process.stderr.read().decode())
        try:
            Socket(self.port).sock.close()
        except ConnectionRefusedError:
            return False
        return True

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)


class ThroughNginx(ServerCase):

    def front(self, conf):
        programs.need("nginx", "nginx")
        self.issuer = Issuer()
        server = self.serve("echo", "jwt", "sqlite", "friend", "probe",
                            config=self.issuer.config(), files=self.issuer.files())
        nginx = Nginx(conf, server.port)
        self.addCleanup(nginx.stop)
        return nginx

    def check_python(self, port):
        token = self.issuer.mint("alice")
        with Client(port) as client:
            self.assertEqual(client.text(1, "我们都好"), "我们都好")
            self.assertEqual(client.error(PRIVATE)["name"], "not_logged_in")
            self.assertEqual(client.call(1, b"x" * 100000), b"x" * 100000)
            client.bye()
        for headers in ({"Authorization": f"Bearer {token}"}, {"Cookie": f"session={token}"}):
            with self.subTest(list(headers)[0]), Client(port, **headers) as client:
                self.assertEqual(client.text(PRIVATE), "alice")
        with Client(port, f"/serv/?token={token}") as client:
            self.assertEqual(client.text(PRIVATE), "alice")
        with self.assertRaises(Refused) as caught:
            Client(port, Cookie="session=rubbish")
        self.assertEqual(caught.exception.status, 401)
        self.assertEqual(caught.exception.error()["name"], "not_logged_in")

    def check_go(self, port):
        url = f"ws://127.0.0.1:{port}/serv/"
        names = {}
        for how, options in (("nobody", {}), ("header", {"token": self.issuer.mint("alice")}),
                             ("cookie", {"cookie": self.issuer.mint("alice")})):
            code, out, err = programs.go(url, **options)
            self.assertEqual((code, err), (0, ""))
            self.assertIn("action=110 ", out)
            names[how] = json.loads(out.split("body=", 1)[1])["error"]["name"]
        self.assertEqual(names, {"nobody": "not_logged_in", "header": "payload_refused",
                                 "cookie": "payload_refused"})

    def test_recommended(self):
        nginx = self.front("nginx.conf")
        self.check_python(nginx.port)
        self.check_go(nginx.port)

    def test_plain(self):
        nginx = self.front("nginx-plain.conf")
        self.check_python(nginx.port)
        self.check_go(nginx.port)


if __name__ == "__main__":
    main()
