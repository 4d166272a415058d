#include "profile.h"
#include "store.h"

#include <common/payload.h>
#include <common/refusals.h>
#include <common/users.h>
/* After cJSON: easy.h has its JSON part only then. */
#include <act/easy.h>

static const struct payload_field FIELDS[] = {
	{ .key = "user", .kind = PAYLOAD_ID, .min = 1, .max = USERS_ID_MAX },
};

act_rc profile_get(struct profile_plugin *self, const act_call *call)
{
	struct payload payload;
	cJSON *profile = NULL;
	if (payload_read(self->host, call, FIELDS, 1, &payload) != 0)
		return ACT_OK;
	const act_bytes user = payload.values[0].given ? payload.values[0].text : call->user;
	struct db db = db_of(self->host, self->sql, call->deadline_ns);
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
		rc = act_reply_json(self->host, call, profile);
	payload_free(&payload);
	return rc;
}
