/* sqlite: migrations and settings: what happens before the first query. */
#include "sqlite_fixture.h"

#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

static const act_sql_step steps[] = {
	{ 1, 0, "create table m (a integer); create index m_a on m (a); -- two at once\n" },
	{ 2, 0, "insert into m values (1); insert into m values (2);" },
	{ 5, 0, "alter table m add column b text default 'x'; alter table m rename to n" },
};

static act_rc migrate(struct db *db, const char *owner, const act_sql_step *list, uint32_t count)
{
	return db->sql->migrate(db->self, act_str(owner), list, count, sizeof *list, &db->why);
}

/* ---- migrations ---------------------------------------------------------------------------- */

static void steps_are_applied_once(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	for (int i = 0; i < 2; i++) {
		DB_OK(&db, migrate(&db, "friend", steps, 3));
		assert_int_equal(db_number(&db, 0, "select count(*) from n where b = 'x'"), 2);
	}
	assert_int_equal(db_number(&db, 0,
	                           "select count(*) from act_schema where owner = 'friend'"
	                           " and applied_at like '____-__-__T__:__:__Z'"),
	                 3);
	assert_int_equal(db_number(&db, 0, "select max(number) from act_schema"), 5);
	fake_free(db.fake);
}

static void later_steps_follow_and_unknown_ones_are_left_alone(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	DB_OK(&db, migrate(&db, "friend", steps, 1));
	assert_int_equal(db_number(&db, 0, "select count(*) from m"), 0);
	DB_OK(&db, migrate(&db, "friend", steps, 3));
	DB_OK(&db, migrate(&db, "friend", steps, 2)); /* an older plugin on a newer schema */
	assert_int_equal(db_number(&db, 0, "select count(*) from act_schema"), 3);
	DB_OK(&db, migrate(&db, "friend", NULL, 0));
	fake_free(db.fake);
}

static void owners_do_not_meet(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	const act_sql_step other[] = { { 1, 0, "create table o (a)" } };
	DB_OK(&db, migrate(&db, "friend", steps, 1));
	DB_OK(&db, migrate(&db, "profile", other, 1));
	assert_int_equal(db_number(&db, 0, "select count(*) from act_schema where number = 1"), 2);
	fake_free(db.fake);
}

static void a_failing_step_leaves_those_before_it(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	const act_sql_step bad[] = {
		{ 1, 0, "create table t (a unique)" },
		{ 2, 0,
		  "insert into t values (1); insert into t values (2); insert into nosuch "
		  "values (1)" },
		{ 3, 0, "insert into t values (3)" },
	};
	const act_sql_step twice[] = { bad[0],
		                       { 2, 0,
		                         "insert into t values (1); insert into t values "
		                         "(1)" } };
	const act_sql_step sly[] = { bad[0], { 2, 0, "insert into t values (1); commit" } };
	const act_sql_step good[] = { bad[0], { 2, 0, "insert into t values (9)" }, bad[2] };
	db_expect(&db, migrate(&db, "friend", bad, 3), ACT_E_FAIL, ACT_SQL_E_SYNTAX,
	          "step 2 of friend: no such table: nosuch");
	assert_int_equal(db_number(&db, 0, "select count(*) from t"), 0);
	assert_int_equal(db_number(&db, 0, "select count(*) from act_schema"), 1);
	db_expect(&db, migrate(&db, "friend", twice, 2), ACT_E_FAIL, ACT_SQL_E_UNIQUE,
	          "step 2 of friend: UNIQUE");
	db_expect(&db, migrate(&db, "friend", sly, 2), ACT_E_FAIL, ACT_SQL_E_SYNTAX,
	          "step 2 of friend: transactions are begun");
	assert_int_equal(db_number(&db, 0, "select count(*) from t"), 0);
	DB_OK(&db, migrate(&db, "friend", good, 3));
	assert_int_equal(db_number(&db, 0, "select count(*) from t"), 2);
	fake_free(db.fake);
}

