"""A thousand reloads, each with another build: memory, descriptors, mappings, threads and the files
in the state folder stay as they were."""

from harness import SANITIZERS, ServerCase, eventually, main
from procfs import children, descriptors, mapped_files, status_kib, threads
from rawws import Client

RELOADS = 60 if SANITIZERS else 1000
WARM_UP = 10 if SANITIZERS else 100
GROWTH_KIB = 2048  # over 900 reloads: two KiB lost in each would show


class Flat(ServerCase):

    def swap(self, turn):
        self.server.install("storm_b" if turn % 2 == 0 else "storm_a", "storm")
        reload = self.server.sighup()
        self.assertEqual(reload.verdict, "taken", reload.text)
        self.assertEqual(self.client.text(2200, str(turn)),
                         f"{'b' if turn % 2 == 0 else 'a'}:{turn}")

    def mapped(self):
        """The plugin copies that are mapped, by name without what makes each copy's unique."""
        return sorted(path.rsplit("/", 1)[1].split(".")[0]
                      for path in mapped_files(self.server.pid) if path.endswith(".so")
                      and str(self.server.state) in path)

    def settle(self):
        """Waits for the generation before the last to be gone."""
        eventually(lambda: len(set(self.copies())) == 2, "only the live generations are mapped")

    def copies(self):
        return [path for path in mapped_files(self.server.pid) if str(self.server.state) in path]

    def measure(self):
        self.settle()
        pid = self.server.pid
        return {
            "descriptors": len(descriptors(pid)),
            "mappings": self.mapped(),
            "threads": len(threads(pid)),
            "children": children(pid),
            "files": len(list(self.server.state.rglob("*.so"))),
        }, status_kib(pid, "VmRSS")

    def test_flat(self):
        self.server = self.serve("echo")
        self.server.install("storm_a", "storm")
        self.server.sighup()
        self.client = Client(self.server.port)
        self.addCleanup(self.client.sock.close)
        for turn in range(WARM_UP):
            self.swap(turn)
        counts, resident = self.measure()
        for turn in range(WARM_UP, RELOADS):
            self.swap(turn)
        counts_after, resident_after = self.measure()
        self.assertEqual(counts_after, counts)
        if not SANITIZERS:  # their own memory grows with each object that is loaded
            self.assertLess(resident_after - resident, GROWTH_KIB)


if __name__ == "__main__":
    main()
