#!/usr/bin/python3
"""What reloads add to reply times: the same load without and with them, in turn; prints a table.

    reload_times.py [SECONDS [CONNECTIONS [RATE]]]

A time runs from when its request was due, not from when it was sent (no coordinated omission)."""

import sys
import time
import unittest

from harness import Server
from promise import Load, World, by_code, table

ROUNDS = 3
PAUSE_S = 0.2


def phase(seconds, connections, rate, reloading):
    """One server, one load; (its report, how many reloads)."""
    world = World(unittest.TestCase(), connections)
    server, load, turn = Server(("echo", "sqlite"), world.config()), None, 0
    try:
        world.prepare(server)
        server.start()
        load = Load(server, connections, rate)
        end = time.monotonic() + seconds
        while reloading and time.monotonic() < end:
            world.steps((turn,), PAUSE_S)
            turn += 1
        time.sleep(max(0, end - time.monotonic()))
        report, complaints = load.stop()
        if complaints or report["faults"] or report["unanswered"]:
            raise AssertionError(f"{report} {complaints}\n{server.tail()}")
        server.stop()
        return report, turn
    finally:
        if load:
            load.kill()
        server.discard()


def main(seconds=20, connections=1000, rate=2000):
    for _ in range(ROUNDS):
        for reloading in (False, True):
            report, reloads = phase(seconds, connections, rate, reloading)
            print(f"\n{reloads} reloads in {seconds} s; milliseconds:\n")
            table(by_code(report))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
