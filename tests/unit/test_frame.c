/* Headers of frames: RFC 6455, section 5.2. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_final_unmasked_and_shortest),
		cmocka_unit_test(writes_no_further_than_it_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
