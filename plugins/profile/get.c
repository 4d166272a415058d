#include "find.h"
#include "profile.h"

#include <common/payload.h>
#include <common/users.h>

static const struct payload_field FIELDS[] = {
	{ .key = "user", .kind = PAYLOAD_ID, .min = 1, .max = USERS_ID_MAX },
};

act_rc profile_get(struct profile_plugin *self, const act_call *call)
{
	struct payload payload;
	if (payload_read(self->host, call, FIELDS, 1, &payload) != 0)
		return ACT_OK;
	const act_bytes user = payload.values[0].given ? payload.values[0].text : call->user;
	act_rc rc = find_profile(self, call, user, reply_json);
	payload_free(&payload);
	return rc;
}
