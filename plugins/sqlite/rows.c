#include "rows.h"

#include "clock.h"
#include "exec.h"
#include "failure.h"
#include "handle.h"
#include "stmt.h"
#include "tx.h"

#include <act/easy.h>

#include <assert.h>

act_rc rows_init(struct rows *rows, struct pool *pool)
{
	*rows = (struct rows){ .pool = pool };
	rows->cursors = calloc(ROWS_MAX, sizeof *rows->cursors);
	if (rows->cursors == NULL)
		return ACT_E_NOMEM;
	pthread_mutex_init(&rows->lock, NULL);
	return ACT_OK;
}

void rows_done(struct rows *rows)
{
	for (uint32_t i = 0; i < ROWS_MAX; i++) {
		assert(!rows->cursors[i].busy);
		free(rows->cursors[i].bytes);
	}
	pthread_mutex_destroy(&rows->lock);
	free(rows->cursors);
	rows->cursors = NULL;
}

/* ---- the table ----------------------------------------------------------------------------- */

/* A place for a new cursor: a free one, or that of the one that is past its deadline for longest.
 * NULL: there is none. It comes back busy. */
static struct cursor *reserve(struct rows *rows)
{
	uint64_t serial = pool_serial(rows->pool), now = clock_now_ns();
	struct cursor *found = NULL;
	pthread_mutex_lock(&rows->lock);
	for (uint32_t i = 0; i < ROWS_MAX; i++) {
		struct cursor *cursor = &rows->cursors[i];
		if (cursor->busy)
			continue;
		if (cursor->state == CURSOR_FREE) {
			found = cursor;
			break;
		}
		if (cursor->deadline_ns <= now &&
		    (found == NULL || cursor->deadline_ns < found->deadline_ns))
			found = cursor;
	}
	if (found != NULL) {
		free(found->bytes);
		*found = (struct cursor){ .serial = serial, .busy = true };
	}
	pthread_mutex_unlock(&rows->lock);
	return found;
}

/* The thread is done with the cursor; with CURSOR_FREE as the state, everyone is. */
static void release(struct rows *rows, struct cursor *cursor)
{
	pthread_mutex_lock(&rows->lock);
	if (cursor->state == CURSOR_FREE) {
		free(cursor->bytes);
		*cursor = (struct cursor){ .state = CURSOR_FREE };
	}
	cursor->busy = false;
	pthread_mutex_unlock(&rows->lock);
}

static act_rc no_cursor(act_sql_error *why)
{
	return failure_set(why, ACT_E_GONE, ACT_SQL_E_OTHER, "there is no such cursor (any more)");
}

/* The cursor of a handle, now busy. */
static act_rc acquire(struct rows *rows, act_sql_rows handle, struct cursor **out,
                      act_sql_error *why)
{
	act_rc rc = ACT_OK;
	if (!handle_fits(handle, HANDLE_ROWS, ROWS_MAX))
		return no_cursor(why);
	struct cursor *cursor = &rows->cursors[handle_place(handle)];
	pthread_mutex_lock(&rows->lock);
	if (cursor->serial != handle_serial(handle))
		rc = no_cursor(why);
	else if (cursor->busy)
		rc = failure_set(why, ACT_E_BUSY, ACT_SQL_E_BUSY,
		                 "another thread is at work on this cursor");
	else
		cursor->busy = true;
	pthread_mutex_unlock(&rows->lock);
	*out = cursor;
	return rc;
}

/* ---- on the slot --------------------------------------------------------------------------- */

static act_rc enter(struct rows *rows, const struct cursor *cursor, struct slot **out,
                    act_sql_error *why)
{
	return pool_enter(rows->pool, cursor->index, cursor->own ? SLOT_ROWS : SLOT_TX,
	                  cursor->lease, out, why);
}

/* The statement is through: gives it back, and the slot too where it is the cursor's own. */
static int finish(struct rows *rows, struct cursor *cursor, struct slot *slot,
                  enum cursor_state state)
{
	int rc = stmt_give(&slot->conn, cursor->stmt);
	cursor->stmt = NULL;
	cursor->state = state;
	if (cursor->own)
		pool_give(rows->pool, slot);
	else
		pool_leave(rows->pool, slot);
	return rc;
}

