/* act.sql/1: handles that lead to the provider that gave them, whoever provides it by now. */
#include "fixtures/puppet_sql.h"

#include "act/service.h"

#include <string.h>

enum { FIRST = 1000, SECOND = 2000 }; /* the providers' own handles begin there */

struct scene {
	struct house *house;
	struct puppet_sql *first, *second; /* providers; the second waits */
	struct puppet *consumer, *other;
};

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house = house_new("{}");
	scene = (struct scene){ .house = house,
		                .first = puppet_sql_new(house, "sqlite", FIRST),
		                .second = puppet_sql_new(house, "sqlite", SECOND),
		                .consumer = puppet_new(house, "friend", ACT_F_PARALLEL, 0),
		                .other = puppet_new(house, "other", ACT_F_PARALLEL, 0) };
	puppet_needs(scene.consumer, ACT_EXT_SQL);
	puppet_needs(scene.other, ACT_EXT_SQL);
	puppet_enter(scene.first->puppet);
	puppet_enter(scene.consumer);
	puppet_enter(scene.other);
	puppet_serve(house);
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	house_free(((struct scene *)*state)->house);
	return 0;
}

/* Another provider from now on. */
static void replace_provider(struct scene *scene, struct generation *provider)
{
	need_set(&scene->consumer->generation->needs[0], provider);
	need_set(&scene->other->generation->needs[0], provider);
}

static uint64_t pins(const struct puppet_sql *sql)
{
	return atomic_load(&sql->puppet->generation->pins);
}

static const act_sql *facade_of(const act_host *h)
{
	return h->extension(h, ACT_EXT_SQL, sizeof(act_sql));
}

/* What a statement is asked with, and what came of it; asked on a worker. */
struct asking {
	act_rc rc;
	act_sql_tx tx;
	act_sql_rows rows;
	act_sql_value column;
	uint32_t count;
	int64_t changed;
	const char *sql;
	act_sql_error why;
};

