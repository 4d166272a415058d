/* Cannot be created, and says why in the log. */
#include <act/plugin.h>

static act_rc create(const act_host *h, void **self);
#define BAD_CREATE create
#include "plain.h"

static act_rc create(const act_host *h, void **self)
{
	(void)self;
	act_logf(h, ACT_LOG_ERROR, "create: the moon is not full");
	return ACT_E_FAIL;
}

PLAIN_PLUGIN;
