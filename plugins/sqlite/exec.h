/* exec: one statement without rows. [worker] */
#ifndef SQLITE_EXEC_H
#define SQLITE_EXEC_H

#include "pool.h"

/* Runs it, in the transaction `tx` or with 0 by itself. `changed` may be NULL. Errors as
 * act_sql_provider.exec; ACT_E_FAIL also: the statement has rows, or writes in a transaction that
 * only reads. */
act_rc exec_run(struct pool *pool, act_sql_tx tx, act_bytes sql, const act_sql_value *args,
                uint32_t arg_count, int64_t *changed, act_sql_error *why);

/* ACT_E_FAIL where the slot's transaction only reads, but the statement does not. */
act_rc exec_allowed(const struct slot *slot, const struct stmt *stmt, act_sql_error *why);

#endif
