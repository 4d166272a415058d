#!/usr/bin/python3
"""call.py: calls an action of a running server and listens for its pushes.

    call.py ws://127.0.0.1:8080/serv/ 1 'hello'
    call.py ws://127.0.0.1:8080/serv/ 110 '{"user":"bob"}' --token "$(clients/token.sh alice)"
    call.py ws://127.0.0.1:8080/serv/ --listen 60 --token "$(clients/token.sh bob)"

Prints a line for each reply ("110 {...}") and each push ("push 1110 {...}").
Exit code: 0 all was answered, 1 the server answered with an error (or not at all), 2 could not
connect, or was called wrongly.

Needs Debian's python3-websockets.
"""

import argparse
import asyncio
import json
import struct
import sys
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

try:
    import websockets
except ImportError:
    sys.exit("call.py: the module websockets is not there; on Debian: "
             "apt-get install python3-websockets, and run this with /usr/bin/python3")

OK, ERROR, UNREACHED = 0, 1, 2
CODE_MAX = 0xFFFFFFFF

HINTS = {401: ": the token is not good, or there is none and the endpoint wants one",
         403: ": the token is good, but not here",
         404: ": there is no such endpoint",
         503: ": the server cannot take it now"}


class Failure(Exception):
    """Ends the program with an exit code and a sentence."""

    def __init__(self, result, sentence):
        super().__init__(sentence)
        self.result = result


def action_code(text):
    """A code as it is written in the config: 1 to 4294967295, or 0x6e."""
    try:
        code = int(text, 0)
    except ValueError:
        code = 0
    if not 1 <= code <= CODE_MAX:
        raise argparse.ArgumentTypeError(f'expected a number from 1 to {CODE_MAX}, found "{text}"')
    return code


def positive(text):
    """A number above zero."""
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < 1e9:
        raise argparse.ArgumentTypeError(f'expected a number above 0, found "{text}"')
    return number


def count(text):
    """A whole number above zero."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'expected a whole number above 0, found "{text}"')
    return int(text)


def read_arguments():
    parser = argparse.ArgumentParser(
        description="Calls an action of a running server and listens for its pushes.")
    parser.add_argument("url", help="ws://127.0.0.1:8080/serv/")
    parser.add_argument("code", nargs="?", type=action_code,
                        help="action code; without one: only listen")
    parser.add_argument("payload", nargs="?", default="", help="text behind the code, mostly JSON")
    login = parser.add_mutually_exclusive_group()
    login.add_argument("--token", metavar="T", help="log in with Authorization: Bearer T")
    login.add_argument("--cookie", metavar="[NAME=]T",
                       help='log in with a cookie; NAME is "login.cookie" of the config '
                            '(without: token)')
    login.add_argument("--query", metavar="[NAME=]T",
                       help='log in with ?NAME=T; NAME is "login.query" of the config '
                            '(without: token)')
    parser.add_argument("--listen", metavar="SECONDS", type=positive, default=0,
                        help="go on listening for pushes after the replies")
    parser.add_argument("--timeout", metavar="SECONDS", type=positive, default=15,
                        help="for the connection, and for each reply (15)")
    parser.add_argument("-n", metavar="N", type=count, default=1,
                        help="send the request N times, one after the other")
    arguments = parser.parse_args()
    if arguments.code is None and not arguments.listen:
        parser.error("expected an action code, or --listen SECONDS")
    if urlsplit(arguments.url).scheme not in ("ws", "wss"):
        parser.error(f'expected an address with ws:// or wss://, found "{arguments.url}"')
    return arguments


def named(text):
    """NAME=T as a pair. A JWT has no '=', so where there is one, it ends the name."""
    name, equals, value = text.rpartition("=")
    return (name, value) if equals else ("token", text)


def address(arguments):
    """The URL and the headers that carry the token."""
    url, headers = arguments.url, {}
    if arguments.token is not None:
        headers["Authorization"] = "Bearer " + arguments.token
    if arguments.cookie is not None:
        headers["Cookie"] = "=".join(named(arguments.cookie))
    if arguments.query is not None:
        parts = urlsplit(url)
        query = urlencode(parse_qsl(parts.query) + [named(arguments.query)])
        url = urlunsplit(parts._replace(query=query))
    return url, headers


async def connect(arguments):
    """An open connection, or a Failure that says why there is none."""
    url, headers = address(arguments)
    try:
        return await websockets.connect(url, extra_headers=headers, max_size=None,
                                        open_timeout=arguments.timeout)
    except websockets.InvalidStatusCode as error:
        raise Failure(UNREACHED, "the server refused the upgrade with HTTP "
                                 f"{error.status_code}{HINTS.get(error.status_code, '')}")
    except asyncio.TimeoutError:
        raise Failure(UNREACHED, f"no connection within {arguments.timeout:g} s")
    except (OSError, websockets.WebSocketException) as error:
        raise Failure(UNREACHED, f"could not connect to {arguments.url}: {error}")


def is_error(body):
    """Is this the server's {"error": {...}}?"""
    try:
        value = json.loads(body)
    except ValueError:
        return False
    return isinstance(value, dict) and isinstance(value.get("error"), dict)


def split(message):
    """A message as code and body."""
    if isinstance(message, str) or len(message) < 4:
        raise Failure(ERROR, "expected a binary message of 4 bytes or more, found "
                             f"{message!r}: is this an action endpoint?")
    return struct.unpack_from(">I", message)[0], message[4:]


def show(kind, code, body):
    print(f"{kind}{code} {body.decode('utf-8', 'backslashreplace')}", flush=True)


async def call(socket, arguments):
    """Sends one request and waits for its reply; pushes may come before it."""
    payload = arguments.payload.encode(errors="surrogateescape")  # the bytes as they were typed
    await socket.send(struct.pack(">I", arguments.code) + payload)
    while True:
        try:
            message = await asyncio.wait_for(socket.recv(), arguments.timeout)
        except asyncio.TimeoutError:
            raise Failure(ERROR, f"no answer within {arguments.timeout:g} s")
        code, body = split(message)
        if code == arguments.code:
            show("", code, body)
            return ERROR if is_error(body) else OK
        show("push ", code, body)


async def listen(socket, seconds):
    """Prints pushes for that long."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while (left := end - loop.time()) > 0:
        try:
            message = await asyncio.wait_for(socket.recv(), left)
        except asyncio.TimeoutError:
            return
        show("push ", *split(message))


async def talk(arguments):
    result = OK
    socket = await connect(arguments)
    try:
        if arguments.code is not None:
            for _ in range(arguments.n):
                result = max(result, await call(socket, arguments))
        if arguments.listen:
            await listen(socket, arguments.listen)
    except websockets.ConnectionClosed as error:
        code, reason = (error.rcvd.code, error.rcvd.reason) if error.rcvd else (1006, "")
        raise Failure(ERROR, f"the server closed the connection with {code} {reason}".rstrip())
    finally:
        await socket.close()
    return result


def main():
    try:
        return asyncio.run(talk(read_arguments()))
    except Failure as failure:
        print(f"call.py: {failure}", file=sys.stderr)
        return failure.result
    except KeyboardInterrupt:
        return OK


if __name__ == "__main__":
    sys.exit(main())
