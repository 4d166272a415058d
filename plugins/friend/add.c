#include "change.h"
#include "store.h"

#include <act/easy.h>

static const struct payload_field FIELDS[] = {
	CHANGE_USER_FIELD,
	{ .key = "note", .kind = PAYLOAD_TEXT, .rules = PAYLOAD_LINES, .max = FRIEND_NOTE_MAX },
};
enum { NOTE = 1 };

/* Both limits are checked before the block, so that a block shows in neither. */
static act_rc check_limits(struct db *db, struct change *change)
{
	const int64_t max = change->self->settings.requests_max;
	int64_t sent, received;
	act_rc rc = store_count_sent(db, change->me, &sent);
	if (rc == ACT_OK)
		rc = store_count_received(db, change->other, &received);
	if (rc != ACT_OK)
		return rc;
	if (sent >= max)
		return change_refuse(
			change, REFUSED_LIMIT,
			"you have as many open requests as there can be (%lld): withdraw one first",
			(long long)max);
	if (received >= max)
		return change_refuse(change, REFUSED_LIMIT,
		                     "\"%.*s\" has as many open requests as there can be",
		                     ACT_FMT(change->other));
	return ACT_OK;
}

static act_rc ask(struct db *db, struct change *change)
{
	int64_t blocked;
	act_rc rc = check_limits(db, change);
	if (rc != ACT_OK || change->out.refusal != 0)
		return rc;
	rc = store_put_request(db, change->me, change->other, change->payload->values[NOTE].text,
	                       change->now);
	if (rc == ACT_OK)
		rc = store_has_block(db, change->other, change->me, &blocked);
	if (rc != ACT_OK)
		return rc;
	/* Who is blocked gets the same answer as anyone, and nothing is delivered. */
	if (blocked == 0)
		change_push(change, FRIEND_REQUESTED);
	return change_state(change, "requested");
}

static act_rc decide(struct db *db, struct change *change)
{
	int64_t friends, asked, was_asked;
	act_rc rc = change_check_block(db, change);
	if (rc != ACT_OK || change->out.refusal != 0)
		return rc;
	rc = store_are_friends(db, change->me, change->other, &friends);
	if (rc == ACT_OK)
		rc = store_has_request(db, change->me, change->other, &asked);
	if (rc == ACT_OK)
		rc = store_has_request(db, change->other, change->me, &was_asked);
	if (rc != ACT_OK)
		return rc;
	if (friends != 0)
		return change_state(change, "friends");
	if (was_asked != 0)
		return change_befriend(db, change);
	if (asked != 0)
		return change_state(change, "requested");
	return ask(db, change);
}

act_rc friend_add(struct friend_plugin *self, const act_call *call)
{
	return change_run(self, call, FIELDS, sizeof FIELDS / sizeof FIELDS[0], decide);
}
