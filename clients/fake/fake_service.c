/* fake_service: the facades by which one plugin under test reaches another, and what it finds by
 * act_host.extension. They forward and do nothing else: the pins of the server's own facades have
 * no meaning without reloads. */
#include "fake_inner.h"

struct fake_host *fake_provider(const act_host *consumer, const char *id)
{
	const struct fake_host *fake = fake_of(consumer);
	for (size_t i = 0; i < fake->service_count; i++)
		if (strcmp(fake->services[i].id, id) == 0)
			return fake->services[i].provider;
	return NULL;
}

/* The provider's table and self, for the length of one call. */
struct sql_call {
	const act_sql_provider *table;
	void *self;
};

static struct sql_call sql_enter(const act_host *h)
{
	struct fake_host *provider = fake_provider(h, ACT_EXT_SQL);
	if (provider == NULL || !provider->created)
		return (struct sql_call){ NULL, NULL };
	return (struct sql_call){ provider->plugin->extension(provider->self, ACT_EXT_SQL),
		                  provider->self };
}

static act_rc sql_migrate(const act_host *h, const act_sql_step *steps, uint32_t count,
                          uint32_t stride, act_sql_error *why)
{
	struct sql_call to = sql_enter(h);
	if (to.table == NULL)
		return ACT_E_GONE;
	act_bytes owner = act_str(fake_of(h)->plugin->name);
	return to.table->migrate(to.self, owner, steps, count, stride, why);
}

static act_rc sql_begin(const act_host *h, uint32_t flags, act_sql_tx *tx, act_sql_error *why)
{
	struct sql_call to = sql_enter(h);
	return to.table != NULL ? to.table->begin(to.self, flags, tx, why) : ACT_E_GONE;
}

static act_rc sql_commit(const act_host *h, act_sql_tx tx, act_sql_error *why)
{
	struct sql_call to = sql_enter(h);
	return to.table != NULL ? to.table->commit(to.self, tx, why) : ACT_E_GONE;
}

static act_rc sql_rollback(const act_host *h, act_sql_tx tx)
{
	struct sql_call to = sql_enter(h);
	return to.table != NULL ? to.table->rollback(to.self, tx) : ACT_E_GONE;
}

static act_rc sql_exec(const act_host *h, act_sql_tx tx, act_bytes sql, const act_sql_value *args,
                       uint32_t arg_count, int64_t *changed, act_sql_error *why)
{
	struct sql_call to = sql_enter(h);
	if (to.table == NULL)
		return ACT_E_GONE;
	return to.table->exec(to.self, tx, sql, args, arg_count, changed, why);
}

static act_rc sql_query(const act_host *h, act_sql_tx tx, act_bytes sql, const act_sql_value *args,
                        uint32_t arg_count, act_sql_rows *rows, act_sql_error *why)
{
	struct sql_call to = sql_enter(h);
	if (to.table == NULL)
		return ACT_E_GONE;
	return to.table->query(to.self, tx, sql, args, arg_count, rows, why);
}

static act_rc sql_next(const act_host *h, act_sql_rows rows, act_sql_value *cols, uint32_t max,
                       uint32_t *count, act_sql_error *why)
{
	struct sql_call to = sql_enter(h);
	return to.table != NULL ? to.table->next(to.self, rows, cols, max, count, why) : ACT_E_GONE;
}

static act_rc sql_close(const act_host *h, act_sql_rows rows)
{
	struct sql_call to = sql_enter(h);
	return to.table != NULL ? to.table->close(to.self, rows) : ACT_E_GONE;
}

static act_rc auth_check(const act_host *h, const act_auth_request *request, act_auth_verdict *out)
{
	struct fake_host *provider = fake_provider(h, ACT_EXT_AUTH);
	if (provider == NULL || !provider->created)
		return ACT_E_GONE;
	const act_auth_provider *table = provider->plugin->extension(provider->self, ACT_EXT_AUTH);
	return table->check(provider->self, request, out);
}

const void *fake_facade(const char *id)
{
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
	static const act_auth auth = { .size = sizeof auth, .check = auth_check };
	if (strcmp(id, ACT_EXT_SQL) == 0)
		return &sql;
	if (strcmp(id, ACT_EXT_AUTH) == 0)
		return &auth;
	return NULL;
}

static void add_service(struct fake_host *consumer, const char *id, const void *facade,
                        struct fake_host *provider)
{
	if (facade == NULL || consumer->service_count == FAKE_SERVICES)
		fake_die("no facade for the service %s, or more than %u services", id,
		         FAKE_SERVICES);
	consumer->services[consumer->service_count++] =
		(struct fake_service){ .id = id, .facade = facade, .provider = provider };
}

void fake_provide(struct fake_host *consumer, const char *id, struct fake_host *provider)
{
	if (!provider->created || FAKE_GET(provider->plugin, extension) == NULL ||
	    provider->plugin->extension(provider->self, id) == NULL)
		fake_die("the provider was not created, or does not provide %s", id);
	add_service(consumer, id, fake_facade(id), provider);
}

void fake_offer(struct fake_host *consumer, const char *id, const void *facade)
{
	add_service(consumer, id, facade, NULL);
}

/* Every facade begins with its size. */
static const void *long_enough(const void *facade, uint32_t size_min)
{
	uint32_t size;
	memcpy(&size, facade, sizeof size);
	return size >= size_min ? facade : NULL;
}

/* What a test offers comes before what the host has itself: that is how a test has it fail. */
const void *fake_extension(const act_host *h, const char *id, uint32_t size_min)
{
	const struct fake_host *fake = fake_of(h);
	if (id == NULL)
		return NULL;
	for (size_t i = 0; i < fake->service_count; i++)
		if (strcmp(fake->services[i].id, id) == 0)
			return long_enough(fake->services[i].facade, size_min);
	if (strcmp(id, ACT_EXT_KV) == 0)
		return long_enough(&fake_kv, size_min);
	if (strcmp(id, ACT_EXT_POLL) == 0)
		return long_enough(&fake_poll, size_min);
	return NULL;
}
