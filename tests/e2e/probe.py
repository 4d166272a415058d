"""What the tests say to the plugin "probe" (plugins/probe/), by name instead of by code."""

from harness import eventually
from rawws import Client, Closed

ME, HOLD, RELEASE, BLOCK, TWICE, FAIL, RC, NOTE, EVENTS, BIND = range(2100, 2110)
JOIN, LEAVE, PUSH, CLOSE, TIMER, DROP, WORK, LATE, BIG, PLACE = range(2110, 2120)
PRIVATE, OVERRUN, SMALL, RENAME = 2120, 2121, 2122, 2124
PUSHED, TICK = 3100, 3101  # the codes of the pushes
P_NOTE, P_TICK, P_MUTE = 0, 1, 2  # their indexes
TO_CONN, TO_USER, TO_GROUP, TO_ALL = 1, 2, 3, 4

OK, E_GONE, E_BUSY, E_INVAL, E_TOOBIG, E_NOMEM = "rc 0", "rc -1", "rc -2", "rc -3", "rc -4", "rc -5"
E_NOSUPP = "rc -8"


class Probe(Client):
    """A client that talks to the probe."""

    def me(self):
        """What the plugin sees of a call of this connection."""
        fields = self.text(ME, "").split(" ")
        return dict(field.split("=", 1) for field in fields)

    @property
    def conn(self):
        if "_conn" not in self.__dict__:
            self._conn = self.me()["conn"]
        return self._conn

    def events(self):
        return self.text(EVENTS).splitlines()

    def wait_event(self, event):
        """Asks until the plugin has seen it."""
        eventually(lambda: event in self.events(), f"the event {event!r}")

    def release(self, name, text=""):
        """Answers a held call; waits for it to be held. What reply() returned."""
        def once():
            answer = self.text(RELEASE, f"{name} {text}")
            return answer if answer != "none" else None
        return eventually(once, f"a call held as {name}")

    def push(self, to, body, what=P_NOTE, who="-", device="-", conn="0", skip="0"):
        return self.text(PUSH, f"{what} {to} {who} {device} {conn} {skip} {body}")

    def heard(self):
        """The next message, which must be a push of the probe's."""
        code, payload = self.reply()
        if code not in (PUSHED, TICK):
            raise AssertionError(f"expected a push, heard {code}: {payload!r}")
        return payload.decode()

    def silent(self):
        """Says what came before the answer to a call made now: nothing is []. What the server
        pushed to this connection before it took the call stands before the answer."""
        self.ask(ME)
        before = []
        while True:
            code, payload = self.reply()
            if code == ME:
                return before
            before.append((code, payload))

    def gone(self):
        """Waits for the close; its (code, reason)."""
        try:
            self.message()
        except Closed as why:
            return why.code, why.reason
        raise AssertionError("a message instead of a close")
