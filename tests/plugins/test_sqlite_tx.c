/* sqlite: transactions and cursors: their ends, their deadlines, their handles. */
#include "sqlite_fixture.h"

/* ---- ends ---------------------------------------------------------------------------------- */

static void a_commit_keeps_and_a_rollback_does_not(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	DB_OK(&db, db_exec(&db, 0, "create table t (a)"));
	act_sql_tx tx = db_begin(&db, 0);
	DB_OK(&db, db_exec(&db, tx, "insert into t values (1)"));
	assert_int_equal(db_number(&db, tx, "select count(*) from t"), 1);
	assert_int_equal(db_number(&db, 0, "select count(*) from t"), 0);
	DB_OK(&db, db_commit(&db, tx));
	assert_int_equal(db_number(&db, 0, "select count(*) from t"), 1);
	db_expect(&db, db_exec(&db, tx, "insert into t values (2)"), ACT_E_GONE, ACT_SQL_E_OTHER,
	          "no such transaction");
	assert_int_equal(db_commit(&db, tx), ACT_E_GONE);
	assert_int_equal(db.sql->rollback(db.self, tx), ACT_E_GONE);
	tx = db_begin(&db, 0);
	DB_OK(&db, db_exec(&db, tx, "insert into t values (2)"));
	assert_int_equal(db.sql->rollback(db.self, tx), ACT_OK);
	assert_int_equal(db_number(&db, 0, "select count(*) from t"), 1);
	fake_free(db.fake);
}

static void a_commit_that_fails_rolls_back(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	DB_OK(&db, db_exec(&db, 0, "create table p (id integer primary key)"));
	DB_OK(&db, db_exec(&db, 0,
	                   "create table c (p references p (id) deferrable initially deferred)"));
	act_sql_tx tx = db_begin(&db, 0);
	DB_OK(&db, db_exec(&db, tx, "insert into c values (9)"));
	db_expect(&db, db_commit(&db, tx), ACT_E_FAIL, ACT_SQL_E_CONSTRAINT, "FOREIGN KEY");
	assert_int_equal(db.sql->rollback(db.self, tx), ACT_E_GONE);
	assert_int_equal(db_number(&db, 0, "select count(*) from c"), 0);
	fake_free(db.fake);
}

static void a_failed_statement_leaves_the_rest_of_its_transaction(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	DB_OK(&db, db_exec(&db, 0, "create table t (a unique)"));
	act_sql_tx tx = db_begin(&db, 0);
	DB_OK(&db, db_exec(&db, tx, "insert into t values (1)"));
	assert_int_equal(db_exec(&db, tx, "insert into t values (2), (1)"), ACT_E_FAIL);
	DB_OK(&db, db_commit(&db, tx));
	assert_int_equal(db_number(&db, 0, "select count(*) from t"), 1);
	fake_free(db.fake);
}

/* Some failures take the whole transaction with them. What follows must not take effect by itself,
 * statement by statement. */
static void a_transaction_that_sqlite_rolled_back_is_gone(void **state)
{
	(void)state;
	struct db db = db_open("{\"query_ms\": 20}");
	static const char *const fatal[] = {
		"insert or rollback into t values (1)",
		"insert into t with recursive n (i) as (select 2 union all select i + 1 from n) "
		"select i from n",
	};
	DB_OK(&db, db_exec(&db, 0, "create table t (a unique)"));
	for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++) {
		act_sql_tx tx = db_begin(&db, 0);
		DB_OK(&db, db_exec(&db, tx, "insert into t values (1)"));
		assert_int_equal(db_exec(&db, tx, fatal[i]), ACT_E_FAIL);
		assert_int_equal(db_exec(&db, tx, "insert into t values (-1)"), ACT_E_GONE);
		assert_int_equal(db_commit(&db, tx), ACT_E_GONE);
		assert_int_equal(db_number(&db, 0, "select count(*) from t"), 0);
	}
	fake_free(db.fake);
}

/* The plugin keeps its own BEGIN and COMMIT prepared on the same connection. */
static void an_asker_does_not_reach_the_plugins_own_statements(void **state)
{
	(void)state;
	struct db db = db_open("{\"connections\": 1}");
	DB_OK(&db, db_commit(&db, db_begin(&db, 0)));
	act_sql_tx tx = db_begin(&db, 0);
	db_expect(&db, db_exec(&db, tx, "COMMIT"), ACT_E_FAIL, ACT_SQL_E_SYNTAX, "commit()");
	DB_OK(&db, db_commit(&db, tx));
	db_expect(&db, db_exec(&db, 0, "BEGIN IMMEDIATE"), ACT_E_FAIL, ACT_SQL_E_SYNTAX, "begin()");
	fake_free(db.fake);
}

