/* echo_loud: another build of the plugin "echo", whose answers differ: "loud:" comes first. */
#include <act/easy.h>

ACT_MANIFEST("echo", "9.9", "", "");

static act_rc handle(void *self, const act_call *call)
{
	return act_reply_text(ACT_EASY_HOST(self), call, "loud:%.*s", ACT_FMT(call->payload));
}

static const act_action actions[] = {
	{ .name = "raw", .summary = "the message, loud", .flags = ACT_A_RAW | ACT_A_ANONYMOUS },
	{ .name = "echo", .summary = "the payload, loud", .code = 1, .flags = ACT_A_ANONYMOUS },
};

const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.flags = ACT_F_PARALLEL,
	.name = "echo",
	.version = "9.9",
	.actions = actions,
	.action_count = 2,
	.action_size = sizeof(act_action),
	.push_size = sizeof(act_pushing),
	.create = act_easy_create,
	.destroy = act_easy_destroy,
	.handle = handle,
};
