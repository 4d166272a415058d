/* Numbers that may outlive what they name. */
#include "base/slots.h"

#include "fixtures/dies.h"

#include "base/mem.h"

#include <pthread.h>

enum { OWNER = 37, KIND = 5, INDEX = 0xFFFFFF };

static struct slots slots;
static int one, two, three;

static int begin(void **state)
{
	(void)state;
	slots_init(&slots, OWNER);
	return 0;
}

static int end(void **state)
{
	(void)state;
	slots_free(&slots);
	return 0;
}

static void says_kind_and_owner(void **state)
{
	(void)state;
	for (uint32_t kind = 1; kind <= 7; kind++) {
		uint64_t number = slots_put(&slots, kind, &one);
		assert_int_equal(slots_kind(number), kind);
		assert_int_equal(slots_owner(number), OWNER);
	}
	assert_int_equal(slots.live, 7);
}

static void finds_what_is_there(void **state)
{
	(void)state;
	uint64_t first = slots_put(&slots, KIND, &one), second = slots_put(&slots, KIND, &two);
	assert_ptr_equal(slots_get(&slots, first), &one);
	assert_ptr_equal(slots_get(&slots, second), &two);
	assert_true(slots_alive(&slots, first));
}

static void a_stale_number_finds_nothing(void **state)
{
	(void)state;
	uint64_t stale = slots_put(&slots, KIND, &one);
	slots_drop(&slots, stale);
	for (int i = 0; i < 1000; i++) {
		uint64_t number = slots_put(&slots, KIND, &two);
		assert_int_equal(number & INDEX, stale & INDEX);
		assert_int_not_equal(number, stale);
		assert_null(slots_get(&slots, stale));
		assert_false(slots_alive(&slots, stale));
		assert_false(slots_claim(&slots, stale));
		assert_ptr_equal(slots_get(&slots, number), &two);
		slots_drop(&slots, number);
	}
	assert_int_equal(slots.live, 0);
}

static void made_up_numbers_find_nothing(void **state)
{
	(void)state;
	uint64_t number = slots_put(&slots, KIND, &one);
	const uint64_t made_up[] = {
		0,
		1,
		UINT64_MAX,
		number + 1,
		number ^ 1ull << 24,
		number ^ 1ull << 32,
		number ^ 1ull << 61,
		number & INDEX,
		(number & ~(uint64_t)INDEX) | INDEX,
	};
	for (size_t i = 0; i < sizeof made_up / sizeof made_up[0]; i++) {
		assert_null(slots_get(&slots, made_up[i]));
		assert_false(slots_alive(&slots, made_up[i]));
		assert_false(slots_claim(&slots, made_up[i]));
	}
	assert_ptr_equal(slots_get(&slots, number), &one);
}

static void a_claimed_one_is_the_claimers(void **state)
{
	(void)state;
	uint64_t number = slots_put(&slots, KIND, &one);
	assert_true(slots_claim(&slots, number));
	assert_false(slots_claim(&slots, number));
	assert_false(slots_alive(&slots, number));
	assert_null(slots_get(&slots, number));
	assert_ptr_equal(slots_get_claimed(&slots, number), &one);
	/* The place is not given anew before the owner has dropped it. */
	uint64_t other = slots_put(&slots, KIND, &two);
	assert_int_not_equal(other & INDEX, number & INDEX);
	slots_drop(&slots, number);
	assert_int_equal(slots_put(&slots, KIND, &three) & INDEX, number & INDEX);
	assert_int_equal(slots.live, 2);
}

/* The place that rests longest is given first, so that a stale number stays stale for long. */
static void places_rest(void **state)
{
	uint64_t numbers[4];
	(void)state;
	for (int i = 0; i < 4; i++)
		numbers[i] = slots_put(&slots, KIND, &one);
	const int order[] = { 2, 0, 3, 1 };
	for (int i = 0; i < 4; i++)
		slots_drop(&slots, numbers[order[i]]);
	for (int i = 0; i < 4; i++)
		assert_int_equal(slots_put(&slots, KIND, &one) & INDEX, numbers[order[i]] & INDEX);
	assert_int_equal(slots_put(&slots, KIND, &one) & INDEX, 4);
}

