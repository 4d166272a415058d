"""A thousand connections ask numbered requests through 200 reloads, good ones and such as fail in
every way: each request is answered once, in order where the protocol has an order, no connection
closes, no count is lost, and memory, descriptors and mappings stay as they were."""

from harness import SANITIZERS, ServerCase, main
from promise import Load, World

CONNECTIONS, RELOADS, RATE = (200, 36, 200) if SANITIZERS else (1000, 200, 3000)
WARM_UP = len(World.STEPS)  # each step once
PAUSE_S = 0.1
GROWTH_KIB = 8192  # over 188 reloads


class Promise(ServerCase):

    def test_promise(self):
        world = World(self, CONNECTIONS)
        server = self.serve("echo", "sqlite", config=world.config(), start=False)
        world.prepare(server)
        server.start()
        load = Load(server, CONNECTIONS, RATE)
        self.addCleanup(load.kill)
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
