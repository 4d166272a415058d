/* The end of a generation that was replaced: what it waits for, and for how long. */
#include "fixtures/client.h"
#include "fixtures/puppet_sql.h"

#include "act/service.h"
#include "base/mem.h"
#include "reload/retire.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CODE = 100, LONG_MS = 3600000, HURRY_MS = 4000 };

struct scene {
	struct house *house;
	struct puppet *puppet;
	struct client *client;
	struct retire *retire; /* NULL: a test has ended it */
};

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house = house_new("{\"endpoints\": {\"/serv/\": {}}, \"deadline_ms\":"
	                                "3600000}");
	scene = (struct scene){ .house = house,
		                .puppet = puppet_new(house, "friend", ACT_F_PARALLEL, CODE) };
	puppet_enter(scene.puppet);
	puppet_serve(house);
	scene.client = client_new(house, 0, "/serv/", NULL, NULL);
	scene.retire = retire_new(&house->act);
	puppet_forget(scene.puppet);
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;
	if (scene->retire != NULL)
		assert_true(retire_free(scene->retire, EVENTUALLY_MS));
	house_free(scene->house);
	return 0;
}

/* Takes it out of the world and hands it over. */
static void retire_puppet(struct scene *scene, struct puppet *puppet, uint32_t drain_ms,
                          uint32_t step_ms)
{
	char *copy = mem_text(house_path(scene->house, puppet->manifest.name));
	FILE *file = fopen(copy, "w");
	assert_non_null(file);
	fclose(file);
	puppet_leave(puppet);
	retire_take(scene->retire, puppet->generation, copy, drain_ms, step_ms);
}

static bool is_unloaded(struct puppet *puppet)
{
	return puppet_heard(puppet, "unload");
}

static bool copy_is_there(const struct scene *scene, const struct puppet *puppet)
{
	return access(house_path(scene->house, puppet->manifest.name), F_OK) == 0;
}

/* ---- waiting ---- */

static void one_that_is_idle_goes_at_once(void **state)
{
	struct scene *scene = *state;
	char words[96];
	snprintf(words, sizeof words, "plugin friend (generation %lu): unloaded",
	         scene->puppet->generation->number);
	retire_puppet(scene, scene->puppet, LONG_MS, LONG_MS);
	eventually(is_unloaded(scene->puppet));
	puppet_told(scene->puppet, "stop destroy unload");
	eventually(!copy_is_there(scene, scene->puppet));
	eventually(house_logged(scene->house, words));
}

static void open_calls_are_waited_for(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	act_token token = puppet_token(scene->puppet, 0);
	retire_puppet(scene, scene->puppet, LONG_MS, LONG_MS);
	eventually(puppet_heard(scene->puppet, "stop"));
	house_settle(scene->house);
	puppet_told(scene->puppet, "stop");
	assert_true(copy_is_there(scene, scene->puppet));
	/* It answers as ever, and only then it goes. */
	assert_int_equal(puppet_reply(scene->puppet, token, "to the last"), ACT_OK);
	client_expect(scene->client, CODE + PUPPET_HOLD, "to the last");
	eventually(is_unloaded(scene->puppet));
	puppet_told(scene->puppet, "destroy unload");
}

static void work_is_waited_for(void **state)
{
	struct scene *scene = *state;
	gate_shut(&scene->puppet->gate);
	assert_int_equal(scene->puppet->host->work(scene->puppet->host, 1, scene->puppet), ACT_OK);
	retire_puppet(scene, scene->puppet, LONG_MS, LONG_MS);
	eventually(puppet_heard(scene->puppet, "stop"));
	gate_open(&scene->puppet->gate);
	eventually(is_unloaded(scene->puppet));
	puppet_told(scene->puppet, "stop work:1 done:1 destroy unload");
}

static void timers_are_over_with_the_stop(void **state)
{
	struct scene *scene = *state;
	const act_host *h = scene->puppet->host;
	assert_int_equal(h->timer_set(h, 5, 1, 1, NULL), ACT_OK);
	eventually(puppet_heard(scene->puppet, "timer:5"));
	retire_puppet(scene, scene->puppet, LONG_MS, LONG_MS);
	eventually(is_unloaded(scene->puppet));
	pthread_mutex_lock(&scene->puppet->lock);
	const char *stop = strstr(scene->puppet->journal, "stop");
	bool silent = strcmp(stop, "stop destroy unload") == 0;
	pthread_mutex_unlock(&scene->puppet->lock);
	assert_true(silent);
}

