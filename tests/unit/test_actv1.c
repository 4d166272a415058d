/* The frames of act.v1, byte by byte, in both directions. */
#include "net/actv1.h"

#include "fixtures/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#define BYTES(literal) (literal), sizeof(literal) - 1

/* A frame from memory of exactly its size, so that a look beyond the end is seen by the sanitizer.
 * What it borrows must not be looked at. */
static const char *read_exact(const void *bytes, size_t len, struct actv1_frame *frame)
{
	uint8_t *copy = malloc(len == 0 ? 1 : len);
	assert_non_null(copy);
	memcpy(copy, bytes, len);
	memset(frame, 0xA5, sizeof *frame);
	const char *wrong = actv1_read(copy, len, frame);
	free(copy);
	return wrong;
}

static void bytes_are(act_bytes found, const char *expected)
{
	assert_int_equal(found.len, strlen(expected));
	if (found.len != 0)
		assert_memory_equal(found.ptr, expected, found.len);
}

/* ---- reading ---- */

static void a_request_is_taken_apart(void **state)
{
	static const char bytes[] = "\0\0\0\x6E\x10\0\0\0\0\0\0\7{\"uid\":42}";
	struct actv1_frame frame;
	(void)state;
	assert_null(actv1_read(BYTES(bytes), &frame));
	assert_int_equal(frame.code, 110);
	assert_int_equal(frame.version, 1);
	assert_int_equal(frame.type, ACTV1_REQ);
	assert_int_equal(frame.flags, 0);
	assert_int_equal(frame.status, 0);
	assert_int_equal(frame.seq, 7);
	bytes_are(frame.payload, "{\"uid\":42}");
	assert_ptr_equal(frame.payload.ptr, bytes + ACTV1_HEAD); /* borrowed */
	bytes_are(frame.trace, "");
	bytes_are(frame.by, "");
	assert_int_equal(frame.deadline_ms, 0);
	assert_int_equal(frame.retry_after_ms, 0);
	assert_false(frame.ask_by);
}

static void numbers_are_big_endian(void **state)
{
	struct actv1_frame frame;
	(void)state;
	assert_null(read_exact(BYTES("\1\2\3\4\x11\x03\5\6\7\x8\x9\xA"), &frame));
	assert_int_equal(frame.code, 0x01020304);
	assert_int_equal(frame.type, ACTV1_RES);
	assert_int_equal(frame.flags, ACTV1_ERR | ACTV1_RETRY);
	assert_int_equal(frame.status, 0x0506);
	assert_int_equal(frame.seq, 0x0708090A);
	assert_int_equal(frame.payload.len, 0);
	assert_null(read_exact(BYTES("\xFF\xFF\xFF\xFF\x14\0\xFF\xFF\xFF\xFF\xFF\xFF"), &frame));
	assert_int_equal(frame.code, UINT32_MAX);
	assert_int_equal(frame.status, UINT16_MAX);
	assert_int_equal(frame.seq, UINT32_MAX);
}

static void a_stream_stands_before_ext(void **state)
{
	static const char bytes[] = "\0\0\0\1\x12\x48\0\0\0\0\0\0"
				    "\1\2\3\4\1\2\3\4\5\6\7\x8"
				    "\0\5\1\3abcpayload";
	struct actv1_frame frame;
	(void)state;
	assert_null(actv1_read(BYTES(bytes), &frame));
	assert_int_equal(frame.stream, 0x01020304);
	assert_true(frame.offset == 0x0102030405060708);
	bytes_are(frame.trace, "abc");
	bytes_are(frame.payload, "payload");
}

static void ext_has_its_values(void **state)
{
	static const char bytes[] = "\0\0\0\1\x10\x40\0\0\0\0\0\1"
				    "\0\x12\1\2id\2\4\1\2\3\4\4\0\5\4\0\0\0\x1{}";
	struct actv1_frame frame;
	(void)state;
	assert_null(actv1_read(BYTES(bytes), &frame));
	bytes_are(frame.trace, "id");
	assert_int_equal(frame.deadline_ms, 0x01020304);
	assert_true(frame.ask_by);
	bytes_are(frame.by, "");
	assert_int_equal(frame.retry_after_ms, 1);
	bytes_are(frame.payload, "{}");
	assert_null(actv1_read(BYTES("\0\0\0\1\x11\x40\0\0\0\0\0\1\0\xA\4\x8"
	                             "friend@7"),
	                       &frame));
	bytes_are(frame.by, "friend@7");
	assert_false(frame.ask_by);
}

