#include "profile.h"
#include "store.h"

#include <common/page.h>
#include <common/payload.h>
#include <common/users.h>

enum { PREFIX, LIMIT, AFTER, FIELD_COUNT };
static const struct payload_field FIELDS[FIELD_COUNT] = {
	[PREFIX] = { .key = "prefix",
	             .kind = PAYLOAD_TEXT,
	             .rules = PAYLOAD_REQUIRED,
	             .min = 1,
	             .max = PROFILE_NAME_MAX },
	[LIMIT] = { .key = "limit", .kind = PAYLOAD_COUNT, .min = 1, .max = PROFILE_FOUND_MAX },
	[AFTER] = { .key = "after", .kind = PAYLOAD_ID, .min = 1, .max = USERS_ID_MAX },
};

act_rc profile_search(struct profile_plugin *self, const act_call *call)
{
	struct payload payload;
	if (payload_read(self->host, call, FIELDS, FIELD_COUNT, &payload) != 0)
		return ACT_OK;
	const struct payload_value *values = payload.values;
	const int limit = values[LIMIT].given ? (int)values[LIMIT].number : PROFILE_FOUND_DEFAULT;
	struct db db = db_of(self->host, self->sql, call->deadline_ns);
	struct page page;
	act_rc rc = page_open(&page, "users", limit);
	if (rc == ACT_OK)
		rc = users_ensure(&db, call->user);
	if (rc == ACT_OK)
		rc = store_search(&db, values[PREFIX].text, values[AFTER].text, limit + 1, page_row,
		                  &page);
	rc = page_reply(&page, self->host, call, rc);
	payload_free(&payload);
	return rc;
}
