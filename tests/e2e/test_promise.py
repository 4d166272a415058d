"""A thousand connections ask numbered requests through 200 reloads, good ones and such as fail in
every way, with what they replace kept or not, tried by some connections and taken back: each request
is answered once, in order where the protocol has an order, no connection closes, none has two builds
of one plugin during a canary, no count is lost, and memory, descriptors and mappings stay as they
were."""

from harness import SANITIZERS, ServerCase, main
from promise import Load
from promise_trial import TrialWorld

CONNECTIONS, RELOADS, RATE = (100, 52, 400) if SANITIZERS else (1000, 200, 3000)
WARM_UP = 2 * TrialWorld.ROUND  # each step, with what it replaces kept and not
PAUSE_S = 0.05
GROWTH_KIB = 8192  # over 174 reloads


class Promise(ServerCase):

    def test_promise(self):
        world = TrialWorld(self, CONNECTIONS)
        server = self.serve("echo", "sqlite", config=world.config(), start=False)
        world.prepare(server)
        server.start()
        load = Load(server, CONNECTIONS, RATE)
        self.addCleanup(load.kill)
        world.begin(load)
        world.steps(range(WARM_UP), PAUSE_S)
        counts, resident = world.measure()
        world.steps(range(WARM_UP, RELOADS), PAUSE_S)
        counts_after, resident_after = world.measure()
        world.check(*load.stop())
        self.assertEqual(counts_after, counts)
        if not SANITIZERS:  # their own memory grows with each object that is loaded
            self.assertLess(resident_after - resident, GROWTH_KIB)


if __name__ == "__main__":
    main()
