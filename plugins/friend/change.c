#include "change.h"

#include "store.h"

#include <cjson/cJSON.h>
#include <common/json_out.h>
#include <common/users.h>
/* After cJSON: easy.h has its JSON part only then. */
#include <act/easy.h>
#include <assert.h>

/* What db_write() runs. */
struct attempt {
	struct change *change;
	change_verb *verb;
};

act_rc change_state(struct change *change, const char *state)
{
	change->out.state = state;
	return ACT_OK;
}

act_rc change_refuse(struct change *change, enum refusal refusal, const char *format, ...)
{
	va_list args;
	change->out.refusal = refusal;
	va_start(args, format);
	vsnprintf(change->out.text, sizeof change->out.text, format, args);
	va_end(args);
	return ACT_OK;
}

void change_push(struct change *change, enum friend_push push)
{
	change->out.pushes = true;
	change->out.push = push;
}

act_rc change_check_block(struct db *db, struct change *change)
{
	int64_t blocked;
	act_rc rc = store_has_block(db, change->me, change->other, &blocked);
	if (rc == ACT_OK && blocked != 0)
		rc = change_refuse(change, REFUSED_BLOCKED_BY_YOU,
		                   "you block \"%.*s\": unblock first", ACT_FMT(change->other));
	return rc;
}

act_rc change_befriend(struct db *db, struct change *change)
{
	const int64_t max = change->self->settings.friends_max;
	int64_t mine, theirs, dropped;
	act_rc rc = store_count_friends(db, change->me, &mine);
	if (rc == ACT_OK)
		rc = store_count_friends(db, change->other, &theirs);
	if (rc != ACT_OK)
		return rc;
	if (mine >= max)
		return change_refuse(
			change, REFUSED_LIMIT,
			"you have as many friends as there can be (%lld): remove one first",
			(long long)max);
	if (theirs >= max)
		return change_refuse(change, REFUSED_LIMIT,
		                     "\"%.*s\" has as many friends as there can be",
		                     ACT_FMT(change->other));
	rc = store_drop_request(db, change->other, change->me, &dropped);
	if (rc == ACT_OK)
		rc = store_put_friends(db, change->me, change->other, change->now);
	if (rc != ACT_OK)
		return rc;
	change->out.accept = true;
	change_push(change, FRIEND_ANSWERED);
	return change_state(change, "friends");
}

act_rc change_end(struct db *db, struct change *change)
{
	int64_t friends, asked, blocked;
	act_rc rc = store_drop_friends(db, change->me, change->other, &friends);
	if (rc == ACT_OK)
		rc = store_drop_request(db, change->me, change->other, &asked);
	if (rc == ACT_OK)
		rc = store_has_block(db, change->other, change->me, &blocked);
	if (rc != ACT_OK)
		return rc;
	/* Who blocks the caller never saw the request, and so does not hear of its end. */
	if (friends != 0 || (asked != 0 && blocked == 0))
		change_push(change, FRIEND_REMOVED);
	return ACT_OK;
}

static act_rc attempt_body(struct db *db, void *arg)
{
	const struct attempt *attempt = arg;
	struct change *change = attempt->change;
	int64_t locked;
	memset(&change->out, 0, sizeof change->out);
	act_rc rc = users_ensure(db, change->me);
	if (rc == ACT_OK)
		rc = users_lock(db, change->me, change->other, &locked);
	if (rc != ACT_OK)
		return rc;
	if (locked != 2)
		return change_refuse(change, REFUSED_UNKNOWN_USER,
		                     "unknown user \"%.*s\": nobody of that id has logged in yet",
		                     ACT_FMT(change->other));
	return attempt->verb(db, change);
}

static cJSON *push_body(const struct change *change)
{
	cJSON *json = cJSON_CreateObject();
	act_rc rc = json_put_text(json, "user", change->me);
	switch (change->out.push) {
	case FRIEND_REQUESTED:
		if (rc == ACT_OK)
			rc = json_put_text(json, "note", change->payload->values[1].text);
		break;
	case FRIEND_ANSWERED:
		if (rc == ACT_OK &&
		    cJSON_AddBoolToObject(json, "accept", change->out.accept) == NULL)
			rc = ACT_E_NOMEM;
		break;
	case FRIEND_REMOVED:
	case FRIEND_PUSH_COUNT:
		break;
	}
	if (rc == ACT_OK)
		return json;
	cJSON_Delete(json);
	return NULL;
}

/* What was decided stands in the database already, so a push that cannot be sent is only logged. */
static void send_push(const struct change *change)
{
	const act_host *host = change->self->host;
	cJSON *json = push_body(change);
	char *text = json != NULL ? cJSON_PrintUnformatted(json) : NULL;
	act_rc rc = ACT_E_NOMEM;
	if (text != NULL)
		rc = act_push_user(host, (uint32_t)change->out.push, change->other, act_str(text));
	if (rc != ACT_OK)
		act_logf(host, rc == ACT_E_NOSUPP ? ACT_LOG_DEBUG : ACT_LOG_WARN,
		         "push %s was not sent (error %d)", FRIEND_PUSHES[change->out.push].name,
		         (int)rc);
	cJSON_free(text);
	cJSON_Delete(json);
}

static act_rc send_answer(const struct change *change)
{
	const act_host *host = change->self->host;
	const struct change_outcome *out = &change->out;
	if (out->refusal != 0)
		return act_failf(host, change->call, (uint32_t)out->refusal, "%s", out->text);
	assert(out->state != NULL);
	return act_reply_text(host, change->call, "{\"state\":\"%s\"}", out->state);
}

act_rc change_run(struct friend_plugin *self, const act_call *call,
                  const struct payload_field *fields, size_t count, change_verb *verb)
{
	struct payload payload;
	char now[DB_STAMP_SIZE];
	if (payload_read(self->host, call, fields, count, &payload) != 0)
		return ACT_OK;
	db_stamp(now);
	struct change change = {
		.self = self,
		.call = call,
		.me = call->user,
		.other = payload.values[0].text,
		.now = act_str(now),
		.payload = &payload,
	};
	act_rc rc = ACT_OK;
	if (act_same(change.me, change.other)) {
		change_refuse(&change, REFUSED_ONESELF, "\"user\" is yourself: name another user");
	} else {
		struct db db = db_of(self->host, self->sql, call->deadline_ns);
		struct attempt attempt = { &change, verb };
		rc = db_write(&db, attempt_body, &attempt);
		if (rc == ACT_OK && change.out.refusal == REFUSED_UNKNOWN_USER) {
			roll_work(&self->roll); /* they may have logged in a moment ago */
			rc = db_write(&db, attempt_body, &attempt);
		}
	}
	if (rc == ACT_OK && change.out.pushes)
		send_push(&change);
	if (rc == ACT_OK)
		rc = send_answer(&change);
	payload_free(&payload);
	return rc;
}
