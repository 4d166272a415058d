/* Waiting for what happens elsewhere. That nothing is leaked or used after its end is what the
 * sanitizers hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/latch.h"

enum { THREADS = 4 };

static _Atomic int happened;

static void *happen(void *arg)
{
	happened++;
	latch_down(arg);
	return NULL;
}

static void start(pthread_t *threads, struct latch *latch)
{
	happened = 0;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, happen, latch), 0);
}

static void join(const pthread_t *threads)
{
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void waits_for_all(void **state)
{
	pthread_t threads[THREADS];
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct latch *latch = latch_new(THREADS);
		start(threads, latch);
		assert_true(latch_wait(latch, i % 2 == 0 ? 0 : 60000));
		assert_int_equal(happened, THREADS);
		join(threads);
	}
}

static void all_may_have_happened_before(void **state)
{
	pthread_t threads[THREADS];
	struct latch *latch = latch_new(THREADS);
	(void)state;
	start(threads, latch);
	join(threads);
	assert_true(latch_wait(latch, 1));
}

static void nothing_needs_no_waiting(void **state)
{
	(void)state;
	assert_true(latch_wait(latch_new(0), 0));
	assert_true(latch_wait(latch_new(0), 1));
}

static void gives_up_at_its_deadline(void **state)
{
	struct latch *latch = latch_new(2);
	(void)state;
	latch_down(latch);
	assert_false(latch_wait(latch, 1));
	latch_down(latch); /* whoever comes later finds the latch still there, and frees it */
}

/* 999 ms and more make the nanoseconds of the deadline overflow into its seconds. */
static void takes_any_deadline(void **state)
{
	pthread_t threads[THREADS];
	(void)state;
	for (uint32_t timeout_ms = 60000; timeout_ms < 61000; timeout_ms += 111) {
		struct latch *latch = latch_new(THREADS);
		start(threads, latch);
		assert_true(latch_wait(latch, timeout_ms));
		join(threads);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_for_all),
		cmocka_unit_test(all_may_have_happened_before),
		cmocka_unit_test(nothing_needs_no_waiting),
		cmocka_unit_test(gives_up_at_its_deadline),
		cmocka_unit_test(takes_any_deadline),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