static void there_may_be_many(void **state)
{
	enum { MANY = SLOTS_CHUNK * 3 + 1 };
	static int objects[MANY];
	static uint64_t numbers[MANY];
	(void)state;
	for (int i = 0; i < MANY; i++)
		numbers[i] = slots_put(&slots, KIND, &objects[i]);
	for (int i = 0; i < MANY; i++)
		assert_ptr_equal(slots_get(&slots, numbers[i]), &objects[i]);
	for (int i = 0; i < MANY; i += 2)
		slots_drop(&slots, numbers[i]);
	for (int i = 0; i < MANY; i++)
		assert_ptr_equal(slots_get(&slots, numbers[i]), i % 2 != 0 ? &objects[i] : NULL);
	assert_int_equal(slots.live, MANY / 2);
}

static void all_may_be_taken(void **state)
{
	(void)state;
	slots.used = (uint32_t)SLOTS_CHUNK * SLOTS_CHUNKS;
	assert_int_equal(slots_put(&slots, KIND, &one), 0);
	assert_int_equal(slots.live, 0);
}

/* The generation counts in 29 bits, and begins anew: no number becomes 0 or another's. */
static void generations_begin_anew(void **state)
{
	(void)state;
	uint64_t first = slots_put(&slots, KIND, &one);
	slots_drop(&slots, first);
	slots.chunks[0][0].generation = 0x1FFFFFFF;
	uint64_t number = slots_put(&slots, KIND, &two);
	assert_int_equal(slots_kind(number), KIND);
	assert_ptr_equal(slots_get(&slots, number), &two);
	slots_drop(&slots, number);
	assert_int_equal(slots_put(&slots, KIND, &three), first);
}

struct visit {
	int count;
	uint64_t numbers[4];
};

static void visit_and_drop(uint64_t number, void *object, void *context)
{
	struct visit *visit = context;
	assert_ptr_equal(object, &one);
	visit->numbers[visit->count++] = number;
	slots_drop(&slots, number);
}

static void each_passes_by_the_free_and_the_claimed(void **state)
{
	struct visit visit = { 0 };
	(void)state;
	uint64_t first = slots_put(&slots, KIND, &one), free_one = slots_put(&slots, KIND, &two),
		 claimed = slots_put(&slots, KIND, &three), last = slots_put(&slots, KIND, &one);
	slots_drop(&slots, free_one);
	assert_true(slots_claim(&slots, claimed));
	slots_each(&slots, visit_and_drop, &visit);
	assert_int_equal(visit.count, 2);
	assert_int_equal(visit.numbers[0], first);
	assert_int_equal(visit.numbers[1], last);
	assert_int_equal(slots.live, 1);
}

static void the_next_is_the_next_alive(void **state)
{
	uint32_t at = 0;
	(void)state;
	assert_null(slots_next(&slots, &at));
	slots_put(&slots, KIND, &one);
	uint64_t free_one = slots_put(&slots, KIND, &two),
		 claimed = slots_put(&slots, KIND, &three);
	uint64_t last = slots_put(&slots, KIND, &two);
	slots_drop(&slots, free_one);
	assert_true(slots_claim(&slots, claimed));
	assert_ptr_equal(slots_next(&slots, &at), &one);
	assert_ptr_equal(slots_next(&slots, &at), &two);
	slots_drop(&slots, last);
	assert_null(slots_next(&slots, &at));
	slots_put(&slots, KIND, &three); /* where the free one was: behind the walk */
	assert_null(slots_next(&slots, &at));
	at = 0;
	assert_ptr_equal(slots_next(&slots, &at), &one);
	assert_ptr_equal(slots_next(&slots, &at), &three);
	assert_null(slots_next(&slots, &at));
}

/* ---- threads ---- */

enum { THREADS = 4, RACES = 4000 };

static uint64_t raced[RACES];

static void *claim_all(void *arg)
{
	uint32_t *won = arg;
	for (int i = 0; i < RACES; i++)
		*won += slots_claim(&slots, raced[i]);
	return NULL;
}