static void steps_that_make_no_sense_are_refused(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	const act_sql_step backwards[] = { steps[1], steps[0] };
	const act_sql_step hollow[] = { { 1, 0, NULL } };
	const act_sql_step zero[] = { { 0, 0, "select 1" } };
	const act_sql_step bytes[] = { { 1, 0, "select '\xFF'" } };
	db_expect(&db, migrate(&db, "friend", backwards, 2), ACT_E_INVAL, ACT_SQL_E_OTHER,
	          "found 1 after 2");
	assert_int_equal(migrate(&db, "friend", hollow, 1), ACT_E_INVAL);
	assert_int_equal(migrate(&db, "friend", zero, 1), ACT_E_INVAL);
	assert_int_equal(migrate(&db, "friend", bytes, 1), ACT_E_INVAL);
	assert_int_equal(migrate(&db, "", steps, 1), ACT_E_INVAL);
	assert_int_equal(migrate(&db, "friend", NULL, 1), ACT_E_INVAL);
	assert_int_equal(db.sql->migrate(db.self, act_str("friend"), steps, 1, 4, &db.why),
	                 ACT_E_INVAL);
	fake_free(db.fake);
}

/* A newer header may have made the step longer: the stride says so. */
static void steps_may_be_longer_than_ours(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	const struct {
		act_sql_step step;
		uint64_t more[3];
	} wide[] = { { steps[0], { 0 } }, { steps[1], { 0 } } };
	DB_OK(&db, db.sql->migrate(db.self, act_str("friend"), &wide[0].step, 2, sizeof wide[0],
	                           &db.why));
	assert_int_equal(db_number(&db, 0, "select count(*) from m"), 2);
	fake_free(db.fake);
}

struct race {
	struct db db[2]; /* two generations on one file */
	_Atomic int next, failed;
};

static void *race_to_migrate(void *arg)
{
	struct race *race = arg;
	struct db db = race->db[race->next++ % 2];
	if (migrate(&db, "friend", steps, 3) != ACT_OK)
		race->failed++;
	return NULL;
}

static void eight_at_once_apply_each_step_once(void **state)
{
	(void)state;
	struct race race = { .next = 0 };
	pthread_t threads[8];
	race.db[0] = db_open(NULL);
	race.db[1] = db_open_beside(&race.db[0], NULL);
	for (int i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, race_to_migrate, &race), 0);
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(race.failed, 0);
	assert_int_equal(db_number(&race.db[0], 0, "select count(*) from n"), 2);
	fake_free(race.db[1].fake);
	fake_free(race.db[0].fake);
}

static void *migrate_once(void *arg)
{
	struct race *race = arg;
	if (migrate(&race->db[1], "friend", steps, 3) != ACT_OK)
		race->failed++;
	return NULL;
}

/* It must come through where a query would be told that the database is busy. */
static void a_migration_waits_for_a_writer(void **state)
{
	(void)state;
	struct race race = { .next = 0 };
	pthread_t thread;
	race.db[0] = db_open("{\"tx_ms\": 600000}");
	race.db[1] = db_open_beside(&race.db[0], "{\"busy_ms\": 1}");
	act_sql_tx tx = db_begin(&race.db[0], 0);
	assert_int_equal(pthread_create(&thread, NULL, migrate_once, &race), 0);
	db_sleep(50);
	DB_OK(&race.db[0], db_commit(&race.db[0], tx));
	pthread_join(thread, NULL);
	/* With nothing to do it does not wait: nobody would give it the lock. */
	tx = db_begin(&race.db[0], 0);
	DB_OK(&race.db[1], migrate(&race.db[1], "friend", steps, 3));
	DB_OK(&race.db[0], db_commit(&race.db[0], tx));
	if (race.failed != 0)
		print_message("%s\n", race.db[1].why.text);
	assert_int_equal(race.failed, 0);
	fake_free(race.db[1].fake);
	fake_free(race.db[0].fake);
}

