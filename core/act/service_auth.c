/* service_auth: the facade of act.auth/1, and the server's own use of it at the upgrade. */
#include "act/service.h"

#include "act/inside.h"
#include "base/log.h"
#include "net/gate.h"

#include <act/easy.h>
#include <act/ext/auth.h>
#include <stdio.h>
#include <string.h>

static act_rc check(struct need *need, const act_auth_request *request, act_auth_verdict *out)
{
	struct generation *provider = need_take(need);
	if (provider == NULL)
		return ACT_E_GONE;
	generation_seen(provider);
	const act_auth_provider *table = generation_service(provider, ACT_EXT_AUTH);
	struct inside_before before = inside_enter(provider, INSIDE_SERVICE);
	act_rc rc = table->check(provider->self, request, out);
	inside_leave(&before);
	generation_unpin_as(provider, PIN_SERVICE);
	return rc;
}

static act_rc facade_check(const act_host *h, const act_auth_request *request,
                           act_auth_verdict *out)
{
	struct need *need = generation_need(generation_of(h), ACT_EXT_AUTH);
	if (request == NULL || out == NULL || out->size < sizeof *out)
		return ACT_E_INVAL;
	return check(need, request, out);
}

const struct act_auth service_auth = {
	.size = sizeof service_auth,
	.check = facade_check,
};

static void copy_text(char *to, size_t room, const char *from, size_t from_room)
{
	snprintf(to, room, "%.*s", (int)strnlen(from, from_room), from);
}

/* A provider that allows without a fit user, or with words that do not end, denies. */
static enum gate_word judge(const act_auth_verdict *verdict)
{
	size_t user = strnlen(verdict->user, sizeof verdict->user);
	size_t device = strnlen(verdict->device, sizeof verdict->device);
	switch (verdict->verdict) {
	case ACT_AUTH_ALLOW:
		return user >= 1 && user < sizeof verdict->user &&
		                       device < sizeof verdict->device &&
		                       act_utf8_span(verdict->user, user) == user &&
		                       act_utf8_span(verdict->device, device) == device
		               ? GATE_ALLOW
		               : GATE_DENY;
	case ACT_AUTH_FORBID:
		return GATE_FORBID;
	case ACT_AUTH_EXPIRED:
		return GATE_EXPIRED;
	default:
		return GATE_DENY;
	}
}

void act_authenticate(struct act *act, const struct gate_question *question,
                      struct gate_answer *answer)
{
	act_auth_request request = { .size = sizeof request,
		                     .token = act_str(question->token),
		                     .endpoint = act_str(question->endpoint),
		                     .address = act_str(question->address) };
	act_auth_verdict verdict = { .size = sizeof verdict, .verdict = ACT_AUTH_DENY };
	act_rc rc = check(&act->auth, &request, &verdict);
	*answer = (struct gate_answer){ .word = GATE_UNAVAILABLE };
	if (rc == ACT_E_GONE) {
		log_warn("act", "a login was refused: no plugin provides " ACT_EXT_AUTH);
		snprintf(answer->why, sizeof answer->why, "no plugin provides " ACT_EXT_AUTH);
		return;
	}
	if (rc != ACT_OK) {
		snprintf(answer->why, sizeof answer->why, "the provider failed");
		return;
	}
	answer->word = judge(&verdict);
	answer->expires_at = verdict.expires_at;
	copy_text(answer->why, sizeof answer->why, verdict.why, sizeof verdict.why);
	copy_text(answer->user, sizeof answer->user, verdict.user, sizeof verdict.user);
	copy_text(answer->device, sizeof answer->device, verdict.device, sizeof verdict.device);
}