static void unknown_values_are_passed_over(void **state)
{
	struct actv1_frame frame;
	(void)state;
	assert_null(actv1_read(BYTES("\0\0\0\1\x10\x40\0\0\0\0\0\1"
	                             "\0\x10\0\0\3\2xy\xFF\2\1\2\2\4\0\0\0\x9"
	                             "p"),
	                       &frame));
	assert_int_equal(frame.deadline_ms, 9);
	bytes_are(frame.trace, "");
	bytes_are(frame.payload, "p");
	/* And an ext of nothing is one. */
	assert_null(actv1_read(BYTES("\0\0\0\1\x10\x40\0\0\0\0\0\1\0\0p"), &frame));
	bytes_are(frame.payload, "p");
}

/* A value of each length from 0 to `most` + 1; the first and the last that are taken are these. */
static void lengths_are_taken(uint8_t type, uint8_t first, uint8_t last)
{
	for (unsigned len = 0; len <= 255; len++) {
		uint8_t bytes[ACTV1_HEAD + 2 + 2 + 255] = { 0, 0, 0, 1, 0x10, ACTV1_EXT,
			                                    0, 0, 0, 0, 0,    1 };
		struct actv1_frame frame;
		act_put_u16(bytes + ACTV1_HEAD, (uint16_t)(2 + len));
		bytes[ACTV1_HEAD + 2] = type;
		bytes[ACTV1_HEAD + 3] = (uint8_t)len;
		memset(bytes + ACTV1_HEAD + 4, 'x', 255);
		const char *wrong = read_exact(bytes, ACTV1_HEAD + 4 + len, &frame);
		if ((wrong == NULL) != (len >= first && len <= last))
			fail_msg("type %u, %u bytes: %s", type, len,
			         wrong != NULL ? wrong : "taken");
	}
}

static void values_have_their_lengths(void **state)
{
	(void)state;
	lengths_are_taken(ACTV1_TRACE, 1, ACTV1_TRACE_MAX);
	lengths_are_taken(ACTV1_DEADLINE, 4, 4);
	lengths_are_taken(ACTV1_IDEMPOTENCY, 0, 255);
	lengths_are_taken(ACTV1_BY, 0, ACTV1_BY_MAX);
	lengths_are_taken(ACTV1_RETRY_AFTER, 4, 4);
	lengths_are_taken(6, 0, 255);
	lengths_are_taken(0, 0, 255);
}

#define TRACE_WORDS "the trace id in ext: expected UTF-8 without a zero byte"

