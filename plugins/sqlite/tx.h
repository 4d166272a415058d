/* tx: transactions. [worker] */
#ifndef SQLITE_TX_H
#define SQLITE_TX_H

#include "pool.h"

/* BEGIN IMMEDIATE: the write lock is had now or not at all, so that no later statement of the
 * transaction can meet another writer. With `reading`: BEGIN, beside any writer. ACT_E_BUSY: no
 * connection or no write lock in time. */
act_rc tx_begin(struct pool *pool, bool reading, act_sql_tx *tx, act_sql_error *why);
/* The handle is gone afterwards, whatever comes of it, unless another thread is inside
 * (ACT_E_BUSY). Cursors of the transaction are closed. */
act_rc tx_commit(struct pool *pool, act_sql_tx tx, act_sql_error *why);
act_rc tx_rollback(struct pool *pool, act_sql_tx tx);

/* Enters the slot of a transaction; with `tx` 0 a free one. Errors as pool_enter(), pool_take(). */
act_rc tx_enter(struct pool *pool, act_sql_tx tx, struct slot **out, act_sql_error *why);
/* Goes out of it again. */
void tx_leave(struct pool *pool, act_sql_tx tx, struct slot *slot);

#endif
