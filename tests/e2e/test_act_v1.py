"""act.v1: what its frames may be, and what becomes of those that are not."""

import struct

import cast
from cast import FAIL, MUTE, SEE
from harness import ServerCase, main
from rawws import BINARY, TEXT, client_frame
from speech import (ACKREQ, AUTH, BY, CTRL, DEADLINE, DEFLATE, ERR, ERROR, EXT, HELLO, IDEMPOTENCY,
                    MORE, NOTIFY, PING, PUSH, REQ, RES, RETRY, RETRY_AFTER, STREAM, TRACE, V1,
                    Speakers, v1_frame)

SOON = struct.pack(">I", 60000)


class V1Case(Speakers, ServerCase):

    def setUp(self):
        self.server = self.serve("echo", "witness", config={"endpoints": cast.ENDPOINTS})
        self.client = self.speak(V1)

    def still_serves(self):
        self.assertEqual(self.client.value(SEE)["code"], SEE)


class Answers(V1Case):

    def test_what_an_answer_is(self):
        frame = self.client.answer_to(self.client.ask(1, b"\x00\xff", seq=0xFFFFFFFF))
        self.assertEqual(frame, (1, RES, 0, 0, 0xFFFFFFFF, {}, b"\x00\xff"))

    def test_what_an_error_is(self):
        frame = self.client.answer_to(self.client.ask(4242, seq=9))
        self.assertEqual(frame, (4242, RES, ERR, 1, 9, {}, b"there is no action 4242"))
        asked = '{"status":1001,"retry_after_ms":1500,"text":"later"}'
        frame = self.client.answer_to(self.client.ask(FAIL, asked))
        self.assertEqual(frame[1:4], (RES, ERR | RETRY | EXT, 1001))
        self.assertEqual(frame[5:], ({RETRY_AFTER: struct.pack(">I", 1500)}, b"later"))

    def test_who_answered_with_an_error(self):
        for code in (FAIL, MUTE):
            frame = self.client.answer_to(self.client.ask(code, "[]", ext=[(BY, b"")]))
            self.assertTrue(frame.flags & ERR)
            self.assertRegex(frame.ext[BY].decode(), r"^witness@\d+$")
        frame = self.client.answer_to(self.client.ask(4242, ext=[(BY, b"")]))
        self.assertEqual(frame.ext, {})  # nobody did

    def test_a_text_of_a_thousand_bytes_is_utf8_to_its_end(self):
        text = "x" + "好" * 333
        error = self.client.error(FAIL, f'{{"status":1001,"text":"{text}"}}')
        self.assertEqual(error["message"], text)

    def test_a_number_that_was_answered_may_come_again(self):
        for _ in range(3):
            self.assertEqual(self.client.call(1, b"again", seq=7), b"again")

    def test_a_ping_comes_back_as_it_is(self):
        for seq in (0, 1, 0xFFFFFFFF):
            self.client.send_frame(PING, CTRL, seq)
            self.assertEqual(self.client.heard(), (PING, CTRL, 0, 0, seq, {}, b""))

    def test_what_is_in_ext(self):
        """Known, unknown, and of the longest; the payload begins behind it."""
        trace = b"t" * 64
        for ext in ([(TRACE, trace)], [(TRACE, trace), (DEADLINE, SOON), (BY, b"")],
                    [(IDEMPOTENCY, b""), (IDEMPOTENCY, b"k" * 255), (TRACE, trace)],
                    [(99, b"?" * 255)] * 200 + [(255, b""), (0, b"0"), (TRACE, trace)]):
            seen = self.client.value(SEE, b"payload", ext=ext)
            self.assertLessEqual(cast.seen(b"payload", trace=trace.decode()).items(), seen.items())

    def test_an_empty_ext(self):
        whole = v1_frame(SEE, seq=7, flags=EXT, payload=b"\x00\x00payload")
        self.client.send(client_frame(BINARY, whole))
        frame = self.client.answer_to(7)
        self.assertIn(b"payload".hex().encode(), self.client.good(frame))


