/* Has one name in its manifest and another in its table. */
#include "plain.h"

ACT_MANIFEST(BAD_NAME, BAD_VERSION, "", "");

static const act_action actions[] = { PLAIN_ACTION("which", BAD_CODE) };

const act_plugin act_plugin_v1 = PLAIN_TABLE("somebody", actions, 1);
