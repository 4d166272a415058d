/* Many post, one takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/inbox.h"
#include "base/mem.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

enum { PRODUCERS = 4, POSTS = 2000 };

struct numbered {
	struct post post;
	uint32_t producer;
	uint32_t number;
};

static struct inbox inbox;
static uint32_t next_of[PRODUCERS]; /* what is expected of each producer */

static void run_numbered(struct post *post)
{
	struct numbered *numbered = (struct numbered *)post;
	assert_int_equal(numbered->number, next_of[numbered->producer]);
	next_of[numbered->producer]++;
	free(numbered);
}

static bool put(uint32_t producer, uint32_t number, void (*run)(struct post *post))
{
	struct numbered *numbered = mem_new(1, sizeof *numbered);
	*numbered = (struct numbered){ { .run = run }, producer, number };
	return inbox_put(&inbox, &numbered->post);
}

static int begin(void **state)
{
	(void)state;
	for (int i = 0; i < PRODUCERS; i++)
		next_of[i] = 0;
	return 0;
}

static void empty_runs_nothing(void **state)
{
	(void)state;
	assert_int_equal(inbox_run(&inbox), 0);
}

static void wakes_the_taker_once(void **state)
{
	(void)state;
	assert_true(put(0, 0, run_numbered));
	assert_false(put(0, 1, run_numbered));
	assert_false(put(0, 2, run_numbered));
	assert_int_equal(inbox_run(&inbox), 3);
	assert_int_equal(next_of[0], 3);
	assert_true(put(0, 3, run_numbered));
	assert_int_equal(inbox_run(&inbox), 1);
}

static void post_another(struct post *post)
{
	run_numbered(post);
	/* The inbox is empty while its posts run: the taker is woken for this one. */
	assert_true(put(0, next_of[0], run_numbered));
}

static void what_is_posted_meanwhile_comes_next(void **state)
{
	(void)state;
	put(0, 0, post_another);
	assert_int_equal(inbox_run(&inbox), 1);
	assert_int_equal(next_of[0], 1);
	assert_int_equal(inbox_run(&inbox), 1);
	assert_int_equal(next_of[0], 2);
	assert_int_equal(inbox_run(&inbox), 0);
}

static void *produce(void *arg)
{
	uint32_t producer = (uint32_t)(uintptr_t)arg;
	for (uint32_t i = 0; i < POSTS; i++)
		put(producer, i, run_numbered);
	return NULL;
}

static void keeps_the_order_of_each_producer(void **state)
{
	pthread_t threads[PRODUCERS];
	size_t count = 0;
	(void)state;
	for (uintptr_t i = 0; i < PRODUCERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, produce, (void *)i), 0);
	while (count < (size_t)PRODUCERS * POSTS) {
		size_t n = inbox_run(&inbox);
		if (n == 0)
			sched_yield();
		count += n;
	}
	for (int i = 0; i < PRODUCERS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(next_of[i], POSTS);
	}
	assert_int_equal(inbox_run(&inbox), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(empty_runs_nothing, begin),
		cmocka_unit_test_setup(wakes_the_taker_once, begin),
		cmocka_unit_test_setup(what_is_posted_meanwhile_comes_next, begin),
		cmocka_unit_test_setup(keeps_the_order_of_each_producer, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
