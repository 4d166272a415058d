/* Deadlines to the millisecond: their order, repetition without drift, and who stops whom. */
#include "fixtures/one_loop.h"

#include "net/loop_timer.h"

enum { TIMERS = 4 };
static const uint64_t MS = 1000000;

/* The letter of each that fires or is gone is noted. */
static struct beat {
	struct loop_timer timer; /* first: a beat is found by it */
	struct beat *stops;
	bool again; /* it starts itself anew, for at once */
} beats[TIMERS];

static char noted[64];

static void note(const struct loop_timer *timer, char first)
{
	size_t len = strlen(noted);
	noted[len] = (char)(first + ((const struct beat *)(const void *)timer - beats));
	noted[len + 1] = '\0';
}

static void on_stopped(struct loop_timer *timer)
{
	note(timer, 'A');
}

static void on_due(struct loop_timer *timer)
{
	struct beat *beat = (struct beat *)timer;
	note(timer, 'a');
	if (beat->stops != NULL)
		loop_timer_stop(&beat->stops->timer, on_stopped);
	if (beat->again)
		loop_timer_start(&loop, timer, 0, false, on_due);
}

static void start(int i, uint32_t ms, bool repeat)
{
	loop_timer_start(&loop, &beats[i].timer, ms, repeat, on_due);
}

static void noted_is(const char *expected)
{
	assert_string_equal(noted, expected);
	noted[0] = '\0';
}

static int begin(void **state)
{
	memset(beats, 0, sizeof beats);
	noted[0] = '\0';
	return one_loop_begin(state);
}

/* The due time of the one that was started with the longest wait, or a bit later. */
static uint64_t due_ns(int i)
{
	return beats[i].timer.entry.due_ns;
}

static void the_earliest_comes_first(void **state)
{
	(void)state;
	start(0, 30000, false);
	start(1, 10000, false);
	start(2, 40000, false);
	start(3, 20000, false);
	loop_timers_run(&loop, due_ns(1) - 1);
	noted_is("");
	loop_timers_run(&loop, due_ns(1));
	noted_is("b");
	loop_timers_run(&loop, due_ns(2));
	noted_is("dac");
	loop_timers_run(&loop, due_ns(2) + 100000 * MS);
	noted_is("");
}

/* As they were started. */
static void equal_waits_end_in_their_order(void **state)
{
	(void)state;
	for (int i = 0; i < TIMERS; i++)
		start(i, 10000, false);
	loop_timers_run(&loop, due_ns(TIMERS - 1));
	noted_is("abcd");
}

/* Each beat counts from when the one before was due, not from when it came. */
static void beats_do_not_drift(void **state)
{
	(void)state;
	start(0, 10000, true);
	uint64_t first = due_ns(0);
	loop_timers_run(&loop, first + 9999 * MS);
	noted_is("a");
	assert_int_equal(due_ns(0), first + 10000 * MS);
	loop_timers_run(&loop, due_ns(0));
	noted_is("a");
	assert_int_equal(due_ns(0), first + 20000 * MS);
	loop_timer_stop(&beats[0].timer, on_stopped);
}

/* A loop that was away for long does not make up for what it missed. */
static void beats_that_were_missed_are_lost(void **state)
{
	(void)state;
	start(0, 10000, true);
	uint64_t late = due_ns(0) + 55000 * MS;
	loop_timers_run(&loop, late);
	noted_is("a");
	assert_int_equal(due_ns(0), late + 10000 * MS);
	loop_timer_stop(&beats[0].timer, on_stopped);
}

static void one_may_stop_itself_and_others(void **state)
{
	(void)state;
	start(0, 10000, true);
	start(1, 20000, false);
	start(2, 30000, true);
	beats[0].stops = &beats[1];
	beats[2].stops = &beats[2];
	loop_timers_run(&loop, due_ns(1)); /* which is due, and stopped before it comes */
	noted_is("a");
	turn();
	noted_is("B");
	beats[0].stops = &beats[0];
	loop_timers_run(&loop, due_ns(2));
	noted_is("ac");
	turn();
	noted_is("AC");
	assert_null(heap_first(&loop.timers));
}

/* It is for the next turn, or the loop would do nothing else. */
static void what_is_set_for_now_comes_in_the_next_turn(void **state)
{
	(void)state;
	beats[0].again = true;
	start(0, 0, false);
	uint64_t now = due_ns(0);
	loop_timers_run(&loop, now);
	noted_is("a");
	assert_true(due_ns(0) >= now);
	loop_timers_run(&loop, due_ns(0));
	noted_is("a");
	loop_timer_stop(&beats[0].timer, on_stopped);
	turn();
	noted_is("A");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, one_loop_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_earliest_comes_first),
		TEST(equal_waits_end_in_their_order),
		TEST(beats_do_not_drift),
		TEST(beats_that_were_missed_are_lost),
		TEST(one_may_stop_itself_and_others),
		TEST(what_is_set_for_now_comes_in_the_next_turn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
