/* sqlite: several threads, several generations, restarts, and migrations among them. */
#include "sqlite_fixture.h"

#include <stdatomic.h>
#include <unistd.h>

#define THREADS 8

/* Starts THREADS threads with the same argument and waits for all. */
static void in_threads(void *(*run)(void *), void *arg)
{
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run, arg), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/* ---- concurrency --------------------------------------------------------------------------- */

#define ROUNDS 50

struct counting {
	struct db db;
	_Atomic int failed; /* calls that did not do what they should */
};

/* Reads a number and writes it one higher, in a transaction: none may be lost. */
static void *count_up(void *arg)
{
	struct counting *counting = arg;
	struct db db = counting->db; /* for a `why` of this thread's own */
	for (int i = 0; i < ROUNDS; i++) {
		act_sql_tx tx;
		act_sql_rows rows;
		act_sql_value col = { .type = ACT_SQL_NULL };
		act_rc rc = db.sql->begin(db.self, 0, &tx, &db.why);
		if (rc == ACT_OK)
			rc = db_query(&db, tx, "select n from counter", &rows);
		if (rc == ACT_OK)
			rc = db_next(&db, rows, &col, 1);
		if (rc == ACT_OK)
			rc = db.sql->close(db.self, rows);
		col.i++;
		if (rc == ACT_OK)
			rc = db_exec_with(&db, tx, "update counter set n = $1", &col, 1);
		if (rc == ACT_OK)
			rc = db_commit(&db, tx);
		if (rc == ACT_OK && db_query(&db, 0, "select n from counter", &rows) == ACT_OK)
			rc = db_next(&db, rows, &col, 1) == ACT_OK ? db.sql->close(db.self, rows)
			                                           : ACT_E_FAIL;
		if (rc != ACT_OK)
			counting->failed++;
	}
	return NULL;
}

/* Fewer connections than threads: they also wait for each other in the pool. */
static void eight_threads_lose_no_update(void **state)
{
	(void)state;
	struct counting counting = {
		.db = db_open("{\"connections\": 4, \"busy_ms\": 60000, \"wait_ms\": 60000, "
		              "\"tx_ms\": 600000, \"query_ms\": 600000}"),
	};
	DB_OK(&counting.db, db_exec(&counting.db, 0, "create table counter (n integer)"));
	DB_OK(&counting.db, db_exec(&counting.db, 0, "insert into counter values (0)"));
	in_threads(count_up, &counting);
	assert_int_equal(counting.failed, 0);
	assert_int_equal(db_number(&counting.db, 0, "select n from counter"), THREADS * ROUNDS);
	fake_free(counting.db.fake);
}

struct sharing {
	struct db db;
	act_sql_tx tx;
	act_sql_rows rows;
	_Atomic int rows_seen;
	_Atomic int strange; /* codes that must not come */
};

static void *share(void *arg)
{
	struct sharing *sharing = arg;
	struct db db = sharing->db;
	for (int i = 0; i < ROUNDS; i++) {
		act_sql_value col;
		act_rc rc = db_exec(&db, sharing->tx, "insert into t values (1)");
		if (rc != ACT_OK)
			sharing->strange++;
		rc = db_next(&db, sharing->rows, &col, 1);
		if (rc == ACT_OK)
			sharing->rows_seen++;
		else if (rc != ACT_E_BUSY)
			sharing->strange++;
	}
	return NULL;
}

/* Not how it is meant, and harmless all the same. */
static void threads_in_one_transaction_take_turns(void **state)
{
	(void)state;
	struct sharing sharing = {
		.db = db_open("{\"wait_ms\": 60000, \"tx_ms\": 600000, \"query_ms\": 600000}"),
	};
	DB_OK(&sharing.db, db_exec(&sharing.db, 0, "create table t (a)"));
	sharing.tx = db_begin(&sharing.db, 0);
	DB_OK(&sharing.db, db_query(&sharing.db, sharing.tx,
	                            "with recursive n (i) as (select 1 union all select i + 1 "
	                            "from n) select i from n",
	                            &sharing.rows));
	in_threads(share, &sharing);
	assert_int_equal(sharing.strange, 0);
	assert_true(sharing.rows_seen > 0);
	DB_OK(&sharing.db, db_commit(&sharing.db, sharing.tx));
	assert_int_equal(db_number(&sharing.db, 0, "select count(*) from t"), THREADS * ROUNDS);
	fake_free(sharing.db.fake);
}

static void *hurry(void *arg)
{
	struct counting *hurrying = arg;
	struct db db = hurrying->db;
	for (int i = 0; i < ROUNDS; i++) {
		act_sql_tx tx;
		act_sql_rows rows;
		act_sql_value col;
		act_rc rc = db.sql->begin(db.self, ACT_SQL_READ, &tx, &db.why);
		if (rc == ACT_OK)
			rc = db_query(&db, tx, "values ('some text'), ('more text')", &rows);
		if (rc == ACT_OK)
			rc = db_next(&db, rows, &col, 1);
		if (rc == ACT_OK && i % 8 == 0)
			db_sleep(12);
		if (rc == ACT_OK && !act_same(col.b, act_str("some text")))
			hurrying->failed++;
		if (rc == ACT_OK)
			rc = db_commit(&db, tx);
		if (rc != ACT_OK && rc != ACT_E_GONE && rc != ACT_E_BUSY)
			hurrying->failed++;
	}
	return NULL;
}

