"""The host table, part three: timers, work, and plugins that are never entered twice at once."""

import threading

from harness import ServerCase, main
from probe import DROP, E_GONE, JOIN, TIMER, WORK, Probe
from rawws import Client, action_frame

NEXT, OVERLAPS = 2300, 2301


class Clock(ServerCase):

    def setUp(self):
        self.server = self.serve("probe")
        self.client = Probe(self.server.port)
        self.addCleanup(self.client.sock.close)
        self.client.text(JOIN, "ticks")

    def timer(self, tag, ms, repeat=0):
        """Sets one; its id. Ticks that came before the answer are kept."""
        self.client.ask(TIMER, f"{tag} {ms} {repeat}")
        answer = self.answer(TIMER).split()
        self.assertEqual(answer[:2], ["rc", "0"])
        return answer[3]

    def answer(self, code):
        """The answer to a call; ticks may come in between."""
        while True:
            got, payload = self.client.reply()
            if got == code:
                return payload.decode()

    def test_once(self):
        timer = self.timer(5, 20)
        self.assertEqual(self.client.heard(), "tick 5")
        self.assertEqual(self.client.text(DROP, timer), E_GONE)

    def test_at_once(self):
        self.client.ask(TIMER, "9 0 0")
        heard = {self.client.reply() for _ in range(2)}
        self.assertIn((3101, b"tick 9"), heard)

    def test_in_order_of_time(self):
        self.timer(3, 900)
        self.timer(1, 300)
        self.timer(2, 600)
        self.assertEqual([self.client.heard() for _ in range(3)], ["tick 1", "tick 2", "tick 3"])

    def test_repeated_until_dropped(self):
        timer = self.timer(7, 10, repeat=1)
        self.assertEqual([self.client.heard() for _ in range(5)], ["tick 7"] * 5)
        self.client.ask(DROP, timer)
        self.assertEqual(self.answer(DROP), "rc 0")
        self.client.ask(DROP, timer)
        self.assertEqual(self.answer(DROP), E_GONE)
        # A later timer's tick is the next thing that is heard: the dropped one is silent.
        self.timer(8, 300)
        self.assertEqual(self.client.heard(), "tick 8")

    def test_dropped_before_its_time(self):
        timer = self.timer(1, 200)
        self.assertEqual(self.client.text(DROP, timer), "rc 0")
        self.timer(2, 600)
        self.assertEqual(self.client.heard(), "tick 2")

    def test_no_such_timer(self):
        for timer in ("0", "1", str(2**64 - 1)):
            self.assertEqual(self.client.text(DROP, timer), E_GONE)

    def test_more_than_the_limit(self):
        count = 0
        while True:
            self.client.send(b"".join(action_frame(TIMER, "1 600000 0") for _ in range(500)))
            answers = [self.answer(TIMER).split()[1] for _ in range(500)]
            count += answers.count("0")
            if answers[-1] != "0":
                break
            self.assertLessEqual(count, 10000)
        self.assertEqual((answers[-1], count), ("-2", 10000))

    def test_work(self):
        self.assertEqual(self.client.text(WORK, "job"), "job tag=7 worker=1")
        other = Probe(self.server.port)
        for number in range(50):
            other.ask(WORK, str(number))
        for number in range(50):
            self.assertEqual(other.reply(), (WORK, b"%d tag=7 worker=1" % number))
        other.sock.close()


class OneAtATime(ServerCase):

    def test_a_plugin_that_is_not_parallel(self):
        server = self.serve("counter", config={"threads": 2})
        clients = [Client(server.port) for _ in range(12)]
        numbers, lock = [], threading.Lock()

        def count(client):
            own = []
            for _ in range(20):
                client.send(b"".join(action_frame(NEXT) for _ in range(10)))
                own += [int(client.reply()[1]) for _ in range(10)]
            with lock:
                numbers.append(own)

        threads = [threading.Thread(target=count, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(numbers), 12)
        for own in numbers:
            self.assertEqual(own, sorted(own))
        self.assertEqual(sorted(sum(numbers, [])), list(range(1, 2401)))
        self.assertEqual(clients[0].call(OVERLAPS), b"0")
        for client in clients:
            client.sock.close()


if __name__ == "__main__":
    main()