static void a_reader_does_not_write_and_sees_one_moment(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	DB_OK(&db, db_exec(&db, 0, "create table t (a)"));
	act_sql_tx reader = db_begin(&db, ACT_SQL_READ);
	assert_int_equal(db_number(&db, reader, "select count(*) from t"), 0);
	act_sql_tx writer = db_begin(&db, 0);
	DB_OK(&db, db_exec(&db, writer, "insert into t values (1)"));
	DB_OK(&db, db_commit(&db, writer));
	assert_int_equal(db_number(&db, reader, "select count(*) from t"), 0);
	db_expect(&db, db_exec(&db, reader, "insert into t values (2)"), ACT_E_FAIL,
	          ACT_SQL_E_OTHER, "only reads");
	DB_OK(&db, db_commit(&db, reader));
	assert_int_equal(db_number(&db, 0, "select count(*) from t"), 1);
	act_sql_tx tx;
	assert_int_equal(db.sql->begin(db.self, 8, &tx, &db.why), ACT_E_INVAL);
	fake_free(db.fake);
}

/* ---- cursors ------------------------------------------------------------------------------- */

static void a_cursor_goes_over_many_rows(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	const act_sql_value last = db_int(10000);
	act_sql_rows rows;
	act_sql_value col[2];
	int64_t seen = 0;
	act_rc rc;
	DB_OK(&db, db.sql->query(db.self, 0,
	                         act_str("with recursive n (i) as (select 1 union all select i + 1 "
	                                 "from n where i < $1) select i, 'row ' || i from n"),
	                         &last, 1, &rows, &db.why));
	while ((rc = db_next(&db, rows, col, 2)) == ACT_OK) {
		char text[32];
		snprintf(text, sizeof text, "row %d", (int)++seen);
		assert_int_equal(col[0].i, seen);
		assert_true(act_same(col[1].b, act_str(text)));
	}
	assert_int_equal(rc, ACT_END);
	assert_int_equal(seen, 10000);
	assert_int_equal(db.sql->close(db.self, rows), ACT_OK);
	assert_int_equal(db.sql->close(db.self, rows), ACT_E_GONE);
	fake_free(db.fake);
}

/* What query() was given may change as soon as it has returned. */
static void a_cursor_keeps_its_parameters(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	char text[] = "kept, and long enough to have memory of its own";
	const act_sql_value arg = db_text(text);
	act_sql_rows rows;
	act_sql_value col;
	act_bytes sql = act_str("values (1), ($1)");
	DB_OK(&db, db.sql->query(db.self, 0, sql, &arg, 1, &rows, &db.why));
	text[0] = 'X';
	DB_OK(&db, db_next(&db, rows, &col, 1));
	DB_OK(&db, db_next(&db, rows, &col, 1));
	assert_int_equal(((const char *)col.b.ptr)[0], 'k');
	assert_int_equal(db.sql->close(db.self, rows), ACT_OK);
	fake_free(db.fake);
}

static void the_end_of_a_transaction_closes_its_cursors(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	act_sql_rows rows;
	act_sql_value col;
	DB_OK(&db, db_exec(&db, 0, "create table t (a)"));
	for (int commit = 0; commit < 2; commit++) {
		act_sql_tx tx = db_begin(&db, 0);
		DB_OK(&db, db_exec(&db, tx, "insert into t values (1), (2), (3)"));
		DB_OK(&db, db_query(&db, tx, "select a from t", &rows));
		DB_OK(&db, db_next(&db, rows, &col, 1));
		if (commit)
			DB_OK(&db, db_commit(&db, tx));
		else
			assert_int_equal(db.sql->rollback(db.self, tx), ACT_OK);
		assert_int_equal(db_next(&db, rows, &col, 1), ACT_E_GONE);
		assert_int_equal(db.sql->close(db.self, rows), ACT_E_GONE);
	}
	assert_int_equal(db_number(&db, 0, "select count(*) from t"), 3);
	fake_free(db.fake);
}

static void cursors_of_one_transaction_go_side_by_side(void **state)
{
	(void)state;
	struct db db = db_open("{\"connections\": 1}");
	act_sql_rows a, b;
	act_sql_value x, y;
	act_sql_tx tx = db_begin(&db, ACT_SQL_READ);
	DB_OK(&db, db_query(&db, tx, "values (1), (2)", &a));
	DB_OK(&db, db_query(&db, tx, "values (1), (2)", &b));
	DB_OK(&db, db_next(&db, a, &x, 1));
	DB_OK(&db, db_next(&db, a, &x, 1));
	DB_OK(&db, db_next(&db, b, &y, 1));
	assert_int_equal(x.i, 2);
	assert_int_equal(y.i, 1);
	assert_int_equal(db.sql->close(db.self, a), ACT_OK);
	DB_OK(&db, db_next(&db, b, &y, 1));
	assert_int_equal(y.i, 2);
	DB_OK(&db, db_commit(&db, tx));
	fake_free(db.fake);
}

