/* Deadlines: when they come, and what may be done while they come. */
#include "base/wheel.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/mem.h"
#include <stdlib.h>

enum { TURN_MS = WHEEL_TICK_MS * WHEEL_SLOTS };

struct alarm {
	struct wheel_timer timer;
	int fired;
	uint64_t at_ms;
	struct alarm *victim; /* dropped when this one fires */
	uint64_t again_ms;    /* set anew to this when it fires; 0: not */
};

static struct wheel wheel;
static uint64_t now_ms;

static int begin(void **state)
{
	(void)state;
	now_ms = 1000000;
	wheel_init(&wheel, now_ms);
	return 0;
}

/* Time passes at once: as after a sleep. */
static void sleep_until(uint64_t until_ms)
{
	now_ms = until_ms;
	wheel_run(&wheel, now_ms);
}

/* Time passes tick by tick. */
static void walk_until(uint64_t until_ms)
{
	while (now_ms < until_ms)
		sleep_until(now_ms + WHEEL_TICK_MS);
}

static void ring(struct wheel_timer *timer)
{
	struct alarm *alarm = (struct alarm *)timer;
	assert_false(wheel_is_set(timer));
	alarm->fired++;
	alarm->at_ms = now_ms;
	if (alarm->victim != NULL)
		wheel_drop(&wheel, &alarm->victim->timer);
	if (alarm->again_ms != 0) {
		wheel_set(&wheel, timer, alarm->again_ms, ring);
		alarm->again_ms = 0;
	}
}

static void set(struct alarm *alarm, uint64_t due_ms)
{
	wheel_set(&wheel, &alarm->timer, due_ms, ring);
}

static void comes_at_the_first_tick_from_its_time_on(void **state)
{
	static const uint64_t waits[] = { 1,    49,          50,      51,    99,    100,   101,
		                          5000, TURN_MS - 1, TURN_MS, 25601, 25649, 25650, 60001 };
	(void)state;
	for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
		struct alarm alarm = { 0 };
		uint64_t due_ms = now_ms + waits[i];
		uint64_t tick_ms = (due_ms + WHEEL_TICK_MS - 1) / WHEEL_TICK_MS * WHEEL_TICK_MS;
		set(&alarm, due_ms);
		walk_until(tick_ms + 3 * (uint64_t)TURN_MS);
		assert_int_equal(alarm.fired, 1);
		assert_int_equal(alarm.at_ms, tick_ms);
		assert_int_equal(wheel.count, 0);
	}
}

static void what_is_overdue_comes_next(void **state)
{
	struct alarm past = { 0 }, now = { 0 };
	(void)state;
	set(&past, now_ms - 5000);
	set(&now, now_ms);
	sleep_until(now_ms); /* the tick that was walked already */
	assert_int_equal(past.fired + now.fired, 0);
	walk_until(now_ms + WHEEL_TICK_MS);
	assert_int_equal(past.fired, 1);
	assert_int_equal(now.fired, 1);
}

static void a_dropped_one_does_not_come(void **state)
{
	struct alarm first = { 0 }, middle = { 0 }, last = { 0 };
	(void)state;
	set(&first, now_ms + 100);
	set(&middle, now_ms + 100);
	set(&last, now_ms + 100);
	wheel_drop(&wheel, &middle.timer);
	assert_false(wheel_is_set(&middle.timer));
	wheel_drop(&wheel, &middle.timer); /* twice is once */
	assert_int_equal(wheel.count, 2);
	walk_until(now_ms + TURN_MS);
	assert_int_equal(first.fired, 1);
	assert_int_equal(middle.fired, 0);
	assert_int_equal(last.fired, 1);
}

static void set_anew_it_comes_once(void **state)
{
	struct alarm later = { 0 }, sooner = { 0 };
	uint64_t begin_ms = now_ms;
	(void)state;
	set(&later, begin_ms + 100);
	set(&later, begin_ms + 1000);
	set(&sooner, begin_ms + 1000);
	set(&sooner, begin_ms + 100);
	assert_int_equal(wheel.count, 2);
	walk_until(begin_ms + 2 * (uint64_t)TURN_MS);
	assert_int_equal(later.fired, 1);
	assert_int_equal(later.at_ms, begin_ms + 1000);
	assert_int_equal(sooner.fired, 1);
	assert_int_equal(sooner.at_ms, begin_ms + 100);
}

