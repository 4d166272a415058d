/* rows: cursors, in a table of bounded length.
 *
 * A cursor lives on a slot of the pool: its transaction's, or one of its own. When that lease ends
 * before the cursor's close(), the cursor is merely dead: it keeps the memory of its last row,
 * which the asker may still be reading, until the asker's next call on it or until its place in the
 * table is needed. So ending a lease never touches a cursor.
 *
 * Threads: [worker]; two threads at once on one cursor: the second gets ACT_E_BUSY. */
#ifndef SQLITE_ROWS_H
#define SQLITE_ROWS_H

#include "pool.h"

#define ROWS_MAX 512 /* cursors in the table, dead ones that were not closed included */

enum cursor_state {
	CURSOR_FREE,
	CURSOR_FIRST,  /* the statement stands on the first row, not yet handed out */
	CURSOR_LIVE,   /* it stands on a row that was handed out */
	CURSOR_ENDED,  /* no more rows; the slot was left */
	CURSOR_FAILED, /* an error came in place of a row; the slot was left */
};

struct cursor {
	/* For the holder of the table's lock: */
	uint64_t serial;
	uint64_t deadline_ns; /* its lease is over by then */
	bool busy;            /* a thread works on it: the rest is that thread's */
	enum cursor_state state;
	bool own;       /* the slot is its own, not a transaction's */
	uint32_t index; /* of the slot */
	uint64_t lease;
	struct stmt *stmt;
	char *bytes; /* texts and blobs of the row handed out */
	size_t room; /* of `bytes` */
};

struct rows {
	struct pool *pool;
	struct cursor *cursors; /* ROWS_MAX */
	pthread_mutex_t lock;   /* never held together with the pool's */
};

/* Makes the empty table. Borrows the pool. ACT_OK or ACT_E_NOMEM. */
act_rc rows_init(struct rows *rows, struct pool *pool);
/* No thread may be at work on a cursor. */
void rows_done(struct rows *rows);

/* Runs the statement up to its first row, so that its errors come now. Errors as
 * act_sql_provider.query; ACT_E_BUSY also: ROWS_MAX cursors are open. */
act_rc rows_query(struct rows *rows, act_sql_tx tx, act_bytes sql, const act_sql_value *args,
                  uint32_t arg_count, act_sql_rows *out, act_sql_error *why);
/* As act_sql_provider.next; `*count` gets how many of `cols` were filled. */
act_rc rows_next(struct rows *rows, act_sql_rows handle, act_sql_value *cols, uint32_t max,
                 uint32_t *count, act_sql_error *why);
/* ACT_OK, ACT_E_GONE, ACT_E_BUSY; ACT_E_FAIL: the statement wrote, by itself, and could not keep
 * its changes. */
act_rc rows_close(struct rows *rows, act_sql_rows handle);

#endif
