/* db: what these plugins need of act.sql/1, in few words: statements with parameters, one number,
 * rows by callback, and transactions that are tried again when another one was in their way.
 *
 * SQL is what SQLite and PostgreSQL both take. A statement that fails for another reason than a
 * lock is told to the log here, once, in the database's words (these hold no parameters), so
 * callers only pass the code on: ACT_E_FAIL, ACT_E_BUSY, ACT_E_GONE (no provider, or the
 * transaction was open for too long), ACT_E_LATE.
 *
 * Threads: workers; one struct db belongs to one call. */
#ifndef COMMON_DB_H
#define COMMON_DB_H

#include <act/ext/sql.h>
#include <act/plugin.h>
#include <stdint.h>

struct db {
	const act_host *host;
	const act_sql *sql;
	uint64_t deadline_ns; /* CLOCK_MONOTONIC, of the call that this serves; 0: none       */
	act_sql_tx tx;        /* the open transaction; 0: every statement stands by itself    */
	act_sql_error why;    /* of the last statement                                        */
};

/* The service, for create(). NULL: the server has none that fits, and the log says so. */
const act_sql *db_service(const act_host *host);

/* Brings the plugin's tables up to date, for start(). On an error the log says what went wrong. */
act_rc db_migrate(const act_host *host, const act_sql *sql, const act_sql_step *steps,
                  uint32_t count);

/* For one call; `deadline_ns` as in struct db. */
struct db db_of(const act_host *host, const act_sql *sql, uint64_t deadline_ns);

/* Parameters; the bytes are borrowed for the statement. */
act_sql_value db_text(act_bytes text);
act_sql_value db_bytes(act_bytes bytes);
act_sql_value db_int(int64_t number);
act_sql_value db_null(void);

/* A statement without rows. `*changed` gets the number of rows it touched; NULL: not asked. */
act_rc db_exec(struct db *db, const char *statement, const act_sql_value *args, uint32_t count,
               int64_t *changed);

/* The integer in the first column of the first row; 0 where there is no row. */
act_rc db_number(struct db *db, const char *statement, const act_sql_value *args, uint32_t count,
                 int64_t *number);

/* Calls `row` for each row of at most DB_COLUMNS_MAX columns, which are borrowed until it returns.
 * Stops at the first error of `row` and returns it. */
enum { DB_COLUMNS_MAX = 8 };
typedef act_rc db_row(void *arg, const act_sql_value *columns, uint32_t count);
act_rc db_each(struct db *db, const char *statement, const act_sql_value *args, uint32_t count,
               db_row *row, void *arg);

/* Runs `body` in a transaction for writing and commits where it returned ACT_OK; otherwise rolls
 * back and returns what it returned. Where another transaction was in the way, all is done again,
 * up to DB_TRIES times and while the deadline permits: `body` must begin afresh each time, and have
 * no effect but through `db`. */
enum { DB_TRIES = 5 };
typedef act_rc db_body(struct db *db, void *arg);
act_rc db_write(struct db *db, db_body *body, void *arg);

/* The time now as the tables keep it: UTC, "2026-11-22T23:52:21.123Z", terminated. */
enum { DB_STAMP_SIZE = 25 };
void db_stamp(char out[DB_STAMP_SIZE]);

#endif
