/* sqlite: single statements: values, parameters, errors, deadlines, settings. */
#include "sqlite_fixture.h"

#include <math.h>
#include <unistd.h>

/* ---- values -------------------------------------------------------------------------------- */

static void values_come_back_as_they_went(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	const char blob[] = { 'a', 0, (char)0xFF, 0, 'z' };
	const act_sql_value args[] = {
		db_int(INT64_MAX),
		db_int(INT64_MIN),
		{ .type = ACT_SQL_REAL, .r = -0.5 },
		db_text("我们都好"),
		{ .type = ACT_SQL_BYTES, .b = { blob, sizeof blob } },
		{ .type = ACT_SQL_NULL },
		db_text(""),
		{ .type = ACT_SQL_BYTES, .b = { NULL, 0 } },
	};
	act_sql_rows rows;
	act_sql_value col[9];
	uint32_t count = 0;
	DB_OK(&db, db_exec(&db, 0, "create table t (a, b, c, d, e, f, g, h)"));
	DB_OK(&db, db_exec_with(&db, 0, "insert into t values ($1, $2, $3, $4, $5, $6, $7, $8)",
	                        args, 8));
	DB_OK(&db, db_query(&db, 0, "select * from t", &rows));
	DB_OK(&db, db.sql->next(db.self, rows, col, 9, &count, &db.why));
	assert_int_equal(count, 8);
	assert_int_equal(col[0].type, ACT_SQL_INT);
	assert_true(col[0].i == INT64_MAX);
	assert_true(col[1].i == INT64_MIN);
	assert_int_equal(col[2].type, ACT_SQL_REAL);
	assert_true(col[2].r == -0.5);
	assert_int_equal(col[3].type, ACT_SQL_TEXT);
	assert_true(act_same(col[3].b, act_str("我们都好")));
	assert_int_equal(col[4].type, ACT_SQL_BYTES);
	assert_true(act_same(col[4].b, act_mem(blob, sizeof blob)));
	assert_int_equal(col[5].type, ACT_SQL_NULL);
	assert_int_equal(col[6].type, ACT_SQL_TEXT);
	assert_int_equal(col[6].b.len, 0);
	assert_int_equal(col[7].type, ACT_SQL_BYTES);
	assert_int_equal(col[7].b.len, 0);
	assert_int_equal(db_next(&db, rows, col, 9), ACT_END);
	assert_int_equal(db_next(&db, rows, col, 9), ACT_END);
	assert_int_equal(db.sql->close(db.self, rows), ACT_OK);
	fake_free(db.fake);
}

static void only_the_columns_asked_for_are_filled(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	act_sql_rows rows;
	act_sql_value col[2] = { db_int(7), db_int(7) };
	uint32_t count = 9;
	DB_OK(&db, db_query(&db, 0, "select 1, 2, 'x'", &rows));
	DB_OK(&db, db.sql->next(db.self, rows, col, 1, &count, &db.why));
	assert_int_equal(count, 1);
	assert_int_equal(col[0].i, 1);
	assert_int_equal(col[1].i, 7);
	assert_int_equal(db.sql->close(db.self, rows), ACT_OK);
	fake_free(db.fake);
}

static void values_that_would_change_are_refused(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	const act_sql_value cut = { .type = ACT_SQL_TEXT, .b = { "ab\xE6\x88", 4 } };
	const act_sql_value zero = { .type = ACT_SQL_TEXT, .b = { "a\0b", 3 } };
	const act_sql_value nan_value = { .type = ACT_SQL_REAL, .r = NAN };
	const act_sql_value strange = { .type = 9 };
	const act_sql_value hollow = { .type = ACT_SQL_BYTES, .b = { NULL, 3 } };
	const char *sql = "insert into t values ($1)";
	DB_OK(&db, db_exec(&db, 0, "create table t (a)"));
	db_expect(&db, db_exec_with(&db, 0, sql, &cut, 1), ACT_E_INVAL, ACT_SQL_E_OTHER,
	          "$1: expected UTF-8, found byte 0xE6 at 2");
	db_expect(&db, db_exec_with(&db, 0, sql, &zero, 1), ACT_E_INVAL, ACT_SQL_E_OTHER,
	          "zero byte in the text");
	db_expect(&db, db_exec_with(&db, 0, sql, &nan_value, 1), ACT_E_INVAL, ACT_SQL_E_OTHER,
	          "NaN");
	db_expect(&db, db_exec_with(&db, 0, sql, &strange, 1), ACT_E_INVAL, ACT_SQL_E_OTHER,
	          "found 9");
	db_expect(&db, db_exec_with(&db, 0, sql, &hollow, 1), ACT_E_INVAL, ACT_SQL_E_OTHER,
	          "length but no bytes");
	assert_int_equal(db_number(&db, 0, "select count(*) from t"), 0);
	fake_free(db.fake);
}

