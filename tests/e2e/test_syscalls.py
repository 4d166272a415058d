"""How many system calls a message costs, counted by strace(1): with one message under way at a
time at most 4, with 16 at a time at most 0.3, because a batch is read and answered as one."""

import os
import re
import signal
import subprocess
import tempfile
import unittest

import programs
from harness import DEADLINE, SANITIZERS, ServerCase, eventually, main
from procfs import threads
from rawws import Client, action_frame

MESSAGES = 8000


def traced(pid):
    """Is each thread of the process traced?"""
    for task in threads(pid):
        with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as file:
            if re.search(r"^TracerPid:\s+0$", file.read(), re.M):
                return False
    return True


class Counter:
    """strace attached to all threads of a process; total() detaches and tells the count."""

    def __init__(self, pid):
        self.out = tempfile.NamedTemporaryFile("r", prefix="actd-strace-")
        self.process = subprocess.Popen(
            ["strace", "-f", "-c", "-o", self.out.name, "-p", str(pid)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        eventually(lambda: self.process.poll() is not None or traced(pid), "strace attaches")
        if self.process.poll() is not None:
            why = self.process.stderr.read().strip().splitlines()[-1]
            raise unittest.SkipTest(f"strace may not attach here: {why}")

    def total(self):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=DEADLINE)
        table = self.out.read()
        self.out.close()
        found = re.search(r"^100\.00\s+\S+\s+\S+\s+(\d+)\s+(?:\d+\s+)?total$", table, re.M)
        return int(found.group(1)), table


@unittest.skipIf(SANITIZERS, "sanitizers make system calls of their own")
class SystemCalls(ServerCase):

    def setUp(self):
        programs.need("strace", "strace")
        self.server = self.serve("echo", config={"ping_s": 0})

    def count(self, depth):
        """System calls a message with `depth` messages sent at once."""
        client = Client(self.server.port)
        self.addCleanup(client.sock.close)
        batch = b"".join(action_frame(1, b"%02d" % n) for n in range(depth))
        answer = b"".join(b"\x82\x06\0\0\0\x01%02d" % n for n in range(depth))
        client.send(batch)
        self.assertEqual(client.read(len(answer)), answer)
        counter = Counter(self.server.pid)
        for _ in range(MESSAGES // depth):
            client.send(batch)
            self.assertEqual(client.read(len(answer)), answer)
        total, table = counter.total()
        each = total / MESSAGES
        print(f"depth {depth}: {each:.3f} system calls a message", flush=True)
        if os.environ.get("ACTD_SHOW"):
            print(table)
        return each

    def test_one_at_a_time(self):
        self.assertLessEqual(self.count(1), 4)

    def test_sixteen_at_a_time(self):
        self.assertLessEqual(self.count(16), 0.3)


if __name__ == "__main__":
    main()
