#include "change.h"

static const struct payload_field FIELDS[] = { CHANGE_USER_FIELD };

static act_rc decide(struct db *db, struct change *change)
{
	act_rc rc = change_end(db, change);
	return rc == ACT_OK ? change_state(change, "removed") : rc;
}

act_rc friend_remove(struct friend_plugin *self, const act_call *call)
{
	return change_run(self, call, FIELDS, sizeof FIELDS / sizeof FIELDS[0], decide);
}
