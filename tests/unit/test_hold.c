/* Who holds a generation: its pins by what they are for, and the threads inside it. */
#include "fixtures/client.h"
#include "fixtures/puppet.h"

#include "act/hold.h"

enum { CODE = 100 };

static struct house *house;
static struct puppet *puppet;

static int open_house(void **state)
{
	(void)state;
	house = house_new("{\"endpoints\": {\"/serv/\": {}}}");
	puppet = puppet_new(house, "friend", ACT_F_PARALLEL, CODE);
	puppet_enter(puppet);
	puppet_serve(house);
	return 0;
}

static int close_house(void **state)
{
	(void)state;
	gate_open(&puppet->gate);
	house_free(house);
	return 0;
}

static struct hold look(void)
{
	struct hold hold;
	hold_look(puppet->generation, &hold);
	assert_int_equal(hold.pins, hold.calls + hold.runs + hold.steps + hold.work + hold.notices +
	                                    hold.services);
	return hold;
}

static void one_that_rests_is_held_by_nobody(void **state)
{
	struct hold_thread threads[4];
	(void)state;
	eventually(look().pins == 0);
	assert_int_equal(hold_threads(&house->act, puppet->generation->number, threads, 4), 0);
}

static void a_deferred_call_is_one_pin(void **state)
{
	(void)state;
	client_send(client_new(house, 0, "/serv/", NULL, NULL), CODE + PUPPET_HOLD, "");
	act_token token = puppet_token(puppet, 0);
	eventually(look().pins == 1);
	assert_int_equal(look().calls, 1);
	assert_int_equal(puppet_reply(puppet, token, "x"), ACT_OK);
	eventually(look().pins == 0);
}

static void a_call_on_a_worker_is_a_run_too_and_its_thread_is_known(void **state)
{
	struct hold_thread thread;
	struct client *client = client_new(house, 0, "/serv/", NULL, NULL);
	(void)state;
	gate_shut(&puppet->gate);
	client_send(client, CODE + PUPPET_BLOCK, "x");
	eventually(gate_waiting(&puppet->gate) == 1);
	eventually(look().pins == 2);
	assert_int_equal(look().calls, 1);
	assert_int_equal(look().runs, 1);
	assert_int_equal(hold_threads(&house->act, puppet->generation->number, &thread, 1), 1);
	assert_int_equal(thread.view.what, INSIDE_HANDLE);
	assert_int_equal(thread.view.code, CODE + PUPPET_BLOCK);
	assert_int_equal(thread.view.conn, client_id(client));
	assert_in_range(thread.thread, inside_of_worker(0), inside_of_worker(HOUSE_THREADS - 1));
	/* Of others nobody is told, and not more than there is room for. */
	assert_int_equal(hold_threads(&house->act, puppet->generation->number + 1, &thread, 1), 0);
	assert_int_equal(hold_threads(&house->act, puppet->generation->number, &thread, 0), 0);
	gate_open(&puppet->gate);
	client_expect(client, CODE + PUPPET_BLOCK, "x");
	eventually(look().pins == 0);
}

static void work_is_told_apart(void **state)
{
	(void)state;
	eventually(look().pins == 0);
	gate_shut(&puppet->gate);
	assert_int_equal(puppet->host->work(puppet->host, 0, NULL), ACT_OK);
	eventually(gate_waiting(&puppet->gate) == 1);
	assert_int_equal(look().work, 1);
	assert_int_equal(look().pins, 1);
	gate_open(&puppet->gate);
	eventually(look().pins == 0);
}

static void timers_pin_nothing(void **state)
{
	(void)state;
	act_timer timer;
	eventually(look().pins == 0);
	assert_int_equal(puppet->host->timer_set(puppet->host, 1, 3600000, 0, &timer), ACT_OK);
	assert_int_equal(look().timers, 1);
	assert_int_equal(look().watches, 0);
	assert_int_equal(look().pins, 0);
	assert_int_equal(puppet->host->timer_drop(puppet->host, timer), ACT_OK);
	assert_int_equal(look().timers, 0);
}

static uint32_t workers_to_leave(void)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < HOUSE_THREADS; i++)
		count += hold_on_worker(puppet->generation, i) ? 1 : 0;
	return count;
}

static void workers_that_ran_it_are_known_until_they_left(void **state)
{
	struct client *client = client_new(house, 0, "/serv/", NULL, NULL);
	(void)state;
	client_send(client, CODE + PUPPET_BLOCK, "x");
	client_expect(client, CODE + PUPPET_BLOCK, "x");
	assert_true(workers_to_leave() >= 1);
	client_drop(client);
	puppet_leave(puppet);
	assert_int_equal(generation_step(puppet->generation, STEP_STOP, EVENTUALLY_MS), ACT_OK);
	assert_true(generation_wait_idle(puppet->generation, EVENTUALLY_MS));
	assert_true(generation_leave_workers(puppet->generation, EVENTUALLY_MS));
	assert_int_equal(workers_to_leave(), 0);
}

#define IN_HOUSE(test) cmocka_unit_test_setup_teardown(test, open_house, close_house)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_HOUSE(one_that_rests_is_held_by_nobody),
		IN_HOUSE(a_deferred_call_is_one_pin),
		IN_HOUSE(a_call_on_a_worker_is_a_run_too_and_its_thread_is_known),
		IN_HOUSE(work_is_told_apart),
		IN_HOUSE(timers_pin_nothing),
		IN_HOUSE(workers_that_ran_it_are_known_until_they_left),
	};
	return cmocka_run_group_tests_name("hold", tests, NULL, NULL);
}