#define ASK(verb, call)                                                                            \
	static void on_##verb(const act_host *h, void *context)                                    \
	{                                                                                          \
		struct asking *a = context;                                                        \
		a->rc = facade_of(h)->call;                                                        \
	}                                                                                          \
	static act_rc verb(struct puppet *puppet, struct asking *asking)                           \
	{                                                                                          \
		puppet_on_worker(puppet, on_##verb, asking);                                       \
		return asking->rc;                                                                 \
	}

ASK(begin, begin(h, 0, &a->tx, &a->why))
ASK(commit, commit(h, a->tx, &a->why))
ASK(rollback, rollback(h, a->tx))
ASK(exec, exec(h, a->tx, act_str(a->sql), NULL, 3, &a->changed, &a->why))
ASK(query, query(h, a->tx, act_str(a->sql), NULL, 0, &a->rows, &a->why))
ASK(next, next(h, a->rows, &a->column, 1, &a->count, &a->why))
ASK(finish, close(h, a->rows))
ASK(migrate, migrate(h, (const act_sql_step *)"", 5, sizeof(act_sql_step), &a->why))

/* ---- one provider ---- */

static void statements_go_to_the_provider(void **state)
{
	struct scene *scene = *state;
	struct asking asking = { .sql = "INSERT" };
	assert_int_equal(exec(scene->consumer, &asking), ACT_OK);
	assert_int_equal(asking.changed, 3);
	assert_int_equal(migrate(scene->consumer, &asking), ACT_OK);
	assert_int_equal(atomic_load(&scene->first->migrated), 5);
	assert_string_equal(scene->first->owner, "friend");
	assert_int_equal(atomic_load(&scene->first->executed), 1);
	assert_int_equal(pins(scene->first), 0);
}

static void a_transaction_pins_until_its_end(void **state)
{
	struct scene *scene = *state;
	struct asking asking = { .sql = "UPDATE" };
	assert_int_equal(begin(scene->consumer, &asking), ACT_OK);
	assert_true(asking.tx != 0);
	assert_int_equal(pins(scene->first), 1);
	assert_int_equal(exec(scene->consumer, &asking), ACT_OK);
	assert_int_equal(pins(scene->first), 1);
	assert_int_equal(commit(scene->consumer, &asking), ACT_OK);
	assert_int_equal(pins(scene->first), 0);
	assert_int_equal(atomic_load(&scene->first->committed), 1);
	/* Its handle is gone, whatever is asked. */
	assert_int_equal(commit(scene->consumer, &asking), ACT_E_GONE);
	assert_int_equal(rollback(scene->consumer, &asking), ACT_E_GONE);
	assert_int_equal(exec(scene->consumer, &asking), ACT_E_GONE);
	assert_int_equal(query(scene->consumer, &asking), ACT_E_GONE);
	assert_int_equal(begin(scene->consumer, &asking), ACT_OK);
	assert_int_equal(rollback(scene->consumer, &asking), ACT_OK);
	assert_int_equal(atomic_load(&scene->first->rolled_back), 1);
	assert_int_equal(atomic_load(&scene->first->strangers), 0);
	assert_int_equal(pins(scene->first), 0);
}

static void a_cursor_pins_until_its_end(void **state)
{
	struct scene *scene = *state;
	struct asking asking = { .sql = "SELECT" };
	assert_int_equal(query(scene->consumer, &asking), ACT_OK);
	assert_int_equal(pins(scene->first), 1);
	assert_int_equal(next(scene->consumer, &asking), ACT_OK);
	assert_int_equal(asking.count, 1);
	assert_int_equal(asking.column.i, FIRST);
	atomic_store(&scene->first->next_rc, ACT_END);
	assert_int_equal(next(scene->consumer, &asking), ACT_END);
	assert_int_equal(finish(scene->consumer, &asking), ACT_OK);
	assert_int_equal(pins(scene->first), 0);
	assert_int_equal(next(scene->consumer, &asking), ACT_E_GONE);
	assert_int_equal(finish(scene->consumer, &asking), ACT_E_GONE);
	assert_int_equal(atomic_load(&scene->first->strangers), 0);
}

static void what_fails_pins_nothing(void **state)
{
	struct scene *scene = *state;
	struct asking asking = { .sql = "", .why.size = sizeof asking.why };
	assert_int_equal(query(scene->consumer, &asking), ACT_E_FAIL);
	assert_int_equal(asking.why.kind, ACT_SQL_E_SYNTAX);
	assert_int_equal(pins(scene->first), 0);
}

static void a_commit_that_fails_is_the_end(void **state)
{
	struct scene *scene = *state;
	struct asking asking = { 0 };
	assert_int_equal(begin(scene->consumer, &asking), ACT_OK);
	atomic_store(&scene->first->next_rc, ACT_E_FAIL);
	assert_int_equal(commit(scene->consumer, &asking), ACT_E_FAIL);
	assert_int_equal(pins(scene->first), 0);
	assert_int_equal(rollback(scene->consumer, &asking), ACT_E_GONE);
}

static void a_commit_of_a_busy_transaction_is_not(void **state)
{
	struct scene *scene = *state;
	struct asking asking = { 0 };
	assert_int_equal(begin(scene->consumer, &asking), ACT_OK);
	atomic_store(&scene->first->next_rc, ACT_E_BUSY);
	assert_int_equal(commit(scene->consumer, &asking), ACT_E_BUSY);
	assert_int_equal(pins(scene->first), 1);
	atomic_store(&scene->first->next_rc, ACT_OK);
	assert_int_equal(commit(scene->consumer, &asking), ACT_OK);
	assert_int_equal(pins(scene->first), 0);
}

/* By its own deadline: the provider has ended it, and says so when it is asked. */
static void what_the_provider_has_ended_is_no_handle(void **state)
{
	static act_rc (*const verbs[])(struct puppet * puppet, struct asking * asking) = { exec,
		                                                                           query };
	struct scene *scene = *state;
	struct asking asking = { .sql = "SELECT" };
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(begin(scene->consumer, &asking), ACT_OK);
		atomic_store(&scene->first->handle_rc, ACT_E_GONE);
		assert_int_equal(verbs[i](scene->consumer, &asking), ACT_E_GONE);
		assert_int_equal(pins(scene->first), 0);
		atomic_store(&scene->first->handle_rc, ACT_OK);
		assert_int_equal(commit(scene->consumer, &asking), ACT_E_GONE);
	}
	assert_int_equal(atomic_load(&scene->first->committed), 0);
	assert_int_equal(query(scene->consumer, &(struct asking){ .sql = "" }), ACT_E_FAIL);
	asking.tx = 0;
	assert_int_equal(query(scene->consumer, &asking), ACT_OK);
	atomic_store(&scene->first->handle_rc, ACT_E_GONE);
	assert_int_equal(next(scene->consumer, &asking), ACT_E_GONE);
	assert_int_equal(pins(scene->first), 0);
	assert_int_equal(begin(scene->consumer, &asking), ACT_E_GONE);
	assert_int_equal(pins(scene->first), 0);
}