/* ---- hurrying ---- */

static void answer_when_told(struct puppet *puppet, act_token call, act_rc why)
{
	if (why == ACT_E_BUSY)
		puppet_reply(puppet, call, "in a hurry");
}

/* Told inside of cancel(), it may answer there. */
static void at_half_the_time_it_is_told_to_hurry(void **state)
{
	struct scene *scene = *state;
	scene->puppet->on_cancel = answer_when_told;
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	puppet_token(scene->puppet, 0);
	retire_puppet(scene, scene->puppet, 100, LONG_MS);
	client_expect(scene->client, CODE + PUPPET_HOLD, "in a hurry");
	eventually(is_unloaded(scene->puppet));
	puppet_told(scene->puppet, "stop cancel:-2 destroy unload");
}

/* The end of the second half is so far away that no machine is too slow for the first. */
static void in_a_hurry_the_call_is_open_still(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	act_token token = puppet_token(scene->puppet, 0);
	retire_puppet(scene, scene->puppet, HURRY_MS, LONG_MS);
	eventually(puppet_heard(scene->puppet, "cancel:-2"));
	assert_int_equal(puppet_reply(scene->puppet, token, "hurried"), ACT_OK);
	client_expect(scene->client, CODE + PUPPET_HOLD, "hurried");
	eventually(is_unloaded(scene->puppet));
	puppet_told(scene->puppet, "stop cancel:-2 destroy unload");
}

static void who_is_quick_is_not_hurried(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	act_token token = puppet_token(scene->puppet, 0);
	retire_puppet(scene, scene->puppet, LONG_MS, LONG_MS);
	eventually(puppet_heard(scene->puppet, "stop"));
	assert_int_equal(puppet_reply(scene->puppet, token, "early"), ACT_OK);
	eventually(is_unloaded(scene->puppet));
	puppet_told(scene->puppet, "stop destroy unload");
}

static void at_the_end_of_the_time_calls_are_answered(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	retire_puppet(scene, scene->puppet, 50, LONG_MS);
	client_expect_error(scene->client, CODE + PUPPET_HOLD, "unavailable",
	                    "was replaced and did not answer in time\",\"retry\":true");
	eventually(is_unloaded(scene->puppet));
	/* Told once to hurry, and not again. */
	puppet_told(scene->puppet, "stop cancel:-2 destroy unload");
}

static void what_runs_is_waited_for_whatever_its_client_was_told(void **state)
{
	struct scene *scene = *state;
	gate_shut(&scene->puppet->gate);
	client_send(scene->client, CODE + PUPPET_BLOCK, "");
	eventually(gate_waiting(&scene->puppet->gate) == 1);
	retire_puppet(scene, scene->puppet, 50, LONG_MS);
	client_expect_error(scene->client, CODE + PUPPET_BLOCK, "unavailable", "");
	eventually(house_logged(scene->house, "are open at the end of drain_ms"));
	house_settle(scene->house);
	puppet_told(scene->puppet, "stop cancel:-2");
	gate_open(&scene->puppet->gate);
	eventually(is_unloaded(scene->puppet));
	puppet_told(scene->puppet, "destroy unload");
}

/* ---- workers ---- */

static void note_leaves(struct puppet *puppet)
{
	for (int i = 0; i < HOUSE_THREADS; i++)
		puppet_note(puppet, "%u", atomic_load(&puppet->leaves[i]));
}

static void each_worker_is_left_once_before_the_end(void **state)
{
	struct scene *scene = *state;
	struct generation *generation = scene->puppet->generation;
	scene->puppet->on_destroy = note_leaves;
	for (uint32_t i = 0; i < HOUSE_THREADS; i++)
		atomic_store(&generation->seen_on[i], true);
	retire_puppet(scene, scene->puppet, LONG_MS, LONG_MS);
	eventually(is_unloaded(scene->puppet));
	puppet_told(scene->puppet, "stop destroy 1 1 1 1 unload");
}

/* ---- services ---- */