class Refusals(V1Case):

    def check_refused(self, **parts):
        """A RES with the status 2, and the connection goes on."""
        seq = self.client.next_seq()
        self.client.send(client_frame(BINARY, v1_frame(SEE, seq=seq, **parts)))
        frame = self.client.heard()
        self.assertEqual(frame[:6], (SEE, RES, ERR, 2, seq, {}))
        self.assertTrue(frame.payload.decode())
        self.still_serves()
        return frame.payload.decode()

    def test_flags_that_no_client_sets(self):
        for flag in (ERR, RETRY, DEFLATE, STREAM, MORE, ACKREQ, 0x80, 0xFF & ~EXT):
            with self.subTest(f"{flag:02x}"):
                self.assertIn("flag", self.check_refused(flags=flag, payload=bytes(12)))
                self.assertIn("flag", self.check_refused(flags=flag, payload=b""))

    def test_a_status_that_no_client_sets(self):
        for status in (1, 2, 1000, 0xFFFF):
            self.assertIn("status", self.check_refused(status=status))

    def test_an_ext_that_is_broken(self):
        for what, bad in {
            "no length": b"", "half a length": b"\x00", "longer than the frame": b"\x00\x01",
            "all of it": b"\xff\xff" + bytes(100), "half a value's head": b"\x00\x01\x63",
            "a value that is too long": b"\x00\x03\x63\x02x",
            "the last one is": b"\x00\x05\x63\x00\x63\x02x" + bytes(10),
        }.items():
            with self.subTest(what):
                self.assertIn("ext", self.check_refused(flags=EXT, payload=bad))

    def test_values_of_a_wrong_length(self):
        for kind, value in ((TRACE, b""), (TRACE, bytes(65)), (DEADLINE, b""), (DEADLINE, bytes(4)),
                            (DEADLINE, SOON[:3]), (DEADLINE, SOON + b"\x00"), (BY, b"witness@1")):
            with self.subTest(kind=kind, value=value):
                self.assertIn("ext", self.check_refused(ext=[(kind, value)]))
                self.assertIn("ext", self.check_refused(ext=[(99, b"?"), (kind, value)]))


class Faults(V1Case):
    """What ends the connection: it is told why, in a frame and in the close."""

    def check_closed(self, *messages, code=1002, opcode=BINARY):
        for message in messages:
            with self.subTest(message[:16]):
                client = self.speak(V1)
                client.send(client_frame(opcode, message))
                frame = client.heard()
                self.assertEqual(frame[:6], (ERROR, CTRL, ERR, 2, 0, {}))
                error, why = client.fault()
                self.assertIsNone(error)  # one was enough
                self.assertEqual((why.code, why.reason), (code, frame.payload.decode()))
        self.still_serves()

    def test_what_is_too_short(self):
        whole = v1_frame(SEE, seq=7)
        self.check_closed(*(whole[:length] for length in range(12)))

    def test_other_versions(self):
        self.check_closed(*(v1_frame(SEE, seq=7, version=version) for version in (0, 2, 15)))

    def test_types_that_are_not_a_clients(self):
        self.check_closed(*(v1_frame(SEE, kind, 7) for kind in (RES, PUSH, 5, 15)))

    def test_numbers_where_they_do_not_belong(self):
        self.check_closed(v1_frame(SEE, REQ, 0), v1_frame(SEE, NOTIFY, 7))

    def test_a_notify_that_is_broken(self):
        self.check_closed(v1_frame(SEE, NOTIFY, flags=ERR), v1_frame(SEE, NOTIFY, status=1),
                          v1_frame(SEE, NOTIFY, flags=EXT), v1_frame(SEE, NOTIFY, ext=[(1, b"")]))

    def test_control_frames_that_are_not_a_clients(self):
        for code in (HELLO, 0xFFFFFF03, 0xFFFFFF05, ERROR, 0xFFFFFFFF, 0, SEE):
            self.check_closed(v1_frame(code, CTRL, 7))
        self.check_closed(v1_frame(PING, CTRL, 7, b"payload"), v1_frame(PING, CTRL, 7, flags=0x80),
                          v1_frame(AUTH, CTRL, 0, b"token"))

    def test_text(self):
        self.check_closed(b"", b"hello", v1_frame(1, seq=7), code=1003, opcode=TEXT)

    def test_answers_to_what_came_before_leave_first(self):
        client = self.speak(V1)
        client.send(client_frame(BINARY, v1_frame(1, seq=7, payload=b"last"))
                    + client_frame(BINARY, b"?"))
        self.assertEqual(client.heard().payload, b"last")
        error, why = client.fault()
        self.assertEqual((error["name"], why.code), ("bad_frame", 1002))

    def test_reserved_codes_are_no_actions(self):
        for code in (0, HELLO, PING, AUTH, 0xFFFFFFFF):
            self.assertEqual(self.client.error(code)["name"], "unknown_action")


if __name__ == "__main__":
    main()
