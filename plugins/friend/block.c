#include "change.h"
#include "store.h"

static const struct payload_field FIELDS[] = { CHANGE_USER_FIELD };

static act_rc decide_block(struct db *db, struct change *change)
{
	const int64_t max = change->self->settings.blocks_max;
	int64_t blocked, count;
	act_rc rc = store_has_block(db, change->me, change->other, &blocked);
	if (rc == ACT_OK && blocked != 0)
		return change_state(change, "blocked");
	if (rc == ACT_OK)
		rc = store_count_blocks(db, change->me, &count);
	if (rc != ACT_OK)
		return rc;
	if (count >= max)
		return change_refuse(
			change, REFUSED_LIMIT,
			"you block as many users as there can be (%lld): unblock one first",
			(long long)max);
	/* The other's request, if any, stays: its end would give the block away. */
	rc = change_end(db, change);
	if (rc == ACT_OK)
		rc = store_put_block(db, change->me, change->other, change->now);
	return rc == ACT_OK ? change_state(change, "blocked") : rc;
}

static act_rc decide_unblock(struct db *db, struct change *change)
{
	int64_t dropped;
	act_rc rc = store_drop_block(db, change->me, change->other, &dropped);
	return rc == ACT_OK ? change_state(change, "unblocked") : rc;
}

act_rc friend_block(struct friend_plugin *self, const act_call *call)
{
	return change_run(self, call, FIELDS, sizeof FIELDS / sizeof FIELDS[0], decide_block);
}

act_rc friend_unblock(struct friend_plugin *self, const act_call *call)
{
	return change_run(self, call, FIELDS, sizeof FIELDS / sizeof FIELDS[0], decide_unblock);
}
