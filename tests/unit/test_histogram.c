/* How long things took: which bucket a time falls into, and what is added up. */
#include "base/histogram.h"

#include "fixtures/cmocka_all.h"

static void a_bound_belongs_to_its_bucket(void **state)
{
	(void)state;
	for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
		struct histogram histogram = { 0 };
		struct histogram_sum sum = { 0 };
		histogram_add(&histogram, histogram_bounds_ns[i]);
		histogram_add(&histogram, histogram_bounds_ns[i] + 1);
		histogram_read(&histogram, &sum);
		for (size_t k = 0; k <= HISTOGRAM_BOUNDS; k++)
			assert_int_equal(sum.counts[k], k == i || k == i + 1 ? 1 : 0);
		assert_int_equal(sum.sum_ns, 2 * histogram_bounds_ns[i] + 1);
	}
}

static void bounds_go_up(void **state)
{
	(void)state;
	assert_int_equal(histogram_bounds_ns[0], 100000);
	for (size_t i = 1; i < HISTOGRAM_BOUNDS; i++)
		assert_true(histogram_bounds_ns[i] > histogram_bounds_ns[i - 1]);
	assert_int_equal(histogram_bounds_ns[HISTOGRAM_BOUNDS - 1], 10000000000);
}

static void several_are_added_up(void **state)
{
	struct histogram one = { 0 }, two = { 0 };
	struct histogram_sum sum = { 0 };
	(void)state;
	histogram_add(&one, 0);
	histogram_add(&one, 1000000000000);
	histogram_add(&two, 7);
	histogram_read(&one, &sum);
	histogram_read(&two, &sum);
	assert_int_equal(sum.counts[0], 2);
	assert_int_equal(sum.counts[HISTOGRAM_BOUNDS], 1);
	assert_int_equal(sum.sum_ns, 1000000000007);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bound_belongs_to_its_bucket),
		cmocka_unit_test(bounds_go_up),
		cmocka_unit_test(several_are_added_up),
	};
	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
