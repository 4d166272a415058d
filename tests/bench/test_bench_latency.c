/* Times in buckets: a quantile is never below the true one, and above it by 1/64 at most. */
#include "bench_latency.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct bench_latency latency;

static int empty(void **state)
{
	(void)state;
	latency = (struct bench_latency){ 0 };
	return 0;
}

static void nothing(void **state)
{
	(void)state;
	assert_int_equal(bench_latency_at(&latency, 0), 0);
	assert_int_equal(bench_latency_at(&latency, 1), 0);
}

static void one_of_each_size(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < LATENCY_BITS; bit++) {
		for (uint64_t ns = ((uint64_t)1 << bit) - (bit > 0); ns <= ((uint64_t)1 << bit) + 1;
		     ns++) {
			latency = (struct bench_latency){ 0 };
			bench_latency_add(&latency, ns, 1);
			bench_latency_add(&latency, (uint64_t)1 << (LATENCY_BITS - 1), 1);
			uint64_t found = bench_latency_at(&latency, 0.5);
			assert_true(found >= ns || found == latency.max_ns);
			assert_true(found <= ns + ns / 64);
		}
	}
}

static void quantiles(void **state)
{
	(void)state;
	for (uint64_t ns = 1; ns <= 100000; ns++)
		bench_latency_add(&latency, ns, 1);
	static const double shares[] = { 0.01, 0.5, 0.9, 0.99, 0.999 };
	for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
		uint64_t wanted = (uint64_t)(shares[i] * 100000);
		assert_in_range(bench_latency_at(&latency, shares[i]), wanted,
		                wanted + wanted / 64 + 1);
	}
	assert_int_equal(bench_latency_at(&latency, 1), 100000);
	assert_int_equal(latency.count, 100000);
}

static void many_at_once(void **state)
{
	(void)state;
	bench_latency_add(&latency, 10, 99);
	bench_latency_add(&latency, 5000, 1);
	bench_latency_add(&latency, 700000, 0); /* none: it is not the longest one */
	assert_int_equal(bench_latency_at(&latency, 0.99), 10);
	assert_int_equal(bench_latency_at(&latency, 1), 5000);
	assert_int_equal(latency.max_ns, 5000);
}

static void longer_than_the_table(void **state)
{
	(void)state;
	bench_latency_add(&latency, UINT64_MAX, 1);
	bench_latency_add(&latency, (uint64_t)1 << LATENCY_BITS, 1);
	assert_int_equal(latency.count, 2);
	assert_int_equal(latency.counts[LATENCY_BUCKETS - 1], 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing, empty),
		cmocka_unit_test_setup(one_of_each_size, empty),
		cmocka_unit_test_setup(quantiles, empty),
		cmocka_unit_test_setup(many_at_once, empty),
		cmocka_unit_test_setup(longer_than_the_table, empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
