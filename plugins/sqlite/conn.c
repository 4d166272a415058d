#include "conn.h"

#include "clock.h"
#include "failure.h"
#include "stmt.h"

#include <act/easy.h>

#include <assert.h>
#include <errno.h>
#include <time.h>

#define PROGRESS_STEPS 1000                /* of SQLite's machine, between looks at the clock */
#define VALUE_BYTES_MAX (16 * 1024 * 1024) /* the longest text, blob or row */
#define SQL_BYTES_MAX (256 * 1024)         /* the longest statement */
#define WAL_BYTES_KEPT "67108864"          /* the log is cut to this after a checkpoint */

/* ---- what SQLite calls back ---------------------------------------------------------------- */

/* Ends a statement that runs for too long. Not asked while SQLite waits for a lock. */
static int on_progress(void *arg)
{
	const struct conn *conn = arg;
	return clock_now_ns() >= conn->until_ns;
}

/* Waits for another writer. SQLite's own handler sleeps for up to 100 ms at a time, which is long
 * beside a short transaction, and knows no deadline but its own. */
static int on_busy(void *arg, int tries)
{
	struct conn *conn = arg;
	uint64_t now = clock_now_ns();
	if (tries == 0)
		conn->busy_ns = clock_after_ms(conn->busy_ms);
	if (now >= conn->busy_ns || now >= conn->until_ns)
		return 0;
	long ms = tries < 9 ? tries + 1 : 10;
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
	return 1;
}

/* Keeps an asker's SQL away from what would outlive its statement: a pooled connection must come
 * back as it went out. */
static int on_authorize(void *arg, int action, const char *a, const char *b, const char *c,
                        const char *d)
{
	struct conn *conn = arg;
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	if (conn->own)
		return SQLITE_OK;
	switch (action) {
	case SQLITE_TRANSACTION:
	case SQLITE_SAVEPOINT:
		conn->denied = "transactions are begun and ended with begin(), commit() and "
			       "rollback(), not in SQL";
		return SQLITE_DENY;
	case SQLITE_ATTACH:
	case SQLITE_DETACH:
		conn->denied = "there is one database: ATTACH, DETACH and VACUUM are not for "
			       "plugins";
		return SQLITE_DENY;
	case SQLITE_PRAGMA:
		conn->denied = "PRAGMA is not for plugins; see the settings of the sqlite plugin";
		return SQLITE_DENY;
	case SQLITE_CREATE_TEMP_INDEX:
	case SQLITE_CREATE_TEMP_TABLE:
	case SQLITE_CREATE_TEMP_TRIGGER:
	case SQLITE_CREATE_TEMP_VIEW:
		conn->denied = "temporary tables would stay behind on one connection of many";
		return SQLITE_DENY;
	default:
		return SQLITE_OK;
	}
}

/* ---- opening ------------------------------------------------------------------------------- */

/* SQLite does not always wait by itself where two openers turn on the log at once: it would
 * deadlock. So it is asked again. */
static int turn_on_wal(struct conn *conn)
{
	sqlite3_stmt *pragma = NULL;
	uint64_t until = clock_after_ms(conn->busy_ms);
	int rc = sqlite3_prepare_v2(conn->db, "PRAGMA journal_mode = WAL", -1, &pragma, NULL);
	while (rc == SQLITE_OK) {
		rc = sqlite3_step(pragma);
		if (rc == SQLITE_ROW)
			conn->denied =
				strcmp((const char *)sqlite3_column_text(pragma, 0), "wal") == 0
					? NULL
					: "the file system cannot keep a write-ahead log "
					  "(shared memory is needed)";
		sqlite3_reset(pragma);
		if ((rc & 0xFF) != SQLITE_BUSY || clock_now_ns() >= until)
			break;
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(pragma);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static void harden(sqlite3 *db)
{
	sqlite3_extended_result_codes(db, 1);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX);
	sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, SQL_BYTES_MAX);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	/* "x" is a name and never a string, as in PostgreSQL. */
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
}

static int prepare_file(struct conn *conn)
{
	int rc = turn_on_wal(conn);
	if (rc != SQLITE_OK || conn->denied != NULL)
		return rc;
	return sqlite3_exec(conn->db,
	                    conn->settings->full_sync
	                            ? "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;"
	                              "PRAGMA journal_size_limit = " WAL_BYTES_KEPT
	                            : "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL;"
	                              "PRAGMA journal_size_limit = " WAL_BYTES_KEPT,
	                    NULL, NULL, NULL);
}

/* After a failed open SQLite leaves a connection that only has a message, or none for want of
 * memory. */
