/* Headers of frames: RFC 6455, section 5.2. */
#include <act/easy.h> /* before cmocka, whose fail() is a macro */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/frame.h"

#include <string.h>

static const struct {
	enum frame_kind kind;
	uint64_t len;
	const char *bytes;
	size_t count;
} headers[] = {
	{ FRAME_TEXT, 0, "\x81\x00", 2 },
	{ FRAME_BINARY, 1, "\x82\x01", 2 },
	{ FRAME_BINARY, 125, "\x82\x7D", 2 },
	{ FRAME_BINARY, 126, "\x82\x7E\x00\x7E", 4 },
	{ FRAME_BINARY, 256, "\x82\x7E\x01\x00", 4 },
	{ FRAME_TEXT, 65535, "\x81\x7E\xFF\xFF", 4 },
	{ FRAME_BINARY, 65536, "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00", 10 },
	{ FRAME_BINARY, 0x0102030405060708, "\x82\x7F\x01\x02\x03\x04\x05\x06\x07\x08", 10 },
	{ FRAME_CLOSE, 2, "\x88\x02", 2 },
	{ FRAME_PING, 0, "\x89\x00", 2 },
	{ FRAME_PONG, 4, "\x8A\x04", 2 },
};

static void is_final_unmasked_and_shortest(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
		uint8_t room[FRAME_HEADER_MAX];
		assert_int_equal(frame_header(room, headers[i].kind, headers[i].len),
		                 headers[i].count);
		assert_memory_equal(room, headers[i].bytes, headers[i].count);
	}
}

static void writes_no_further_than_it_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
		uint8_t room[FRAME_HEADER_MAX + 1];
		memset(room, 0xA5, sizeof room);
		size_t n = frame_header(room, headers[i].kind, headers[i].len);
		for (; n < sizeof room; n++)
			assert_int_equal(room[n], 0xA5);
	}
}

static void its_length_can_be_told_later(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
		assert_int_equal(frame_header_len((const uint8_t *)headers[i].bytes),
		                 headers[i].count);
}

/* RFC 6455, section 5.5.1. */
static void a_close_says_code_and_reason(void **state)
{
	uint8_t room[FRAME_HEADER_MAX + FRAME_CLOSE_MAX];
	(void)state;
	assert_int_equal(frame_close(room, 1009, "too big"), 11);
	assert_memory_equal(room, "\x88\x09\x03\xF1too big", 11);
	assert_int_equal(frame_close(room, 4408, ""), 4);
	assert_memory_equal(room, "\x88\x02\x11\x38", 4);
}

/* A control frame holds 125 bytes; a reason is cut between characters. */
static void a_long_reason_is_cut(void **state)
{
	uint8_t room[FRAME_HEADER_MAX + FRAME_CLOSE_MAX];
	char reason[400] = "";
	(void)state;
	memset(reason, 'x', 123);
	assert_int_equal(frame_close(room, 1000, reason), 127);
	assert_memory_equal(room + 4, reason, 123);
	memset(reason, 'x', 124);
	assert_int_equal(frame_close(room, 1000, reason), 127);
	assert_int_equal(room[1], 125);
	for (size_t shift = 0; shift < 3; shift++) {
		memset(reason, 'x', shift);
		for (size_t at = shift; at < 390; at += 3)
			strcpy(reason + at, "我");
		size_t n = frame_close(room, 1000, reason);
		assert_int_equal(room[1], n - 2);
		assert_in_range(room[1], 123, 125);
		assert_memory_equal(room + 4, reason, n - 4);
		assert_int_equal(act_utf8_span(room + 4, n - 4), n - 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_final_unmasked_and_shortest),
		cmocka_unit_test(writes_no_further_than_it_says),
		cmocka_unit_test(its_length_can_be_told_later),
		cmocka_unit_test(a_close_says_code_and_reason),
		cmocka_unit_test(a_long_reason_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