static void a_long_sleep_leaves_none_behind(void **state)
{
	static struct alarm due[1000], ahead[1000];
	uint64_t begin_ms = now_ms, wake_ms = begin_ms + 10 * (uint64_t)TURN_MS + 17;
	(void)state;
	for (uint64_t i = 0; i < 1000; i++) {
		set(&due[i], begin_ms + i * i / 4); /* up to nearly ten turns ahead */
		set(&ahead[i], wake_ms + 1 + i * 77);
	}
	sleep_until(wake_ms);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(due[i].fired, 1);
		assert_int_equal(ahead[i].fired, 0);
	}
	now_ms -= now_ms % WHEEL_TICK_MS;
	walk_until(wake_ms + 1000 * 77 + TURN_MS);
	for (uint64_t i = 0; i < 1000; i++) {
		uint64_t due_ms = wake_ms + 1 + i * 77;
		assert_int_equal(ahead[i].fired, 1);
		assert_in_range(ahead[i].at_ms, due_ms, due_ms + WHEEL_TICK_MS - 1);
	}
	assert_int_equal(wheel.count, 0);
}

static void one_may_drop_those_that_come_with_it(void **state)
{
	struct alarm alarms[3] = { 0 };
	(void)state;
	/* Whichever is first drops the other two. */
	for (int i = 0; i < 3; i++)
		set(&alarms[i], now_ms + 100);
	alarms[0].victim = &alarms[1];
	alarms[1].victim = &alarms[0];
	alarms[2].victim = &alarms[1];
	walk_until(now_ms + TURN_MS);
	assert_int_equal(alarms[0].fired + alarms[1].fired + alarms[2].fired, 2);
	assert_int_equal(alarms[1].fired, 0);
	assert_int_equal(wheel.count, 0);
}

static void one_may_set_itself_again(void **state)
{
	struct alarm alarm = { 0 };
	uint64_t begin_ms = now_ms;
	(void)state;
	alarm.again_ms = begin_ms + 350;
	set(&alarm, begin_ms + 100);
	walk_until(begin_ms + 100);
	assert_int_equal(alarm.fired, 1);
	walk_until(begin_ms + TURN_MS);
	assert_int_equal(alarm.fired, 2);
	assert_int_equal(alarm.at_ms, begin_ms + 350);
}

/* Into the very slot that is walked, one turn on. */
static void one_may_set_itself_for_the_next_turn(void **state)
{
	struct alarm alarm = { 0 };
	uint64_t begin_ms = now_ms;
	(void)state;
	alarm.again_ms = begin_ms + 100 + TURN_MS;
	set(&alarm, begin_ms + 100);
	walk_until(begin_ms + 100);
	assert_int_equal(alarm.fired, 1);
	walk_until(begin_ms + 3 * (uint64_t)TURN_MS);
	assert_int_equal(alarm.fired, 2);
	assert_int_equal(alarm.at_ms, begin_ms + 100 + TURN_MS);
}

/* For now: it comes with the next tick, and does not hold the wheel up. */
static void one_may_set_itself_for_now(void **state)
{
	struct alarm alarm = { 0 };
	uint64_t begin_ms = now_ms;
	(void)state;
	alarm.again_ms = begin_ms;
	set(&alarm, begin_ms + 100);
	walk_until(begin_ms + 100);
	assert_int_equal(alarm.fired, 1);
	walk_until(begin_ms + 100 + WHEEL_TICK_MS);
	assert_int_equal(alarm.fired, 2);
	assert_int_equal(wheel.count, 0);
}

static int freed;

static void free_alarm(struct wheel_timer *timer)
{
	free(timer);
	freed++;
}

static void one_may_free_itself(void **state)
{
	struct alarm kept = { 0 };
	(void)state;
	freed = 0;
	for (int i = 0; i < 3; i++) {
		struct alarm *alarm = mem_new(1, sizeof *alarm);
		wheel_set(&wheel, &alarm->timer, now_ms + 100, free_alarm);
	}
	set(&kept, now_ms + 100 + TURN_MS); /* stays in the slot that the others leave */
	walk_until(now_ms + 200);
	assert_int_equal(freed, 3);
	assert_int_equal(wheel.count, 1);
	walk_until(now_ms + TURN_MS);
	assert_int_equal(kept.fired, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(comes_at_the_first_tick_from_its_time_on, begin),
		cmocka_unit_test_setup(what_is_overdue_comes_next, begin),
		cmocka_unit_test_setup(a_dropped_one_does_not_come, begin),
		cmocka_unit_test_setup(set_anew_it_comes_once, begin),
		cmocka_unit_test_setup(a_long_sleep_leaves_none_behind, begin),
		cmocka_unit_test_setup(one_may_drop_those_that_come_with_it, begin),
		cmocka_unit_test_setup(one_may_set_itself_again, begin),
		cmocka_unit_test_setup(one_may_set_itself_for_the_next_turn, begin),
		cmocka_unit_test_setup(one_may_set_itself_for_now, begin),
		cmocka_unit_test_setup(one_may_free_itself, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