static void a_column_that_is_not_utf8_is_an_error_not_a_text(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	act_sql_rows rows;
	act_sql_value col;
	DB_OK(&db, db_query(&db, 0, "select cast(x'ff41' as text)", &rows));
	db_expect(&db, db_next(&db, rows, &col, 1), ACT_E_FAIL, ACT_SQL_E_OTHER, "not UTF-8");
	db_expect(&db, db_next(&db, rows, &col, 1), ACT_E_FAIL, ACT_SQL_E_OTHER, "failed before");
	assert_int_equal(db.sql->close(db.self, rows), ACT_OK);
	fake_free(db.fake);
}

/* ---- parameters ---------------------------------------------------------------------------- */

static void parameters_go_by_their_number(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	const act_sql_value args[] = { db_text("one"), db_text("two") };
	act_sql_rows rows;
	act_sql_value col[3];
	uint32_t count;
	act_bytes sql = act_str("select $2, $1, $2");
	DB_OK(&db, db.sql->query(db.self, 0, sql, args, 2, &rows, &db.why));
	DB_OK(&db, db.sql->next(db.self, rows, col, 3, &count, &db.why));
	assert_true(act_same(col[0].b, act_str("two")));
	assert_true(act_same(col[1].b, act_str("one")));
	assert_true(act_same(col[2].b, act_str("two")));
	assert_int_equal(db.sql->close(db.self, rows), ACT_OK);
	fake_free(db.fake);
}

static void parameters_written_otherwise_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *sql;
		uint32_t count;
		const char *words;
	} cases[] = {
		{ "select $1", 0, "has 1 parameters, but 0 values" },
		{ "select $1", 2, "has 1 parameters, but 2 values" },
		{ "select 1", 1, "has 0 parameters, but 1 values" },
		{ "select $2", 2, "without a gap, found $2" },
		{ "select $1, $3", 3, "without a gap, found $3" },
		{ "select ?", 1, "found ?" },
		{ "select :name", 1, "found :name" },
		{ "select $x", 1, "found $x" },
		{ "select $01", 1, "found $01" },
		{ "select $0", 1, "found $0" },
		{ "select $99999999999", 1, "found $99999999999" },
		{ "select $1::text", 1, "CAST" },
	};
	struct db db = db_open(NULL);
	const act_sql_value args[3] = { db_int(1), db_int(2), db_int(3) };
	act_sql_rows rows;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		act_rc rc = db.sql->query(db.self, 0, act_str(cases[i].sql), args, cases[i].count,
		                          &rows, &db.why);
		db_expect(&db, rc, ACT_E_FAIL, ACT_SQL_E_SYNTAX, cases[i].words);
	}
	fake_free(db.fake);
}

/* ---- errors -------------------------------------------------------------------------------- */