/* Transactions become overdue while other threads are at work: each call either does what it
 * should or is answered GONE (or BUSY), and a row that was lent stays what it was. */
static void overdue_transactions_end_under_load(void **state)
{
	(void)state;
	struct counting hurrying = { .db = db_open("{\"connections\": 4, \"tx_ms\": 10}") };
	in_threads(hurry, &hurrying);
	assert_int_equal(hurrying.failed, 0);
	assert_int_equal(db_number(&hurrying.db, 0, "select 1"), 1);
	fake_free(hurrying.db.fake);
}

/* ---- bounds -------------------------------------------------------------------------------- */

static void a_second_writer_is_told_busy(void **state)
{
	(void)state;
	struct db first = db_open(NULL);
	struct db second = db_open_beside(&first, "{\"busy_ms\": 5, \"connections\": 1}");
	act_sql_tx tx, none;
	DB_OK(&first, db_exec(&first, 0, "create table t (a)"));
	/* A migration waits for longer; the connection does so no more afterwards. */
	DB_OK(&second, second.sql->migrate(second.self, act_str("friend"), NULL, 0, 0, NULL));
	tx = db_begin(&first, 0);
	db_expect(&second, second.sql->begin(second.self, 0, &none, &second.why), ACT_E_BUSY,
	          ACT_SQL_E_BUSY, "waited up to 5 ms for another writer");
	db_expect(&second, db_exec(&second, 0, "insert into t values (1)"), ACT_E_BUSY,
	          ACT_SQL_E_BUSY, "database is locked");
	assert_int_equal(db_number(&second, 0, "select count(*) from t"), 0);
	DB_OK(&first, db_commit(&first, tx));
	DB_OK(&second, db_exec(&second, 0, "insert into t values (1)"));
	fake_free(second.fake);
	fake_free(first.fake);
}

static void the_pool_has_a_bound_and_a_deadline(void **state)
{
	(void)state;
	struct db db = db_open("{\"connections\": 2, \"wait_ms\": 5}");
	act_sql_rows rows;
	act_sql_tx a = db_begin(&db, ACT_SQL_READ), b = db_begin(&db, ACT_SQL_READ), none;
	db_expect(&db, db.sql->begin(db.self, 0, &none, &db.why), ACT_E_BUSY, ACT_SQL_E_BUSY,
	          "all 2 connections were in use for wait_ms (5 ms)");
	db_expect(&db, db_query(&db, 0, "select 1", &rows), ACT_E_BUSY, ACT_SQL_E_BUSY,
	          "all 2 connections");
	DB_OK(&db, db_commit(&db, a));
	assert_int_equal(db_number(&db, 0, "select 1"), 1);
	DB_OK(&db, db_commit(&db, b));
	fake_free(db.fake);
}

/* ---- life ---------------------------------------------------------------------------------- */

static void rows_outlive_a_restart_and_an_open_transaction_does_not(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	DB_OK(&db, db_exec(&db, 0, "create table t (a)"));
	DB_OK(&db, db_exec(&db, 0, "insert into t values (1)"));
	act_sql_tx tx = db_begin(&db, 0);
	DB_OK(&db, db_exec(&db, tx, "insert into t values (2)"));
	fake_end(db.fake);
	assert_int_equal(fake_run(db.fake), ACT_OK);
	db.self = fake_self(db.fake);
	assert_int_equal(db_number(&db, 0, "select count(*) from t"), 1);
	fake_free(db.fake);
}

static void two_generations_share_the_file(void **state)
{
	(void)state;
	struct db old = db_open(NULL);
	DB_OK(&old, db_exec(&old, 0, "create table t (a)"));
	struct db new = db_open_beside(&old, NULL);
	DB_OK(&new, db_exec(&new, 0, "insert into t values (1)"));
	DB_OK(&old, db_exec(&old, 0, "insert into t values (2)"));
	assert_int_equal(db_number(&new, 0, "select count(*) from t"), 2);
	fake_end(old.fake);
	assert_int_equal(db_number(&new, 0, "select count(*) from t"), 2);
	fake_free(new.fake);
	fake_free(old.fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eight_threads_lose_no_update),
		cmocka_unit_test(threads_in_one_transaction_take_turns),
		cmocka_unit_test(overdue_transactions_end_under_load),
		cmocka_unit_test(a_second_writer_is_told_busy),
		cmocka_unit_test(the_pool_has_a_bound_and_a_deadline),
		cmocka_unit_test(rows_outlive_a_restart_and_an_open_transaction_does_not),
		cmocka_unit_test(two_generations_share_the_file),
	};
	return cmocka_run_group_tests_name("sqlite_threads", tests, NULL, NULL);
}