enum { HANDLES = 65536 };

static void begin_many(const act_host *h, void *context)
{
	uint32_t *begun = context;
	act_sql_tx tx;
	while (*begun <= HANDLES && facade_of(h)->begin(h, 0, &tx, NULL) == ACT_OK)
		++*begun;
}

static void handles_have_a_bound(void **state)
{
	struct scene *scene = *state;
	struct asking asking = { 0 };
	uint32_t begun = 0;
	puppet_on_worker(scene->consumer, begin_many, &begun);
	assert_int_equal(begun, HANDLES);
	assert_int_equal(pins(scene->first), HANDLES);
	/* What the provider has begun for nobody is rolled back. */
	assert_int_equal(begin(scene->other, &asking), ACT_E_BUSY);
	assert_int_equal(atomic_load(&scene->first->begun), HANDLES + 2);
	assert_int_equal(atomic_load(&scene->first->rolled_back), 2);
	assert_int_equal(pins(scene->first), HANDLES);
	sql_handles_sweep(scene->house->act.sql, scene->consumer->generation);
	assert_int_equal(pins(scene->first), 0);
	assert_int_equal(begin(scene->other, &asking), ACT_OK);
	assert_int_equal(rollback(scene->other, &asking), ACT_OK);
}

/* ---- handles ---- */

static void handles_are_of_one_kind_and_of_one_plugin(void **state)
{
	struct scene *scene = *state;
	struct asking asking = { .sql = "SELECT" };
	assert_int_equal(begin(scene->consumer, &asking), ACT_OK);
	assert_int_equal(query(scene->consumer, &asking), ACT_OK);
	assert_true(asking.tx != asking.rows);
	/* Another plugin's are none of its business. */
	assert_int_equal(exec(scene->other, &asking), ACT_E_GONE);
	assert_int_equal(commit(scene->other, &asking), ACT_E_GONE);
	assert_int_equal(next(scene->other, &asking), ACT_E_GONE);
	assert_int_equal(finish(scene->other, &asking), ACT_E_GONE);
	/* A cursor is no transaction, nor the other way round. */
	struct asking swapped = { .tx = asking.rows, .rows = asking.tx, .sql = "SELECT" };
	assert_int_equal(exec(scene->consumer, &swapped), ACT_E_GONE);
	assert_int_equal(commit(scene->consumer, &swapped), ACT_E_GONE);
	assert_int_equal(next(scene->consumer, &swapped), ACT_E_GONE);
	assert_int_equal(finish(scene->consumer, &swapped), ACT_E_GONE);
	struct asking unknown = { .tx = UINT64_MAX, .rows = UINT64_MAX, .sql = "SELECT" };
	assert_int_equal(exec(scene->consumer, &unknown), ACT_E_GONE);
	assert_int_equal(finish(scene->consumer, &unknown), ACT_E_GONE);
	assert_int_equal(pins(scene->first), 2);
	assert_int_equal(finish(scene->consumer, &asking), ACT_OK);
	assert_int_equal(commit(scene->consumer, &asking), ACT_OK);
	assert_int_equal(pins(scene->first), 0);
}