static void cursors_have_a_bound(void **state)
{
	(void)state;
	struct db db = db_open("{\"connections\": 1}");
	act_sql_rows rows[65];
	act_sql_tx tx = db_begin(&db, ACT_SQL_READ);
	/* One place of the 64 holds the plugin's own BEGIN, which makes way. */
	for (int i = 0; i < 64; i++)
		DB_OK(&db, db_query(&db, tx, "values (1), (2)", &rows[i]));
	db_expect(&db, db_query(&db, tx, "values (1), (2)", &rows[64]), ACT_E_BUSY, ACT_SQL_E_OTHER,
	          "64 cursors are open");
	assert_int_equal(db.sql->close(db.self, rows[5]), ACT_OK);
	DB_OK(&db, db_query(&db, tx, "values (1), (2)", &rows[5]));
	DB_OK(&db, db_commit(&db, tx));
	fake_free(db.fake);
}

/* A writing statement that is not read to its end has still done all it does. */
static void returning_takes_effect_at_close(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	act_sql_rows rows;
	DB_OK(&db, db_exec(&db, 0, "create table t (a)"));
	DB_OK(&db, db_query(&db, 0, "insert into t values (1), (2), (3) returning a", &rows));
	assert_int_equal(db_number(&db, 0, "select count(*) from t"), 0);
	assert_int_equal(db.sql->close(db.self, rows), ACT_OK);
	assert_int_equal(db_number(&db, 0, "select count(*) from t"), 3);
	fake_free(db.fake);
}

/* ---- handles ------------------------------------------------------------------------------- */

static void handles_fit_nothing_else(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	struct db other = db_open_beside(&db, NULL);
	act_sql_rows rows;
	act_sql_value col;
	act_sql_tx tx = db_begin(&db, ACT_SQL_READ);
	DB_OK(&db, db_query(&db, tx, "values (1), (2)", &rows));
	assert_int_equal(db_exec(&db, rows, "select 1"), ACT_E_GONE);
	assert_int_equal(db_commit(&db, rows), ACT_E_GONE);
	assert_int_equal(db_next(&db, tx, &col, 1), ACT_E_GONE);
	assert_int_equal(db.sql->close(db.self, tx), ACT_E_GONE);
	assert_int_equal(db_commit(&db, 0), ACT_E_GONE);
	assert_int_equal(db.sql->close(db.self, 0), ACT_E_GONE);
	for (uint64_t invented = 1; invented != 0; invented <<= 1) {
		assert_int_equal(db_commit(&db, tx ^ invented), ACT_E_GONE);
		assert_int_equal(db.sql->close(db.self, rows ^ invented), ACT_E_GONE);
	}
	/* The other generation has a transaction in the same place, under another number. */
	act_sql_tx others = db_begin(&other, ACT_SQL_READ);
	assert_int_equal(db_commit(&other, tx), ACT_E_GONE);
	assert_int_equal(db_next(&other, rows, &col, 1), ACT_E_GONE);
	DB_OK(&db, db_next(&db, rows, &col, 1));
	DB_OK(&db, db_commit(&db, tx));
	DB_OK(&other, db_commit(&other, others));
	fake_free(other.fake);
	fake_free(db.fake);
}

/* ---- deadlines ----------------------------------------------------------------------------- */

static void an_overdue_transaction_is_rolled_back_by_the_timer(void **state)
{
	(void)state;
	struct db db = db_open("{\"tx_ms\": 20, \"connections\": 1}");
	DB_OK(&db, db_exec(&db, 0, "create table t (a)"));
	assert_int_equal(fake_timers(db.fake), 1);
	act_sql_tx tx = db_begin(&db, 0);
	DB_OK(&db, db_exec(&db, tx, "insert into t values (1)"));
	db_sleep(25);
	assert_true(fake_time_pass(db.fake, 50) > 0);
	assert_false(fake_logged(db.fake, "rolled back")); /* the loop itself does not wait */
	assert_int_equal(fake_work_run(db.fake), 1);
	assert_true(fake_logged(db.fake, "a transaction was rolled back: it was open for longer "
	                                 "than tx_ms (20 ms); its last statement: insert into t"));
	assert_int_equal(db_commit(&db, tx), ACT_E_GONE);
	assert_int_equal(db_number(&db, 0, "select count(*) from t"), 0);
	fake_time_pass(db.fake, 1000);
	assert_int_equal(fake_work_run(db.fake), 0);
	fake_free(db.fake);
}

