/* The frames that wait, and the buffers that wait for them. */
#include "net/outbox.h"

#include "fixtures/dies.h"

static struct outbox_stock stock;
static struct outbox outbox;

static int begin(void **state)
{
	(void)state;
	outbox = (struct outbox){ 0 };
	return 0;
}

static int end(void **state)
{
	(void)state;
	outbox_clear(&outbox, &stock);
	outbox_stock_free(&stock);
	return 0;
}

static void put(struct outbox *to, int byte, size_t len)
{
	uint8_t *room = outbox_reserve(to, &stock, len);
	assert_non_null(room);
	memset(room, byte, len);
	outbox_commit(to, len);
}

static void gathers_in_order(void **state)
{
	size_t len = 0;
	(void)state;
	for (int i = 1; i < 200; i++)
		put(&outbox, i, (size_t)i * 3);
	for (int i = 1; i < 200; i++)
		for (int k = 0; k < i * 3; k++)
			assert_int_equal(outbox_bytes(&outbox)[len++], i);
	assert_int_equal(outbox_len(&outbox), len);
}

static void what_is_not_committed_does_not_count(void **state)
{
	(void)state;
	put(&outbox, 'a', 10);
	uint8_t *room = outbox_reserve(&outbox, &stock, 1000);
	memset(room, 'b', 1000);
	outbox_commit(&outbox, 2); /* less than was asked for */
	assert_non_null(outbox_reserve(&outbox, &stock, 50));
	assert_int_equal(outbox_len(&outbox), 12);
	put(&outbox, 'c', 1);
	assert_memory_equal(outbox_bytes(&outbox), "aaaaaaaaaabbc", 13);
}

static void an_idle_one_holds_no_memory(void **state)
{
	(void)state;
	put(&outbox, 'a', 10);
	outbox_clear(&outbox, &stock);
	assert_null(outbox.buffer);
	assert_int_equal(outbox_len(&outbox), 0);
}

static void the_stock_lends_its_buffers_again(void **state)
{
	struct outbox other = { 0 };
	(void)state;
	put(&outbox, 'a', 10);
	const uint8_t *bytes = outbox_bytes(&outbox);
	outbox_clear(&outbox, &stock);
	assert_int_equal(stock.count, 1);
	put(&other, 'b', 10);
	assert_ptr_equal(outbox_bytes(&other), bytes);
	assert_int_equal(stock.count, 0);
	put(&other, 'c', 2 * (size_t)OUTBOX_FIRST_BYTES); /* and it grows as any other */
	assert_memory_equal(outbox_bytes(&other), "bbbbbbbbbbcc", 12);
	outbox_clear(&other, &stock);
}

static void one_that_grew_much_is_given_back(void **state)
{
	(void)state;
	put(&outbox, 'a', OUTBOX_KEEP_BYTES);
	outbox_clear(&outbox, &stock);
	assert_int_equal(stock.count, 1);
	put(&outbox, 'a', OUTBOX_KEEP_BYTES + 1);
	outbox_clear(&outbox, &stock);
	assert_int_equal(stock.count, 0);
}

static void the_stock_has_a_bound(void **state)
{
	struct outbox many[OUTBOX_STOCK_MAX + 5] = { 0 };
	(void)state;
	for (int i = 0; i < OUTBOX_STOCK_MAX + 5; i++)
		put(&many[i], i, 1);
	for (int i = 0; i < OUTBOX_STOCK_MAX + 5; i++)
		outbox_clear(&many[i], &stock);
	assert_int_equal(stock.count, OUTBOX_STOCK_MAX);
}

static void clearing_an_empty_one_is_nothing(void **state)
{
	(void)state;
	outbox_clear(&outbox, &stock);
	outbox_clear(&outbox, &stock);
	assert_int_equal(stock.count, 0);
}

static void commit_too_much(void)
{
	struct outbox mine = { 0 };
	outbox_reserve(&mine, &stock, 10);
	outbox_commit(&mine, OUTBOX_FIRST_BYTES + 1);
}

static void faults_stop_the_program(void **state)
{
	(void)state;
	assert_dies(commit_too_much, "outbox_commit: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(gathers_in_order, begin, end),
		cmocka_unit_test_setup_teardown(what_is_not_committed_does_not_count, begin, end),
		cmocka_unit_test_setup_teardown(an_idle_one_holds_no_memory, begin, end),
		cmocka_unit_test_setup_teardown(the_stock_lends_its_buffers_again, begin, end),
		cmocka_unit_test_setup_teardown(one_that_grew_much_is_given_back, begin, end),
		cmocka_unit_test_setup_teardown(the_stock_has_a_bound, begin, end),
		cmocka_unit_test_setup_teardown(clearing_an_empty_one_is_nothing, begin, end),
		cmocka_unit_test(faults_stop_the_program),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
