/* storm: a plugin that is built twice, as "a" and as "b", and swapped while numbered requests run.
 * Some are answered at once, some later from a worker, so that swaps meet open calls. A third
 * build, "s", has an action more, which always fails: who asks for it breaks the budget of that
 * build. */
#include <act/easy.h>

#ifndef STORM_NAME
#error "STORM_NAME is the letter that this build answers with"
#endif

ACT_MANIFEST("storm", STORM_NAME, "", "");

enum { NOW, LATER, SOUR };

struct later {
	act_token token;
	size_t len;
	char payload[64];
};

static act_rc answer(const act_host *h, act_token token, const char *payload, size_t len)
{
	char text[80];
	int n = snprintf(text, sizeof text, STORM_NAME ":%.*s", (int)len, payload);
	return h->reply(h, token, 0, act_mem(text, (size_t)n));
}

static act_rc handle(void *self, const act_call *call)
{
	const act_host *h = ACT_EASY_HOST(self);
	struct later *later;
	act_rc rc;
	if (call->action == SOUR)
		return ACT_E_FAIL;
	if (call->payload.len > sizeof later->payload)
		return ACT_E_INVAL;
	if (call->action == NOW)
		return answer(h, call->token, (const char *)call->payload.ptr, call->payload.len);
	later = malloc(sizeof *later);
	if (later == NULL)
		return ACT_E_NOMEM;
	later->token = call->token;
	later->len = call->payload.len;
	memcpy(later->payload, call->payload.ptr, call->payload.len);
	rc = h->work(h, 0, later);
	if (rc != ACT_OK)
		free(later);
	return rc == ACT_OK ? ACT_DEFER : rc;
}

static void work(void *self, uint64_t tag, void *arg)
{
	const struct later *later = (const struct later *)arg;
	(void)tag;
	answer(ACT_EASY_HOST(self), later->token, later->payload, later->len);
}

static void work_done(void *self, uint64_t tag, void *arg)
{
	(void)self;
	(void)tag;
	free(arg);
}

static const act_action actions[] = {
	[NOW] = { .name = "now", .summary = "at once", .code = 2200, .flags = ACT_A_ANONYMOUS },
	[LATER] = { .name = "later", .summary = "by work", .code = 2201, .flags = ACT_A_ANONYMOUS },
#ifdef STORM_SOUR
	[SOUR] = { .name = "sour", .summary = "fails", .code = 2202, .flags = ACT_A_ANONYMOUS },
#endif
};

const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.flags = ACT_F_PARALLEL,
	.name = "storm",
	.version = STORM_NAME,
	.actions = actions,
	.action_count = sizeof actions / sizeof actions[0],
	.action_size = sizeof(act_action),
	.push_size = sizeof(act_pushing),
	.create = act_easy_create,
	.destroy = act_easy_destroy,
	.handle = handle,
	.work = work,
	.work_done = work_done,
};
