/* One loaded plugin: its steps, its pins, the workers that ran it, its end. */
#include "fixtures/puppet.h"

#include "base/latch.h"

#include <string.h>

static int open_house(void **state)
{
	*state = house_new("{}");
	return 0;
}

static int close_house(void **state)
{
	house_free(*state);
	return 0;
}

static act_rc step(struct generation *generation, enum generation_step what)
{
	return generation_step(generation, what, EVENTUALLY_MS);
}

/* ---- steps ---- */

static void a_life_goes_through_its_steps(void **state)
{
	struct puppet *puppet = puppet_new(*state, "one", ACT_F_PARALLEL, 0);
	struct generation *generation = puppet_generation(puppet);
	struct err why = { "" };
	puppet_told(puppet, "");
	assert_int_equal(step(generation, STEP_CREATE), ACT_OK);
	assert_ptr_equal(generation->self, puppet);
	assert_int_equal(step(generation, STEP_START), ACT_OK);
	atomic_store(&generation->active, true);
	assert_int_equal(step(generation, STEP_ACTIVATE), ACT_OK);
	assert_int_equal(step(generation, STEP_STOP), ACT_OK);
	assert_false(atomic_load(&generation->active));
	assert_int_equal(step(generation, STEP_DESTROY), ACT_OK);
	assert_true(generation_free(generation, &why));
	assert_string_equal(why.text, "");
	puppet_told(puppet, "create start activate stop destroy unload");
}

static void steps_that_a_plugin_has_not_are_left_out(void **state)
{
	struct puppet *puppet = puppet_new(*state, "one", ACT_F_PARALLEL, 0);
	puppet->table.start = NULL;
	puppet->table.activate = NULL;
	puppet->table.stop = NULL;
	struct generation *generation = puppet_generation(puppet);
	for (int i = STEP_CREATE; i <= STEP_DESTROY; i++)
		assert_int_equal(step(generation, (enum generation_step)i), ACT_OK);
	generation_free(generation, NULL);
	puppet_told(puppet, "create destroy unload");
}