/* Prepares and binds the statement and runs it to its first row. */
static act_rc run(struct cursor *cursor, struct slot *slot, act_bytes sql,
                  const act_sql_value *args, uint32_t arg_count, act_sql_error *why)
{
	struct conn *conn = &slot->conn;
	act_rc rc = stmt_take(conn, sql, &cursor->stmt, why);
	if (rc != ACT_OK)
		return rc;
	if (sqlite3_column_count(cursor->stmt->handle) == 0)
		rc = failure_set(why, ACT_E_FAIL, ACT_SQL_E_SYNTAX,
		                 "the statement has no rows: expected one with, or exec()");
	if (rc == ACT_OK)
		rc = exec_allowed(slot, cursor->stmt, why);
	if (rc == ACT_OK)
		rc = stmt_bind(conn, cursor->stmt, args, arg_count, true, why);
	if (rc == ACT_OK)
		rc = stmt_step(conn, cursor->stmt, why);
	if (rc < 0) {
		stmt_give(conn, cursor->stmt);
		cursor->stmt = NULL;
	}
	return rc;
}

/* Goes out of the slot after the first step; the cursor keeps it while there are rows. */
static void settle(struct rows *rows, struct cursor *cursor, act_sql_tx tx, struct slot *slot,
                   act_rc first)
{
	cursor->own = tx == 0;
	cursor->index = pool_index(rows->pool, slot);
	cursor->deadline_ns = clock_after_ms(rows->pool->settings->tx_ms);
	if (first == ACT_END) {
		finish(rows, cursor, slot, CURSOR_ENDED);
	} else if (first != ACT_OK) {
		cursor->state = CURSOR_FREE;
		tx_leave(rows->pool, tx, slot);
	} else {
		cursor->state = CURSOR_FIRST;
		cursor->lease =
			tx != 0 ? handle_serial(tx) : pool_keep(rows->pool, slot, SLOT_ROWS);
		if (tx != 0)
			pool_leave(rows->pool, slot);
	}
}

act_rc rows_query(struct rows *rows, act_sql_tx tx, act_bytes sql, const act_sql_value *args,
                  uint32_t arg_count, act_sql_rows *out, act_sql_error *why)
{
	struct slot *slot;
	struct cursor *cursor = reserve(rows);
	if (cursor == NULL)
		return failure_set(why, ACT_E_BUSY, ACT_SQL_E_BUSY, "%d cursors are open already",
		                   ROWS_MAX);
	uint64_t handle =
		handle_make(cursor->serial, HANDLE_ROWS, (uint32_t)(cursor - rows->cursors));
	act_rc rc = tx_enter(rows->pool, tx, &slot, why);
	if (rc == ACT_OK) {
		conn_allow(&slot->conn, rows->pool->settings->query_ms);
		rc = run(cursor, slot, sql, args, arg_count, why);
		settle(rows, cursor, tx, slot, rc);
	}
	release(rows, cursor);
	if (rc < 0)
		return rc;
	*out = handle;
	return ACT_OK;
}

/* ---- rows ---------------------------------------------------------------------------------- */

/* Room for the texts and blobs of the row's first columns. */
static act_rc make_room(struct cursor *cursor, int count, act_sql_error *why)
{
	size_t needed = 0;
	for (int i = 0; i < count; i++) {
		int type = sqlite3_column_type(cursor->stmt->handle, i);
		if (type == SQLITE_TEXT || type == SQLITE_BLOB)
			needed += (size_t)sqlite3_column_bytes(cursor->stmt->handle, i);
	}
	if (needed <= cursor->room)
		return ACT_OK;
	char *bytes = realloc(cursor->bytes, needed);
	if (bytes == NULL)
		return failure_set(why, ACT_E_NOMEM, ACT_SQL_E_OTHER,
		                   "no memory for a row of %zu bytes", needed);
	cursor->bytes = bytes;
	cursor->room = needed;
	return ACT_OK;
}

/* Copies a text or blob to `at`. Returns how long it is. */
static size_t copy_bytes(sqlite3_stmt *handle, int i, char *at, act_sql_value *col)
{
	const void *from = col->type == ACT_SQL_TEXT ? (const void *)sqlite3_column_text(handle, i)
	                                             : sqlite3_column_blob(handle, i);
	size_t len = (size_t)sqlite3_column_bytes(handle, i);
	if (len != 0)
		memcpy(at, from, len);
	col->b = act_mem(at, len);
	return len;
}