static void begin_on_loop(struct loop *loop, void *context)
{
	struct puppet *puppet = context;
	const act_host *h = puppet->host;
	const act_sql *sql = facade_of(h);
	act_sql_tx tx = 0;
	act_sql_rows rows = 0;
	uint32_t count;
	(void)loop;
	puppet_note(puppet, "%d", sql->begin(h, 0, &tx, NULL));
	puppet_note(puppet, "%d", sql->commit(h, 1, NULL));
	puppet_note(puppet, "%d", sql->rollback(h, 1));
	puppet_note(puppet, "%d", sql->exec(h, 0, act_str("?"), NULL, 0, NULL, NULL));
	puppet_note(puppet, "%d", sql->query(h, 0, act_str("?"), NULL, 0, &rows, NULL));
	puppet_note(puppet, "%d", sql->next(h, 1, NULL, 0, &count, NULL));
	puppet_note(puppet, "%d", sql->close(h, 1));
	puppet_note(puppet, "%d", sql->migrate(h, NULL, 0, sizeof(act_sql_step), NULL));
}

static void loops_are_not_to_block(void **state)
{
	struct scene *scene = *state;
	puppet_forget(scene->consumer);
	house_on_loop(scene->house, 0, begin_on_loop, scene->consumer);
	puppet_told(scene->consumer, "-6 -6 -6 -6 -6 -6 -6 -6");
	assert_int_equal(atomic_load(&scene->first->begun), 0);
}

/* ---- another provider ---- */

static void a_replaced_provider_finishes_what_it_began(void **state)
{
	struct scene *scene = *state;
	struct asking old = { .sql = "SELECT" }, new = { .sql = "SELECT" };
	assert_int_equal(begin(scene->consumer, &old), ACT_OK);
	assert_int_equal(query(scene->consumer, &old), ACT_OK);
	puppet_enter(scene->second->puppet);
	replace_provider(scene, scene->second->puppet->generation);
	/* What is new goes to the new one. */
	assert_int_equal(begin(scene->consumer, &new), ACT_OK);
	assert_int_equal(atomic_load(&scene->second->begun), 1);
	assert_int_equal(exec(scene->consumer, &new), ACT_OK);
	assert_int_equal(atomic_load(&scene->second->executed), 1);
	/* What was begun goes to the old one, which lives as long. */
	assert_int_equal(exec(scene->consumer, &old), ACT_OK);
	assert_int_equal(atomic_load(&scene->first->executed), 1);
	assert_int_equal(next(scene->consumer, &old), ACT_OK);
	assert_int_equal(old.column.i, FIRST);
	assert_int_equal(pins(scene->first), 2);
	assert_int_equal(finish(scene->consumer, &old), ACT_OK);
	assert_int_equal(commit(scene->consumer, &old), ACT_OK);
	assert_int_equal(pins(scene->first), 0);
	assert_int_equal(atomic_load(&scene->first->committed), 1);
	assert_int_equal(pins(scene->second), 1);
	assert_int_equal(commit(scene->consumer, &new), ACT_OK);
	assert_int_equal(atomic_load(&scene->first->strangers), 0);
	assert_int_equal(atomic_load(&scene->second->strangers), 0);
	replace_provider(scene, scene->first->puppet->generation);
}

static void without_a_provider_it_is_gone(void **state)
{
	struct scene *scene = *state;
	struct asking asking = { .sql = "SELECT" }, none = { .sql = "SELECT" };
	assert_int_equal(begin(scene->consumer, &asking), ACT_OK);
	replace_provider(scene, NULL);
	assert_int_equal(begin(scene->consumer, &none), ACT_E_GONE);
	assert_int_equal(exec(scene->consumer, &none), ACT_E_GONE);
	assert_int_equal(query(scene->consumer, &none), ACT_E_GONE);
	assert_int_equal(migrate(scene->consumer, &none), ACT_E_GONE);
	/* The open one is finished all the same. */
	assert_int_equal(exec(scene->consumer, &asking), ACT_OK);
	assert_int_equal(commit(scene->consumer, &asking), ACT_OK);
	assert_int_equal(pins(scene->first), 0);
}