struct sql_scene {
	struct puppet_sql *sql;
	struct puppet *consumer;
	act_sql_tx tx;
};

static void begin(const act_host *h, void *context)
{
	struct sql_scene *scene = context;
	const act_sql *sql = h->extension(h, ACT_EXT_SQL, sizeof(act_sql));
	sql->begin(h, 0, &scene->tx, NULL);
}

static void commit(const act_host *h, void *context)
{
	struct sql_scene *scene = context;
	const act_sql *sql = h->extension(h, ACT_EXT_SQL, sizeof(act_sql));
	sql->commit(h, scene->tx, NULL);
}

/* A provider, and a consumer with an open transaction. */
static struct sql_scene open_transaction(struct scene *scene)
{
	struct sql_scene made = { .sql = puppet_sql_new(scene->house, "sqlite", 1000),
		                  .consumer = puppet_new(scene->house, "game", ACT_F_PARALLEL, 0) };
	puppet_needs(made.consumer, ACT_EXT_SQL);
	puppet_enter(made.sql->puppet);
	puppet_enter(made.consumer);
	puppet_serve(scene->house);
	puppet_on_worker(made.consumer, begin, &made);
	assert_true(made.tx != 0);
	puppet_forget(made.sql->puppet);
	puppet_forget(made.consumer);
	return made;
}

static void a_provider_is_there_until_its_transactions_end(void **state)
{
	struct scene *scene = *state;
	struct sql_scene made = open_transaction(scene);
	need_set(&made.consumer->generation->needs[0], NULL);
	retire_puppet(scene, made.sql->puppet, LONG_MS, LONG_MS);
	eventually(puppet_heard(made.sql->puppet, "stop"));
	house_settle(scene->house);
	puppet_told(made.sql->puppet, "stop");
	puppet_on_worker(made.consumer, commit, &made);
	eventually(is_unloaded(made.sql->puppet));
	assert_int_equal(atomic_load(&made.sql->committed), 1);
	assert_int_equal(atomic_load(&made.sql->strangers), 0);
}

static void a_consumer_that_goes_gives_its_transactions_up(void **state)
{
	struct scene *scene = *state;
	struct sql_scene made = open_transaction(scene);
	retire_puppet(scene, made.consumer, LONG_MS, LONG_MS);
	eventually(is_unloaded(made.consumer));
	assert_int_equal(atomic_load(&made.sql->rolled_back), 1);
	assert_int_equal(atomic_load(&made.sql->puppet->generation->pins), 0);
}

/* At the end of the server all go, the needs still leading to those that provide. */
static void a_provider_outlives_those_that_use_it(void **state)
{
	struct scene *scene = *state;
	struct sql_scene made = open_transaction(scene);
	gate_shut(&made.consumer->destroy_gate);
	retire_puppet(scene, made.sql->puppet, LONG_MS, LONG_MS);
	eventually(puppet_heard(made.sql->puppet, "stop"));
	retire_puppet(scene, made.consumer, LONG_MS, LONG_MS);
	eventually(gate_waiting(&made.consumer->destroy_gate) == 1);
	puppet_told(made.sql->puppet, "stop");
	gate_open(&made.consumer->destroy_gate);
	eventually(is_unloaded(made.sql->puppet));
	puppet_told(made.consumer, "stop destroy unload");
}

static void note_repoint(struct generation *generation, void *context)
{
	puppet_note(context, "%s", generation->manifest.name);
}

/* A step that takes its time keeps nobody else waiting. */
static void a_slow_one_delays_no_reload(void **state)
{
	struct scene *scene = *state;
	struct puppet *slow = puppet_new(scene->house, "slow", ACT_F_PARALLEL, 0);
	struct puppet *list = puppet_new(scene->house, "list", ACT_F_PARALLEL, 0);
	puppet_enter(slow);
	gate_shut(&slow->stop_gate);
	retire_puppet(scene, slow, LONG_MS, LONG_MS);
	eventually(gate_waiting(&slow->stop_gate) == 1);
	retire_puppet(scene, scene->puppet, LONG_MS, LONG_MS);
	retire_repoint(scene->retire, note_repoint, list);
	puppet_told(list, "slow friend");
	assert_false(is_unloaded(slow));
	gate_open(&slow->stop_gate);
	eventually(is_unloaded(slow) && is_unloaded(scene->puppet));
	/* Those that have gone are not pointed anywhere. */
	eventually(!copy_is_there(scene, scene->puppet));
	retire_repoint(scene->retire, note_repoint, list);
	puppet_told(list, "");
}