/* ---- settings ------------------------------------------------------------------------------ */

static void bad_settings_are_named(void **state)
{
	(void)state;
	static const struct {
		const char *config;
		const char *words;
	} cases[] = {
		{ "{\"conections\": 4}",
		  "\"conections\" is not known: expected file, connections" },
		{ "{\"connections\": 0}",
		  "\"connections\": expected a whole number from 1 to 64, found 0" },
		{ "{\"connections\": 1e99}", "from 1 to 64, found 1e+99" },
		{ "{\"connections\": 2.5}", "from 1 to 64, found 2.5" },
		{ "{\"wait_ms\": \"soon\"}",
		  "\"wait_ms\": expected a whole number from 1 to 60000, found \"soon\"" },
		{ "{\"synchronous\": \"off\"}", "expected \"normal\" or \"full\", found \"off\"" },
		{ "{\"synchronous\": true}", "expected \"normal\" or \"full\", found true" },
		{ "{\"file\": 7}", "\"file\": expected the name of a file" },
		{ "{\"file\": \"\"}", "\"file\": expected the name of a file" },
		{ "{\"file\": \":memory:\"}", "found \":memory:\"" },
		{ "[]", "expected a JSON object, found an array" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct fake_host *fake = fake_new(cases[i].config);
		fake_load(fake, FAKE_PLUGIN("sqlite"));
		assert_int_equal(fake_create(fake), ACT_E_INVAL);
		if (!fake_logged(fake, cases[i].words))
			fake_log_print(fake);
		assert_true(fake_logged(fake, cases[i].words));
		fake_free(fake);
	}
}

static void create_touches_no_file(void **state)
{
	(void)state;
	char path[4200];
	struct fake_host *fake = fake_new("{\"file\": \"mine.db\", \"synchronous\": \"full\"}");
	snprintf(path, sizeof path, "%s/mine.db", fake_data_dir(fake));
	fake_load(fake, FAKE_PLUGIN("sqlite"));
	assert_int_equal(fake_create(fake), ACT_OK);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(fake_start(fake), ACT_OK);
	assert_int_equal(access(path, F_OK), 0);
	fake_free(fake);
}

static act_rc start_with(struct fake_host *fake)
{
	fake_load(fake, FAKE_PLUGIN("sqlite"));
	assert_int_equal(fake_create(fake), ACT_OK);
	return fake_start(fake);
}

static void a_file_that_cannot_be_opened_fails_start(void **state)
{
	(void)state;
	char path[4200];
	struct fake_host *fake = fake_new("{\"file\": \"nosuch/folder.db\"}");
	assert_int_equal(start_with(fake), ACT_E_FAIL);
	assert_true(fake_logged(fake, "nosuch/folder.db: unable to open database file: No such "
	                              "file or directory"));
	fake_free(fake);
	fake = fake_new(NULL);
	snprintf(path, sizeof path, "%s/actd.db", fake_data_dir(fake));
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < 1000; i++)
		fputs("this is no database ", file);
	fclose(file);
	assert_int_equal(start_with(fake), ACT_E_FAIL);
	assert_true(fake_logged(fake, "file is not a database"));
	fake_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_are_applied_once),
		cmocka_unit_test(later_steps_follow_and_unknown_ones_are_left_alone),
		cmocka_unit_test(owners_do_not_meet),
		cmocka_unit_test(a_failing_step_leaves_those_before_it),
		cmocka_unit_test(steps_that_make_no_sense_are_refused),
		cmocka_unit_test(steps_may_be_longer_than_ours),
		cmocka_unit_test(eight_at_once_apply_each_step_once),
		cmocka_unit_test(a_migration_waits_for_a_writer),
		cmocka_unit_test(bad_settings_are_named),
		cmocka_unit_test(create_touches_no_file),
		cmocka_unit_test(a_file_that_cannot_be_opened_fails_start),
	};
	return cmocka_run_group_tests_name("sqlite_migrate", tests, NULL, NULL);
}
