"""What "actctl status" prints, to the letter, of an answer that has everything in it."""

import json
import unittest

from actctl import GOOD, Strange, actctl, head
from harness import main

NONE = {"calls": [], "calls_more": 0, "parked": 0, "threads": [], "runs": 0, "steps": 0, "work": 0,
        "notices": 0, "services": 0, "handles": [], "handles_more": 0, "worker_leave": [],
        "timers": 0, "watches": 0}
SINCE = "2026-01-02T03:04:05Z"


def generation(name, number, state, **more):
    return {"name": name, "version": "1.0", "generation": number, "file": f"/p/{name}.so",
            "state": state, "since": SINCE, "open_calls": 0, "actions": [], "raw": [], "next": [],
            "pins": 0, "holders": NONE, "used_by": [], **more}


def step(what, in_ms=None):
    return {"what": what, **({"in_ms": in_ms, "at": "2026-01-02T03:05:00Z"} if in_ms is not None
                             else {})}


STATUS = {
    "version": "0.9.0", "pid": 42, "started": SINCE, "uptime_s": 93784, "ready": True,
    "config": "actd.json", "connections": 7, "workers": [],
    "loops": [{"index": 0, "connections": 4, "lag_ms": 0.25, "inside": None, "answered": True},
              {"index": 1, "connections": 3, "lag_ms": 5000, "inside": None, "answered": False}],
    "reload": {"number": 3, "verdict": "taken", "at": SINCE, "plugins": [], "errors": [],
               "warnings": []},
    "plugins": [
        generation("chat", 4, "draining", open_calls=11, pins=17, next=[
            step("hurry", 12300), step("fail", 720000)], holders={
                **NONE,
                "calls": [
                    {"code": 2101, "action": "hold", "connection": "77", "ms": 8123,
                     "where": "deferred"},
                    {"code": 2103, "action": "block", "connection": "78", "ms": 4000,
                     "where": "worker", "thread": "worker-0"},
                    {"code": 2103, "action": "block", "connection": None, "ms": 12,
                     "where": "queued"}],
                "calls_more": 8, "parked": 2,
                "threads": [
                    {"thread": "worker-0", "function": "handle", "code": 2103,
                     "connection": "78", "ms": 4000},
                    {"thread": "worker-1", "function": "work", "ms": 0}],
                "runs": 2, "steps": 1, "work": 1, "notices": 1, "services": 1,
                "worker_leave": ["worker-0", "worker-1"], "timers": 3, "watches": 1}),
        generation("sqlite", 5, "held", pins=1, next=[step("release", 500)], holders={
            **NONE, "services": 1, "handles_more": 1,
            "handles": [{"consumer": "friend", "generation": 6, "kind": "transaction",
                         "ms": 30000}]}, used_by=[{"name": "friend", "generation": 6}]),
        generation("friend", 6, "serving", open_calls=1, actions=[
            {"code": 110, "name": "add"}, {"code": 111, "code_last": 119, "name": "list"}],
            raw=[{"endpoint": "/f", "name": "raw"}]),
        generation("old", 7, "resident", why="stop did not end in time"),
        generation("next", 8, "canary", next=[step("decision")]),
        generation("slow", 9, "draining", next=[step("leave")]),
    ],
    "ended": [
        {"name": "chat", "version": "0.9", "generation": 2, "file": "/p/chat.so",
         "state": "resident", "since": SINCE, "why": "it starts threads of its own"},
        {"name": "chat", "version": "1.0", "generation": 3, "file": "/p/chat.so",
         "state": "unloaded", "since": SINCE}],
    "ended_more": 2,
}

