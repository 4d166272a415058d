#include "stmt.h"

#include "failure.h"

#include <act/easy.h>

#include <assert.h>
#include <math.h>

/* ---- taking and giving --------------------------------------------------------------------- */

/* FNV-1a; it only spares comparisons of whole texts. */
static uint64_t hash_of(act_bytes sql)
{
	const unsigned char *byte = sql.ptr;
	uint64_t hash = 14695981039346656037u;
	for (size_t i = 0; i < sql.len; i++)
		hash = (hash ^ byte[i]) * 1099511628211u;
	return hash;
}

/* Without the blanks around it, which SQLite does not keep with the statement either. */
static act_bytes trim(act_bytes sql)
{
	const char *at = sql.ptr, *end = at + sql.len;
	while (at < end && strchr(" \t\r\n", *at) != NULL && *at != '\0')
		at++;
	while (end > at && strchr(" \t\r\n", end[-1]) != NULL && end[-1] != '\0')
		end--;
	return act_mem(at, (size_t)(end - at));
}

static struct stmt *find(struct conn *conn, act_bytes sql, uint64_t hash)
{
	for (size_t i = 0; i < CONN_STMTS; i++) {
		struct stmt *stmt = &conn->stmts[i];
		if (stmt->handle != NULL && !stmt->busy && stmt->hash == hash &&
		    stmt->own == conn->own && stmt->len == sql.len &&
		    memcmp(sqlite3_sql(stmt->handle), sql.ptr, sql.len) == 0)
			return stmt;
	}
	return NULL;
}

/* An empty place, or that of the statement unused for longest; NULL: all are busy. */
static struct stmt *make_place(struct conn *conn)
{
	struct stmt *oldest = NULL;
	for (size_t i = 0; i < CONN_STMTS; i++) {
		struct stmt *stmt = &conn->stmts[i];
		if (stmt->handle == NULL)
			return stmt;
		if (!stmt->busy && (oldest == NULL || stmt->used < oldest->used))
			oldest = stmt;
	}
	if (oldest != NULL) {
		if (conn->last_sql == sqlite3_sql(oldest->handle))
			conn->last_sql = NULL;
		sqlite3_finalize(oldest->handle);
		*oldest = (struct stmt){ .handle = NULL };
	}
	return oldest;
}

static act_rc check_text(act_bytes sql, act_sql_error *why)
{
	size_t good = act_utf8_span(sql.ptr, sql.len);
	if (good < sql.len)
		return failure_set(why, ACT_E_INVAL, ACT_SQL_E_SYNTAX,
		                   "the SQL is not UTF-8: byte %zu (0x%02X)", good,
		                   ((const unsigned char *)sql.ptr)[good]);
	if (sql.len != 0 && memchr(sql.ptr, 0, sql.len) != NULL)
		return failure_set(why, ACT_E_INVAL, ACT_SQL_E_SYNTAX,
		                   "there is a zero byte in the SQL");
	return ACT_OK;
}

static act_rc prepare_failed(struct conn *conn, int rc, act_sql_error *why)
{
	if (conn->denied != NULL)
		return failure_set(why, ACT_E_FAIL, ACT_SQL_E_SYNTAX, "%s", conn->denied);
	if (rc == SQLITE_ERROR || rc == SQLITE_TOOBIG)
		return failure_set(why, ACT_E_FAIL, ACT_SQL_E_SYNTAX, "%s",
		                   sqlite3_errmsg(conn->db));
	return conn_failed(conn, rc, why);
}

/* Prepares the one statement in `sql`. What follows it may be blank or comment: preparing that
 * gives no statement. */
