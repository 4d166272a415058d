"""What a supervisor hears of the server, in the way of sd_notify(3): on a socket of the test's own,
in the order in which things happen; and signs of life, which stop while something hangs."""

import os
import pathlib
import signal
import socket
import tempfile
import time

import admin
from harness import DEADLINE, ServerCase, eventually, main
from procfs import children
from rawws import Client
from stubborn import HOLD_LOOP, open_gate, waits

MICROSECONDS = 1_000_000


class Supervisor:
    """The other end of NOTIFY_SOCKET. A message is a dict of its lines."""

    def __init__(self, abstract=False):
        self.folder = tempfile.TemporaryDirectory(prefix="actd-notify-")
        path = f"{self.folder.name}/socket"
        self.name = ("@" if abstract else "") + path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(("\0" if abstract else "") + path)
        self.socket.settimeout(DEADLINE)

    def hear(self):
        data, _, _, _ = self.socket.recvmsg(4096)
        return dict(line.split("=", 1) for line in data.decode().split("\n"))

    def waiting(self):
        """All that has come already."""
        messages = []
        self.socket.setblocking(False)
        try:
            while True:
                messages.append(self.hear())
        except BlockingIOError:
            return messages
        finally:
            self.socket.settimeout(DEADLINE)

    def close(self):
        self.socket.close()
        self.folder.cleanup()


class Supervised(ServerCase):

    def supervised(self, *plugins, abstract=False, config=None, **variables):
        self.supervisor = Supervisor(abstract)
        self.addCleanup(self.supervisor.close)
        self.server = self.serve(*plugins, config=config, start=False)
        self.server.env = {"NOTIFY_SOCKET": self.supervisor.name, **variables}
        self.server.start()

    def hears(self, **expected):
        """The next message, which has these lines and no other."""
        message = self.supervisor.hear()
        self.assertEqual(message, expected)

    def hears_reload(self, status):
        """A reload begins, and ends with this status."""
        message = self.supervisor.hear()
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        at = int(message.pop("MONOTONIC_USEC"))
        self.assertEqual(message, {"RELOADING": "1", "STATUS": "reloading"})
        self.assertLess(self.before, at)
        self.assertLess(at, now)
        self.hears(READY="1", STATUS=status)

    def reload(self, **how):
        self.before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        return self.server.sighup(**how)


class Notify(Supervised):

    def whole_life(self, abstract):
        self.supervised("echo", abstract=abstract)
        self.hears(READY="1", STATUS="start taken: 1 plugins serve")
        self.assertEqual(self.reload().verdict, "taken")
        self.hears_reload("reload 1 taken: 1 plugins serve")
        self.server.install("bad_no_symbol")
        self.assertEqual(self.reload().verdict, "partial")
        self.hears_reload("reload 2 partial: 1 plugins serve; the log says what was refused")
        self.assertEqual(self.reload(text="{").verdict, "refused")
        self.hears_reload("reload 3 refused: nothing has changed")
        self.assertEqual(self.supervisor.waiting(), [])
        self.server.stop()
        # Twice drain_ms (2000), close_ms (2000) and five times load_ms (10000).
        self.hears(STOPPING="1", EXTEND_TIMEOUT_USEC=str(56 * MICROSECONDS), STATUS="stopping")
        self.assertEqual(self.supervisor.waiting(), [])

    def test_a_whole_life_at_a_path(self):
        self.whole_life(abstract=False)

    def test_a_whole_life_at_an_abstract_name(self):
        self.whole_life(abstract=True)

    def test_ready_is_when_clients_are_served(self):
        self.supervised("echo")
        self.hears(READY="1", STATUS="start taken: 1 plugins serve")
        with Client(self.server.port) as client:
            self.assertEqual(client.text(1, "x"), "x")

    def test_a_start_that_fails_is_never_ready(self):
        self.supervisor = Supervisor()
        self.addCleanup(self.supervisor.close)
        server = self.serve("echo", "bad_no_symbol", config={"strict": True}, start=False)
        server.env = {"NOTIFY_SOCKET": self.supervisor.name}
        server.spawn()
        self.assertEqual(server.ended(), 1)
        heard = self.supervisor.waiting()
        self.assertNotIn("READY", {key for message in heard for key in message})

    def test_a_decision_is_told_too(self):
        self.supervised("echo", config={"canary_percent": 50})
        self.hears(READY="1", STATUS="start taken: 1 plugins serve")
        self.server.install("good_a", "swap")
        self.reload()
        self.hears_reload("reload 1 taken: 2 plugins serve")
        self.server.install("good_b", "swap")
        self.reload()
        self.hears_reload("reload 2 taken: 2 plugins serve")
        self.before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        answer = admin.ask(self.server, "/v1/reload/rollback", "POST")
        self.assertEqual(answer.json()["verdict"], "rolled_back", answer.text)
        self.hears_reload("reload 2 rolled back: 2 plugins serve")

    def test_nobody_listens(self):
        server = self.serve("echo", start=False)
        server.env = {"NOTIFY_SOCKET": str(server.root / "no-such-socket")}
        server.start()
        self.assertEqual(server.sighup().verdict, "taken")
        with Client(server.port) as client:
            self.assertEqual(client.text(1, "x"), "x")
        server.stop()
        said = [line for line in server.lines if "NOTIFY_SOCKET" in line]
        self.assertEqual(len(said), 1, said)
        self.assertIn("warn  supervisor: ", said[0])
        self.assertIn("No such file or directory", said[0])

    def test_a_child_cannot_speak_for_the_server(self):
        self.supervised("echo", config={"load_ms": 4000}, WATCHDOG_USEC=str(60 * MICROSECONDS))
        self.server.install("bad_ctor_wait")
        since = self.server.mark()
        self.server.process.send_signal(signal.SIGHUP)
        child = eventually(self.trial, "a child tries the file")
        environment = pathlib.Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
        names = {entry.split(b"=")[0] for entry in environment}
        self.assertIn(b"PATH", names)
        self.assertFalse(names & {b"NOTIFY_SOCKET", b"WATCHDOG_USEC", b"WATCHDOG_PID"})
        self.server.wait_log("reload: reload 1 partial", since)

    def trial(self):
        """The child that tries a plugin file, once it is one."""
        for child in children(self.server.pid):
            try:
                if b"--prove" in pathlib.Path(f"/proc/{child}/cmdline").read_bytes():
                    return child
            except OSError:
                pass  # it has ended meanwhile
        return None