static void constraints_have_their_kinds(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	DB_OK(&db, db_exec(&db, 0, "create table p (id integer primary key, u text unique)"));
	DB_OK(&db, db_exec(&db, 0,
	                   "create table c (p integer not null references p (id), "
	                   "n integer check (n > 0))"));
	DB_OK(&db, db_exec(&db, 0, "insert into p values (1, 'a')"));
	db_expect(&db, db_exec(&db, 0, "insert into p values (1, 'b')"), ACT_E_FAIL,
	          ACT_SQL_E_UNIQUE, "p.id");
	db_expect(&db, db_exec(&db, 0, "insert into p values (2, 'a')"), ACT_E_FAIL,
	          ACT_SQL_E_UNIQUE, "p.u");
	db_expect(&db, db_exec(&db, 0, "insert into c values (7, 1)"), ACT_E_FAIL,
	          ACT_SQL_E_CONSTRAINT, "FOREIGN KEY");
	db_expect(&db, db_exec(&db, 0, "insert into c values (1, 0)"), ACT_E_FAIL,
	          ACT_SQL_E_CONSTRAINT, "CHECK");
	db_expect(&db, db_exec(&db, 0, "insert into c (n) values (1)"), ACT_E_FAIL,
	          ACT_SQL_E_CONSTRAINT, "NOT NULL");
	fake_free(db.fake);
}

static void sql_that_is_not_one_statement_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *sql;
		const char *words;
	} cases[] = {
		{ "selct 1", "syntax error" },
		{ "insert into nosuch values (1)", "no such table" },
		{ "", "no statement" },
		{ " ; -- nothing", "no statement" },
		{ "delete from t; delete from t", "expected one statement" },
		{ "delete from t; nonsense", "expected one statement" },
		{ "select 1", "has rows" },
		{ "begin", "begin(), commit() and rollback()" },
		{ "commit", "begin(), commit() and rollback()" },
		{ "savepoint s", "begin(), commit() and rollback()" },
		{ "attach 'other.db' as other", "ATTACH" },
		{ "vacuum", "VACUUM" },
		{ "pragma foreign_keys = off", "PRAGMA" },
		{ "create temp table x (a)", "temporary tables" },
		{ "insert into t values (\"text\")", "text" },
	};
	struct db db = db_open(NULL);
	DB_OK(&db, db_exec(&db, 0, "create table t (a)"));
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		db_expect(&db, db_exec(&db, 0, cases[i].sql), ACT_E_FAIL, ACT_SQL_E_SYNTAX,
		          cases[i].words);
	DB_OK(&db, db_exec(&db, 0, " insert into t values (1) ; -- and a comment\n"));
	assert_int_equal(db_number(&db, 0, "select count(*) from t"), 1);
	fake_free(db.fake);
}

static void sql_that_is_no_text_is_refused(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	act_rc rc = db.sql->exec(db.self, 0, act_mem("select '\xFF'", 10), NULL, 0, NULL, &db.why);
	db_expect(&db, rc, ACT_E_INVAL, ACT_SQL_E_SYNTAX, "not UTF-8: byte 8 (0xFF)");
	rc = db.sql->exec(db.self, 0, act_mem("select 1\0, 2", 12), NULL, 0, NULL, &db.why);
	db_expect(&db, rc, ACT_E_INVAL, ACT_SQL_E_SYNTAX, "zero byte in the SQL");
	rc = db.sql->exec(db.self, 0, act_mem(NULL, 5), NULL, 0, NULL, &db.why);
	db_expect(&db, rc, ACT_E_INVAL, ACT_SQL_E_OTHER, "length but no bytes");
	assert_int_equal(db.sql->exec(db.self, 0, act_str("nonsense"), NULL, 0, NULL, NULL),
	                 ACT_E_FAIL);
	fake_free(db.fake);
}

static void a_query_needs_rows(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	act_sql_rows rows;
	DB_OK(&db, db_exec(&db, 0, "create table t (a)"));
	db_expect(&db, db_query(&db, 0, "insert into t values (1)", &rows), ACT_E_FAIL,
	          ACT_SQL_E_SYNTAX, "no rows");
	assert_int_equal(db_number(&db, 0, "select count(*) from t"), 0);
	assert_int_equal(db_number(&db, 0, "insert into t values (5) returning a"), 5);
	assert_int_equal(db_number(&db, 0, "select count(*) from t"), 1);
	fake_free(db.fake);
}

