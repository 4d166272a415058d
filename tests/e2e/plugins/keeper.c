/* keeper: keeps what it is told in act.kv/1, and nothing in itself. KEEPER_VERSION tells its builds
 * apart. */
#include <act/easy.h>
#include <act/ext/kv.h>

#include <inttypes.h>

ACT_MANIFEST("keeper", KEEPER_VERSION, ACT_EXT_KV, "");

enum { PUT, GET, COUNT, KEYS, BIRTHS };

struct keeper {
	const act_host *host;
	const act_kv *kv;
};

static act_rc create(const act_host *h, void **self)
{
	struct keeper *keeper = calloc(1, sizeof *keeper);
	if (keeper == NULL)
		return ACT_E_NOMEM;
	keeper->host = h;
	keeper->kv = h->extension(h, ACT_EXT_KV, sizeof(act_kv));
	if (keeper->kv == NULL || keeper->kv->add(h, act_str("births"), 1, 0, NULL) != ACT_OK) {
		free(keeper);
		return ACT_E_NOSUPP;
	}
	*self = keeper;
	return ACT_OK;
}

/* "KEY TTL VALUE" */
static act_rc keep(const struct keeper *keeper, const act_call *call)
{
	char text[1024], key[256];
	unsigned ttl_ms;
	int value = 0;
	snprintf(text, sizeof text, "%.*s", ACT_FMT(call->payload));
	if (sscanf(text, "%255s %u %n", key, &ttl_ms, &value) != 2 || value == 0)
		return ACT_E_INVAL;
	act_rc rc = keeper->kv->put(keeper->host, act_str(key), act_str(text + value), ttl_ms);
	return act_reply_text(keeper->host, call, "rc %d", rc);
}

static act_rc find(const struct keeper *keeper, const act_call *call)
{
	char value[1024];
	size_t len = sizeof value;
	act_rc rc = keeper->kv->get(keeper->host, call->payload, value, &len);
	if (rc != ACT_OK)
		return act_reply_text(keeper->host, call, "rc %d", rc);
	return keeper->host->reply(keeper->host, call->token, 0, act_mem(value, len));
}

static act_rc count(const struct keeper *keeper, const act_call *call, int64_t delta,
                    const char *key)
{
	int64_t sum = 0;
	act_rc rc = keeper->kv->add(keeper->host, act_str(key), delta, 0, &sum);
	return rc == ACT_OK ? act_reply_text(keeper->host, call, "%" PRId64, sum) : rc;
}

/* How many begin with the payload. */
static act_rc count_keys(const struct keeper *keeper, const act_call *call)
{
	uint64_t cursor = 0;
	unsigned number = 0;
	char key[ACT_KV_KEY_MAX];
	size_t len = sizeof key;
	while (keeper->kv->next(keeper->host, call->payload, &cursor, key, &len) == ACT_OK) {
		len = sizeof key;
		number++;
	}
	return act_reply_text(keeper->host, call, "%u", number);
}

static act_rc handle(void *self, const act_call *call)
{
	const struct keeper *keeper = self;
	switch (call->action) {
	case PUT:
		return keep(keeper, call);
	case GET:
		return find(keeper, call);
	case COUNT:
		return count(keeper, call, 1, "count");
	case KEYS:
		return count_keys(keeper, call);
	default:
		return count(keeper, call, 0, "births");
	}
}

#define ACTION(of, number)                                                                         \
	{                                                                                          \
		.name = of, .code = number, .flags = ACT_A_ANONYMOUS                               \
	}

static const act_action actions[] = {
	[PUT] = ACTION("put", 2600),       [GET] = ACTION("get", 2601),
	[COUNT] = ACTION("count", 2602),   [KEYS] = ACTION("keys", 2603),
	[BIRTHS] = ACTION("births", 2604),
};

const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.flags = ACT_F_PARALLEL,
	.name = "keeper",
	.version = KEEPER_VERSION,
	.actions = actions,
	.action_count = sizeof actions / sizeof actions[0],
	.action_size = sizeof(act_action),
	.push_size = sizeof(act_pushing),
	.create = create,
	.destroy = free,
	.handle = handle,
};
