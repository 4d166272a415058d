#include "migrate.h"

#include "failure.h"
#include "stmt.h"

#include <act/easy.h>

#include <assert.h>

#define STEP_MS 60000u /* an index over a large table takes its time, unlike a query */
#define STEPS_MAX 10000u
#define OWNER_MAX 255u

/* ---- one step ------------------------------------------------------------------------------ */

static act_sql_value text_value(act_bytes text)
{
	return (act_sql_value){ .type = ACT_SQL_TEXT, .b = text };
}

/* Runs one statement of the plugin's own. ACT_OK: there is a row; ACT_END: there is none. */
static act_rc run_own(struct conn *conn, const char *sql, const act_sql_value *args, uint32_t count,
                      act_sql_error *why)
{
	struct stmt *stmt;
	act_rc rc = stmt_take(conn, act_str(sql), &stmt, why);
	if (rc != ACT_OK)
		return rc;
	rc = stmt_bind(conn, stmt, args, count, false, why);
	if (rc == ACT_OK)
		rc = stmt_step(conn, stmt, why);
	stmt_give(conn, stmt);
	return rc;
}

/* ACT_OK: it was applied; ACT_END: it was not. */
static act_rc is_applied(struct conn *conn, act_bytes owner, uint32_t number, act_sql_error *why)
{
	const act_sql_value args[] = { text_value(owner), { .type = ACT_SQL_INT, .i = number } };
	return run_own(conn, "SELECT 1 FROM act_schema WHERE owner = $1 AND number = $2", args, 2,
	               why);
}

static act_rc record(struct conn *conn, act_bytes owner, uint32_t number, act_sql_error *why)
{
	char now[32];
	time_t seconds = time(NULL);
	struct tm utc;
	gmtime_r(&seconds, &utc);
	size_t len = strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", &utc);
	const act_sql_value args[] = {
		text_value(owner),
		{ .type = ACT_SQL_INT, .i = number },
		text_value(act_mem(now, len)),
	};
	act_rc rc = run_own(conn,
	                    "INSERT INTO act_schema (owner, number, applied_at) "
	                    "VALUES ($1, $2, $3)",
	                    args, 3, why);
	return rc == ACT_END ? ACT_OK : rc;
}

/* Runs every statement of a step. They are not kept prepared: they run once. */
static act_rc run_script(struct conn *conn, const char *sql, act_sql_error *why)
{
	act_rc rc = ACT_OK;
	while (rc == ACT_OK && *sql != '\0') {
		sqlite3_stmt *handle = NULL;
		conn_allow(conn, STEP_MS);
		conn->denied = NULL;
		int result = sqlite3_prepare_v2(conn->db, sql, -1, &handle, &sql);
		while (result == SQLITE_OK && handle != NULL &&
		       (result = sqlite3_step(handle)) == SQLITE_ROW)
			result = SQLITE_OK; /* what a step selects is of no use to anyone */
		if (conn->denied != NULL)
			rc = failure_set(why, ACT_E_FAIL, ACT_SQL_E_SYNTAX, "%s", conn->denied);
		else if (result == SQLITE_ERROR)
			rc = failure_set(why, ACT_E_FAIL, ACT_SQL_E_SYNTAX, "%s",
			                 sqlite3_errmsg(conn->db));
		else if (result != SQLITE_OK && result != SQLITE_DONE)
			rc = conn_failed(conn, result, why);
		sqlite3_finalize(handle);
	}
	return rc;
}

/* Looks once without the write lock, so that a reload with nothing to do disturbs nobody, and again
 * with it. */
static act_rc apply(struct conn *conn, act_bytes owner, const act_sql_step *step,
                    act_sql_error *why)
{
	act_rc rc = is_applied(conn, owner, step->number, why);
	if (rc != ACT_END)
		return rc;
	rc = conn_run(conn, "BEGIN IMMEDIATE", why);
	if (rc != ACT_OK)
		return rc;
	conn_allow(conn, STEP_MS);
	rc = is_applied(conn, owner, step->number, why);
	if (rc == ACT_END) {
		rc = run_script(conn, step->sql, why);
		conn_allow(conn, STEP_MS);
		if (rc == ACT_OK)
			rc = record(conn, owner, step->number, why);
	}
	if (rc == ACT_OK)
		rc = conn_run(conn, "COMMIT", why);
	return rc; /* after a failure pool_give() rolls back */
}

/* ---- all steps ----------------------------------------------------------------------------- */

static const act_sql_step *step_at(const act_sql_step *steps, uint32_t stride, uint32_t i)
{
	return (const act_sql_step *)(const void *)((const char *)steps + (size_t)i * stride);
}

static act_rc check(act_bytes owner, const act_sql_step *steps, uint32_t count, uint32_t stride,
                    act_sql_error *why)
{
	if (owner.len == 0 || owner.len > OWNER_MAX ||
	    act_utf8_span(owner.ptr, owner.len) != owner.len)
		return failure_set(why, ACT_E_INVAL, ACT_SQL_E_OTHER,
		                   "expected an owner of 1 to %u bytes of UTF-8", OWNER_MAX);
	if (count > STEPS_MAX || (count != 0 && steps == NULL) ||
	    (count != 0 && (stride < sizeof *steps || stride % _Alignof(act_sql_step) != 0)))
		return failure_set(why, ACT_E_INVAL, ACT_SQL_E_OTHER,
		                   "expected at most %u steps at a stride of %zu bytes or more, "
		                   "found %u at %u",
		                   STEPS_MAX, sizeof *steps, count, stride);
	for (uint32_t i = 0, last = 0; i < count; i++) {
		const act_sql_step *step = step_at(steps, stride, i);
		if (step->number <= last || step->sql == NULL)
			return failure_set(why, ACT_E_INVAL, ACT_SQL_E_OTHER,
			                   "expected steps in ascending order with SQL, found %u "
			                   "after %u",
			                   step->number, last);
		last = step->number;
		if (act_utf8_span(step->sql, strlen(step->sql)) != strlen(step->sql))
			return failure_set(why, ACT_E_INVAL, ACT_SQL_E_SYNTAX,
			                   "step %u is not UTF-8", step->number);
	}
	return ACT_OK;
}

act_rc migrate_run(struct pool *pool, act_bytes owner, const act_sql_step *steps, uint32_t count,
                   uint32_t stride, act_sql_error *why)
{
	struct slot *slot;
	act_rc rc = check(owner, steps, count, stride, why);
	if (rc == ACT_OK)
		rc = pool_take(pool, &slot, why);
	if (rc != ACT_OK)
		return rc;
	slot->conn.busy_ms = STEP_MS;
	rc = conn_run(&slot->conn,
	              "CREATE TABLE IF NOT EXISTS act_schema (owner TEXT NOT NULL, "
	              "number INTEGER NOT NULL, applied_at TEXT NOT NULL, "
	              "PRIMARY KEY (owner, number))",
	              why);
	for (uint32_t i = 0; i < count && rc == ACT_OK; i++) {
		const act_sql_step *step = step_at(steps, stride, i);
		conn_allow(&slot->conn, STEP_MS);
		rc = apply(&slot->conn, owner, step, why);
		if (rc != ACT_OK)
			failure_prefix(why, "step %u of %.*s", step->number, ACT_FMT(owner));
	}
	pool_give(pool, slot);
	return rc;
}
