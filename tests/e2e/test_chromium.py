"""A browser: a page of its own origin speaks act.json.v1 and act.v1 with the WebSocket that every
page has. A browser sends no header of the page's choosing, so the token goes in band."""

import contextlib
import http.server
import json
import os
import pathlib
import queue
import signal
import subprocess
import tempfile
import threading
import urllib.parse

import cast
import programs
from cast import HOLD, LET_GO, TELL, TOLD
from harness import DEADLINE, ServerCase, main
from tokens import Issuer

PAGES = pathlib.Path(__file__).with_name("browser")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


class Pages(http.server.SimpleHTTPRequestHandler):
    """Gives the pages, and takes what they found."""

    def __init__(self, *args):
        super().__init__(*args, directory=PAGES)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()
        self.server.found.put(json.loads(body))

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def pages():
    """A web server for the pages; its `found` is a queue of what they posted."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        server.found = queue.Queue()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


@contextlib.contextmanager
def chromium(url):
    """A browser at that page, in a process group of its own that ends with it."""
    programs.need("chromium", "chromium")
    with tempfile.TemporaryDirectory(prefix="actd-e2e-", ignore_cleanup_errors=True) as home:
        env = dict(os.environ, HOME=home, XDG_CONFIG_HOME=home, XDG_CACHE_HOME=home)
        with open(f"{home}/log", "wb") as log:
            browser = subprocess.Popen(
                ["chromium", *FLAGS, f"--user-data-dir={home}/profile", url], env=env,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        try:
            yield pathlib.Path(home, "log")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(browser.pid, signal.SIGKILL)
            browser.wait()


class Chromium(ServerCase):

    def setUp(self):
        issuer = Issuer()
        config = dict(issuer.config(), services={"act.auth/1": "jwt"}, endpoints=cast.ENDPOINTS)
        self.token = issuer.mint("alice")
        self.server = self.serve("echo", "jwt", "witness", "juggler", config=config,
                                 files=issuer.files())

    def visit(self, web):
        """What the page found."""
        query = urllib.parse.urlencode({"base": self.server.url(""), "token": self.token})
        url = f"http://127.0.0.1:{web.server_port}/page.html?{query}"
        with chromium(url) as log:
            try:
                return web.found.get(timeout=DEADLINE)
            except queue.Empty:
                self.fail(f"the page never said what it found:\n{log.read_text()[-2000:]}")

    def test_a_page_speaks_both_protocols(self):
        with pages() as web:
            allowed = [f"http://127.0.0.1:{web.server_port}"]
            self.assertEqual(self.server.sighup({"origins": allowed}).verdict, "taken")
            found = self.visit(web)
        self.assertEqual(found, [
            ["hello", ["act.json.v1", "", "hello", None]],
            ["stranger", "not_logged_in"],
            ["auth", "alice"],
            *[["answer", {"action": HOLD, "seq": seq, "data": {"text": "我们都好", "seq": seq}}]
              for seq in (13, 12, 11, 10)],
            ["answer", {"action": LET_GO, "seq": 14, "data": {"answered": 4}}],
            ["push", {"push": TOLD, "data": "to myself"}],
            ["pushed", {"action": TELL, "seq": 20, "data": {"rc": 0}}],
            ["error", {"code": 1001, "name": "plugin_error", "message": "no", "retry": True,
                       "retry_after_ms": 9}],
            ["told", "bad_frame"],
            ["closed", 1002],
            ["binary hello", ["act.v1", 0xFFFFFF00]],
            ["binary answer", [0, 0, 0, 1, 0x11, 0, 0, 0, 0, 0, 0, 7, 0x00, 0xFF]],
            ["binary closed", 1000],
            # A page is told no more of an upgrade that was refused.
            ["refused", {"closed": 1006, "reason": ""}],
            ["refused", {"closed": 1006, "reason": ""}],
        ])

    def test_a_page_of_another_origin_does_not_get_in(self):
        allowed = ["https://example.org"]
        self.assertEqual(self.server.sighup({"origins": allowed}).verdict, "taken")
        with pages() as web:
            self.assertEqual(self.visit(web), [["fault", "Error: closed with 1006"]])


if __name__ == "__main__":
    main()