static act_rc prepare(struct conn *conn, act_bytes sql, sqlite3_stmt **out, act_sql_error *why)
{
	const char *at = sql.ptr, *end = at + sql.len;
	sqlite3_stmt *second = NULL;
	conn->denied = NULL;
	*out = NULL;
	while (at < end && *out == NULL) {
		int rc = sqlite3_prepare_v3(conn->db, at, (int)(end - at),
		                            SQLITE_PREPARE_PERSISTENT, out, &at);
		if (rc != SQLITE_OK)
			return prepare_failed(conn, rc, why);
	}
	if (*out == NULL)
		return failure_set(why, ACT_E_FAIL, ACT_SQL_E_SYNTAX, "there is no statement");
	while (at < end) {
		int rc = sqlite3_prepare_v3(conn->db, at, (int)(end - at), 0, &second, &at);
		if (rc == SQLITE_OK && second == NULL)
			continue;
		sqlite3_finalize(second);
		sqlite3_finalize(*out);
		return failure_set(why, ACT_E_FAIL, ACT_SQL_E_SYNTAX,
		                   "expected one statement, found something after it");
	}
	return ACT_OK;
}

/* The number of the parameter at SQLite's `index`: 7 for "$7"; 0: it is not written like that. */
static uint32_t parameter_number(sqlite3_stmt *handle, int index)
{
	const char *name = sqlite3_bind_parameter_name(handle, index);
	uint32_t number = 0;
	if (name == NULL || name[0] != '$' || name[1] == '0')
		return 0;
	for (const char *at = name + 1; *at != '\0'; at++) {
		if (*at < '0' || *at > '9' || number > 100000)
			return 0;
		number = number * 10 + (uint32_t)(*at - '0');
	}
	return number;
}

/* SQLite takes "$1" for a name like any other and counts names as they come. Distinct names here
 * are distinct numbers, so if none is above their count, they are 1 to count without a gap. */
static act_rc check_parameters(sqlite3_stmt *handle, act_sql_error *why)
{
	int count = sqlite3_bind_parameter_count(handle);
	for (int index = 1; index <= count; index++) {
		const char *name = sqlite3_bind_parameter_name(handle, index);
		uint32_t number = parameter_number(handle, index);
		if (number == 0)
			return failure_set(why, ACT_E_FAIL, ACT_SQL_E_SYNTAX,
			                   "expected parameters written $1, $2, …, found %s%s",
			                   name != NULL ? name : "?",
			                   name != NULL && strstr(name, "::") != NULL
			                           ? " (write CAST($1 AS type))"
			                           : "");
		if (number > (uint32_t)count)
			return failure_set(why, ACT_E_FAIL, ACT_SQL_E_SYNTAX,
			                   "expected %d parameters $1 to $%d without a gap, found "
			                   "%s",
			                   count, count, name);
	}
	return ACT_OK;
}

act_rc stmt_take(struct conn *conn, act_bytes sql, struct stmt **out, act_sql_error *why)
{
	sql = trim(sql);
	uint64_t hash = hash_of(sql);
	struct stmt *stmt = find(conn, sql, hash);
	if (stmt == NULL) {
		sqlite3_stmt *handle;
		act_rc rc = check_text(sql, why);
		if (rc == ACT_OK)
			rc = prepare(conn, sql, &handle, why);
		if (rc != ACT_OK)
			return rc;
		rc = check_parameters(handle, why);
		if (rc == ACT_OK && (stmt = make_place(conn)) == NULL)
			rc = failure_set(why, ACT_E_BUSY, ACT_SQL_E_OTHER,
			                 "%d cursors are open in this transaction already",
			                 CONN_STMTS);
		if (rc != ACT_OK) {
			sqlite3_finalize(handle);
			return rc;
		}
		*stmt = (struct stmt){
			.handle = handle,
			.len = strlen(sqlite3_sql(handle)),
			.hash = hash,
			.own = conn->own,
		};
	}
	stmt->busy = true;
	stmt->used = ++conn->uses;
	if (!conn->own)
		conn->last_sql = sqlite3_sql(stmt->handle);
	*out = stmt;
	return ACT_OK;
}

int stmt_give(struct conn *conn, struct stmt *stmt)
{
	assert(stmt->busy && stmt >= conn->stmts && stmt < conn->stmts + CONN_STMTS);
	(void)conn;
	int rc = sqlite3_reset(stmt->handle);
	sqlite3_clear_bindings(stmt->handle);
	stmt->busy = false;
	return rc;
}