static const struct {
	const char *bytes;
	size_t len;
	const char *wrong;
} faults[] = {
	{ BYTES(""), "expected a frame of at least 12 bytes" },
	{ BYTES("\0\0\0\1\x10\0\0\0\0\0\0"), "expected a frame of at least 12 bytes" },
	{ BYTES("\0\0\0\1\x00\0\0\0\0\0\0\1"), "expected version 1 in the upper half of byte 4" },
	{ BYTES("\0\0\0\1\x20\0\0\0\0\0\0\1"), "expected version 1 in the upper half of byte 4" },
	{ BYTES("\0\0\0\1\xF0\0\0\0\0\0\0\1"), "expected version 1 in the upper half of byte 4" },
	{ BYTES("\0\0\0\1\x15\0\0\0\0\0\0\1"),
	  "expected a type from 0 to 4 in the lower half of byte 4" },
	{ BYTES("\0\0\0\1\x1F\0\0\0\0\0\0\1"),
	  "expected a type from 0 to 4 in the lower half of byte 4" },
	{ BYTES("\0\0\0\1\x10\x80\0\0\0\0\0\1"), "flag 80: expected it to be zero" },
	{ BYTES("\0\0\0\1\x10\x08\0\0\0\0\0\1"),
	  "flag 08 (STREAM): expected 12 bytes of stream and offset" },
	{ BYTES("\0\0\0\1\x10\x08\0\0\0\0\0\1"
	        "\0\0\0\0\0\0\0\0\0\0\0"),
	  "flag 08 (STREAM): expected 12 bytes of stream and offset" },
	{ BYTES("\0\0\0\1\x10\x40\0\0\0\0\0\1"), "flag 40 (EXT): ext is longer than the frame" },
	{ BYTES("\0\0\0\1\x10\x40\0\0\0\0\0\1\0"), "flag 40 (EXT): ext is longer than the frame" },
	{ BYTES("\0\0\0\1\x10\x40\0\0\0\0\0\1\0\1"),
	  "flag 40 (EXT): ext is longer than the frame" },
	{ BYTES("\0\0\0\1\x10\x40\0\0\0\0\0\1\xFF\xFFxx"),
	  "flag 40 (EXT): ext is longer than the frame" },
	{ BYTES("\0\0\0\1\x10\x40\0\0\0\0\0\1\0\1\1p"),
	  "ext: a value ends behind the length that ext gives" },
	{ BYTES("\0\0\0\1\x10\x40\0\0\0\0\0\1\0\3\1\2xp"),
	  "ext: a value ends behind the length that ext gives" },
	{ BYTES("\0\0\0\1\x10\x40\0\0\0\0\0\1\0\3\xFF\xFFx"),
	  "ext: a value ends behind the length that ext gives" },
	{ BYTES("\0\0\0\1\x10\x40\0\0\0\0\0\1\0\2\1\0"),
	  "the trace id in ext: expected 1 to 64 bytes" },
	{ BYTES("\0\0\0\1\x10\x40\0\0\0\0\0\1\0\3\1\1\xFF"), TRACE_WORDS },
	{ BYTES("\0\0\0\1\x10\x40\0\0\0\0\0\1\0\4\1\2x\xC3"), TRACE_WORDS },
	{ BYTES("\0\0\0\1\x10\x40\0\0\0\0\0\1\0\4\1\2x\0"), TRACE_WORDS },
	/* Each of them, not only the last. */
	{ BYTES("\0\0\0\1\x10\x40\0\0\0\0\0\1\0\6\1\1\xFF\1\1x"), TRACE_WORDS },
	{ BYTES("\0\0\0\1\x10\x40\0\0\0\0\0\1\0\6\2\4\0\0\0\0"),
	  "the deadline in ext: expected 4 bytes, a number of milliseconds above 0" },
	{ BYTES("\0\0\0\1\x10\x40\0\0\0\0\0\1\0\6\5\4\0\0\0\0"),
	  "retry-after in ext: expected 4 bytes, a number of milliseconds above 0" },
};

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		struct actv1_frame frame;
		const char *wrong = read_exact(faults[i].bytes, faults[i].len, &frame);
		if (wrong == NULL)
			fail_msg("number %zu was taken; expected: %s", i, faults[i].wrong);
		assert_string_equal(wrong, faults[i].wrong);
	}
}

/* So that a request that can be answered is. */
static void a_bad_frame_tells_what_it_is_an_answer_to(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		struct actv1_frame frame;
		read_exact(faults[i].bytes, faults[i].len, &frame);
		bool head = faults[i].len >= ACTV1_HEAD;
		assert_int_equal(frame.code, head ? 1 : 0);
		assert_int_equal(frame.seq, head ? 1 : 0);
		assert_int_equal(frame.version, head ? (uint8_t)faults[i].bytes[4] >> 4 : 0);
		assert_int_equal(frame.type, head ? faults[i].bytes[4] & 0x0F : 0);
	}
}

/* Each byte that is cut off is missed, unless it is one of the payload. */
static void a_frame_that_is_cut_is_told(void **state)
{
	static const char bytes[] = "\0\0\0\1\x10\x48\0\0\0\0\0\1"
				    "\0\0\0\0\0\0\0\0\0\0\0\0"
				    "\0\xA\1\2id\2\4\0\0\0\1payload";
	struct actv1_frame frame;
	size_t whole = sizeof bytes - 1, front = whole - strlen("payload");
	(void)state;
	for (size_t len = 0; len < front; len++)
		assert_non_null(read_exact(bytes, len, &frame));
	for (size_t len = front; len <= whole; len++) {
		assert_null(read_exact(bytes, len, &frame));
		assert_int_equal(frame.payload.len, len - front);
	}
}

/* ---- writing ---- */

static void frame_is_written(const struct actv1_frame *frame, const char *bytes, size_t len)
{
	uint8_t head[ACTV1_HEAD_MAX + 1];
	memset(head, 0xA5, sizeof head);
	assert_int_equal(actv1_head(head, frame), len);
	assert_memory_equal(head, bytes, len);
	for (; len < sizeof head; len++)
		assert_int_equal(head[len], 0xA5);
}

