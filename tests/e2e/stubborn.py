"""What the tests say to the plugin "stubborn" (plugins/stubborn.c), by name instead of by code."""

from harness import SANITIZERS

WAIT, HOLD_LOOP, TIMERS, ANSWER = range(2400, 2404)

# load_ms for steps that are to overrun it; the proof of a file has to fit in as well.
LOAD_MS = 6000 if SANITIZERS else 1000


def quirks(*sentences):
    """A config in which the plugin does these: "start waits", "destroy asks SQL"."""
    return {"plugins": {"stubborn": {"quirks": list(sentences)}}}


def open_gate(server, gate):
    """Lets go on what waits at the gate, and all that comes there later."""
    (server.data("stubborn") / f"{gate}.go").touch()


def waits(server, gate, since=0):
    """Waits until something has come to the gate."""
    server.wait_log(rf"{gate} waits$", since)
