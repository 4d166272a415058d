/* A need: who provides a service at the moment, and the pin that a call takes on it. */
#include "fixtures/cmocka_all.h"

#include "act/generation.h"
#include "act/need.h"

enum { ROUNDS = 20000, TAKERS = 2 };

static uint64_t pins(struct generation *generation)
{
	return atomic_load(&generation->pins);
}

static void a_new_one_has_no_provider(void **state)
{
	struct need need;
	(void)state;
	need_init(&need, "act.sql/1");
	assert_string_equal(need.id, "act.sql/1");
	assert_null(need_take(&need));
	need_free(&need);
}

static void taking_pins_and_setting_does_not(void **state)
{
	static struct generation provider;
	struct need need;
	(void)state;
	need_init(&need, "act.sql/1");
	need_set(&need, &provider);
	assert_int_equal(pins(&provider), 0);
	assert_ptr_equal(need_take(&need), &provider);
	assert_ptr_equal(need_take(&need), &provider);
	assert_int_equal(pins(&provider), 2);
	generation_unpin_as(&provider, PIN_SERVICE);
	generation_unpin_as(&provider, PIN_SERVICE);
	need_free(&need);
}

static void a_replaced_provider_keeps_the_pins_that_it_had(void **state)
{
	static struct generation before, after;
	struct need need;
	(void)state;
	need_init(&need, "act.sql/1");
	need_set(&need, &before);
	assert_ptr_equal(need_take(&need), &before);
	assert_true(need_leads_to(&need, &before));
	need_set(&need, &after);
	assert_false(need_leads_to(&need, &before));
	assert_true(need_leads_to(&need, &after));
	assert_ptr_equal(need_take(&need), &after);
	assert_int_equal(pins(&before), 1);
	assert_int_equal(pins(&after), 1);
	need_set(&need, NULL);
	assert_null(need_take(&need));
	generation_unpin_as(&before, PIN_SERVICE);
	generation_unpin_as(&after, PIN_SERVICE);
	need_free(&need);
}

struct taking {
	struct need *need;
	_Atomic bool enough;
	_Atomic uint32_t taken;
};

static void *take_and_let_go(void *arg)
{
	struct taking *taking = arg;
	while (!atomic_load(&taking->enough)) {
		struct generation *provider = need_take(taking->need);
		if (provider == NULL)
			continue;
		/* Whoever reads the pins after need_set() counts on this write being seen. */
		provider->home_queued = 1;
		atomic_fetch_add(&taking->taken, 1);
		generation_unpin_as(provider, PIN_SERVICE);
	}
	return NULL;
}

/* Once need_set() has returned no new pin can come: the pins only fall. */
static void none_pins_a_provider_that_was_taken_away(void **state)
{
	static struct generation providers[2];
	struct need need;
	struct taking taking = { .need = &need };
	pthread_t takers[TAKERS];
	(void)state;
	need_init(&need, "act.sql/1");
	for (int i = 0; i < TAKERS; i++)
		assert_int_equal(pthread_create(&takers[i], NULL, take_and_let_go, &taking), 0);
	for (int i = 0; i < ROUNDS || atomic_load(&taking.taken) == 0; i++) {
		struct generation *gone = &providers[i % 2];
		need_set(&need, gone);
		need_set(&need, &providers[1 - i % 2]);
		uint64_t once = pins(gone), again = pins(gone);
		assert_true(once <= TAKERS);
		assert_true(again <= once);
	}
	atomic_store(&taking.enough, true);
	for (int i = 0; i < TAKERS; i++)
		pthread_join(takers[i], NULL);
	assert_int_equal(pins(&providers[0]) + pins(&providers[1]), 0);
	need_free(&need);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_one_has_no_provider),
		cmocka_unit_test(taking_pins_and_setting_does_not),
		cmocka_unit_test(a_replaced_provider_keeps_the_pins_that_it_had),
		cmocka_unit_test(none_pins_a_provider_that_was_taken_away),
	};
	return cmocka_run_group_tests_name("need", tests, NULL, NULL);
}
