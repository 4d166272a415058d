/* prove_service: the services that a plugin meets in its trial: a database that takes everything
 * and has nothing in it, and a provider of logins that lets nobody in. */
#include "reload/prove_host.h"

#include <act/easy.h>
#include <act/ext/auth.h>
#include <act/ext/sql.h>

/* A number for what was opened; and the plugin is now told what may be otherwise for real. */
static uint64_t pretend(const act_host *h)
{
	struct prove_host *host = prove_host_of(h);
	atomic_store(&host->pretended, true);
	return atomic_fetch_add(&host->handles, 1) + 1;
}

/* ---- act.sql/1 ---- */

static act_rc sql_migrate(const act_host *h, const act_sql_step *steps, uint32_t count,
                          uint32_t stride, act_sql_error *why)
{
	char line[64];
	(void)why;
	pretend(h);
	if ((steps == NULL && count != 0) || stride < sizeof *steps)
		return ACT_E_INVAL;
	snprintf(line, sizeof line, "act.sql/1: migrate: %u steps", (unsigned)count);
	h->log(h, ACT_LOG_DEBUG, act_str(line));
	return ACT_OK;
}

static act_rc sql_begin(const act_host *h, uint32_t flags, act_sql_tx *tx, act_sql_error *why)
{
	uint64_t number = pretend(h);
	(void)why;
	if (tx == NULL || (flags & ~ACT_SQL_READ) != 0)
		return ACT_E_INVAL;
	*tx = number;
	return ACT_OK;
}

static act_rc sql_commit(const act_host *h, act_sql_tx tx, act_sql_error *why)
{
	(void)h;
	(void)why;
	return tx != 0 ? ACT_OK : ACT_E_GONE;
}

static act_rc sql_rollback(const act_host *h, act_sql_tx tx)
{
	return sql_commit(h, tx, NULL);
}

static act_rc sql_exec(const act_host *h, act_sql_tx tx, act_bytes sql, const act_sql_value *args,
                       uint32_t arg_count, int64_t *changed, act_sql_error *why)
{
	(void)tx;
	(void)why;
	pretend(h);
	if (sql.len == 0 || (args == NULL && arg_count != 0))
		return ACT_E_INVAL;
	if (changed != NULL)
		*changed = 0;
	return ACT_OK;
}

static act_rc sql_query(const act_host *h, act_sql_tx tx, act_bytes sql, const act_sql_value *args,
                        uint32_t arg_count, act_sql_rows *rows, act_sql_error *why)
{
	uint64_t number = pretend(h);
	(void)tx;
	(void)why;
	if (sql.len == 0 || rows == NULL || (args == NULL && arg_count != 0))
		return ACT_E_INVAL;
	*rows = number;
	return ACT_OK;
}

static act_rc sql_next(const act_host *h, act_sql_rows rows, act_sql_value *cols, uint32_t max,
                       uint32_t *count, act_sql_error *why)
{
	(void)h;
	(void)cols;
	(void)max;
	(void)why;
	if (count != NULL)
		*count = 0;
	return rows != 0 ? ACT_END : ACT_E_GONE;
}

static act_rc sql_close(const act_host *h, act_sql_rows rows)
{
	(void)h;
	return rows != 0 ? ACT_OK : ACT_E_GONE;
}

static const act_sql sql = {
	.size = sizeof sql,
	.migrate = sql_migrate,
	.begin = sql_begin,
	.commit = sql_commit,
	.rollback = sql_rollback,
	.exec = sql_exec,
	.query = sql_query,
	.next = sql_next,
	.close = sql_close,
};

/* ---- act.auth/1 ---- */

static act_rc auth_check(const act_host *h, const act_auth_request *request,
                         act_auth_verdict *verdict)
{
	pretend(h);
	if (request == NULL || verdict == NULL || verdict->size < sizeof *verdict)
		return ACT_E_INVAL;
	*verdict = (act_auth_verdict){ .size = verdict->size, .verdict = ACT_AUTH_DENY };
	snprintf(verdict->why, sizeof verdict->why, "nobody is known here");
	return ACT_OK;
}

static const act_auth auth = { .size = sizeof auth, .check = auth_check };

const void *prove_facade(const char *id, uint32_t size_min)
{
	if (strcmp(id, ACT_EXT_SQL) == 0)
		return size_min <= sizeof sql ? &sql : NULL;
	if (strcmp(id, ACT_EXT_AUTH) == 0)
		return size_min <= sizeof auth ? &auth : NULL;
	return NULL;
}