/* Hands the row out. A text that was made from a blob by CAST may be anything. */
static act_rc copy_row(struct cursor *cursor, act_sql_value *cols, int count, act_sql_error *why)
{
	sqlite3_stmt *handle = cursor->stmt->handle;
	char *at = cursor->bytes;
	for (int i = 0; i < count; i++) {
		act_sql_value *col = &cols[i];
		*col = (act_sql_value){ .type = ACT_SQL_NULL };
		switch (sqlite3_column_type(handle, i)) {
		case SQLITE_INTEGER:
			col->type = ACT_SQL_INT;
			col->i = sqlite3_column_int64(handle, i);
			break;
		case SQLITE_FLOAT:
			col->type = ACT_SQL_REAL;
			col->r = sqlite3_column_double(handle, i);
			break;
		case SQLITE_TEXT:
			col->type = ACT_SQL_TEXT;
			at += copy_bytes(handle, i, at, col);
			if (act_utf8_span(col->b.ptr, col->b.len) != col->b.len)
				return failure_set(why, ACT_E_FAIL, ACT_SQL_E_OTHER,
				                   "column %d of the row is a text that is not "
				                   "UTF-8",
				                   i + 1);
			break;
		case SQLITE_BLOB:
			col->type = ACT_SQL_BYTES;
			at += copy_bytes(handle, i, at, col);
			break;
		default:
			break;
		}
	}
	return ACT_OK;
}

static act_rc next_row(struct cursor *cursor, struct slot *slot, act_sql_value *cols, uint32_t max,
                       uint32_t *count, act_sql_error *why)
{
	act_rc rc = ACT_OK;
	conn_allow(&slot->conn, slot->conn.settings->query_ms);
	if (cursor->state == CURSOR_LIVE)
		rc = stmt_step(&slot->conn, cursor->stmt, why);
	if (rc != ACT_OK)
		return rc;
	int columns = sqlite3_data_count(cursor->stmt->handle);
	if ((uint32_t)columns > max)
		columns = (int)max;
	rc = make_room(cursor, columns, why);
	if (rc == ACT_OK)
		rc = copy_row(cursor, cols, columns, why);
	if (rc == ACT_OK)
		*count = (uint32_t)columns;
	return rc;
}

act_rc rows_next(struct rows *rows, act_sql_rows handle, act_sql_value *cols, uint32_t max,
                 uint32_t *count, act_sql_error *why)
{
	struct cursor *cursor = NULL;
	struct slot *slot;
	act_rc rc = acquire(rows, handle, &cursor, why);
	if (rc != ACT_OK)
		return rc;
	if (cursor->state == CURSOR_ENDED) {
		rc = ACT_END;
		goto out;
	}
	if (cursor->state == CURSOR_FAILED) {
		rc = failure_set(why, ACT_E_FAIL, ACT_SQL_E_OTHER, "the cursor failed before");
		goto out;
	}
	rc = enter(rows, cursor, &slot, why);
	if (rc == ACT_E_GONE)
		cursor->state = CURSOR_FREE;
	if (rc != ACT_OK)
		goto out;
	rc = next_row(cursor, slot, cols, max, count, why);
	if (rc == ACT_OK) {
		cursor->state = CURSOR_LIVE;
		pool_leave(rows->pool, slot);
	} else {
		finish(rows, cursor, slot, rc == ACT_END ? CURSOR_ENDED : CURSOR_FAILED);
	}
out:
	release(rows, cursor);
	return rc;
}

act_rc rows_close(struct rows *rows, act_sql_rows handle)
{
	struct cursor *cursor = NULL;
	struct slot *slot;
	act_rc rc = acquire(rows, handle, &cursor, NULL);
	if (rc != ACT_OK)
		return rc;
	if (cursor->state == CURSOR_FIRST || cursor->state == CURSOR_LIVE) {
		rc = enter(rows, cursor, &slot, NULL);
		if (rc == ACT_OK && finish(rows, cursor, slot, CURSOR_FREE) != SQLITE_OK)
			rc = ACT_E_FAIL;
	}
	if (rc != ACT_E_BUSY)
		cursor->state = CURSOR_FREE;
	release(rows, cursor);
	return rc;
}
