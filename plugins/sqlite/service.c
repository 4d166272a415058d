/* service: the table of act.sql/1: checks what no other file can take on trust, and leads on. */
#include "database.h"
#include "exec.h"
#include "failure.h"
#include "migrate.h"
#include "tx.h"

static act_rc invalid(act_sql_error *why, const char *sentence)
{
	return failure_set(why, ACT_E_INVAL, ACT_SQL_E_OTHER, "%s", sentence);
}

/* Pointers that may be NULL only where nothing is behind them. */
static act_rc check(act_bytes sql, const act_sql_value *args, uint32_t arg_count,
                    act_sql_error *why)
{
	if (sql.ptr == NULL && sql.len != 0)
		return invalid(why, "the SQL has a length but no bytes");
	if (args == NULL && arg_count != 0)
		return invalid(why, "there is a number of values but no values");
	for (uint32_t i = 0; i < arg_count; i++)
		if ((args[i].type == ACT_SQL_TEXT || args[i].type == ACT_SQL_BYTES) &&
		    args[i].b.ptr == NULL && args[i].b.len != 0)
			return invalid(why, "a value has a length but no bytes");
	return ACT_OK;
}

static act_rc service_migrate(void *self, act_bytes owner, const act_sql_step *steps,
                              uint32_t count, uint32_t stride, act_sql_error *why)
{
	struct database *database = self;
	return migrate_run(&database->pool, owner, steps, count, stride, why);
}

static act_rc service_begin(void *self, uint32_t flags, act_sql_tx *tx, act_sql_error *why)
{
	struct database *database = self;
	if ((flags & ~ACT_SQL_READ) != 0 || tx == NULL)
		return invalid(why, "begin(): expected flags of 0 or ACT_SQL_READ, and a place for "
		                    "the handle");
	return tx_begin(&database->pool, (flags & ACT_SQL_READ) != 0, tx, why);
}

static act_rc service_commit(void *self, act_sql_tx tx, act_sql_error *why)
{
	struct database *database = self;
	return tx_commit(&database->pool, tx, why);
}

static act_rc service_rollback(void *self, act_sql_tx tx)
{
	struct database *database = self;
	return tx_rollback(&database->pool, tx);
}

static act_rc service_exec(void *self, act_sql_tx tx, act_bytes sql, const act_sql_value *args,
                           uint32_t arg_count, int64_t *changed, act_sql_error *why)
{
	struct database *database = self;
	act_rc rc = check(sql, args, arg_count, why);
	if (rc != ACT_OK)
		return rc;
	return exec_run(&database->pool, tx, sql, args, arg_count, changed, why);
}

static act_rc service_query(void *self, act_sql_tx tx, act_bytes sql, const act_sql_value *args,
                            uint32_t arg_count, act_sql_rows *rows, act_sql_error *why)
{
	struct database *database = self;
	act_rc rc = rows != NULL ? check(sql, args, arg_count, why)
	                         : invalid(why, "query(): expected a place for the handle");
	if (rc != ACT_OK)
		return rc;
	return rows_query(&database->rows, tx, sql, args, arg_count, rows, why);
}

static act_rc service_next(void *self, act_sql_rows rows, act_sql_value *cols, uint32_t max,
                           uint32_t *count, act_sql_error *why)
{
	struct database *database = self;
	if (count == NULL || (cols == NULL && max != 0))
		return invalid(why, "next(): expected places for the columns and their number");
	*count = 0;
	return rows_next(&database->rows, rows, cols, max, count, why);
}

static act_rc service_close(void *self, act_sql_rows rows)
{
	struct database *database = self;
	return rows_close(&database->rows, rows);
}

const act_sql_provider service_table = {
	.size = sizeof service_table,
	.migrate = service_migrate,
	.begin = service_begin,
	.commit = service_commit,
	.rollback = service_rollback,
	.exec = service_exec,
	.query = service_query,
	.next = service_next,
	.close = service_close,
};
