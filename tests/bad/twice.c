/* Has two actions of one name. */
#include "plain.h"

ACT_MANIFEST(BAD_NAME, BAD_VERSION, "", "");

static const act_action actions[] = { PLAIN_ACTION("which", 2001), PLAIN_ACTION("which", 2002) };

const act_plugin act_plugin_v1 = PLAIN_TABLE(BAD_NAME, actions, 2);
