/* The plugin "swap" in a build that loads and starts, and then fails each of its calls. */
#include <act/easy.h>

static act_rc fail_always(void *self, const act_call *call)
{
	(void)self;
	(void)call;
	return ACT_E_FAIL;
}

static const act_action actions[] = {
	{ .name = "which",
	  .summary = "Fails",
	  .takes = "text/plain",
	  .gives = "text/plain",
	  .code = 2000,
	  .flags = ACT_A_ANONYMOUS | ACT_A_IDEMPOTENT },
	{ .name = "more", .summary = "What the other builds have not" },
};

ACT_MANIFEST("swap", "2.0", "", "");

const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.flags = ACT_F_PARALLEL,
	.name = "swap",
	.version = "2.0",
	.actions = actions,
	.action_count = sizeof actions / sizeof actions[0],
	.action_size = sizeof(act_action),
	.create = act_easy_create,
	.destroy = act_easy_destroy,
	.handle = fail_always,
};
