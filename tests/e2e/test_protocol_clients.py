"""act.v1 and act.json.v1 spoken through libraries that others wrote: gorilla/websocket, Node's ws,
Python's websockets."""

import asyncio
import json

import cast
import programs
import websockets
from cast import FAIL, HOLD, LET_GO, PRIVATE, TELL, TOLD
from harness import DEADLINE, AsyncServerCase, main
from speech import AUTH, CTRL, ERR, HELLO, PUSH, REQ, RES, v1_error, v1_frame, v1_read
from tokens import Issuer


class Clients(AsyncServerCase):

    def setUp(self):
        self.issuer = Issuer()
        config = dict(self.issuer.config(), services={"act.auth/1": "jwt"},
                      endpoints=cast.ENDPOINTS)
        self.server = self.serve("echo", "jwt", "witness", "juggler", config=config,
                                 files=self.issuer.files())
        self.token = self.issuer.mint("alice")

    # ---- Python

    def connect(self, *names, **options):
        return websockets.connect(self.server.url("/serv/"), subprotocols=names,
                                  open_timeout=DEADLINE, close_timeout=DEADLINE, **options)

    async def hear(self, ws):
        return await asyncio.wait_for(ws.recv(), DEADLINE)

    async def test_python_act_v1(self):
        async with self.connect("unknown", "act.v1", "act.json.v1") as ws:
            self.assertEqual(ws.subprotocol, "act.v1")
            self.assertEqual(v1_read(await self.hear(ws)).code, HELLO)
            for seq in range(1, 33):
                await ws.send(v1_frame(HOLD, REQ, seq, f'{{"ball":{seq}}}'))
            await ws.send(v1_frame(LET_GO, REQ, 33, '{"reverse":true}'))
            for seq in range(32, 0, -1):
                frame = v1_read(await self.hear(ws))
                self.assertEqual((frame.code, frame.type, frame.seq, frame.payload),
                                 (HOLD, RES, seq, b'{"ball":%d}' % seq))
            self.assertEqual(v1_read(await self.hear(ws)).seq, 33)
            await ws.send(v1_frame(FAIL, REQ, 1, "[]"))
            self.assertEqual(v1_error(v1_read(await self.hear(ws)))["name"], "payload_refused")
            await ws.send(v1_frame(AUTH, CTRL, 2, self.token))
            self.assertEqual(json.loads(v1_read(await self.hear(ws)).payload)["user"], "alice")
            await ws.send(v1_frame(TELL, REQ, 3, '"hi"'))
            frame = v1_read(await self.hear(ws))
            self.assertEqual((frame.code, frame.type, frame.payload), (TOLD, PUSH, b'"hi"'))
            await self.hear(ws)
            await ws.send(v1_frame(1, 9))
            frame = v1_read(await self.hear(ws))
            self.assertEqual((frame.type, frame.flags, frame.status), (CTRL, ERR, 2))
            with self.assertRaises(websockets.ConnectionClosed) as caught:
                await self.hear(ws)
            self.assertEqual(caught.exception.rcvd.code, 1002)

    async def test_python_act_json_v1(self):
        async with self.connect("act.json.v1") as ws:
            self.assertEqual(json.loads(await self.hear(ws))["ctrl"], "hello")
            for seq in range(1, 33):
                await ws.send(json.dumps({"action": HOLD, "seq": seq, "data": {"ball": seq}}))
            await ws.send(json.dumps({"action": LET_GO, "seq": 33}))
            heard = [json.loads(await self.hear(ws)) for _ in range(33)]
            self.assertEqual([read["seq"] for read in heard],
                             [*range(1, 33, 3), *range(2, 33, 3), *range(3, 33, 3), 33])
            for read in heard[:-1]:
                self.assertEqual(read["data"], {"ball": read["seq"]})
            await ws.send(json.dumps({"ctrl": "auth", "seq": 1, "token": self.token}))
            self.assertEqual(json.loads(await self.hear(ws))["user"], "alice")
            await ws.send(json.dumps({"action": PRIVATE, "seq": 2}))
            self.assertEqual(json.loads(await self.hear(ws))["data"]["user"], "alice")
            await ws.send(b"binary")
            self.assertEqual(json.loads(await self.hear(ws))["ctrl"], "error")
            with self.assertRaises(websockets.ConnectionClosed) as caught:
                await self.hear(ws)
            self.assertEqual(caught.exception.rcvd.code, 1003)

    async def test_python_is_told_what_is_spoken(self):
        with self.assertRaises(websockets.InvalidStatusCode) as caught:
            async with self.connect("unknown"):
                pass
        self.assertEqual(caught.exception.status_code, 400)

    # ---- Go and Node

    async def test_gorilla(self):
        code, out, err = await asyncio.to_thread(
            programs.go, self.server.url("/serv/"), program="v1_client", token=self.token)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out.splitlines(), [
            "hello code=FFFFFF00 version=1 calls=64 user=<nil>",
            "matched 32 of 32",
            "crowd of 200",
            "code=1092 kind=1 flags=1 status=1 there is no action 4242",
            "code=FFFFFF01 kind=4 flags=0 status=0 ",
            "code=FFFFFF02 kind=4 flags=1 status=3 the token is not a JWT: three p",
            'code=FFFFFF02 kind=4 flags=0 status=0 {"user":"alice","expires_in_s":',
            "code=FFFFFF06 status=2, closed with 1002",
        ])

    async def test_node_ws(self):
        code, out, err = await asyncio.to_thread(
            programs.node, "protocols.js", self.server.url(""), self.token)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual([json.loads(line) for line in out.splitlines()], [
            ["chosen", "act.v1"],
            ["hello", ["ffffff00", 1]],
            *[["answer", [True, "a8c", 1, 0, 0, seq, f'{{"ball":{seq}}}']] for seq in (3, 2, 1)],
            ["answer", [True, "a8e", 1, 0, 0, 4, '{"answered":3}']],
            ["auth", "alice"],
            ["error", [True, "ffffff06", 4, 1, 2, 0, "expected binary messages"]],
            ["end", ["closed", 1003]],
            ["chosen", "act.json.v1"],
            ["hello", "hello"],
            *[["answer", [False, {"action": HOLD, "seq": seq, "data": {"ball": seq}}]]
              for seq in (3, 2, 1)],
            ["answer", [False, {"action": LET_GO, "seq": 4, "data": {"answered": 3}}]],
            ["auth", "alice"],
            ["error", "bad_frame"],
            ["end", 1003],
            ["unknown", 400],
        ])


if __name__ == "__main__":
    main()
