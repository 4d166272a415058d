"""What results say: medians, spreads, ratios, and whether what is to be reached is reached.

A ratio of two servers is taken within a round, where both had the same neighbours on the machine;
of those the median counts.
"""
import dataclasses
import statistics

import rows

# What the machine's noise may take away from a demand before it counts as missed.
BAND = 0.05


@dataclasses.dataclass(frozen=True)
class Spread:
    """Several measurements of one thing."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values):
        return cls(statistics.median(values), min(values), max(values)) if values else None


class Figures:
    def __init__(self, results):
        self.results = results
        self.runs = {}
        for run in results["runs"]:
            self.runs.setdefault((run["row"], run["rival"]), {})[run["round"]] = run

    def rivals(self):
        return list(self.results["versions"])

    def rows(self, prefix):
        """The rows of that kind that were measured, in their order."""
        return [row for row in rows.ALL if row.name.startswith(prefix)
                and any(name == row.name for name, _ in self.runs)]

    def each(self, row, rival, *path):
        """Round: figure. Without a path it is the row's own."""
        found = {}
        for number, run in self.runs.get((row, rival), {}).items():
            value = run["result"] if path else run["value"]
            for step in path:
                value = value[step]
            found[number] = value
        return found

    def spread(self, row, rival, *path):
        return Spread.of(list(self.each(row, rival, *path).values()))

    def ratio(self, row, rival, other, *path):
        """How many times the other's figure it is; None where there is nothing to compare."""
        own, its = self.each(row, rival, *path), self.each(row, other, *path)
        return Spread.of([own[number] / its[number] for number in own
                          if number in its and its[number] > 0])

    def quotient(self, rival, row, other_row, *path):
        """One row of a server against another row of the same."""
        own, its = self.each(row, rival, *path), self.each(other_row, rival, *path)
        return Spread.of([own[number] / its[number] for number in own
                          if number in its and its[number] > 0])

    def bytes_each(self, rival):
        """What one more idle connection costs, between 2,000 and 18,000 of them."""
        few, many = self.each("memory-2000", rival), self.each("memory-18000", rival)
        return Spread.of([(many[number] - few[number]) / (rows.MOST - 2000)
                          for number in many if number in few])

    def bytes_with_tables(self, rival):
        """The same against the server without connections, and without tables for more than 100."""
        many = self.each("memory-18000", rival)
        base = (self.each("memory-base", rival)
                or self.each("memory-18000", rival, "server", "bytes_before"))
        return Spread.of([(many[number] - base[number]) / rows.MOST
                          for number in many if number in base])

    def better(self, row, other):
        """How many times better actd is than another: above 1 it is ahead."""
        if row.more_is_better:
            return self.ratio(row.name, "actd", other)
        return self.ratio(row.name, other, "actd")


@dataclasses.dataclass(frozen=True)
class Demand:
    text: str
    wanted: float
    found: float
    where: str
    at_least: bool = True

    def met(self):
        if self.at_least:
            return self.found >= self.wanted * (1 - BAND)
        return self.found <= self.wanted * (1 + BAND)


def worst(figures, wanted_rows, other):
    """The row in which actd is furthest behind the other: its title and how far."""
    found = [(spread.median, row) for row in wanted_rows
             if (spread := figures.better(row, other)) is not None]
    return min(found, key=lambda pair: pair[0]) if found else None


def add_worst(demands, figures, text, wanted, wanted_rows, other):
    found = worst(figures, wanted_rows, other)
    if found:
        demands.append(Demand(text, wanted, found[0], found[1].name))


def add_most(demands, text, wanted, spread, where):
    if spread:
        demands.append(Demand(text, wanted, spread.median, where, at_least=False))


def demands(figures):
    """What actd is to reach, with what it reached; only what was measured."""
    found = []
    small = [row for row in figures.rows("echo-") if not row.name.endswith("-4096")]
    large = [row for row in figures.rows("echo-") if row.name.endswith("-4096")]
    contests = [row for kind in ("echo-", "rate-", "fan-", "active-", "connects")
                for row in figures.rows(kind)]
    add_worst(found, figures, "of the bare loop, 12 and 128 bytes", 0.9, small, "bare")
    add_worst(found, figures, "of the bare loop, 4 KiB", 0.8, large, "bare")
    for depth, wanted in ((1, 2), (16, 10)):
        row = rows.BY_NAME[f"echo-50-{depth}-12"]
        add_worst(found, figures, f"of gorilla, 50 connections, depth {depth}", wanted, [row],
                  "gorilla")
    add_worst(found, figures, "of Bun, in every row", 1, contests, "bun")
    add_worst(found, figures, "of gorilla's connects", 1, figures.rows("connects"), "gorilla")
    add_most(found, "bytes an idle connection, tables included", 512,
             figures.bytes_with_tables("actd"), "memory-18000")
    add_most(found, "cores, 18,000 idle without pings", 0.01,
             figures.spread("idle-cpu", "actd"), "idle-cpu")
    add_most(found, "times the CPU an answer: 50 active of 18,000 against 50 of 50", 1.2,
             figures.quotient("actd", "active-50-of-18000", "echo-50-1-12", "server",
                              "cpu_us_each"), "active-50-of-18000")
    return found
