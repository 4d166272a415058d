/* One sentence about what went wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"

#include <string.h>

static void writes_the_sentence(void **state)
{
	struct err err = { "something older and longer" };
	(void)state;
	assert_int_equal(err_set(&err, "expected %d, found \"%s\"", 4, "four"), -1);
	assert_string_equal(err.text, "expected 4, found \"four\"");
}

static void cuts_what_is_too_long(void **state)
{
	struct {
		struct err err;
		char after;
	} room = { .after = 'x' };
	char expected[sizeof room.err.text];
	(void)state;
	memset(expected, ' ', sizeof expected - 1);
	expected[sizeof expected - 1] = '\0';
	assert_int_equal(err_set(&room.err, "%1000d", 7), -1);
	assert_string_equal(room.err.text, expected);
	assert_int_equal(room.after, 'x');
}

static void nobody_need_ask(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, "expected %d", 4), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_the_sentence),
		cmocka_unit_test(cuts_what_is_too_long),
		cmocka_unit_test(nobody_need_ask),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
