/* Is created, and then cannot start, and says why in the log. */
#include <act/plugin.h>

static act_rc start(void *self);
#define BAD_START start
#include "plain.h"

static act_rc start(void *self)
{
	act_logf(ACT_EASY_HOST(self), ACT_LOG_ERROR, "start: the tide is out");
	return ACT_E_FAIL;
}

PLAIN_PLUGIN;