/* ---- binding and stepping ------------------------------------------------------------------ */

static act_rc check_value(const act_sql_value *value, uint32_t number, act_sql_error *why)
{
	size_t good;
	switch (value->type) {
	case ACT_SQL_NULL:
	case ACT_SQL_INT:
	case ACT_SQL_BYTES:
		return ACT_OK;
	case ACT_SQL_REAL:
		/* SQLite would store NULL in its place. */
		if (isnan(value->r))
			return failure_set(why, ACT_E_INVAL, ACT_SQL_E_OTHER,
			                   "$%u: expected a number, found NaN", number);
		return ACT_OK;
	case ACT_SQL_TEXT:
		good = act_utf8_span(value->b.ptr, value->b.len);
		if (good < value->b.len)
			return failure_set(why, ACT_E_INVAL, ACT_SQL_E_OTHER,
			                   "$%u: expected UTF-8, found byte 0x%02X at %zu", number,
			                   ((const unsigned char *)value->b.ptr)[good], good);
		/* PostgreSQL has no such text, and SQLite's functions stop at the zero. */
		if (value->b.len != 0 && memchr(value->b.ptr, 0, value->b.len) != NULL)
			return failure_set(why, ACT_E_INVAL, ACT_SQL_E_OTHER,
			                   "$%u: there is a zero byte in the text; store such as "
			                   "bytes",
			                   number);
		return ACT_OK;
	default:
		return failure_set(why, ACT_E_INVAL, ACT_SQL_E_OTHER,
		                   "$%u: expected a type from 0 to 4 (ACT_SQL_*), found %u", number,
		                   value->type);
	}
}

static int bind_value(sqlite3_stmt *handle, int index, const act_sql_value *value, bool lasting)
{
	sqlite3_destructor_type owner = lasting ? SQLITE_TRANSIENT : SQLITE_STATIC;
	const void *bytes = value->b.len != 0 ? value->b.ptr : "";
	switch (value->type) {
	case ACT_SQL_INT:
		return sqlite3_bind_int64(handle, index, value->i);
	case ACT_SQL_REAL:
		return sqlite3_bind_double(handle, index, value->r);
	case ACT_SQL_TEXT:
		return sqlite3_bind_text64(handle, index, bytes, value->b.len, owner, SQLITE_UTF8);
	case ACT_SQL_BYTES:
		return sqlite3_bind_blob64(handle, index, bytes, value->b.len, owner);
	default:
		return sqlite3_bind_null(handle, index);
	}
}

act_rc stmt_bind(struct conn *conn, struct stmt *stmt, const act_sql_value *args, uint32_t count,
                 bool lasting, act_sql_error *why)
{
	int needed = sqlite3_bind_parameter_count(stmt->handle);
	if ((uint32_t)needed != count)
		return failure_set(why, ACT_E_FAIL, ACT_SQL_E_SYNTAX,
		                   "the SQL has %d parameters, but %u values were given", needed,
		                   count);
	for (int index = 1; index <= needed; index++) {
		uint32_t number = parameter_number(stmt->handle, index);
		assert(number >= 1 && number <= count); /* check_parameters() */
		const act_sql_value *value = &args[number - 1];
		act_rc rc = check_value(value, number, why);
		if (rc != ACT_OK)
			return rc;
		int bound = bind_value(stmt->handle, index, value, lasting);
		if (bound != SQLITE_OK)
			return conn_failed(conn, bound, why);
	}
	return ACT_OK;
}

act_rc stmt_step(struct conn *conn, struct stmt *stmt, act_sql_error *why)
{
	conn->denied = NULL;
	int rc = sqlite3_step(stmt->handle);
	if (rc == SQLITE_ROW)
		return ACT_OK;
	if (rc == SQLITE_DONE)
		return ACT_END;
	if (conn->denied != NULL) /* VACUUM attaches a file only now */
		return failure_set(why, ACT_E_FAIL, ACT_SQL_E_SYNTAX, "%s", conn->denied);
	return conn_failed(conn, rc, why);
}
