#!/usr/bin/python3
"""Measures actd beside its rivals: the same load on each, in rounds, server and load on a core each.

    bench.py [--build DIR] [--rounds N] [--seconds S] [--rows REGEX] [--rivals NAME,…]
             [--out FILE] [--document FILE]

In each round each row is given to each server in turn, and the turn changes from round to round, so
that what else the machine does falls on all alike. Each measurement has a fresh server. All results
go to FILE as they are (build/bench/results.json); their medians, spreads and ratios are printed, and
with --document go into that Markdown file, between its two marks, and plots beside it. A document gets
whole runs alone: every row and server, and at least five rounds.

    bench.py --report FILE --document FILE      the last step alone, with results that are there
"""
import argparse
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys

import document
import measure
import rivals
import rows

ROOT = pathlib.Path(__file__).resolve().parents[2]


def say(text):
    print(text, file=sys.stderr, flush=True)


def first_line(path, pattern):
    with open(path, encoding="utf-8", errors="replace") as file:
        found = re.search(pattern, file.read(), re.M)
    return found.group(1).strip() if found else "unknown"


def machine():
    """What the figures are worth depends on this."""
    kernel = os.uname()
    return {
        "processor": first_line("/proc/cpuinfo", r"^model name\s*: (.*)$"),
        "cores": os.cpu_count(),
        "memory_kib": int(first_line("/proc/meminfo", r"^MemTotal:\s*(\d+)")),
        "kernel": f"{kernel.sysname} {kernel.release}",
        "system": first_line("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)'),
        "libwebsockets": rivals.package_version("libwebsockets-dev"),
        "load_average_at_start": os.getloadavg()[0],
    }


def cores():
    """A core for the server and one for the load; none where there are no two."""
    here = sorted(os.sched_getaffinity(0))
    if len(here) < 2:
        say("bench: one core alone: server and load take time from one another; believe nothing")
        return None, None
    return here[0], here[1]


def present(build, names):
    """The servers that can be had here, and, said loudly, those that cannot."""
    found, missing = [], {}
    for kind in rivals.ALL:
        rival = kind(build)
        if names and rival.name not in names:
            continue
        try:
            rival.prepare()
            found.append(rival)
        except (rivals.Missing, subprocess.SubprocessError) as why:
            missing[rival.name] = str(why)
            say(f"bench: MISSING, AND NOT IN THE FIGURES: {rival.title}: {why}")
    return found, missing


class Bench:
    def __init__(self, options):
        self.options = options
        self.build = options.build.resolve()
        self.rivals, self.missing = present(self.build, options.rivals)
        self.rows = [row for row in rows.ALL if re.fullmatch(options.rows, row.name)]
        if not self.rows or not self.rivals:
            names = " ".join(row.name for row in rows.ALL)
            sys.exit(f"bench: no server, or no row: expected some of {names}")
        self.cpus = cores()
        self.rates = {}
        self.results = {
            "at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "machine": machine(),
            "versions": {rival.name: rival.version() for rival in self.rivals},
            "missing": self.missing,
            "rounds": options.rounds, "seconds": options.seconds, "warm": options.warm,
            "rates": self.rates, "runs": [], "failed": [],
        }

    def measure(self, rival, row):
        options = self.options
        return measure.one(self.build, rival, row, self.rates.get(row.name), options.seconds,
                           options.warm, self.cpus)

    def rate(self, row):
        """Half of what the slowest can do: measured in this bench, or else for this alone."""
        if not row.rate_of or row.name in self.rates:
            return
        runs = [run["value"] for run in self.results["runs"] if run["row"] == row.rate_of]
        if not runs:
            other = rows.BY_NAME[row.rate_of]
            runs = [other.value(self.measure(rival, other)) for rival in self.rivals]
        self.rates[row.name] = max(1, int(min(runs) / 2))

    def step(self, number, rival, row):
        where = {"round": number, "row": row.name, "rival": rival.name}
        try:
            result = self.measure(rival, row)
        except (measure.Failed, RuntimeError) as why:
            self.results["failed"].append({**where, "why": str(why)})
            say(f"bench: FAILED: {row.name}, {rival.name}: {why}")
            return
        value = row.value(result)
        self.results["runs"].append({**where, "value": value, "result": result})
        say(f"round {number + 1}: {row.name}: {rival.name}: {value:,.6g} {row.unit}")

    def save(self):
        out = self.options.out
        out.parent.mkdir(parents=True, exist_ok=True)
        staged = out.with_suffix(".new")
        staged.write_text(json.dumps(self.results, indent=1, ensure_ascii=False) + "\n",
                          encoding="utf-8")
        os.replace(staged, out)

    def run(self):
        for number in range(self.options.rounds):
            for turn, row in enumerate(self.rows):
                suited = [rival for rival in self.rivals if not row.only or rival.name in row.only]
                self.rate(row)
                first = (number + turn) % max(1, len(suited))
                for rival in suited[first:] + suited[:first]:
                    self.step(number, rival, row)
                self.save()
        return self.results


def read_options():
    parser = argparse.ArgumentParser(description="Measures actd beside its rivals.")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--warm", type=float, default=None,
                        help="seconds before it counts (half of --seconds)")
    parser.add_argument("--rows", default=".*", help="a regular expression of whole names")
    parser.add_argument("--rivals", type=lambda text: text.split(","), default=[])
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/bench/results.json")
    parser.add_argument("--document", type=pathlib.Path)
    parser.add_argument("--report", type=pathlib.Path)
    options = parser.parse_args()
    if options.warm is None:
        options.warm = options.seconds / 2
    options.whole = options.rounds >= 5 and options.rows == ".*" and not options.rivals
    if options.rounds < 1 or options.seconds <= 0:
        parser.error("expected at least one round, and a time above 0")
    return options


def main():
    options = read_options()
    if options.report:
        results = json.loads(options.report.read_text(encoding="utf-8"))
    else:
        results = Bench(options).run()
        say(f"bench: results: {options.out}")
    print(document.markdown(results))
    if options.document and not (options.report or options.whole):
        say(f"bench: not all there is to measure: {options.document} stays as it is")
    elif options.document:
        document.write(results, options.document)
        say(f"bench: written to {options.document}")
    sys.exit(1 if results["failed"] else 0)


if __name__ == "__main__":
    main()