static void changed_counts_rows(void **state)
{
	(void)state;
	struct db db = db_open(NULL);
	static const struct {
		const char *sql;
		int64_t changed;
	} cases[] = {
		{ "create table t (a)", 0 },
		{ "insert into t values (1), (2), (3)", 3 },
		{ "create table other (b)", 0 },
		{ "update t set a = 0 where a > 1", 2 },
		{ "update t set a = 0 where a > 100", 0 },
		{ "delete from t", 3 },
		{ "drop table other", 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int64_t changed = -1;
		DB_OK(&db,
		      db.sql->exec(db.self, 0, act_str(cases[i].sql), NULL, 0, &changed, &db.why));
		assert_int_equal(changed, cases[i].changed);
	}
	fake_free(db.fake);
}

static void a_statement_that_never_ends_is_ended(void **state)
{
	(void)state;
	struct db db = db_open("{\"query_ms\": 20}");
	act_sql_rows rows;
	const char *endless = "with recursive n (i) as (select 1 union all select i + 1 from n) "
			      "select count(*) from n";
	db_expect(&db, db_query(&db, 0, endless, &rows), ACT_E_FAIL, ACT_SQL_E_OTHER,
	          "longer than 20 ms and was ended");
	assert_int_equal(db_number(&db, 0, "select 1"), 1);
	fake_free(db.fake);
}

static void sizes_have_bounds(void **state)
{
	(void)state;
	static char sql[256 * 1024 + 2];
	struct db db = db_open(NULL);
	act_sql_rows rows;
	db_expect(&db, db_query(&db, 0, "select zeroblob(16 * 1024 * 1024 + 1)", &rows), ACT_E_FAIL,
	          ACT_SQL_E_OTHER, "too big");
	memset(sql, ' ', sizeof sql - 1);
	memcpy(sql, "select", 6);
	sql[sizeof sql - 2] = '1';
	db_expect(&db, db_query(&db, 0, sql, &rows), ACT_E_FAIL, ACT_SQL_E_SYNTAX, "too long");
	assert_int_equal(db_number(&db, 0, "select 1"), 1);
	fake_free(db.fake);
}

static void many_different_statements_fit_a_bounded_cache(void **state)
{
	(void)state;
	struct db db = db_open("{\"connections\": 1}");
	char sql[64];
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 200; i++) {
			snprintf(sql, sizeof sql, "select %d", i);
			assert_int_equal(db_number(&db, 0, sql), i);
		}
	fake_free(db.fake);
}

/* A statement that was prepared before the table changed gives the new columns. */
static void a_prepared_statement_follows_the_schema(void **state)
{
	(void)state;
	struct db db = db_open("{\"connections\": 1}");
	act_sql_rows rows;
	act_sql_value col[4];
	uint32_t count;
	DB_OK(&db, db_exec(&db, 0, "create table t (a)"));
	DB_OK(&db, db_exec(&db, 0, "insert into t values (1)"));
	assert_int_equal(db_number(&db, 0, "select * from t"), 1);
	DB_OK(&db, db_exec(&db, 0, "alter table t add column b default 2"));
	DB_OK(&db, db_query(&db, 0, "select * from t", &rows));
	DB_OK(&db, db.sql->next(db.self, rows, col, 4, &count, &db.why));
	assert_int_equal(count, 2);
	assert_int_equal(col[1].i, 2);
	fake_free(db.fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_come_back_as_they_went),
		cmocka_unit_test(only_the_columns_asked_for_are_filled),
		cmocka_unit_test(values_that_would_change_are_refused),
		cmocka_unit_test(a_column_that_is_not_utf8_is_an_error_not_a_text),
		cmocka_unit_test(parameters_go_by_their_number),
		cmocka_unit_test(parameters_written_otherwise_are_refused),
		cmocka_unit_test(constraints_have_their_kinds),
		cmocka_unit_test(sql_that_is_not_one_statement_is_refused),
		cmocka_unit_test(sql_that_is_no_text_is_refused),
		cmocka_unit_test(a_query_needs_rows),
		cmocka_unit_test(changed_counts_rows),
		cmocka_unit_test(a_statement_that_never_ends_is_ended),
		cmocka_unit_test(sizes_have_bounds),
		cmocka_unit_test(many_different_statements_fit_a_bounded_cache),
		cmocka_unit_test(a_prepared_statement_follows_the_schema),
	};
	return cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);
}