static void ran_on_its_workers(void **state)
{
	struct scene *scene = *state;
	struct generation *provider = scene->first->puppet->generation;
	struct asking asking = { .sql = "SELECT" };
	uint32_t seen = 0;
	for (uint32_t i = 0; i < HOUSE_THREADS; i++)
		atomic_store(&provider->seen_on[i], false);
	assert_int_equal(exec(scene->consumer, &asking), ACT_OK);
	for (uint32_t i = 0; i < HOUSE_THREADS; i++)
		seen += atomic_load(&provider->seen_on[i]);
	assert_int_equal(seen, 1);
}

/* ---- the end of a consumer ---- */

static void what_a_consumer_left_open_is_given_up(void **state)
{
	struct scene *scene = *state;
	struct asking mine = { .sql = "SELECT" }, others = { .sql = "SELECT" };
	assert_int_equal(begin(scene->consumer, &mine), ACT_OK);
	assert_int_equal(query(scene->consumer, &mine), ACT_OK);
	assert_int_equal(begin(scene->other, &others), ACT_OK);
	sql_handles_sweep(scene->house->act.sql, scene->consumer->generation);
	assert_int_equal(atomic_load(&scene->first->rolled_back), 1);
	assert_int_equal(atomic_load(&scene->first->closed), 1);
	assert_int_equal(pins(scene->first), 1);
	assert_int_equal(commit(scene->consumer, &mine), ACT_E_GONE);
	assert_int_equal(finish(scene->consumer, &mine), ACT_E_GONE);
	/* Those of others, and those that are not overdue, stay. */
	sql_handles_sweep(scene->house->act.sql, NULL);
	assert_int_equal(commit(scene->other, &others), ACT_OK);
	assert_int_equal(atomic_load(&scene->first->strangers), 0);
	assert_int_equal(pins(scene->first), 0);
}

struct racing {
	struct scene *scene;
	act_sql_tx tx;
	_Atomic bool go;
};

static void *race_to_end(void *arg)
{
	struct racing *racing = arg;
	const act_host *h = racing->scene->consumer->host;
	while (!atomic_load(&racing->go))
		;
	facade_of(h)->rollback(h, racing->tx);
	return NULL;
}

/* Two threads end it, and the end of the consumer does: one pin, given back once. */
static void an_end_is_one_end(void **state)
{
	struct scene *scene = *state;
	for (int round = 0; round < 50; round++) {
		struct asking asking = { 0 };
		struct racing racing = { .scene = scene };
		pthread_t threads[2];
		assert_int_equal(begin(scene->consumer, &asking), ACT_OK);
		racing.tx = asking.tx;
		for (int i = 0; i < 2; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, race_to_end, &racing),
			                 0);
		atomic_store(&racing.go, true);
		sql_handles_sweep(scene->house->act.sql, scene->consumer->generation);
		for (int i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
		assert_int_equal(rollback(scene->consumer, &asking), ACT_E_GONE);
		assert_int_equal(pins(scene->first), 0);
	}
	assert_int_equal(atomic_load(&scene->first->strangers), 0);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(statements_go_to_the_provider),
		IN_SCENE(a_transaction_pins_until_its_end),
		IN_SCENE(a_cursor_pins_until_its_end),
		IN_SCENE(what_fails_pins_nothing),
		IN_SCENE(a_commit_that_fails_is_the_end),
		IN_SCENE(a_commit_of_a_busy_transaction_is_not),
		IN_SCENE(what_the_provider_has_ended_is_no_handle),
		IN_SCENE(handles_have_a_bound),
		IN_SCENE(handles_are_of_one_kind_and_of_one_plugin),
		IN_SCENE(loops_are_not_to_block),
		IN_SCENE(a_replaced_provider_finishes_what_it_began),
		IN_SCENE(without_a_provider_it_is_gone),
		IN_SCENE(ran_on_its_workers),
		IN_SCENE(what_a_consumer_left_open_is_given_up),
		IN_SCENE(an_end_is_one_end),
	};
	return cmocka_run_group_tests_name("service_sql", tests, NULL, NULL);
}
