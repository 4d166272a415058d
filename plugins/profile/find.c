#include "find.h"

#include "store.h"

#include <act/easy.h>
#include <common/refusals.h>
#include <common/users.h>

act_rc find_profile(struct profile_plugin *self, const act_call *call, act_bytes user,
                    reply_form *reply)
{
	struct db db = db_of(self->host, self->sql, call->deadline_ns);
	struct profile *profile = NULL;
	act_rc rc = users_ensure(&db, call->user);
	if (rc == ACT_OK)
		rc = store_profile(&db, user, &profile);
	if (rc == ACT_OK && profile == NULL) {
		roll_work(&self->roll); /* they may have logged in a moment ago */
		rc = store_profile(&db, user, &profile);
	}
	if (rc == ACT_OK && profile == NULL)
		rc = act_failf(self->host, call, REFUSED_UNKNOWN_USER,
		               "unknown user \"%.*s\": nobody of that id has logged in yet",
		               ACT_FMT(user));
	else if (rc == ACT_OK)
		rc = reply(self->host, call, profile);
	free(profile);
	return rc;
}
