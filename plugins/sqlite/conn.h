/* conn: one connection to the database file, with its prepared statements.
 *
 * Opened without SQLite's own mutex: the pool lets one thread at a time enter a connection. */
#ifndef SQLITE_CONN_H
#define SQLITE_CONN_H

#include "settings.h"

#include <act/ext/sql.h>

#include <sqlite3.h>
#include <stdbool.h>

/* Statements kept prepared, and thus also the most cursors that one transaction has open. */
#define CONN_STMTS 64

/* A prepared statement. It is busy from stmt_take() to stmt_give(). */
struct stmt {
	sqlite3_stmt *handle; /* NULL: an empty place */
	size_t len;           /* of its SQL, as SQLite keeps it */
	uint64_t hash;        /* of its SQL */
	uint64_t used;        /* struct conn.uses when it was last taken */
	bool own;             /* the plugin's own SQL, not an asker's */
	bool busy;
};

struct conn {
	sqlite3 *db; /* NULL: not open */
	const act_host *host;
	const struct settings *settings;
	struct stmt stmts[CONN_STMTS];
	uint64_t uses;
	bool own;             /* the plugin's own SQL is at work: the authorizer lets all pass */
	const char *denied;   /* why the authorizer refused; NULL: it did not */
	bool broken;          /* to be opened anew */
	uint32_t busy_ms;     /* how long to wait for another writer */
	uint64_t busy_ns;     /* when the wait under way ends */
	uint64_t lease_ns;    /* when the transaction or cursor is overdue */
	uint64_t until_ns;    /* when the statement under way is ended */
	uint32_t until_ms;    /* the same as it was asked for, for the sentence */
	const char *last_sql; /* the latest statement, for the log; or NULL */
};

/* Opens settings->path and makes the file if there is none, with the pragmas that docs/sqlite.md
 * promises. ACT_OK, or ACT_E_* and `why`; `conn` is then not open. `conn` must be zeroed or closed.
 */
act_rc conn_open(struct conn *conn, const act_host *host, const struct settings *settings,
                 act_sql_error *why);
/* Rolls back what is open. Does nothing where it is not open. */
void conn_close(struct conn *conn);

/* Ends every statement that is under way (cursors), not the transaction. Cannot fail. */
void conn_settle(struct conn *conn);
/* Brings the connection to rest: no statement under way, no transaction. Where that fails, it is
 * closed. Cannot fail. */
void conn_rest(struct conn *conn);

/* From now the statement under way has `ms`, and not longer than its transaction has. */
void conn_allow(struct conn *conn, uint32_t ms);

/* Runs SQL of the plugin's own: BEGIN, COMMIT, ROLLBACK, the table of migrations. It is not ended
 * by a deadline other than that for another writer. */
act_rc conn_run(struct conn *conn, const char *sql, act_sql_error *why);

/* The code and sentence for the result of a statement. */
act_rc conn_failed(struct conn *conn, int rc, act_sql_error *why);

#endif
