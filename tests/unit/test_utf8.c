/* Text that comes in pieces: what is UTF-8, and at which byte it is known not to be. */
#include "fixtures/cmocka_all.h"

#include "base/utf8.h"

#include <act/easy.h>
#include <string.h>

/* Byte by byte: how many are taken. */
static size_t taken(const uint8_t *bytes, size_t len, bool *may_end)
{
	struct utf8 text = { 0 };
	size_t n = 0;
	while (n < len && utf8_goes_on(&text, bytes + n, 1))
		n++;
	*may_end = n == len && utf8_may_end(&text);
	return n;
}

/* Every sequence of one, two and three bytes, and every beginning of four: the same as is said of
 * the whole, and a wrong byte is known at once: something completes what was taken before it. */
static void agrees_with_the_whole(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 1u << 16; i++) {
		const uint8_t bytes[4] = { (uint8_t)(i >> 8), (uint8_t)i, 0x80, 0x80 };
		bool may_end;
		for (size_t len = 1; len <= sizeof bytes; len++) {
			size_t n = taken(bytes, len, &may_end);
			assert_int_equal(may_end, act_utf8_span(bytes, len) == len);
			if (n < len)
				assert_true(act_utf8_span(bytes, len) <= n);
		}
	}
}

/* The wrong byte is the one that is not taken. */
static void is_found_where_it_is(void **state)
{
	static const struct {
		const char *bytes;
		size_t good;
	} texts[] = {
		{ "a\x80", 1 },         { "\xC0\x80", 0 },     { "\xC3(", 1 },
		{ "\xE0\x80\x80", 1 },  { "\xED\xA0\x80", 1 }, { "\xE6\x88(", 2 },
		{ "\xF0\x80", 1 },      { "\xF4\x90", 1 },     { "\xF5", 0 },
		{ "\xF0\x9F\x98(", 3 }, { "12345678\xFF", 8 }, { "1234567\xFF", 7 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		bool may_end;
		const uint8_t *bytes = (const uint8_t *)texts[i].bytes;
		assert_int_equal(taken(bytes, strlen(texts[i].bytes), &may_end), texts[i].good);
	}
}

static void long_texts_go_eight_bytes_at_a_time(void **state)
{
	uint8_t bytes[100];
	(void)state;
	for (size_t at = 0; at < sizeof bytes; at++) {
		struct utf8 text = { 0 };
		memset(bytes, 'x', sizeof bytes);
		assert_true(utf8_goes_on(&text, bytes, sizeof bytes));
		bytes[at] = 0xC3;
		text = (struct utf8){ 0 };
		assert_int_equal(utf8_goes_on(&text, bytes, sizeof bytes), at == sizeof bytes - 1);
		if (at < sizeof bytes - 1)
			bytes[at + 1] = 0xA9;
		text = (struct utf8){ 0 };
		assert_true(utf8_goes_on(&text, bytes, sizeof bytes));
		assert_int_equal(utf8_may_end(&text), at != sizeof bytes - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_whole),
		cmocka_unit_test(is_found_where_it_is),
		cmocka_unit_test(long_texts_go_eight_bytes_at_a_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
