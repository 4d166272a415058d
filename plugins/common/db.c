#include "db.h"

#include <act/easy.h>
#include <assert.h>
#include <stdbool.h>
#include <time.h>

const act_sql *db_service(const act_host *host)
{
	const act_sql *sql = host->extension(host, ACT_EXT_SQL, sizeof(act_sql));
	if (sql == NULL)
		act_logf(host, ACT_LOG_ERROR,
		         "the server gives no service " ACT_EXT_SQL " of %zu bytes or more: use a "
		         "server that is as new as this plugin",
		         sizeof(act_sql));
	return sql;
}

act_rc db_migrate(const act_host *host, const act_sql *sql, const act_sql_step *steps,
                  uint32_t count)
{
	act_sql_error why = { .size = sizeof why };
	act_rc rc = sql->migrate(host, steps, count, sizeof *steps, &why);
	if (rc == ACT_E_GONE)
		act_logf(host, ACT_LOG_ERROR,
		         "nothing provides " ACT_EXT_SQL ": expected a plugin for it under "
		         "\"services\" in the config, found none that is loaded");
	else if (rc != ACT_OK)
		act_logf(host, ACT_LOG_ERROR, "the tables could not be made (error %d): %s",
		         (int)rc, why.text[0] != '\0' ? why.text : "the database gave no reason");
	return rc;
}

struct db db_of(const act_host *host, const act_sql *sql, uint64_t deadline_ns)
{
	assert(host != NULL && sql != NULL);
	return (struct db){ .host = host, .sql = sql, .deadline_ns = deadline_ns };
}

act_sql_value db_text(act_bytes text)
{
	/* Bytes without a pointer are the empty text, which a database tells from NULL. */
	return (act_sql_value){ .type = ACT_SQL_TEXT, .b = text.len != 0 ? text : act_str("") };
}

act_sql_value db_bytes(act_bytes bytes)
{
	return (act_sql_value){ .type = ACT_SQL_BYTES, .b = bytes };
}

act_sql_value db_int(int64_t number)
{
	return (act_sql_value){ .type = ACT_SQL_INT, .i = number };
}

act_sql_value db_null(void)
{
	return (act_sql_value){ .type = ACT_SQL_NULL };
}

static act_sql_error *fresh_error(struct db *db)
{
	db->why = (act_sql_error){ .size = sizeof db->why };
	return &db->why;
}

/* A lock is no fault, and is told by one code, whichever way the provider said it. */
static act_rc judge(struct db *db, act_rc rc)
{
	if (rc == ACT_E_FAIL && db->why.kind == ACT_SQL_E_BUSY)
		return ACT_E_BUSY;
	if (rc == ACT_E_FAIL || rc == ACT_E_INVAL)
		act_logf(db->host, ACT_LOG_ERROR, "the database refused a statement: %s",
		         db->why.text[0] != '\0' ? db->why.text : "it gave no reason");
	return rc;
}

act_rc db_exec(struct db *db, const char *statement, const act_sql_value *args, uint32_t count,
               int64_t *changed)
{
	return judge(db, db->sql->exec(db->host, db->tx, act_str(statement), args, count, changed,
	                               fresh_error(db)));
}

act_rc db_each(struct db *db, const char *statement, const act_sql_value *args, uint32_t count,
               db_row *row, void *arg)
{
	act_sql_value columns[DB_COLUMNS_MAX];
	act_sql_rows rows;
	uint32_t width;
	act_rc rc = judge(db, db->sql->query(db->host, db->tx, act_str(statement), args, count,
	                                     &rows, fresh_error(db)));
	if (rc != ACT_OK)
		return rc;
	for (;;) {
		rc = judge(db, db->sql->next(db->host, rows, columns, DB_COLUMNS_MAX, &width,
		                             fresh_error(db)));
		if (rc == ACT_OK)
			rc = row(arg, columns, width);
		if (rc != ACT_OK)
			break;
	}
	db->sql->close(db->host, rows);
	return rc == ACT_END ? ACT_OK : rc;
}

static act_rc take_number(void *arg, const act_sql_value *columns, uint32_t count)
{
	int64_t *number = arg;
	if (count == 0)
		return ACT_E_FAIL;
	*number = columns[0].i;
	return ACT_END;
}

act_rc db_number(struct db *db, const char *statement, const act_sql_value *args, uint32_t count,
                 int64_t *number)
{
	*number = 0;
	return db_each(db, statement, args, count, take_number, number);
}

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool is_late(const struct db *db)
{
	return db->deadline_ns != 0 && now_ns() >= db->deadline_ns;
}

static act_rc try_once(struct db *db, db_body *body, void *arg)
{
	act_rc rc = judge(db, db->sql->begin(db->host, 0, &db->tx, fresh_error(db)));
	if (rc == ACT_OK) {
		rc = body(db, arg);
		if (rc == ACT_OK)
			rc = judge(db, db->sql->commit(db->host, db->tx, fresh_error(db)));
		else
			db->sql->rollback(db->host, db->tx);
	}
	db->tx = 0;
	return rc;
}

act_rc db_write(struct db *db, db_body *body, void *arg)
{
	assert(db->tx == 0);
	act_rc rc = ACT_E_BUSY;
	for (int i = 0; i < DB_TRIES && rc == ACT_E_BUSY; i++) {
		if (is_late(db))
			return ACT_E_LATE;
		/* The provider has waited for the lock already. The little more, longer each time,
		 * keeps two that block each other from meeting again at once. */
		if (i > 0)
			nanosleep(&(struct timespec){ .tv_nsec = i * 2000000L }, NULL);
		rc = try_once(db, body, arg);
	}
	return rc;
}

void db_stamp(char out[DB_STAMP_SIZE])
{
	struct timespec now;
	struct tm utc;
	char seconds[20];
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &utc);
	const unsigned ms = (unsigned)(now.tv_nsec / 1000000) % 1000u;
	snprintf(out, DB_STAMP_SIZE, "%s.%03uZ", seconds, ms);
}