HEAD = """\
actd 0.9.0, process 42, up 1 d 2 h 3 min, ready
config       actd.json
connections  7
loop 0       4 connections, 0.2 ms late
loop 1       3 connections, 5000.0 ms late; IT DOES NOT ANSWER, its calls are not listed
loaded       by reload 3, taken, 2026-01-02T03:04:05Z

PLUGIN           VERSION    GENERATION  STATE     CALLS  ACTIONS
chat             1.0                 4  draining     11
sqlite           1.0                 5  held          0
friend           1.0                 6  serving       1  110 add, 111 list, /f raw
old              1.0                 7  resident      0
next             1.0                 8  canary        0
slow             1.0                 9  draining      0

chat 1.0, generation 4: draining since 2026-01-02T03:04:05Z
  file         /p/chat.so
  next         in 12.3 s (2026-01-02T03:05:00Z) its open calls are told to hurry
  then         in 12 min (2026-01-02T03:05:00Z) the calls that are left are answered with an error
  pins         17
  call         code 2101 hold, connection 77: deferred, open for 8.1 s
  call         code 2103 block, connection 78: worker (worker-0), open for 4.0 s
  call         code 2103 block, its connection is gone: queued, open for 12 ms
  call         and 8 more
  thread       worker-0 is inside handle, code 2103, connection 78, for 4.0 s
  thread       worker-1 is inside work, for 0 ms
  runs         2 (calls on another thread, or on their way there)
  steps        1 (of its life: create, start, stop, destroy)
  work         1 (given to workers by it)
  notices      1 (of connections and users, on their way)
  services     1 (calls of its services, transactions and cursors)
  parked       2 (messages and notices, until the hand-over ends)
  timers       3 (they end with stop)
  watches      1 (of descriptors; they end with stop)
  worker_leave worker-0, worker-1

sqlite 1.0, generation 5: held since 2026-01-02T03:04:05Z
  file         /p/sqlite.so
  next         in 500 ms (2026-01-02T03:05:00Z) it is given up
  pins         1
  service      a transaction of friend, generation 6, open for 30.0 s
  service      and 1 more
  services     1 (calls of its services, transactions and cursors)
  used by      friend, generation 6
"""
SERVING = """
friend 1.0, generation 6: serving since 2026-01-02T03:04:05Z
  file         /p/friend.so
  pins         0
"""
REST = """
old 1.0, generation 7: resident since 2026-01-02T03:04:05Z
  why          stop did not end in time
  file         /p/old.so
  pins         0

next 1.0, generation 8: canary since 2026-01-02T03:04:05Z
  file         /p/next.so
  next         actctl reload --promote or --rollback decides
  pins         0

slow 1.0, generation 9: draining since 2026-01-02T03:04:05Z
  file         /p/slow.so
  next         its worker_leave() returns on the workers below
  pins         0

ENDED
chat 0.9, generation 2: resident since 2026-01-02T03:04:05Z: it starts threads of its own
chat 1.0, generation 3: unloaded since 2026-01-02T03:04:05Z
and 2 more that are resident
"""


class ToTheLetter(unittest.TestCase):

    def ask(self, status, *args):
        body = json.dumps(status).encode()

        def script(conn):
            head(conn)
            conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

        server = Strange(script)
        self.addCleanup(server.stop)
        done = actctl("status", "--admin", f"http://127.0.0.1:{server.port}", *args)
        self.assertEqual(done.code, GOOD, done.err)
        return done.out

    def setUp(self):
        self.maxDiff = None

    def test_for_people(self):
        self.assertEqual(self.ask(STATUS), HEAD + REST)

    def test_with_those_that_serve(self):
        self.assertEqual(self.ask(STATUS, "--verbose"), HEAD + SERVING + REST)

    def test_for_programs(self):
        self.assertEqual(json.loads(self.ask(STATUS, "--json")), STATUS)

    def test_an_older_server(self):
        """It tells less: what is not there is passed over."""
        old = {**STATUS, "loops": [
            {key: value for key, value in loop.items() if key != "answered"}
            for loop in STATUS["loops"]], "plugins": [
            {key: value for key, value in plugin.items()
             if key in ("name", "version", "generation", "state", "open_calls", "actions", "raw")}
            for plugin in STATUS["plugins"][2:3]]}
        for key in ("ended", "ended_more"):
            del old[key]
        out = self.ask(old)
        self.assertTrue(out.endswith("  110 add, 111 list, /f raw\n"), out)
        self.assertNotIn("IT DOES NOT ANSWER", out)


if __name__ == "__main__":
    main()
