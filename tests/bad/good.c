/* The plugin "swap" in one of its builds: its action answers "<BUILD>:<payload>". */
#define BAD_NAME "swap"
#include "plain.h"

static act_rc which(void *self, const act_call *call)
{
	return act_reply_text(ACT_EASY_HOST(self), call, BUILD ":%.*s", ACT_FMT(call->payload));
}

static const act_action actions[] = {
	{ .name = "which",
	  .summary = "Says which build of the plugin serves the call",
	  .takes = "text/plain",
	  .gives = "text/plain",
	  .code = 2000,
	  .flags = ACT_A_ANONYMOUS | ACT_A_IDEMPOTENT },
};

ACT_MANIFEST("swap", BAD_VERSION, "", "");

const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.flags = ACT_F_PARALLEL,
	.name = "swap",
	.version = BAD_VERSION,
	.actions = actions,
	.action_count = 1,
	.action_size = sizeof(act_action),
	.push_size = sizeof(act_pushing),
	.create = act_easy_create,
	.destroy = act_easy_destroy,
	.handle = which,
};
