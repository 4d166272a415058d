#include "exec.h"

#include "failure.h"
#include "stmt.h"
#include "tx.h"

act_rc exec_allowed(const struct slot *slot, const struct stmt *stmt, act_sql_error *why)
{
	if (!slot->reading || sqlite3_stmt_readonly(stmt->handle))
		return ACT_OK;
	return failure_set(why, ACT_E_FAIL, ACT_SQL_E_OTHER,
	                   "the transaction only reads: begin() was given ACT_SQL_READ");
}

/* sqlite3_changes64() keeps its value over statements that change no row, such as CREATE. */
static act_rc run(struct slot *slot, struct stmt *stmt, int64_t *changed, act_sql_error *why)
{
	sqlite3 *db = slot->conn.db;
	sqlite3_int64 before = sqlite3_total_changes64(db);
	act_rc rc = stmt_step(&slot->conn, stmt, why);
	if (rc != ACT_END)
		return rc;
	if (changed != NULL)
		*changed = sqlite3_total_changes64(db) != before ? sqlite3_changes64(db) : 0;
	return ACT_OK;
}

act_rc exec_run(struct pool *pool, act_sql_tx tx, act_bytes sql, const act_sql_value *args,
                uint32_t arg_count, int64_t *changed, act_sql_error *why)
{
	struct slot *slot;
	struct stmt *stmt;
	act_rc rc = tx_enter(pool, tx, &slot, why);
	if (rc != ACT_OK)
		return rc;
	conn_allow(&slot->conn, pool->settings->query_ms);
	rc = stmt_take(&slot->conn, sql, &stmt, why);
	if (rc != ACT_OK)
		goto out;
	if (sqlite3_column_count(stmt->handle) != 0)
		rc = failure_set(why, ACT_E_FAIL, ACT_SQL_E_SYNTAX,
		                 "the statement has rows: expected one without, or query()");
	if (rc == ACT_OK)
		rc = exec_allowed(slot, stmt, why);
	if (rc == ACT_OK)
		rc = stmt_bind(&slot->conn, stmt, args, arg_count, false, why);
	if (rc == ACT_OK)
		rc = run(slot, stmt, changed, why);
	stmt_give(&slot->conn, stmt);
out:
	tx_leave(pool, tx, slot);
	return rc;
}