/* ---- what does not go ---- */

static void what_stays_in_memory_is_named(void **state)
{
	struct scene *scene = *state;
	scene->puppet->stays = true;
	retire_puppet(scene, scene->puppet, LONG_MS, LONG_MS);
	eventually(house_logged(scene->house, "ended, and the test wants it so"));
	eventually(!copy_is_there(scene, scene->puppet));
}

/* Reachable for ever, as their threads are there for ever. */
static struct retire *left_behind, *also_left_behind;

static void one_that_hangs_stays_and_the_end_does_not_wait_for_it(void **state)
{
	struct scene *scene = *state;
	struct sql_scene made = open_transaction(scene);
	gate_shut(&made.consumer->stop_gate);
	retire_puppet(scene, made.consumer, LONG_MS, 500);
	eventually(house_logged(scene->house, "stop did not end in time: it stays in memory"));
	/* Its providers may go: it must not lead to them. */
	eventually(!generation_uses(made.consumer->generation, made.sql->puppet->generation));
	/* Others go, but for those that have to leave the very worker that is inside. */
	scene->puppet->table.worker_leave = NULL;
	retire_puppet(scene, scene->puppet, LONG_MS, LONG_MS);
	eventually(is_unloaded(scene->puppet));
	left_behind = scene->retire;
	scene->retire = NULL;
	assert_false(retire_free(left_behind, LONG_MS));
	gate_open(&made.consumer->stop_gate);
	assert_false(is_unloaded(made.consumer));
}

static void one_that_is_not_destroyed_in_time_stays(void **state)
{
	struct scene *scene = *state;
	gate_shut(&scene->puppet->destroy_gate);
	retire_puppet(scene, scene->puppet, LONG_MS, 500);
	eventually(house_logged(scene->house, "destroy did not end in time: it stays in memory"));
	also_left_behind = scene->retire;
	scene->retire = NULL;
	assert_false(retire_free(also_left_behind, LONG_MS));
	puppet_told(scene->puppet, "stop destroy");
}

static void calls_that_stay_open_bound_the_end(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	act_token token = puppet_token(scene->puppet, 0);
	retire_puppet(scene, scene->puppet, LONG_MS, LONG_MS);
	assert_false(retire_free(scene->retire, 50));
	/* Which goes on, should the process. */
	assert_int_equal(puppet_reply(scene->puppet, token, "late"), ACT_OK);
	client_expect(scene->client, CODE + PUPPET_HOLD, "late");
	eventually(is_unloaded(scene->puppet));
	assert_true(retire_free(scene->retire, EVENTUALLY_MS));
	scene->retire = NULL;
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(one_that_is_idle_goes_at_once),
		IN_SCENE(open_calls_are_waited_for),
		IN_SCENE(work_is_waited_for),
		IN_SCENE(timers_are_over_with_the_stop),
		IN_SCENE(at_half_the_time_it_is_told_to_hurry),
		IN_SCENE(in_a_hurry_the_call_is_open_still),
		IN_SCENE(who_is_quick_is_not_hurried),
		IN_SCENE(at_the_end_of_the_time_calls_are_answered),
		IN_SCENE(what_runs_is_waited_for_whatever_its_client_was_told),
		IN_SCENE(each_worker_is_left_once_before_the_end),
		IN_SCENE(a_provider_is_there_until_its_transactions_end),
		IN_SCENE(a_consumer_that_goes_gives_its_transactions_up),
		IN_SCENE(a_provider_outlives_those_that_use_it),
		IN_SCENE(a_slow_one_delays_no_reload),
		IN_SCENE(what_stays_in_memory_is_named),
		IN_SCENE(one_that_hangs_stays_and_the_end_does_not_wait_for_it),
		IN_SCENE(one_that_is_not_destroyed_in_time_stays),
		IN_SCENE(calls_that_stay_open_bound_the_end),
	};
	return cmocka_run_group_tests_name("retire", tests, NULL, NULL);
}
