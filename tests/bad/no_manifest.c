/* Has a table, but no manifest. Also built as a library that a plugin without a table links. */
#include "plain.h"

static const act_action actions[] = { PLAIN_ACTION("which", BAD_CODE) };

const act_plugin act_plugin_v1 = PLAIN_TABLE(BAD_NAME, actions, 1);
