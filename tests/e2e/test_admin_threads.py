"""The numbers are read again and again while every loop counts, generations come and go, and calls
run on workers: each reading is whole, and none goes backwards."""

import threading

import admin
from harness import SANITIZERS, ServerCase, main
from rawws import Client

SCRAPES, TALKERS = 200 if SANITIZERS else 1000, 4
NOW, LATER = 2200, 2201


class Scrapes(ServerCase):

    def setUp(self):
        self.server = self.serve("echo", config={"threads": 2})
        self.server.install("storm_a", "storm")
        self.assertEqual(admin.reload(self.server)["verdict"], "taken")
        self.over = threading.Event()
        self.faults, self.sent = [], [0] * TALKERS

    def run_guarded(self, work, *args):
        def guarded():
            try:
                while not self.over.is_set():
                    work(*args)
            except Exception as why:  # told below, by the test's own thread
                self.faults.append(why)
        thread = threading.Thread(target=guarded)
        thread.start()
        return thread

    def talk(self, number, client):
        for code in (NOW, LATER, 1):
            client.text(code, "x")
            self.sent[number] += 1

    def swap(self, turn=[0]):
        turn[0] += 1
        self.server.install("storm_b" if turn[0] % 2 else "storm_a", "storm")
        admin.reload(self.server)

    def check(self, before, now):
        for name, value in before.items():
            if "_total" in name or "_count" in name or "_bucket" in name:
                if name in now and now[name] < value:
                    raise AssertionError(f"{name} went from {value} back to {now[name]}")

    def test_each_is_whole(self):
        clients = [Client(self.server.port) for _ in range(TALKERS)]
        threads = [self.run_guarded(self.talk, n, client) for n, client in enumerate(clients)]
        threads.append(self.run_guarded(self.swap))
        before = {}
        try:
            for _ in range(SCRAPES):
                now = admin.Metrics(self.server)
                self.check(before, now)
                before = now
                if self.faults:
                    break
        finally:
            self.over.set()
            for thread in threads:
                thread.join()
        self.assertEqual(self.faults, [])
        self.assertGreater(min(self.sent), 0)
        metrics = admin.Metrics(self.server)
        self.assertEqual(metrics["actd_messages_received_total"], sum(self.sent))
        for client in clients:
            client.bye()


if __name__ == "__main__":
    main()