static act_rc open_failed(struct conn *conn, act_sql_error *why)
{
	const char *path = conn->settings->path;
	int system = conn->db != NULL ? sqlite3_system_errno(conn->db) : ENOMEM;
	const char *words = conn->denied != NULL ? conn->denied : sqlite3_errmsg(conn->db);
	failure_set(why, ACT_E_FAIL, ACT_SQL_E_OTHER, "cannot open the database %s: %s%s%s", path,
	            words, system != 0 ? ": " : "", system != 0 ? strerror(system) : "");
	conn_close(conn);
	return ACT_E_FAIL;
}

act_rc conn_open(struct conn *conn, const act_host *host, const struct settings *settings,
                 act_sql_error *why)
{
	assert(conn->db == NULL);
	*conn = (struct conn){
		.host = host,
		.settings = settings,
		.busy_ms = settings->busy_ms,
		.lease_ns = CLOCK_NEVER,
		.until_ns = CLOCK_NEVER,
		.own = true,
	};
	int rc = sqlite3_open_v2(settings->path, &conn->db,
	                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
	                         NULL);
	if (rc == SQLITE_OK) {
		harden(conn->db);
		sqlite3_busy_handler(conn->db, on_busy, conn);
		rc = prepare_file(conn);
	}
	if (rc != SQLITE_OK || conn->denied != NULL)
		return open_failed(conn, why);
	sqlite3_set_authorizer(conn->db, on_authorize, conn);
	sqlite3_progress_handler(conn->db, PROGRESS_STEPS, on_progress, conn);
	conn->own = false;
	return ACT_OK;
}

void conn_close(struct conn *conn)
{
	for (size_t i = 0; i < CONN_STMTS; i++)
		sqlite3_finalize(conn->stmts[i].handle);
	int rc = sqlite3_close(conn->db);
	assert(rc == SQLITE_OK); /* every statement was finalized */
	(void)rc;
	*conn = (struct conn){ .db = NULL };
}

/* ---- use ----------------------------------------------------------------------------------- */

void conn_settle(struct conn *conn)
{
	for (size_t i = 0; i < CONN_STMTS; i++)
		if (conn->stmts[i].busy)
			stmt_give(conn, &conn->stmts[i]);
}

void conn_rest(struct conn *conn)
{
	if (conn->db == NULL)
		return;
	conn->lease_ns = CLOCK_NEVER;
	conn->until_ns = CLOCK_NEVER;
	conn->busy_ms = conn->settings->busy_ms;
	conn_settle(conn);
	if (!sqlite3_get_autocommit(conn->db) && conn_run(conn, "ROLLBACK", NULL) != ACT_OK)
		conn->broken = true;
	conn->last_sql = NULL;
	if (conn->broken)
		conn_close(conn);
}

void conn_allow(struct conn *conn, uint32_t ms)
{
	uint64_t until = clock_after_ms(ms);
	conn->until_ns = until < conn->lease_ns ? until : conn->lease_ns;
	conn->until_ms = ms;
}

act_rc conn_run(struct conn *conn, const char *sql, act_sql_error *why)
{
	struct stmt *stmt;
	uint64_t until = conn->until_ns;
	conn->own = true;
	conn->until_ns = CLOCK_NEVER;
	act_rc rc = stmt_take(conn, act_str(sql), &stmt, why);
	if (rc == ACT_OK) {
		rc = stmt_step(conn, stmt, why);
		assert(rc != ACT_OK); /* none of the plugin's own SQL gives rows here */
		rc = rc == ACT_END ? ACT_OK : rc;
		stmt_give(conn, stmt);
	}
	conn->until_ns = until;
	conn->own = false;
	return rc;
}

act_rc conn_failed(struct conn *conn, int rc, act_sql_error *why)
{
	if (failure_breaks(rc)) {
		conn->broken = true;
		act_logf(conn->host, ACT_LOG_ERROR, "%s: %s", conn->settings->path,
		         sqlite3_errmsg(conn->db));
	}
	if ((rc & 0xFF) == SQLITE_BUSY)
		return failure_set(why, ACT_E_BUSY, ACT_SQL_E_BUSY,
		                   "%s: waited up to %u ms for another writer",
		                   sqlite3_errmsg(conn->db), conn->busy_ms);
	if ((rc & 0xFF) != SQLITE_INTERRUPT)
		return failure_step(conn->db, rc, why);
	if (clock_now_ns() >= conn->lease_ns)
		return failure_set(why, ACT_E_GONE, ACT_SQL_E_OTHER,
		                   "the transaction or cursor was open for longer than tx_ms "
		                   "(%u ms)",
		                   conn->settings->tx_ms);
	return failure_set(why, ACT_E_FAIL, ACT_SQL_E_OTHER,
	                   "the statement ran for longer than %u ms and was ended", conn->until_ms);
}
