/* stmt: a connection's statements: prepared once, kept while there is room, the longest unused
 * making way. [the thread that entered the connection] */
#ifndef SQLITE_STMT_H
#define SQLITE_STMT_H

#include "conn.h"

/* The statement for `sql`, ready to be bound. ACT_E_INVAL: the SQL is not UTF-8; ACT_E_FAIL: it is
 * no statement, or several, or uses parameters other than $1, $2, … without a gap; ACT_E_BUSY: all
 * places are taken by open cursors. It goes back with stmt_give(). */
act_rc stmt_take(struct conn *conn, act_bytes sql, struct stmt **out, act_sql_error *why);

/* Back into its place, at rest. Returns SQLite's result: for a statement that writes by itself and
 * was not stepped to its end, this is where its changes are kept or lost. */
int stmt_give(struct conn *conn, struct stmt *stmt);

/* Binds $1 to args[0] and so on. `lasting`: the values must outlive this call, so they are copied.
 * ACT_E_FAIL: not that many parameters; ACT_E_INVAL: a value that cannot be stored as it is. */
act_rc stmt_bind(struct conn *conn, struct stmt *stmt, const act_sql_value *args, uint32_t count,
                 bool lasting, act_sql_error *why);

/* ACT_OK: there is a row; ACT_END: there is none (any more); or ACT_E_*. */
act_rc stmt_step(struct conn *conn, struct stmt *stmt, act_sql_error *why);

#endif