static void one_claimer_wins(void **state)
{
	pthread_t threads[THREADS];
	uint32_t won[THREADS] = { 0 }, sum = 0;
	(void)state;
	for (int i = 0; i < RACES; i++)
		raced[i] = slots_put(&slots, KIND, &one);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, claim_all, &won[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		sum += won[i];
	}
	assert_int_equal(sum, RACES);
}

static _Atomic bool over;

/* Asks after numbers of places that do not exist yet, and after one that is stale for good. */
static void *ask(void *arg)
{
	const uint64_t *stale = arg;
	uint64_t wrong = 0;
	while (!over) {
		wrong += slots_alive(&slots, *stale) || slots_claim(&slots, *stale);
		for (uint64_t index = 0; index < 8; index++)
			wrong += slots_alive(&slots, index * SLOTS_CHUNK);
	}
	return (void *)(uintptr_t)wrong;
}

static void anyone_may_ask_while_the_owner_works(void **state)
{
	pthread_t thread;
	void *wrong;
	(void)state;
	uint64_t stale = slots_put(&slots, KIND, &one);
	slots_drop(&slots, stale);
	over = false;
	assert_int_equal(pthread_create(&thread, NULL, ask, &stale), 0);
	for (int i = 0; i < RACES; i++) {
		uint64_t number = slots_put(&slots, KIND, &one);
		slots_put(&slots, KIND, &two);
		slots_drop(&slots, number);
	}
	over = true;
	pthread_join(thread, &wrong);
	assert_null(wrong);
}

/* ---- faults of the program ---- */

static void put_without_kind(void)
{
	slots_put(&slots, 0, &one);
}

static void put_nothing(void)
{
	slots_put(&slots, KIND, NULL);
}

static void drop_twice(void)
{
	uint64_t number = slots_put(&slots, KIND, &one);
	slots_drop(&slots, number);
	slots_drop(&slots, number);
}

static void drop_a_stale_one(void)
{
	uint64_t number = slots_put(&slots, KIND, &one);
	slots_drop(&slots, number);
	slots_put(&slots, KIND, &two);
	slots_drop(&slots, number);
}

static void get_a_stale_claim(void)
{
	uint64_t number = slots_put(&slots, KIND, &one);
	slots_drop(&slots, number);
	slots_put(&slots, KIND, &two);
	slots_get_claimed(&slots, number);
}

static void faults_stop_the_program(void **state)
{
	(void)state;
	assert_dies(put_without_kind, "kind >= 1 && kind <= 7 does not hold");
	assert_dies(put_nothing, "object != NULL does not hold");
	assert_dies(drop_twice, "slots_drop: ");
	assert_dies(drop_a_stale_one, "slots_drop: ");
	assert_dies(get_a_stale_claim, "slots_get_claimed: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(says_kind_and_owner, begin, end),
		cmocka_unit_test_setup_teardown(finds_what_is_there, begin, end),
		cmocka_unit_test_setup_teardown(a_stale_number_finds_nothing, begin, end),
		cmocka_unit_test_setup_teardown(made_up_numbers_find_nothing, begin, end),
		cmocka_unit_test_setup_teardown(a_claimed_one_is_the_claimers, begin, end),
		cmocka_unit_test_setup_teardown(places_rest, begin, end),
		cmocka_unit_test_setup_teardown(there_may_be_many, begin, end),
		cmocka_unit_test_setup_teardown(all_may_be_taken, begin, end),
		cmocka_unit_test_setup_teardown(generations_begin_anew, begin, end),
		cmocka_unit_test_setup_teardown(the_next_is_the_next_alive, begin, end),
		cmocka_unit_test_setup_teardown(each_passes_by_the_free_and_the_claimed, begin,
		                                end),
		cmocka_unit_test_setup_teardown(one_claimer_wins, begin, end),
		cmocka_unit_test_setup_teardown(anyone_may_ask_while_the_owner_works, begin, end),
		cmocka_unit_test_setup_teardown(faults_stop_the_program, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
