/* plain.h: the least that makes a plugin, for those in this folder that are unfit in one way.
 *
 * Before including it a source may set BAD_FLAGS, BAD_ACTION_FLAGS, BAD_CREATE, BAD_START and the
 * like; a source that is unfit in another way writes that part itself. */
#ifndef BAD_PLAIN_H
#define BAD_PLAIN_H

#include <act/easy.h>

#ifndef BAD_VERSION
#define BAD_VERSION "1.0"
#endif
#ifndef BAD_FLAGS
#define BAD_FLAGS ACT_F_PARALLEL
#endif
#ifndef BAD_ACTION_FLAGS
#define BAD_ACTION_FLAGS ACT_A_ANONYMOUS
#endif
#ifndef BAD_CODE
#define BAD_CODE 2001u
#endif
#ifndef BAD_CREATE
#define BAD_CREATE act_easy_create
#endif
#ifndef BAD_START
#define BAD_START NULL
#endif

/* Answers "<name>:<payload>". */
static inline act_rc plain_handle(void *self, const act_call *call)
{
	return act_reply_text(ACT_EASY_HOST(self), call, BAD_NAME ":%.*s", ACT_FMT(call->payload));
}

/* clang-format off */
#define PLAIN_ACTION(action_name, action_code) \
	{ action_name, "Answers with the plugin's name and the payload", "text/plain", \
	  "text/plain", NULL, NULL, action_code, BAD_ACTION_FLAGS, 0, 0 }

/* The table, with a name that may differ from the manifest's. */
#define PLAIN_TABLE(table_name, table_actions, table_action_count)                             \
	{ sizeof(act_plugin), BAD_FLAGS, table_name, BAD_VERSION, table_actions, NULL,         \
	  table_action_count, sizeof(act_action), 0, 0, BAD_CREATE, BAD_START, NULL, NULL,     \
	  act_easy_destroy, plain_handle, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,      \
	  NULL, NULL, NULL }
/* clang-format on */

/* The whole of a plugin with one action "which". */
#define PLAIN_PLUGIN                                                                               \
	ACT_MANIFEST(BAD_NAME, BAD_VERSION, "", "");                                               \
	static const act_action plain_actions[] = { PLAIN_ACTION("which", BAD_CODE) };             \
	const act_plugin act_plugin_v1 = PLAIN_TABLE(BAD_NAME, plain_actions, 1)

#endif
