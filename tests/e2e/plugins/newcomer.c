/* newcomer: a plugin without a default code, which is served once the config maps it. */
#include <act/easy.h>

ACT_MANIFEST("newcomer", "1.0", "", "");

static act_rc handle(void *self, const act_call *call)
{
	return act_reply_text(ACT_EASY_HOST(self), call, "hello, %.*s", ACT_FMT(call->payload));
}

static const act_action actions[] = {
	{ .name = "greet", .summary = "greets whoever is named", .flags = ACT_A_ANONYMOUS },
};

const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.name = "newcomer",
	.version = "1.0",
	.actions = actions,
	.action_count = 1,
	.action_size = sizeof(act_action),
	.push_size = sizeof(act_pushing),
	.create = act_easy_create,
	.destroy = act_easy_destroy,
	.handle = handle,
};
