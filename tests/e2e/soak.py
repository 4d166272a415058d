#!/usr/bin/python3
"""What test_promise.py does, for longer, with figures: `make soak`.

    soak.py [CONNECTIONS [RELOADS [RATE]]]     8000 connections, 1000 reloads, 4000 requests a second

Fails where a request is not answered once and rightly, or where descriptors, threads or files are
left behind."""

import sys
import time
import unittest

from harness import Server
from promise import Load, by_code, table
from promise_trial import TrialWorld

REPORT_EVERY = 100
PAUSE_S = 0.05
GROWTH_KIB = 16384


def soak(server, world, load, reloads):
    """Reloads while the load runs; (counts, resident) after the first round and at the end."""
    first = 2 * world.ROUND
    world.steps(range(first), PAUSE_S)
    before = world.measure()
    for turn in range(first, reloads, REPORT_EVERY):
        begin = time.monotonic()
        turns = range(turn, min(turn + REPORT_EVERY, reloads))
        world.steps(turns, PAUSE_S)
        each = (time.monotonic() - begin) / len(turns) - PAUSE_S
        print(f"{turns[-1] + 1} reloads, {each * 1000:.0f} ms each, "
              f"{world.measure()[1]} KiB resident", flush=True)
    return before, world.measure()


def main(connections=8000, reloads=1000, rate=4000):
    case = unittest.TestCase()
    world = TrialWorld(case, connections)
    server, load = Server(("echo", "sqlite"), world.config()), None
    try:
        world.prepare(server)
        server.start()
        load = Load(server, connections, rate)
        world.begin(load)
        print(f"{connections} connections, {rate} requests a second", flush=True)
        (counts, resident), (counts_after, resident_after) = soak(server, world, load, reloads)
        report, complaints = load.stop()
        table(by_code(report))
        print(f"after the first round: {counts}, {resident} KiB resident")
        print(f"in the end:            {counts_after}, {resident_after} KiB resident")
        world.check(report, complaints)
        case.assertEqual(counts_after, counts)
        case.assertLess(resident_after - resident, GROWTH_KIB)
        server.stop()
    except AssertionError:
        print(server.tail(30), file=sys.stderr)
        raise
    finally:
        if load:
            load.kill()
        server.discard()
    print(f"{report['all']['sent']} requests, each answered once, through {reloads} reloads; "
          "no connection closed")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
