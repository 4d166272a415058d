#!/usr/bin/python3
"""The comparison does not rot: every server that can be had here serves each kind of load, with all
answers checked; the bare one makes no more system calls than it must; and what is written about
results is what they say."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "e2e"))

import bench
import document
import figures
import measure
import rivals
import rows
from harness import BUILD, SANITIZERS, main
from test_syscalls import Counter

# Without these the comparison is none; the others may be missing where they are not installed.
OURS = {"bare", "actd"}


class EachRival(unittest.TestCase):
    """A short round of each kind of load. actctl ends with an error at the first answer that is
    wrong, missing or too many, so what is left to hold here is that there were any."""

    LOADS = {
        "one at a time": ("-n", "20"),
        "sixteen at a time": ("-n", "20", "-d", "16", "--size", "128"),
        "large": ("-n", "3", "-d", "16", "--size", "4096"),
        "rate": ("-n", "5", "--rate", "200", "--idle", "20"),
        "fan-out": ("-n", "30", "--mode", "fan-out", "-d", "4", "--size", "128"),
        "connect": ("-n", "10", "--mode", "connect", *rows.SOURCES),
    }

    def check(self, load, result):
        self.assertGreater(result["count"], 0)
        if load == "connect":
            self.assertGreaterEqual(result["opened"], result["count"])
            return
        self.assertEqual(result["opened"], result["connections"] + result["idle"])
        hearers = result["connections"] if load == "fan-out" else 1
        self.assertEqual(result["answered"], result["sent"] * hearers)

    def test_serves_each_load(self):
        served = set()
        for kind in rivals.ALL:
            rival = kind(BUILD)
            try:
                rival.prepare()
            except rivals.Missing as why:
                print(f"LEFT OUT: {rival.title}: {why}", file=sys.stderr)
                continue
            self.assertTrue(rival.version())
            with rival.running() as server:
                for load, arguments in self.LOADS.items():
                    with self.subTest(rival=rival.name, load=load):
                        self.check(load, measure.call(BUILD, server, arguments, 0.2, 0.05))
            served.add(rival.name)
        self.assertLessEqual(OURS, served)


class Actd(unittest.TestCase):

    def test_members(self):
        """The row about memory has a user and a group for each connection."""
        row = rows.BY_NAME["memory-2000"]
        rival = rivals.Actd(BUILD)
        with rival.running(row) as server:
            self.assertIn("user=u{n}", server.url)
            result = measure.call(BUILD, server, ("-n", "1", "--idle", "20", "--rate", "10"), 0.2, 0.1)
        self.assertEqual(result["opened"], 21)


@unittest.skipIf(SANITIZERS, "sanitizers make system calls of their own")
class Limit(unittest.TestCase):
    """The bare server enters the kernel no more often than such a server must: it is the limit."""

    CONNECTIONS = 50
    # Each connection costs a read and a write at its upgrade, and the same at its close.
    BESIDE = 2 * CONNECTIONS

    def count(self, depth):
        """Messages, and how often it read, wrote and waited for them."""
        rival = rivals.Bare(BUILD)
        with rival.running() as server:
            counter = Counter(server.pid)
            result = measure.call(BUILD, server,
                                  ("-n", str(self.CONNECTIONS), "-d", str(depth)), 1, 0.1)
            _, table = counter.total()
        calls = {name: int(number) for number, name in
                 re.findall(r"^\s*\S+\s+\S+\s+\S+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", table, re.M)}
        self.assertGreater(result["answered"], 0)
        return (result["answered"], calls["recvfrom"] - self.BESIDE, calls["sendto"] - self.BESIDE,
                calls["epoll_wait"])

    def check(self, depth, most):
        """How much of a wait falls on a message depends on how busy the machine is: where many
        messages come together, one wait is for all of them. Once in some tries it is seen."""
        for _ in range(10):
            messages, reads, writes, waits = self.count(depth)
            self.assertEqual((reads * depth, writes * depth), (messages, messages))
            each = (reads + writes + waits) / messages
            print(f"depth {depth}: {each:.3f} system calls a message", flush=True)
            if each <= most:
                return
        self.fail(f"never at most {most} system calls a message")

    def test_one_at_a_time(self):
        self.check(1, 2.2)

    def test_sixteen_at_a_time(self):
        self.check(16, 0.14)


def results_of(figures_by_row):
    """Results as bench.py keeps them: row: rival: a figure for each round."""
    runs = [{"round": number, "row": row, "rival": rival, "value": value,
             "result": {"server": {"cpu_us_each": 10 / value, "bytes_before": 1000,
                                   "cores": 1, "bytes_open": value},
                        "latency_us": {"p50": 1, "p99": value, "p99.9": 3, "max": 4}}}
            for row, by_rival in figures_by_row.items()
            for rival, values in by_rival.items() for number, value in enumerate(values)]
    names = {run["rival"]: "1.0" for run in runs}
    return {"at": "2026-01-01T00:00:00+00:00", "machine": bench.machine(), "versions": names,
            "missing": {}, "failed": [], "rounds": 3, "seconds": 2, "warm": 1,
            "rates": {"rate-50": 1000}, "runs": runs}


class Written(unittest.TestCase):

    ECHO = {"bare": [100, 200, 400], "actd": [95, 190, 100], "bun": [50, 100, 200]}

    def test_ratios_are_taken_within_a_round(self):
        found = figures.Figures(results_of({"echo-50-1-12": self.ECHO}))
        ratio = found.ratio("echo-50-1-12", "actd", "bare")
        self.assertEqual((ratio.median, ratio.least, ratio.most), (0.95, 0.25, 0.95))
        text = document.markdown(found.results)
        self.assertIn("| 50 / 1 / 12 | 200 | 0.95 (0.25–0.95) | 0.50 (0.50–0.50) |", text)

    def demands(self, by_row):
        return {demand.text: demand
                for demand in figures.demands(figures.Figures(results_of(by_row)))}

    def test_demands(self):
        found = self.demands({
            "echo-50-1-12": {"bare": [100] * 3, "actd": [86] * 3, "gorilla": [43] * 3,
                             "bun": [90] * 3},
            "echo-50-16-12": {"bare": [100] * 3, "actd": [85] * 3, "gorilla": [5] * 3,
                              "bun": [85] * 3},
            "rate-50": {"actd": [100] * 3, "bun": [80] * 3},
        })
        bare = found["of the bare loop, 12 and 128 bytes"]
        self.assertEqual((bare.found, bare.where, bare.met()), (0.85, "echo-50-16-12", False))
        self.assertTrue(found["of gorilla, 50 connections, depth 1"].met())
        self.assertTrue(found["of gorilla, 50 connections, depth 16"].met())
        bun = found["of Bun, in every row"]
        self.assertEqual((bun.found, bun.where, bun.met()), (0.8, "rate-50", False))

    def test_the_band(self):
        for value, met in ((85.6, True), (85.4, False)):
            found = self.demands({"echo-1-1-12": {"bare": [100], "actd": [value]}})
            self.assertEqual(found["of the bare loop, 12 and 128 bytes"].met(), met)

    def test_memory(self):
        results = results_of({"memory-2000": {"actd": [1_000_000], "bare": [300_000]},
                              "memory-18000": {"actd": [9_000_000], "bare": [1_900_000]},
                              "memory-base": {"actd": [450_000]}})
        found = figures.Figures(results)
        self.assertEqual(found.bytes_each("actd").median, 500)
        self.assertEqual(found.bytes_with_tables("actd").median, 475)
        self.assertAlmostEqual(found.bytes_with_tables("bare").median, 1_899_000 / 18000)
        demand = {one.text: one for one in figures.demands(found)}
        self.assertTrue(demand["bytes an idle connection, tables included"].met())

    def test_failures_and_gaps_are_told(self):
        results = results_of({"echo-50-1-12": {"bare": [100], "actd": [100]}})
        results["missing"] = {"bun": "it is not there"}
        results["failed"] = [{"row": "connects", "rival": "actd", "round": 0, "why": "it broke"}]
        text = document.markdown(results)
        self.assertIn("- Bun: left out: it is not there", text)
        self.assertIn("- **failed**: connects, actd, round 1: it broke", text)

    def test_between_the_marks(self):
        page = f"before\n{document.BEGIN}\nold\n{document.END}\nbehind\n"
        self.assertEqual(document.put(page, "new\n"),
                         f"before\n{document.BEGIN}\n\nnew\n\n{document.END}\nbehind\n")
        for bad in ("no marks", page + page):
            with self.assertRaises(ValueError):
                document.put(bad, "new")

    def test_the_document_has_marks(self):
        page = (HERE.parents[1] / "docs/performance.md").read_text(encoding="utf-8")
        self.assertIn("new", document.put(page, "new"))


class Rows(unittest.TestCase):

    def test_names(self):
        self.assertEqual(len(rows.BY_NAME), len(rows.ALL))
        for row in rows.ALL:
            self.assertIn(row.rate_of or row.name, rows.BY_NAME)

    def run_bench(self, *arguments):
        done = subprocess.run([sys.executable, "-B", str(HERE / "bench.py"), *arguments],
                              capture_output=True, text=True, timeout=200, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def test_a_run(self):
        """The program itself: measures, keeps, writes."""
        with tempfile.TemporaryDirectory() as folder:
            page, out = pathlib.Path(folder) / "page.md", pathlib.Path(folder) / "results.json"
            before = f"# Page\n\n{document.BEGIN}\n{document.END}\n"
            page.write_text(before, encoding="utf-8")
            done = self.run_bench("--build", str(BUILD), "--rounds", "2", "--seconds", "0.1",
                                  "--rows", "echo-(1|50)-1-12|rate-50|connects", "--rivals",
                                  "bare,actd", "--out", str(out), "--document", str(page))
            self.assertIn("stays as it is", done.stderr)
            self.assertEqual(page.read_text(encoding="utf-8"), before)
            results = json.loads(out.read_text(encoding="utf-8"))
            self.run_bench("--report", str(out), "--document", str(page))
            text = page.read_text(encoding="utf-8")
        self.assertEqual(len(results["runs"]), 2 * 4 * 2)
        # The second round begins with the other server than the first.
        order = [run["rival"] for run in results["runs"] if run["row"] == "connects"]
        self.assertEqual(order[0], order[3])
        self.assertNotEqual(order[0], order[2])
        slowest = min(run["value"] for run in results["runs"]
                      if run["row"] == "echo-50-1-12" and run["round"] == 0)
        self.assertEqual(results["rates"]["rate-50"], int(slowest / 2))
        for run in results["runs"]:
            self.assertEqual(run["result"]["sent"], run["result"]["answered"])
        self.assertIn("### Answers a second", text)
        self.assertIn("| 50 / 1 / 12 |", text)


if __name__ == "__main__":
    main()
