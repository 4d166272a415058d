"""What the tests say to the plugins "witness" and "juggler" (plugins/), by name instead of by
code."""

SEE, PRIVATE, LEFT, FAIL, EMPTY, BROKEN, MUTE, TELL, WHISPER, NOTE, NOTES = range(2600, 2611)
HOLD, HURRY, LET_GO, IN_THE_AIR = range(2700, 2704)
TOLD, WHISPERED = 3600, 3601  # the codes of the pushes

ENDPOINTS = {
    "/echo": {"mode": "raw", "action": "echo.raw", "login": "none"},
    "/serv/": {"mode": "action", "login": "optional"},
    "/greeted/": {"mode": "action", "login": "optional"},
    "/none/": {"mode": "action", "login": "none"},
}


def seen(payload=b"", **fields):
    """What "see" says of a call."""
    return {"how": 0, "user": "", "trace": "", "payload": payload.hex(), **fields}
