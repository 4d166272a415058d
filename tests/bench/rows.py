"""What is measured: each row is one load, given to every server in turn.

A row says how `actctl bench` is called, which of its figures counts, and whether more of it is
better. Rows at a fixed rate learn the rate from what the servers can do without one.
"""
import dataclasses

# How many connections a process may have open on a machine that allows 20,000 descriptors.
MOST = 18000
# Local addresses, so that closed connections do not use up the ports of one.
SOURCES = [f"--from=127.0.0.{n}" for n in range(2, 10)]


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    title: str
    arguments: tuple
    figure: tuple           # the way to the figure in what actctl prints
    unit: str
    more_is_better: bool = True
    query: str = ""         # of actd's URL
    config: dict = dataclasses.field(default_factory=dict)  # over actd's
    only: tuple = ()        # the servers it is for; () all
    rate_of: str = ""       # the row whose slowest server gives the rate: half of its maximum
    seconds: float = 0      # at least so long
    warm: float = 0
    opens: int = 0          # connections, for the time that opening them takes

    def value(self, result):
        for step in self.figure:
            result = result[step]
        return result


def count(number):
    return f"{number:,}"


def echo(connections, depth, size):
    return Row(f"echo-{connections}-{depth}-{size}",
               f"{count(connections)} / {depth} / {count(size)}",
               ("-n", str(connections), "-d", str(depth), "--size", str(size)),
               ("per_s",), "answers a second", opens=connections)


def rated(connections):
    return Row(f"rate-{connections}", f"{count(connections)} connections, 12 bytes",
               ("-n", str(connections), "--size", "12"), ("latency_us", "p99"), "µs",
               more_is_better=False, rate_of=f"echo-{connections}-1-12", opens=connections)


def fan_out(connections, size, depth):
    return Row(f"fan-{connections}-{size}-{depth}",
               f"{count(connections)} / {depth} / {size}",
               ("--mode", "fan-out", "-n", str(connections), "--size", str(size), "-d", str(depth)),
               ("per_s",), "deliveries a second", opens=connections)


# One message a second, so that the only thing there is to see is what idle connections cost.
def idle(name, title, connections, figure, unit, **more):
    return Row(name, title, ("-n", "1", "--idle", str(connections - 1), "--rate", "1"), figure,
               unit, more_is_better=False, opens=connections, **more)


QUIET = {"ping_s": 0}
# A user and a group for each connection, and no room set aside for more than these.
MEMBERS = {"query": "?user=u{n}"}
MEMBER_CONFIG = {**QUIET, "plugins": {"crowd": {"groups": 100}}}
RESIDENT = ("server", "bytes_open")

ALL = [
    *(echo(connections, depth, size) for connections in (1, 50, 1000, 10000)
      for depth in (1, 16) for size in (12, 128)),
    *(echo(connections, 16, 4096) for connections in (1, 50, 1000)),
    rated(50),
    rated(1000),
    fan_out(1000, 12, 1),
    fan_out(1000, 128, 4),
    fan_out(9900, 128, 1),
    Row("active-50-of-18000", "50 active of 18,000",
        ("-n", "50", "--idle", str(MOST - 50)), ("server", "cpu_us_each"), "µs of CPU an answer",
        more_is_better=False, opens=MOST),
    Row("connects", "TCP, upgrade, close", ("--mode", "connect", "-n", "50", *SOURCES),
        ("per_s",), "connections a second"),
    idle("memory-2000", "resident, 2,000 idle", 2000, RESIDENT, "bytes", warm=1, seconds=1,
         config=MEMBER_CONFIG, **MEMBERS),
    idle("memory-18000", "resident, 18,000 idle", MOST, RESIDENT, "bytes", warm=1, seconds=1,
         config=MEMBER_CONFIG, **MEMBERS),
    Row("memory-base", "resident, tables for 100 connections", ("-n", "1", "--rate", "1"),
        ("server", "bytes_before"), "bytes", more_is_better=False, only=("actd",),
        config={**MEMBER_CONFIG, "limits": {"connections": 100}}),
    idle("idle-cpu", "18,000 idle, no pings", MOST, ("server", "cores"), "cores", seconds=5,
         config=QUIET),
    # Pings begin after 25 s of silence: the time must have one for each connection.
    idle("idle-cpu-pings", "18,000 idle, a ping every 25 s", MOST, ("server", "cores"), "cores",
         seconds=30, warm=1, only=("actd",)),
]

BY_NAME = {row.name: row for row in ALL}