static void frames_are_written(void **state)
{
	(void)state;
	frame_is_written(&(struct actv1_frame){ .code = 110, .seq = 7 },
	                 BYTES("\0\0\0\x6E\x10\0\0\0\0\0\0\7"));
	frame_is_written(&(struct actv1_frame){ .code = 0x01020304,
	                                        .type = ACTV1_RES,
	                                        .flags = ACTV1_ERR | ACTV1_RETRY,
	                                        .status = 0x0506,
	                                        .seq = 0x0708090A },
	                 BYTES("\1\2\3\4\x11\3\5\6\7\x8\x9\xA"));
	frame_is_written(&(struct actv1_frame){ .code = 1110, .type = ACTV1_PUSH },
	                 BYTES("\0\0\4\x56\x12\0\0\0\0\0\0\0"));
	frame_is_written(&(struct actv1_frame){ .code = 1, .type = ACTV1_NOTIFY },
	                 BYTES("\0\0\0\1\x13\0\0\0\0\0\0\0"));
	frame_is_written(&(struct actv1_frame){ .code = ACTV1_HELLO, .type = ACTV1_CTRL },
	                 BYTES("\xFF\xFF\xFF\0\x14\0\0\0\0\0\0\0"));
}

static void values_are_written(void **state)
{
	(void)state;
	frame_is_written(&(struct actv1_frame){ .code = 1, .seq = 1, .trace = act_str("id") },
	                 BYTES("\0\0\0\1\x10\x40\0\0\0\0\0\1\0\4\1\2id"));
	frame_is_written(&(struct actv1_frame){ .code = 1, .seq = 1, .deadline_ms = 0x01020304 },
	                 BYTES("\0\0\0\1\x10\x40\0\0\0\0\0\1\0\6\2\4\1\2\3\4"));
	frame_is_written(&(struct actv1_frame){ .code = 1, .seq = 1, .ask_by = true },
	                 BYTES("\0\0\0\1\x10\x40\0\0\0\0\0\1\0\2\4\0"));
	frame_is_written(
		&(struct actv1_frame){
			.code = 1, .type = ACTV1_RES, .seq = 1, .by = act_str("friend@7") },
		BYTES("\0\0\0\1\x11\x40\0\0\0\0\0\1\0\xA\4\x8"
	              "friend@7"));
	frame_is_written(&(struct actv1_frame){ .code = 1,
	                                        .type = ACTV1_RES,
	                                        .flags = ACTV1_ERR | ACTV1_RETRY,
	                                        .status = 5,
	                                        .seq = 1,
	                                        .retry_after_ms = 501 },
	                 BYTES("\0\0\0\1\x11\x43\0\5\0\0\0\1\0\6\5\4\0\0\1\xF5"));
	frame_is_written(&(struct actv1_frame){ .code = 1,
	                                        .seq = 1,
	                                        .trace = act_str("t"),
	                                        .deadline_ms = 9,
	                                        .by = act_str("b"),
	                                        .retry_after_ms = 8 },
	                 BYTES("\0\0\0\1\x10\x40\0\0\0\0\0\1\0\x12"
	                       "\1\1t\2\4\0\0\0\x9\4\1b\5\4\0\0\0\x8"));
}

static void a_stream_is_written(void **state)
{
	(void)state;
	frame_is_written(&(struct actv1_frame){ .code = 1,
	                                        .type = ACTV1_PUSH,
	                                        .flags = ACTV1_STREAM,
	                                        .stream = 0x01020304,
	                                        .offset = 0x0102030405060708,
	                                        .trace = act_str("t") },
	                 BYTES("\0\0\0\1\x12\x48\0\0\0\0\0\0"
	                       "\1\2\3\4\1\2\3\4\5\6\7\x8"
	                       "\0\3\1\1t"));
}

/* EXT says whether there is an ext, and no caller can say otherwise; 80 stays zero. */
static void flags_are_true(void **state)
{
	(void)state;
	frame_is_written(&(struct actv1_frame){ .code = 1, .flags = ACTV1_EXT, .seq = 1 },
	                 BYTES("\0\0\0\1\x10\0\0\0\0\0\0\1"));
	frame_is_written(&(struct actv1_frame){ .code = 1, .flags = 0x80 | 0x37, .seq = 1 },
	                 BYTES("\0\0\0\1\x10\x37\0\0\0\0\0\1"));
	frame_is_written(&(struct actv1_frame){ .code = 1, .version = 7, .seq = 1 },
	                 BYTES("\0\0\0\1\x10\0\0\0\0\0\0\1"));
}