class Watchdog(Supervised):

    WATCHDOG = {"WATCHDOG_USEC": str(2 * MICROSECONDS)}

    def hears_signs(self, count):
        for _ in range(count):
            self.hears(WATCHDOG="1")

    def test_signs_come_and_end_with_the_server(self):
        self.supervised("echo", **self.WATCHDOG)
        self.hears(READY="1", STATUS="start taken: 1 plugins serve")
        self.hears_signs(3)
        self.server.stop()
        last = self.supervisor.waiting()[-1]
        self.assertEqual(last.get("STOPPING"), "1", last)

    def test_a_loop_that_hangs_is_missed(self):
        self.supervised("echo", "stubborn", **self.WATCHDOG)
        self.hears(READY="1", STATUS="start taken: 2 plugins serve")
        self.hears_signs(1)
        with Client(self.server.port) as client:
            client.ask(HOLD_LOOP, "gate")
            waits(self.server, "gate")
            self.server.wait_log("error supervisor: no sign of life is sent until all gets on: "
                                 r"loop-[01] has not come to the end of a turn for \d+ s")
            self.supervisor.waiting()
            # A log line of the watch that comes again each ten seconds: five signs would have come.
            self.server.wait_log(r"watch: loop-[01] has been inside .* for 1\d{4} ms")
            self.assertEqual(self.supervisor.waiting(), [])
            open_gate(self.server, "gate")
            client.reply()
        self.server.wait_log("warn  supervisor: all gets on: signs of life are sent again")
        self.hears_signs(2)

    def test_a_long_reload_does_not_hide_it(self):
        """Signs come while the main thread waits for a file that is tried."""
        self.supervised("echo", config={"load_ms": 5000}, **self.WATCHDOG)
        self.server.install("bad_ctor_wait")
        self.server.process.send_signal(signal.SIGHUP)
        while "RELOADING" not in self.supervisor.hear():
            pass
        self.hears_signs(1)
        while "READY" not in (message := self.supervisor.hear()):
            self.assertEqual(message, {"WATCHDOG": "1"})

    def test_a_watchdog_of_another_process_is_not_ours(self):
        self.supervised("echo", WATCHDOG_PID=str(os.getpid()), **self.WATCHDOG)
        self.server.stop()
        heard = self.supervisor.waiting()
        self.assertEqual([list(message)[0] for message in heard], ["READY", "STOPPING"])


if __name__ == "__main__":
    main()
