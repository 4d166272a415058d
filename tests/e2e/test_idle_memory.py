"""What an idle connection costs the server: at most 512 bytes with a user and a group of its own,
tables included, as the slope of what is resident between 2,000 and 6,000 connections
(ACTD_IDLE: the larger number). And it is to stay near what was measured (docs/performance.md,
"Memory"): a tenth is for what pages round up."""

import os
import resource
import unittest

import secure
from harness import BUILD, SANITIZERS, ServerCase, main
from procfs import resident_bytes
from rawws import Client

CROWD = BUILD / "tests/bench/crowd.so"
FEW, MANY = 2000, int(os.environ.get("ACTD_IDLE", "6000"))
MEASURED, MOST = 412, 512  # bytes
SPARE = 100  # descriptors, beside those of the connections


@unittest.skipIf(SANITIZERS, "sanitizers have an allocator of their own")
@unittest.skipIf(secure.CARRIER == "tls", "with TLS the library's own memory is what counts")
class IdleMemory(ServerCase):

    def setUp(self):
        if not CROWD.exists():
            self.skipTest(f"{CROWD} is not built")
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        if before[1] != resource.RLIM_INFINITY and before[1] < MANY + SPARE:
            self.skipTest(f"this needs {MANY + SPARE} descriptors, and may have {before[1]}")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], MANY + SPARE), before[1]))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        self.clients = []
        self.addCleanup(lambda: [client.sock.close() for client in self.clients])

    def resident_with(self, server, count):
        """Bytes, once so many connections are open and the server knows each."""
        while len(self.clients) < count:
            client = Client(server.port, f"/serv/?user=u{len(self.clients)}")
            self.clients.append(client)
        # One loop serves them in order: what it answers last, it has come to last.
        self.assertEqual(self.clients[-1].call(1, b"all there?"), b"all there?")
        return resident_bytes(server.pid)

    def test_a_user_and_a_group_each(self):
        server = self.serve("echo", CROWD, config={
            "threads": 1, "ping_s": 0, "limits": {"connections": MANY},
            "plugins": {"crowd": {"groups": 1000000}}})
        few = self.resident_with(server, FEW)
        many = self.resident_with(server, MANY)
        each = (many - few) / (MANY - FEW)
        print(f"{each:.0f} bytes an idle connection", flush=True)
        self.assertLessEqual(each, min(MOST, MEASURED * 1.1))
        self.assertGreater(each, MEASURED * 0.5, "is it counted at all?")


if __name__ == "__main__":
    main()