/* Longer texts are cut; the longest head of all has ACTV1_HEAD_MAX bytes. */
static void the_longest_head_has_its_room(void **state)
{
	char text[200];
	uint8_t head[ACTV1_HEAD_MAX + 1];
	struct actv1_frame frame = { .code = 1,
		                     .flags = ACTV1_STREAM,
		                     .trace = { text, sizeof text },
		                     .deadline_ms = UINT32_MAX,
		                     .by = { text, sizeof text },
		                     .retry_after_ms = UINT32_MAX };
	(void)state;
	memset(text, 'x', sizeof text);
	memset(head, 0xA5, sizeof head);
	assert_int_equal(actv1_head(head, &frame), ACTV1_HEAD_MAX);
	assert_int_equal(head[ACTV1_HEAD_MAX], 0xA5);
	assert_null(actv1_read(head, ACTV1_HEAD_MAX, &frame));
	assert_int_equal(frame.trace.len, ACTV1_TRACE_MAX);
	assert_int_equal(frame.by.len, ACTV1_BY_MAX);
	assert_int_equal(frame.payload.len, 0);
}

/* What is written is what is read, with and without each part. */
static void there_and_back_again(void **state)
{
	(void)state;
	for (unsigned parts = 0; parts < 32; parts++) {
		uint8_t bytes[ACTV1_HEAD_MAX + 4];
		struct actv1_frame back, frame = {
			.code = 0xFEDCBA98, .type = parts % 5, .status = 0xABCD, .seq = 0x89ABCDEF
		};
		if ((parts & 1) != 0) {
			frame.flags = ACTV1_STREAM | ACTV1_MORE;
			frame.stream = 0x80000001;
			frame.offset = 0x8000000000000001;
		}
		frame.trace = act_str((parts & 2) != 0 ? "a trace" : NULL);
		frame.deadline_ms = (parts & 4) != 0 ? UINT32_MAX : 0;
		frame.by = act_str((parts & 8) != 0 ? "p@1" : NULL);
		frame.retry_after_ms = (parts & 16) != 0 ? 1 : 0;
		size_t len = actv1_head(bytes, &frame);
		memcpy(bytes + len, "body", 4);
		assert_null(actv1_read(bytes, len + 4, &back));
		assert_int_equal(back.code, frame.code);
		assert_int_equal(back.type, frame.type);
		assert_int_equal(back.flags, frame.flags | (parts >= 2 ? ACTV1_EXT : 0));
		assert_int_equal(back.status, frame.status);
		assert_int_equal(back.seq, frame.seq);
		assert_int_equal(back.stream, frame.stream);
		assert_true(back.offset == frame.offset);
		assert_true(act_same(back.trace, frame.trace));
		assert_int_equal(back.deadline_ms, frame.deadline_ms);
		assert_true(act_same(back.by, frame.by));
		assert_int_equal(back.retry_after_ms, frame.retry_after_ms);
		bytes_are(back.payload, "body");
	}
}

static void types_have_names(void **state)
{
	(void)state;
	assert_string_equal(actv1_type_name(ACTV1_REQ), "REQ");
	assert_string_equal(actv1_type_name(ACTV1_RES), "RES");
	assert_string_equal(actv1_type_name(ACTV1_PUSH), "PUSH");
	assert_string_equal(actv1_type_name(ACTV1_NOTIFY), "NOTIFY");
	assert_string_equal(actv1_type_name(ACTV1_CTRL), "CTRL");
	assert_string_equal(actv1_type_name(5), "?");
	assert_string_equal(actv1_type_name(15), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_taken_apart),
		cmocka_unit_test(numbers_are_big_endian),
		cmocka_unit_test(a_stream_stands_before_ext),
		cmocka_unit_test(ext_has_its_values),
		cmocka_unit_test(unknown_values_are_passed_over),
		cmocka_unit_test(values_have_their_lengths),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(a_bad_frame_tells_what_it_is_an_answer_to),
		cmocka_unit_test(a_frame_that_is_cut_is_told),
		cmocka_unit_test(frames_are_written),
		cmocka_unit_test(values_are_written),
		cmocka_unit_test(a_stream_is_written),
		cmocka_unit_test(flags_are_true),
		cmocka_unit_test(the_longest_head_has_its_room),
		cmocka_unit_test(there_and_back_again),
		cmocka_unit_test(types_have_names),
	};
	return cmocka_run_group_tests_name("actv1", tests, NULL, NULL);
}
