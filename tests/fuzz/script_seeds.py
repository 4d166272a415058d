"""Scripts of messages (script.h)."""


def folders():
    return {}