static void a_step_that_fails_says_how(void **state)
{
	static const struct {
		act_rc returned, seen;
	} cases[] = {
		{ ACT_E_NOMEM, ACT_E_NOMEM },
		{ ACT_E_FAIL, ACT_E_FAIL },
		{ ACT_DEFER, ACT_E_FAIL },
		/* These are for a step that runs still, and for one that never began. */
		{ ACT_E_LATE, ACT_E_FAIL },
		{ ACT_E_BUSY, ACT_E_FAIL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct puppet *puppet = puppet_new(*state, "one", ACT_F_PARALLEL, 0);
		struct generation *generation = puppet_generation(puppet);
		puppet->create_rc = cases[i].returned;
		assert_int_equal(step(generation, STEP_CREATE), cases[i].seen);
		generation_free(generation, NULL);
		puppet_told(puppet, "create unload");
	}
}

static uint32_t steps_lost(const struct puppet *puppet)
{
	return atomic_load(&puppet->house->act.steps_lost);
}

/* As a step with a deadline that is over at once; a worker that is slow to come is waited for. */
static act_rc hasty_step(struct generation *generation, enum generation_step what)
{
	act_rc rc;
	do
		rc = generation_step(generation, what, 1);
	while (rc == ACT_E_BUSY);
	return rc;
}

static void a_step_that_hangs_is_late_and_may_still_end(void **state)
{
	struct puppet *puppet = puppet_new(*state, "one", ACT_F_PARALLEL, 0);
	struct generation *generation = puppet_generation(puppet);
	gate_shut(&puppet->create_gate);
	assert_int_equal(hasty_step(generation, STEP_CREATE), ACT_E_LATE);
	assert_int_equal(steps_lost(puppet), 1);
	/* The worker is inside: nobody may unload it. */
	assert_false(generation_wait_idle(generation, 1));
	gate_open(&puppet->create_gate);
	/* Ends while nobody waits for it any more; what it returned goes nowhere. */
	assert_true(generation_wait_idle(generation, EVENTUALLY_MS));
	eventually(steps_lost(puppet) == 0);
	assert_int_equal(step(generation, STEP_START), ACT_OK);
	puppet_told(puppet, "create start");
}

/* Every thread of the pool stands before a gate. */
static void a_step_that_finds_no_worker_is_taken_back(void **state)
{
	struct house *house = *state;
	struct puppet *late = puppet_new(house, "late", ACT_F_PARALLEL, 0);
	struct puppet *gone = puppet_new(house, "gone", ACT_F_PARALLEL, 0);
	struct puppet *puppets[HOUSE_THREADS];
	for (uint32_t i = 0; i < HOUSE_THREADS; i++) {
		puppets[i] = puppet_new(house, "one", ACT_F_PARALLEL, 0);
		gate_shut(&puppets[i]->create_gate);
		assert_int_equal(hasty_step(puppet_generation(puppets[i]), STEP_CREATE),
		                 ACT_E_LATE);
	}
	assert_int_equal(generation_step(puppet_generation(late), STEP_CREATE, 1), ACT_E_BUSY);
	assert_int_equal(generation_step(puppet_generation(gone), STEP_DESTROY, 1), ACT_E_BUSY);
	generation_free(gone->generation, NULL); /* which pins nothing while it waits */
	assert_int_equal(steps_lost(late), HOUSE_THREADS);
	for (uint32_t i = 0; i < HOUSE_THREADS; i++)
		gate_open(&puppets[i]->create_gate);
	assert_true(generation_wait_idle(late->generation, EVENTUALLY_MS));
	puppet_told(late, "");
	puppet_told(gone, "unload");
	eventually(steps_lost(late) == 0);
}

static void note_thread(struct puppet *puppet)
{
	puppet_note(puppet, "%s", pool_self() >= 0 && loop_self() == NULL ? "worker" : "elsewhere");
}

static void steps_run_on_workers(void **state)
{
	struct puppet *puppet = puppet_new(*state, "one", ACT_F_PARALLEL, 0);
	puppet->on_start = note_thread;
	puppet->on_destroy = note_thread;
	puppet_enter(puppet);
	puppet_end(puppet);
	puppet_told(puppet, "create start worker stop destroy worker unload");
}

static void each_has_a_number_and_homes_take_turns(void **state)
{
	struct puppet *one = puppet_new(*state, "one", 0, 0),
		      *two = puppet_new(*state, "two", 0, 0);
	const struct generation *first = puppet_generation(one), *second = puppet_generation(two);
	assert_int_equal(second->number, first->number + 1);
	assert_int_equal(first->host.generation, first->number);
	assert_ptr_not_equal(first->home, second->home);
	assert_false(first->parallel);
}

/* ---- pins ---- */

static void pin_on_loop(struct loop *loop, void *context)
{
	struct generation *generation = context;
	generation->loop_pins[loop->index].count++;
}

static void unpin_on_loop(struct loop *loop, void *context)
{
	struct generation *generation = context;
	generation->loop_pins[loop->index].count--;
}

static void is_idle_without_pins_of_any_kind(void **state)
{
	struct house *house = *state;
	struct generation *generation = puppet_enter(puppet_new(house, "one", ACT_F_PARALLEL, 0));
	uint64_t pins = 7;
	assert_true(generation_idle(generation, &pins));
	assert_int_equal(pins, 0);
	generation_pin(generation);
	for (uint32_t i = 0; i < HOUSE_LOOPS; i++)
		house_on_loop(house, i, pin_on_loop, generation);
	assert_false(generation_idle(generation, &pins));
	assert_int_equal(pins, 1 + HOUSE_LOOPS);
	generation_unpin(generation);
	assert_false(generation_idle(generation, &pins));
	for (uint32_t i = 0; i < HOUSE_LOOPS; i++)
		house_on_loop(house, i, unpin_on_loop, generation);
	assert_true(generation_idle(generation, &pins));
	assert_int_equal(pins, 0);
}

/* ---- workers ---- */

struct seeing {
	struct task task;
	struct generation *generation;
	struct latch *latch;
};

static void see(struct task *task)
{
	struct seeing *seeing = (struct seeing *)task;
	generation_seen(seeing->generation);
	latch_down(seeing->latch);
}

static void run_on(struct house *house, uint32_t worker, struct generation *generation)
{
	struct seeing seeing = { { .run = see }, generation, latch_new(1) };
	pool_submit_to(house->pool, worker, &seeing.task);
	latch_wait(seeing.latch, 0);
}

static void leaves_each_worker_that_ran_it_once(void **state)
{
	struct house *house = *state;
	struct puppet *puppet = puppet_new(house, "one", ACT_F_PARALLEL, 0);
	struct generation *generation = puppet_generation(puppet);
	generation->self = puppet;
	run_on(house, 0, generation);
	run_on(house, 0, generation);
	run_on(house, 2, generation);
	assert_true(generation_leave_workers(generation, EVENTUALLY_MS));
	assert_int_equal(atomic_load(&puppet->leaves[0]), 1);
	assert_int_equal(atomic_load(&puppet->leaves[1]), 0);
	assert_int_equal(atomic_load(&puppet->leaves[2]), 1);
}

static void destroying_makes_no_worker_known_again(void **state)
{
	struct puppet *puppet = puppet_new(*state, "one", ACT_F_PARALLEL, 0);
	struct generation *generation = puppet_generation(puppet);
	generation->self = puppet;
	assert_int_equal(step(generation, STEP_DESTROY), ACT_OK);
	for (uint32_t i = 0; i < HOUSE_THREADS; i++)
		assert_false(atomic_load(&generation->seen_on[i]));
}

static void loops_are_no_workers(void **state)
{
	struct generation *generation = puppet_generation(puppet_new(*state, "one", 0, 0));
	generation_seen(generation);
	for (uint32_t i = 0; i < POOL_THREADS_MAX; i++)
		assert_false(atomic_load(&generation->seen_on[i]));
}

static void a_plugin_without_worker_leave_is_left_at_once(void **state)
{
	struct house *house = *state;
	struct puppet *puppet = puppet_new(house, "one", ACT_F_PARALLEL, 0);
	puppet->table.worker_leave = NULL;
	struct generation *generation = puppet_generation(puppet);
	run_on(house, 1, generation);
	assert_true(generation_leave_workers(generation, EVENTUALLY_MS));
}

static void hang_in_leave(void *self)
{
	struct puppet *puppet = self;
	gate_pass(&puppet->gate);
}

static void a_worker_that_cannot_be_left_is_late(void **state)
{
	struct house *house = *state;
	struct puppet *puppet = puppet_new(house, "one", ACT_F_PARALLEL, 0);
	puppet->table.worker_leave = hang_in_leave;
	struct generation *generation = puppet_generation(puppet);
	generation->self = puppet;
	run_on(house, 1, generation);
	gate_shut(&puppet->gate);
	assert_false(generation_leave_workers(generation, 1));
	gate_open(&puppet->gate);
	eventually(gate_waiting(&puppet->gate) == 0);
	assert_true(generation_leave_workers(generation, EVENTUALLY_MS));
}

/* ---- older tables, services, staying ---- */

static void members_that_an_older_table_has_not_are_not_called(void **state)
{
	struct house *house = *state;
	struct puppet *puppet = puppet_new(house, "one", ACT_F_PARALLEL, 0);
	puppet->table.size = (uint32_t)offsetof(act_plugin, cancel);
	struct generation *generation = puppet_generation(puppet);
	run_on(house, 1, generation);
	assert_true(generation_leave_workers(generation, EVENTUALLY_MS));
	assert_int_equal(atomic_load(&puppet->leaves[1]), 0);
	assert_null(generation_service(generation, "act.sql/1"));
}

static const void *two_services(void *self, const char *id)
{
	(void)self;
	return strcmp(id, "act.one/1") == 0 ? id : NULL;
}

static void knows_its_needs_and_what_it_provides(void **state)
{
	struct puppet *puppet = puppet_new(*state, "one", ACT_F_PARALLEL, 0);
	puppet_needs(puppet, "act.sql/1");
	puppet_needs(puppet, "act.auth/1");
	puppet->table.extension = two_services;
	struct generation *generation = puppet_generation(puppet);
	assert_ptr_equal(generation_need(generation, "act.auth/1"), &generation->needs[1]);
	assert_string_equal(generation->needs[0].id, "act.sql/1");
	assert_null(generation->needs[0].provider);
	assert_null(generation_need(generation, "act.bus/1"));
	assert_non_null(generation_service(generation, "act.one/1"));
	assert_null(generation_service(generation, "act.two/1"));
}

static void one_that_is_stuck_loses_its_services(void **state)
{
	struct puppet *provider = puppet_new(*state, "provider", ACT_F_PARALLEL, 0);
	struct puppet *puppet = puppet_new(*state, "one", ACT_F_PARALLEL, 0);
	puppet_needs(puppet, "act.sql/1");
	puppet_needs(puppet, "act.auth/1");
	struct generation *generation = puppet_generation(puppet);
	const struct generation *provides = puppet_generation(provider);
	assert_false(generation_uses(generation, provides));
	need_set(&generation->needs[1], provider->generation);
	assert_true(generation_uses(generation, provides));
	assert_false(generation_uses(provides, generation));
	generation_cut_off(generation);
	assert_false(generation_uses(generation, provides));
	assert_null(need_take(&generation->needs[1]));
}

static void what_stays_in_memory_is_told(void **state)
{
	struct puppet *puppet = puppet_new(*state, "one", ACT_F_PARALLEL, 0);
	struct err why = { "" };
	puppet->stays = true;
	assert_false(generation_free(puppet_generation(puppet), &why));
	assert_string_equal(why.text, "the test wants it so");
}

static void one_with_threads_of_its_own_is_never_unloaded(void **state)
{
	/* Reachable for ever, as such a plugin's threads may use it for ever. */
	static struct generation *immortal;
	struct puppet *puppet = puppet_new(*state, "one", ACT_F_PARALLEL | ACT_F_THREADS, 0);
	struct err why = { "" };
	immortal = puppet_generation(puppet);
	assert_false(generation_free(immortal, &why));
	assert_non_null(strstr(why.text, "ACT_F_THREADS"));
	assert_int_equal(immortal->host.size, sizeof(act_host));
	puppet_told(puppet, "");
	puppet->generation = NULL;
}

#define IN_HOUSE(test) cmocka_unit_test_setup_teardown(test, open_house, close_house)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_HOUSE(a_life_goes_through_its_steps),
		IN_HOUSE(steps_that_a_plugin_has_not_are_left_out),
		IN_HOUSE(a_step_that_fails_says_how),
		IN_HOUSE(a_step_that_hangs_is_late_and_may_still_end),
		IN_HOUSE(a_step_that_finds_no_worker_is_taken_back),
		IN_HOUSE(steps_run_on_workers),
		IN_HOUSE(each_has_a_number_and_homes_take_turns),
		IN_HOUSE(is_idle_without_pins_of_any_kind),
		IN_HOUSE(leaves_each_worker_that_ran_it_once),
		IN_HOUSE(destroying_makes_no_worker_known_again),
		IN_HOUSE(loops_are_no_workers),
		IN_HOUSE(a_plugin_without_worker_leave_is_left_at_once),
		IN_HOUSE(a_worker_that_cannot_be_left_is_late),
		IN_HOUSE(members_that_an_older_table_has_not_are_not_called),
		IN_HOUSE(knows_its_needs_and_what_it_provides),
		IN_HOUSE(one_that_is_stuck_loses_its_services),
		IN_HOUSE(what_stays_in_memory_is_told),
		IN_HOUSE(one_with_threads_of_its_own_is_never_unloaded),
	};
	return cmocka_run_group_tests_name("generation", tests, NULL, NULL);
}
