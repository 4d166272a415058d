/* A programming error stops the program and says where. */
#include "base/check.h"

#include "fixtures/dies.h"

static int asked;

static int is_two(int number)
{
	asked++;
	return number == 2;
}

static void holds(void **state)
{
	(void)state;
	asked = 0;
	CHECK(is_two(2));
	assert_int_equal(asked, 1);
}

static void break_the_rule(void)
{
	CHECK(is_two(3));
}

static void does_not_hold(void **state)
{
	(void)state;
	assert_dies(break_the_rule, "test_check.c:");
	assert_dies(break_the_rule, ": break_the_rule: is_two(3) does not hold\n");
}

/* It is one statement, also where the braces are left out. */
static void is_one_statement(void **state)
{
	(void)state;
	asked = 0;
	if (asked != 0)
		CHECK(is_two(2));
	else
		asked = 7;
	assert_int_equal(asked, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds),
		cmocka_unit_test(does_not_hold),
		cmocka_unit_test(is_one_statement),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
