/* migrate: each plugin's schema, step by step, recorded in the table act_schema. [worker] */
#ifndef SQLITE_MIGRATE_H
#define SQLITE_MIGRATE_H

#include "pool.h"

/* As act_sql_provider.migrate. Each step holds SQLite's write lock from the look whether it was
 * applied to its commit, so that two at once (threads, generations, servers) apply it once. A
 * statement of a step has 60 s, and so has the wait for another's step. Steps before one that fails
 * stay applied; the sentence names that step. */
act_rc migrate_run(struct pool *pool, act_bytes owner, const act_sql_step *steps, uint32_t count,
                   uint32_t stride, act_sql_error *why);

#endif
