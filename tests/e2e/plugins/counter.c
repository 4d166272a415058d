/* counter: a plugin that is not ACT_F_PARALLEL and counts without a lock. Were it ever entered
 * twice at once, numbers would be given twice or `overlaps` would tell. */
#include <act/easy.h>

#include <stdatomic.h>

ACT_MANIFEST("counter", "1.0", "", "");

enum { NEXT, OVERLAPS };

struct counter {
	const act_host *host;
	atomic_int inside;
	unsigned long count, overlaps;
};

static act_rc create(const act_host *h, void **self)
{
	struct counter *counter = calloc(1, sizeof *counter);
	if (counter == NULL)
		return ACT_E_NOMEM;
	counter->host = h;
	*self = counter;
	return ACT_OK;
}

/* Long enough inside for another thread to come by, if one could. */
static void linger(void)
{
	for (volatile int i = 0; i < 2000; i++) {
	}
}

static act_rc handle(void *self, const act_call *call)
{
	struct counter *counter = (struct counter *)self;
	unsigned long number;
	if (atomic_fetch_add(&counter->inside, 1) != 0)
		counter->overlaps++;
	number = counter->count + (call->action == NEXT);
	linger();
	counter->count = number;
	atomic_fetch_sub(&counter->inside, 1);
	return act_reply_text(counter->host, call, "%lu",
	                      call->action == NEXT ? number : counter->overlaps);
}

static const act_action actions[] = {
	[NEXT] = { .name = "next", .summary = "counts", .code = 2300, .flags = ACT_A_ANONYMOUS },
	[OVERLAPS] = { .name = "overlaps",
	               .summary = "how often it was entered twice at once",
	               .code = 2301,
	               .flags = ACT_A_ANONYMOUS },
};

const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.name = "counter",
	.version = "1.0",
	.actions = actions,
	.action_count = 2,
	.action_size = sizeof(act_action),
	.push_size = sizeof(act_pushing),
	.create = create,
	.destroy = free,
	.handle = handle,
};
