#include "tx.h"

#include "failure.h"
#include "handle.h"

#include <assert.h>

act_rc tx_begin(struct pool *pool, bool reading, act_sql_tx *tx, act_sql_error *why)
{
	struct slot *slot;
	act_rc rc = pool_take(pool, &slot, why);
	if (rc != ACT_OK)
		return rc;
	rc = conn_run(&slot->conn, reading ? "BEGIN" : "BEGIN IMMEDIATE", why);
	if (rc != ACT_OK) {
		pool_give(pool, slot);
		return rc;
	}
	slot->reading = reading;
	uint32_t place = pool_index(pool, slot);
	*tx = handle_make(pool_keep(pool, slot, SLOT_TX), HANDLE_TX, place);
	return ACT_OK;
}

static act_rc enter(struct pool *pool, act_sql_tx tx, struct slot **out, act_sql_error *why)
{
	if (!handle_fits(tx, HANDLE_TX, pool->count))
		return failure_set(why, ACT_E_GONE, ACT_SQL_E_OTHER,
		                   "there is no such transaction (any more)");
	return pool_enter(pool, handle_place(tx), SLOT_TX, handle_serial(tx), out, why);
}

act_rc tx_enter(struct pool *pool, act_sql_tx tx, struct slot **out, act_sql_error *why)
{
	return tx != 0 ? enter(pool, tx, out, why) : pool_take(pool, out, why);
}

void tx_leave(struct pool *pool, act_sql_tx tx, struct slot *slot)
{
	if (tx != 0)
		pool_leave(pool, slot);
	else
		pool_give(pool, slot);
}

act_rc tx_commit(struct pool *pool, act_sql_tx tx, act_sql_error *why)
{
	struct slot *slot;
	act_rc rc = enter(pool, tx, &slot, why);
	if (rc != ACT_OK)
		return rc;
	/* A cursor that is half read would hold the transaction open: SQLITE_BUSY. */
	conn_settle(&slot->conn);
	rc = conn_run(&slot->conn, "COMMIT", why);
	pool_give(pool, slot); /* rolls back what could not be committed */
	return rc;
}

act_rc tx_rollback(struct pool *pool, act_sql_tx tx)
{
	struct slot *slot;
	act_rc rc = enter(pool, tx, &slot, NULL);
	if (rc == ACT_OK)
		pool_give(pool, slot);
	return rc;
}
