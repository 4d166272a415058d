/* juggler: a plugin that holds calls in the air and answers them, each with its own payload, in
 * another order than they came in. */
#include <cjson/cJSON.h>

#include <act/easy.h>

#include <pthread.h>

ACT_MANIFEST("juggler", "1.0", "", "");

enum { HOLD, HURRY, LET_GO, IN_THE_AIR };

enum { HELD_MAX = 1024, PAYLOAD_MAX = 64 };

struct held {
	act_token token;
	size_t len;
	char payload[PAYLOAD_MAX];
};

struct juggler {
	const act_host *host;
	pthread_mutex_t lock; /* for what follows */
	struct held held[HELD_MAX];
	size_t count;
	size_t most; /* that were held at once */
	int stopped;
};

static act_rc create(const act_host *h, void **self)
{
	struct juggler *juggler = calloc(1, sizeof *juggler);
	if (juggler == NULL)
		return ACT_E_NOMEM;
	juggler->host = h;
	pthread_mutex_init(&juggler->lock, NULL);
	*self = juggler;
	return ACT_OK;
}

static void destroy(void *self)
{
	struct juggler *juggler = self;
	pthread_mutex_destroy(&juggler->lock);
	free(juggler);
}

static act_rc hold(struct juggler *juggler, const act_call *call)
{
	act_rc rc = ACT_E_BUSY;
	if (call->payload.len > PAYLOAD_MAX)
		return ACT_E_TOOBIG;
	pthread_mutex_lock(&juggler->lock);
	if (juggler->count < HELD_MAX && !juggler->stopped) {
		struct held *held = &juggler->held[juggler->count++];
		*held = (struct held){ .token = call->token, .len = call->payload.len };
		if (held->len != 0)
			memcpy(held->payload, call->payload.ptr, held->len);
		if (juggler->count > juggler->most)
			juggler->most = juggler->count;
		rc = ACT_DEFER;
	}
	pthread_mutex_unlock(&juggler->lock);
	return rc;
}

/* ---- letting go; under the lock ---- */

static void answer(const struct juggler *juggler, const struct held *held)
{
	const act_host *h = juggler->host;
	h->reply(h, held->token, 0, act_mem(held->payload, held->len));
}

/* 0, 3, 6, …, 1, 4, 7, …, 2, 5, 8, … */
static size_t let_go_in_thirds(struct juggler *juggler)
{
	size_t count = juggler->count;
	for (size_t first = 0; first < 3; first++)
		for (size_t i = first; i < count; i += 3)
			answer(juggler, &juggler->held[i]);
	juggler->count = 0;
	return count;
}

static size_t let_go_in_reverse(struct juggler *juggler)
{
	size_t count = juggler->count;
	while (juggler->count > 0)
		answer(juggler, &juggler->held[--juggler->count]);
	return count;
}

/* {"reverse":true}: the last comes first; otherwise in thirds. */
static act_rc let_go(struct juggler *juggler, const act_call *call)
{
	cJSON *json = act_json_object(juggler->host, call);
	if (json == NULL)
		return ACT_OK;
	int reverse = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "reverse"));
	cJSON_Delete(json);
	pthread_mutex_lock(&juggler->lock);
	size_t count = reverse ? let_go_in_reverse(juggler) : let_go_in_thirds(juggler);
	pthread_mutex_unlock(&juggler->lock);
	return act_reply_text(juggler->host, call, "{\"answered\":%zu}", count);
}

static act_rc in_the_air(struct juggler *juggler, const act_call *call)
{
	pthread_mutex_lock(&juggler->lock);
	size_t count = juggler->count, most = juggler->most;
	pthread_mutex_unlock(&juggler->lock);
	return act_reply_text(juggler->host, call, "{\"held\":%zu,\"most\":%zu}", count, most);
}

/* Its token is stale: answered it may not be, and counted neither. */
static void cancel(void *self, act_token token, act_rc why)
{
	struct juggler *juggler = self;
	if (why == ACT_E_BUSY)
		return;
	pthread_mutex_lock(&juggler->lock);
	for (size_t i = 0; i < juggler->count; i++)
		if (juggler->held[i].token == token) {
			juggler->count--;
			memmove(&juggler->held[i], &juggler->held[i + 1],
			        (juggler->count - i) * sizeof juggler->held[0]);
			break;
		}
	pthread_mutex_unlock(&juggler->lock);
}

/* Replaced: what is open is answered by the one who took it. */
static void stop(void *self)
{
	struct juggler *juggler = self;
	pthread_mutex_lock(&juggler->lock);
	juggler->stopped = 1;
	let_go_in_reverse(juggler);
	pthread_mutex_unlock(&juggler->lock);
}

static act_rc handle(void *self, const act_call *call)
{
	struct juggler *juggler = self;
	switch (call->action) {
	case LET_GO:
		return let_go(juggler, call);
	case IN_THE_AIR:
		return in_the_air(juggler, call);
	default:
		return hold(juggler, call);
	}
}

#define IN_JSON .takes = "application/json", .gives = "application/json"
#define ANYONE .flags = ACT_A_ANONYMOUS

static const act_action actions[] = {
	[HOLD] = { .name = "hold",
	           .summary = "is answered when let go, or when the plugin is replaced",
	           .code = 2700,
	           .deadline_ms = 300000,
	           IN_JSON,
	           ANYONE },
	[HURRY] = { .name = "hurry",
	            .summary = "as hold, with little time",
	            .code = 2701,
	            .deadline_ms = 200,
	            IN_JSON,
	            ANYONE },
	[LET_GO] = { .name = "let_go",
	             .summary = "answers all that is held",
	             .code = 2702,
	             IN_JSON,
	             ANYONE },
	[IN_THE_AIR] = { .name = "in_the_air",
	                 .summary = "how many are held, and were at most",
	                 .code = 2703,
	                 IN_JSON,
	                 ANYONE },
};

const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.flags = ACT_F_PARALLEL,
	.name = "juggler",
	.version = "1.0",
	.actions = actions,
	.action_count = sizeof actions / sizeof actions[0],
	.action_size = sizeof(act_action),
	.push_size = sizeof(act_pushing),
	.create = create,
	.stop = stop,
	.destroy = destroy,
	.handle = handle,
	.cancel = cancel,
};
