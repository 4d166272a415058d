/* sqlite_fixture: a sqlite plugin in a fake host, and short names for the calls of act.sql/1. */
#ifndef SQLITE_FIXTURE_H
#define SQLITE_FIXTURE_H

#include <act/fake.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

/* One open database: the plugin's table and self. */
struct db {
	struct fake_host *fake;
	const act_sql_provider *sql;
	void *self;
	act_sql_error why; /* of the latest call by the functions below */
};

static inline struct db db_attach(struct fake_host *fake)
{
	fake_load(fake, FAKE_PLUGIN("sqlite"));
	if (fake_run(fake) != ACT_OK)
		fake_log_print(fake);
	struct db db = { .fake = fake, .self = fake_self(fake), .why = { .size = sizeof db.why } };
	assert_non_null(db.self);
	db.sql = fake_plugin(fake)->extension(db.self, ACT_EXT_SQL);
	assert_non_null(db.sql);
	return db;
}

/* A database of its own, with these settings (JSON text; NULL: the defaults). */
static inline struct db db_open(const char *config)
{
	return db_attach(fake_new(config));
}

/* Another generation of the plugin on the same file. */
static inline struct db db_open_beside(const struct db *first, const char *config)
{
	return db_attach(fake_new_beside(first->fake, config));
}

static inline act_sql_value db_int(int64_t number)
{
	return (act_sql_value){ .type = ACT_SQL_INT, .i = number };
}

static inline act_sql_value db_text(const char *text)
{
	return (act_sql_value){ .type = ACT_SQL_TEXT, .b = act_str(text) };
}

/* exec() of a statement without parameters. */
static inline act_rc db_exec(struct db *db, act_sql_tx tx, const char *sql)
{
	return db->sql->exec(db->self, tx, act_str(sql), NULL, 0, NULL, &db->why);
}

static inline act_rc db_exec_with(struct db *db, act_sql_tx tx, const char *sql,
                                  const act_sql_value *args, uint32_t count)
{
	return db->sql->exec(db->self, tx, act_str(sql), args, count, NULL, &db->why);
}

/* query() of a statement without parameters. */
static inline act_rc db_query(struct db *db, act_sql_tx tx, const char *sql, act_sql_rows *rows)
{
	return db->sql->query(db->self, tx, act_str(sql), NULL, 0, rows, &db->why);
}

static inline act_rc db_next(struct db *db, act_sql_rows rows, act_sql_value *cols, uint32_t max)
{
	uint32_t count = 0;
	return db->sql->next(db->self, rows, cols, max, &count, &db->why);
}

/* A statement whose error is expected: with this code, this kind and this in its sentence. */
static inline void db_expect(struct db *db, act_rc got, act_rc rc, uint32_t kind, const char *words)
{
	if (got != rc || db->why.kind != kind || strstr(db->why.text, words) == NULL)
		print_message("found code %d, kind %u: %s\n", got, db->why.kind, db->why.text);
	assert_int_equal(got, rc);
	assert_int_equal(db->why.kind, kind);
	assert_non_null(strstr(db->why.text, words));
}

/* A statement that must succeed. */
#define DB_OK(db, call)                                                                            \
	do {                                                                                       \
		act_rc db_rc = (call);                                                             \
		if (db_rc != ACT_OK)                                                               \
			print_message("code %d: %s\n", db_rc, (db)->why.text);                     \
		assert_int_equal(db_rc, ACT_OK);                                                   \
	} while (0)

/* The one number that a query gives. */
static inline int64_t db_number(struct db *db, act_sql_tx tx, const char *sql)
{
	act_sql_rows rows;
	act_sql_value col;
	DB_OK(db, db_query(db, tx, sql, &rows));
	DB_OK(db, db_next(db, rows, &col, 1));
	assert_int_equal(col.type, ACT_SQL_INT);
	assert_int_equal(db->sql->close(db->self, rows), ACT_OK);
	return col.i;
}

static inline act_sql_tx db_begin(struct db *db, uint32_t flags)
{
	act_sql_tx tx = 0;
	DB_OK(db, db->sql->begin(db->self, flags, &tx, &db->why));
	assert_int_not_equal(tx, 0);
	return tx;
}

static inline act_rc db_commit(struct db *db, act_sql_tx tx)
{
	return db->sql->commit(db->self, tx, &db->why);
}

/* Sleeps for at least `ms`, so that something is overdue afterwards. */
static inline void db_sleep(long ms)
{
	struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	while (nanosleep(&left, &left) != 0)
		;
}

#endif