static void an_overdue_transaction_is_rolled_back_by_whoever_meets_it(void **state)
{
	(void)state;
	struct db db = db_open("{\"tx_ms\": 20, \"connections\": 1, \"wait_ms\": 60000}");
	DB_OK(&db, db_exec(&db, 0, "create table t (a)"));
	act_sql_tx tx = db_begin(&db, 0);
	DB_OK(&db, db_exec(&db, tx, "insert into t values (1)"));
	/* The only connection is the transaction's: this waits until that is overdue. */
	assert_int_equal(db_number(&db, 0, "select count(*) from t"), 0);
	assert_int_equal(db_exec(&db, tx, "insert into t values (2)"), ACT_E_GONE);
	tx = db_begin(&db, 0);
	db_sleep(25);
	db_expect(&db, db_exec(&db, tx, "insert into t values (3)"), ACT_E_GONE, ACT_SQL_E_OTHER,
	          "longer than tx_ms (20 ms)");
	assert_int_equal(db_number(&db, 0, "select count(*) from t"), 0);
	fake_free(db.fake);
}

/* What next() lent stays readable although the cursor behind it was closed. */
static void an_overdue_cursor_leaves_its_row_readable(void **state)
{
	(void)state;
	struct db db = db_open("{\"tx_ms\": 20, \"connections\": 1}");
	act_sql_rows rows;
	act_sql_value col;
	DB_OK(&db, db_query(&db, 0, "values ('lent'), ('more')", &rows));
	DB_OK(&db, db_next(&db, rows, &col, 1));
	db_sleep(25);
	assert_int_equal(db_number(&db, 0, "select 1"), 1);
	assert_true(fake_logged(db.fake, "a cursor was closed"));
	assert_true(act_same(col.b, act_str("lent")));
	assert_int_equal(db_next(&db, rows, &col, 1), ACT_E_GONE);
	assert_int_equal(db.sql->close(db.self, rows), ACT_E_GONE);
	fake_free(db.fake);
}

static void a_statement_ends_with_its_transaction(void **state)
{
	(void)state;
	struct db db = db_open("{\"tx_ms\": 20, \"query_ms\": 600000}");
	act_sql_rows rows;
	DB_OK(&db, db_exec(&db, 0, "create table t (a)"));
	act_sql_tx tx = db_begin(&db, 0);
	DB_OK(&db, db_exec(&db, tx, "insert into t values (1)"));
	db_expect(&db,
	          db_query(&db, tx,
	                   "with recursive n (i) as (select 1 union all select i + 1 from n) "
	                   "select count(*) from n",
	                   &rows),
	          ACT_E_GONE, ACT_SQL_E_OTHER, "longer than tx_ms");
	assert_int_equal(db_commit(&db, tx), ACT_E_GONE);
	assert_int_equal(db_number(&db, 0, "select count(*) from t"), 0);
	fake_free(db.fake);
}

/* Cursors that nobody closes give up their places once they are overdue. */
static void forgotten_cursors_make_way(void **state)
{
	(void)state;
	struct db db = db_open("{\"tx_ms\": 10, \"connections\": 2}");
	act_sql_rows rows;
	act_sql_value col;
	for (int i = 0; i < 600; i++) {
		act_rc rc;
		while ((rc = db_query(&db, 0, "select 'x' where 1 = 2", &rows)) == ACT_E_BUSY)
			db_sleep(1);
		DB_OK(&db, rc);
	}
	assert_int_equal(db_next(&db, rows, &col, 1), ACT_END);
	fake_free(db.fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_commit_keeps_and_a_rollback_does_not),
		cmocka_unit_test(a_commit_that_fails_rolls_back),
		cmocka_unit_test(a_failed_statement_leaves_the_rest_of_its_transaction),
		cmocka_unit_test(a_transaction_that_sqlite_rolled_back_is_gone),
		cmocka_unit_test(an_asker_does_not_reach_the_plugins_own_statements),
		cmocka_unit_test(a_reader_does_not_write_and_sees_one_moment),
		cmocka_unit_test(a_cursor_goes_over_many_rows),
		cmocka_unit_test(a_cursor_keeps_its_parameters),
		cmocka_unit_test(the_end_of_a_transaction_closes_its_cursors),
		cmocka_unit_test(cursors_of_one_transaction_go_side_by_side),
		cmocka_unit_test(cursors_have_a_bound),
		cmocka_unit_test(returning_takes_effect_at_close),
		cmocka_unit_test(handles_fit_nothing_else),
		cmocka_unit_test(an_overdue_transaction_is_rolled_back_by_the_timer),
		cmocka_unit_test(an_overdue_transaction_is_rolled_back_by_whoever_meets_it),
		cmocka_unit_test(an_overdue_cursor_leaves_its_row_readable),
		cmocka_unit_test(a_statement_ends_with_its_transaction),
		cmocka_unit_test(forgotten_cursors_make_way),
	};
	return cmocka_run_group_tests_name("sqlite_tx", tests, NULL, NULL);
}
