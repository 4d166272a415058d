/* Which generations are in memory, how each stands, and what is kept of those that ended. */
#include "fixtures/cmocka_all.h"

#include "act/generation.h"

#include <string.h>

static struct roster *roster;
static struct generation any = { .manifest = { .name = "any", .version = "1.0" } };

static int begin(void **state)
{
	(void)state;
	roster = roster_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	roster_free(roster);
	return 0;
}

static struct roster_entry *enter(uint64_t number)
{
	any.number = number;
	return roster_enter(roster, &any, "any.so");
}

/* One that served and ended. */
static void pass(uint64_t number, const char *resident_why)
{
	struct roster_entry *entry = enter(number);
	roster_turn(entry, ROSTER_SERVING);
	roster_leave(entry);
	roster_end(entry, resident_why);
}

static size_t count(void)
{
	size_t found = 0;
	for (const struct roster_entry *one = roster_lock(roster); one != NULL; one = one->next)
		found++;
	roster_unlock(roster);
	return found;
}

/* The first of them; the test is alone. */
static const struct roster_entry *first(void)
{
	const struct roster_entry *entry = roster_lock(roster);
	roster_unlock(roster);
	return entry;
}

static void each_state_is_told(void **state)
{
	(void)state;
	struct roster_entry *entry = enter(7);
	assert_ptr_equal(first(), entry);
	assert_int_equal(entry->state, ROSTER_MADE);
	assert_string_equal(entry->name, "any");
	assert_string_equal(entry->file, "any.so");
	roster_turn(entry, ROSTER_CANARY);
	roster_next(entry, NEXT_DECISION, 0);
	assert_int_equal(entry->step, NEXT_DECISION);
	roster_turn(entry, ROSTER_SERVING);
	assert_int_equal(entry->step, NEXT_NOTHING);
	roster_turn(entry, ROSTER_HELD);
	roster_next(entry, NEXT_RELEASE, 99);
	assert_int_equal(entry->at_ms, 99);
	roster_drain(entry, 500, 1000);
	assert_int_equal(entry->state, ROSTER_DRAINING);
	assert_int_equal(entry->step, NEXT_STOP);
	assert_int_equal(entry->at_ms, 0);
	assert_int_equal(entry->hurry_ms, 500);
	assert_int_equal(entry->fail_ms, 1000);
	roster_stay(entry, "%s did not end in time", "stop");
	assert_int_equal(entry->state, ROSTER_RESIDENT);
	assert_string_equal(entry->why, "stop did not end in time");
	assert_ptr_equal(entry->generation, &any);
}

static void one_that_is_turned_to_what_it_was_stands_since_then(void **state)
{
	(void)state;
	struct roster_entry *entry = enter(1);
	roster_turn(entry, ROSTER_SERVING);
	entry->since = 12345;
	roster_turn(entry, ROSTER_SERVING);
	assert_int_equal(entry->since, 12345);
	roster_turn(entry, ROSTER_HELD);
	assert_int_not_equal(entry->since, 12345);
}

static void what_never_served_is_forgotten_unless_it_stays(void **state)
{
	(void)state;
	struct roster_entry *entry = enter(1);
	roster_leave(entry);
	roster_end(entry, NULL);
	assert_int_equal(count(), 0);
	entry = enter(2);
	roster_leave(entry);
	roster_end(entry, "it has threads");
	assert_int_equal(count(), 1);
	assert_string_equal(first()->why, "it has threads");
	assert_null(first()->generation);
}

static void the_last_that_ended_are_kept(void **state)
{
	(void)state;
	struct roster_entry *lives = enter(1000);
	roster_turn(lives, ROSTER_SERVING);
	pass(1, "it has threads");
	for (uint64_t number = 2; number < 3 * ROSTER_ENDED_MAX; number++)
		pass(number, NULL);
	assert_int_equal(count(), ROSTER_ENDED_MAX + 1);
	assert_ptr_equal(first(), lives);
	/* The one that stays in memory is older than all the others, and still told of. */
	assert_int_equal(first()->next->number, 1);
	assert_int_equal(first()->next->next->number, 2 * ROSTER_ENDED_MAX + 1);
	assert_int_equal(roster_forgotten(roster), 0);
}

static void those_that_stay_are_bounded_too(void **state)
{
	(void)state;
	for (uint64_t number = 0; number < ROSTER_ENDED_MAX + 5; number++)
		pass(number, "it has threads");
	assert_int_equal(count(), ROSTER_ENDED_MAX);
	assert_int_equal(first()->number, 5);
	assert_int_equal(roster_forgotten(roster), 5);
}

static void each_has_a_name(void **state)
{
	(void)state;
	for (int one = ROSTER_MADE; one <= ROSTER_UNLOADED; one++)
		assert_non_null(roster_state_name((enum roster_state)one));
	assert_null(roster_next_name(NEXT_NOTHING));
	for (int one = NEXT_DECISION; one <= NEXT_DESTROY; one++)
		assert_non_null(roster_next_name((enum roster_next)one));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_state_is_told, begin, end),
		cmocka_unit_test_setup_teardown(one_that_is_turned_to_what_it_was_stands_since_then,
		                                begin, end),
		cmocka_unit_test_setup_teardown(what_never_served_is_forgotten_unless_it_stays,
		                                begin, end),
		cmocka_unit_test_setup_teardown(the_last_that_ended_are_kept, begin, end),
		cmocka_unit_test_setup_teardown(those_that_stay_are_bounded_too, begin, end),
		cmocka_unit_test(each_has_a_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
