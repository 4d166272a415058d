/* Has a table that says that it is larger than it is. */
#include "plain.h"

ACT_MANIFEST(BAD_NAME, BAD_VERSION, "", "");

static const act_action actions[] = { PLAIN_ACTION("which", BAD_CODE) };

const act_plugin act_plugin_v1 = {
	.size = 4096,
	.flags = ACT_F_PARALLEL,
	.name = BAD_NAME,
	.version = BAD_VERSION,
	.actions = actions,
	.action_count = 1,
	.action_size = sizeof(act_action),
	.create = act_easy_create,
	.destroy = act_easy_destroy,
	.handle = plain_handle,
};
