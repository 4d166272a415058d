#include "change.h"
#include "store.h"

#include <act/easy.h>

static const struct payload_field FIELDS[] = {
	CHANGE_USER_FIELD,
	{ .key = "accept", .kind = PAYLOAD_FLAG, .rules = PAYLOAD_REQUIRED },
};
enum { ACCEPT = 1 };

static act_rc decline(struct db *db, struct change *change)
{
	int64_t dropped;
	act_rc rc = store_drop_request(db, change->other, change->me, &dropped);
	if (rc != ACT_OK)
		return rc;
	change->out.accept = false;
	change_push(change, FRIEND_ANSWERED);
	return change_state(change, "declined");
}

/* There is no request: it may be the same answer once more, whose first reply was lost. */
static act_rc answer_again(struct change *change, bool accept, bool friends)
{
	if (accept && friends)
		return change_state(change, "friends");
	if (!accept && !friends)
		return change_state(change, "declined");
	return change_refuse(change, REFUSED_NO_REQUEST,
	                     friends ? "you and \"%.*s\" are friends already: remove ends that"
	                             : "there is no open request of \"%.*s\" to you",
	                     ACT_FMT(change->other));
}

static act_rc decide(struct db *db, struct change *change)
{
	const bool accept = change->payload->values[ACCEPT].number != 0;
	int64_t friends, was_asked;
	act_rc rc = change_check_block(db, change);
	if (rc != ACT_OK || change->out.refusal != 0)
		return rc;
	rc = store_has_request(db, change->other, change->me, &was_asked);
	if (rc == ACT_OK)
		rc = store_are_friends(db, change->me, change->other, &friends);
	if (rc != ACT_OK)
		return rc;
	if (was_asked == 0)
		return answer_again(change, accept, friends != 0);
	return accept ? change_befriend(db, change) : decline(db, change);
}

act_rc friend_answer(struct friend_plugin *self, const act_call *call)
{
	return change_run(self, call, FIELDS, sizeof FIELDS / sizeof FIELDS[0], decide);
}
