/* plugin: the service act.sql/1 by SQLite: the plugin's table and its life.
 *
 * No worker_leave(): nothing is kept for a thread, connections belong to the pool and serve
 * whichever worker comes next. */
#include "database.h"

#include <act/easy.h>

#include <assert.h>

ACT_MANIFEST("sqlite", "0.9", "", ACT_EXT_SQL);

/* How often overdue transactions are looked for: four times in the time that one may take, but
 * neither in a hurry nor once in ten minutes. */
#define LOOK_MS_MIN 50u
#define LOOK_MS_MAX 1000u

static act_rc sqlite_create(const act_host *host, void **self)
{
	struct database *database = calloc(1, sizeof *database);
	act_rc rc = ACT_E_NOMEM;
	if (database == NULL)
		goto out;
	database->host = host;
	rc = settings_read(host, &database->settings);
	if (rc != ACT_OK)
		goto out_database;
	rc = pool_init(&database->pool, host, &database->settings);
	if (rc != ACT_OK)
		goto out_settings;
	rc = rows_init(&database->rows, &database->pool);
	if (rc != ACT_OK)
		goto out_pool;
	*self = database;
	return ACT_OK;
out_pool:
	pool_done(&database->pool);
out_settings:
	settings_free(&database->settings);
out_database:
	free(database);
out:
	if (rc == ACT_E_NOMEM)
		act_logf(host, ACT_LOG_ERROR, "no memory");
	return rc;
}

/* Opens one connection of the pool: what is wrong with the file is found here and not by the first
 * asker. */
static act_rc sqlite_start(void *self)
{
	struct database *database = self;
	act_sql_error why = { .size = sizeof why };
	struct slot *slot;
	if (!sqlite3_threadsafe()) {
		act_logf(database->host, ACT_LOG_ERROR,
		         "SQLite %s was built without threads: expected SQLITE_THREADSAFE=1 or 2",
		         sqlite3_libversion());
		return ACT_E_NOSUPP;
	}
	act_rc rc = pool_take(&database->pool, &slot, &why);
	if (rc != ACT_OK) {
		act_logf(database->host, ACT_LOG_ERROR, "%s", why.text);
		return rc;
	}
	pool_give(&database->pool, slot);
	act_logf(database->host, ACT_LOG_INFO, "SQLite %s, %s, up to %u connections",
	         sqlite3_libversion(), database->settings.path, database->settings.connections);
	return ACT_OK;
}

/* Without the timer overdue transactions still end when somebody meets them; see pool.h. */
static void sqlite_activate(void *self)
{
	struct database *database = self;
	uint32_t look_ms = database->settings.tx_ms / 4;
	look_ms = look_ms < LOOK_MS_MIN ? LOOK_MS_MIN : look_ms;
	look_ms = look_ms > LOOK_MS_MAX ? LOOK_MS_MAX : look_ms;
	if (database->host->timer_set(database->host, 0, look_ms, 1, NULL) != ACT_OK)
		act_logf(database->host, ACT_LOG_WARN,
		         "no timer: an overdue transaction is only rolled back when somebody needs "
		         "its connection");
}

/* On the loop, which must not wait for the disk: so a worker does it. Where their queue is full,
 * the next tick comes. */
static void sqlite_on_timer(void *self, uint64_t tag)
{
	struct database *database = self;
	if (pool_overdue(&database->pool))
		database->host->work(database->host, tag, NULL);
}

static void sqlite_work(void *self, uint64_t tag, void *arg)
{
	struct database *database = self;
	(void)tag;
	(void)arg;
	pool_reap(&database->pool);
}

static void sqlite_destroy(void *self)
{
	struct database *database = self;
	rows_done(&database->rows);
	pool_done(&database->pool);
	settings_free(&database->settings);
	free(database);
}

static const void *sqlite_extension(void *self, const char *id)
{
	(void)self;
	return strcmp(id, ACT_EXT_SQL) == 0 ? &service_table : NULL;
}

ACT_EXPORT const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.flags = ACT_F_PARALLEL,
	.name = "sqlite",
	.version = "0.9",
	.create = sqlite_create,
	.start = sqlite_start,
	.activate = sqlite_activate,
	.destroy = sqlite_destroy,
	.on_timer = sqlite_on_timer,
	.work = sqlite_work,
	.extension = sqlite_extension,
};
