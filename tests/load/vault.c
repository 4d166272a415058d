/* vault: a plugin that must lose nothing while it is replaced. It counts in memory what it was
 * asked, and hands the count over to its next generation (act.state/1); and it books payloads in
 * SQL, each once. Its builds differ in the letter that they answer with, or are unfit in one way.
 */
#include <act/easy.h>
#include <act/ext/sql.h>
#include <act/ext/state.h>

#include <signal.h>
#include <stdatomic.h>

#ifndef VAULT_NAME
#error "VAULT_NAME is the letter that this build answers with"
#endif
#ifndef VAULT_ON_LOAD /* what its constructor does */
#define VAULT_ON_LOAD (void)0
#endif
#ifndef VAULT_START /* what start() returns */
#define VAULT_START ACT_OK
#endif
#ifndef VAULT_LOAD /* what load() returns for a state that it can read */
#define VAULT_LOAD ACT_OK
#endif

ACT_MANIFEST("vault", VAULT_NAME, ACT_EXT_SQL, "");

enum { COUNT, BOOK, TOTALS };

enum { FORMAT = 1, STATE_BYTES = 8 };

struct vault {
	const act_host *host;
	const act_sql *sql;
	atomic_uint_least64_t counted;
};

__attribute__((constructor)) static void loaded(void)
{
	VAULT_ON_LOAD;
}

static act_rc create(const act_host *h, void **self)
{
	struct vault *vault = calloc(1, sizeof *vault);
	if (vault == NULL)
		return ACT_E_NOMEM;
	vault->host = h;
	vault->sql = h->extension(h, ACT_EXT_SQL, sizeof(act_sql));
	*self = vault;
	return vault->sql != NULL ? ACT_OK : ACT_E_NOSUPP;
}

static act_rc start(void *self)
{
	static const act_sql_step steps[] = {
		{ 1, 0, "CREATE TABLE vault_book (payload TEXT PRIMARY KEY) WITHOUT ROWID" },
	};
	const struct vault *vault = self;
	act_rc rc = vault->sql->migrate(vault->host, steps, 1, sizeof steps[0], NULL);
	return rc != ACT_OK ? rc : VAULT_START;
}

static void destroy(void *self)
{
	free(self);
}

/* ---- what is handed over ---- */

static act_rc save(void *self, act_state_sink *sink, void *context)
{
	struct vault *vault = self;
	uint8_t state[STATE_BYTES];
	act_put_u64(state, atomic_load(&vault->counted));
	return sink(context, act_mem(state, sizeof state));
}

static act_rc load(void *self, uint32_t format, act_bytes state)
{
	struct vault *vault = self;
	if (format != FORMAT)
		return ACT_E_NOSUPP;
	if (state.len != STATE_BYTES)
		return ACT_E_INVAL;
	atomic_store(&vault->counted, act_get_u64(state.ptr));
	return VAULT_LOAD;
}

static const void *extension(void *self, const char *id)
{
	static const act_state table = {
		.size = sizeof(act_state), .format = FORMAT, .save = save, .load = load
	};
	(void)self;
	return strcmp(id, ACT_EXT_STATE) == 0 ? &table : NULL;
}

/* ---- calls ---- */

static act_rc echo(const struct vault *vault, const act_call *call)
{
	return act_reply_text(vault->host, call, VAULT_NAME ":%.*s", ACT_FMT(call->payload));
}

/* A payload that is booked already is an error: it was served twice. */
static act_rc book(const struct vault *vault, const act_call *call)
{
	act_sql_value payload = { .type = ACT_SQL_TEXT, .b = call->payload };
	act_sql_error why = { .size = sizeof why };
	act_rc rc = vault->sql->exec(vault->host, 0,
	                             act_str("INSERT INTO vault_book (payload) VALUES ($1)"),
	                             &payload, 1, NULL, &why);
	if (rc != ACT_OK)
		return act_failf(vault->host, call, ACT_S_PLUGIN_FAILED, "rc %d: %s", (int)rc,
		                 why.text);
	return echo(vault, call);
}

static int64_t booked(const struct vault *vault)
{
	act_sql_value number = { 0 };
	act_sql_rows rows = 0;
	uint32_t columns = 0;
	if (vault->sql->query(vault->host, 0, act_str("SELECT count(*) FROM vault_book"), NULL, 0,
	                      &rows, NULL) != ACT_OK)
		return -1;
	act_rc rc = vault->sql->next(vault->host, rows, &number, 1, &columns, NULL);
	vault->sql->close(vault->host, rows);
	return rc == ACT_OK ? number.i : -1;
}

static act_rc handle(void *self, const act_call *call)
{
	struct vault *vault = self;
	switch (call->action) {
	case COUNT:
		atomic_fetch_add(&vault->counted, 1);
		return echo(vault, call);
	case BOOK:
		return book(vault, call);
	default:
		return act_reply_text(vault->host, call, "{\"counted\":%llu,\"booked\":%lld}",
		                      (unsigned long long)atomic_load(&vault->counted),
		                      (long long)booked(vault));
	}
}

#define BLOCKS (ACT_A_ANONYMOUS | ACT_A_BLOCKING)
static const act_action actions[] = {
	[COUNT] = { .name = "count", .summary = "at once", .code = 2210, .flags = ACT_A_ANONYMOUS },
	[BOOK] = { .name = "book",
	           .summary = "by SQL, on a worker",
	           .code = 2211,
	           .flags = BLOCKS },
	[TOTALS] = { .name = "totals",
	             .summary = "what was counted and booked, as JSON",
	             .code = 2212,
	             .flags = BLOCKS },
};

const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.flags = ACT_F_PARALLEL,
	.name = "vault",
	.version = VAULT_NAME,
	.actions = actions,
	.action_count = 3,
	.action_size = sizeof(act_action),
	.push_size = sizeof(act_pushing),
	.create = create,
	.start = start,
	.destroy = destroy,
	.handle = handle,
	.extension = extension,
};
