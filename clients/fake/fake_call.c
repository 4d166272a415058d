/* fake_call: the fake host enters the plugin: calls and their ends, connections. */
#include "fake_inner.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

enum { ANSWER_WAIT_MS = 10000, TURN_MS = 5 };

static uint32_t find_action(struct fake_host *fake, const char *name)
{
	for (uint32_t i = 0; i < fake->plugin->action_count; i++)
		if (strcmp(fake_action(fake->plugin, i)->name, name) == 0)
			return i;
	fake_die("plugin %s has no action %s", fake->plugin->name, name);
}

static struct fake_open *open_call(struct fake_host *fake, const act_action *action, act_conn conn)
{
	struct fake_open *call = fake_alloc(sizeof *call);
	call->conn = conn;
	call->owes = (action->flags & ACT_A_NOREPLY) == 0;
	call->answer.body = fake_copy(act_str(""));
	pthread_mutex_lock(&fake->lock);
	call->answer.token = ++fake->last_id;
	call->next = fake->calls;
	fake->calls = call;
	pthread_mutex_unlock(&fake->lock);
	return call;
}

static uint64_t deadline_after(uint32_t ms)
{
	struct timespec time = fake_real_time(ms);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* Waits for an answer from another thread, but no longer than that. */
static bool is_answered(struct fake_host *fake, const struct fake_answer *answer, uint32_t wait_ms)
{
	struct timespec until = fake_real_time(wait_ms);
	int rc = 0;
	pthread_mutex_lock(&fake->lock);
	while (!answer->answered && wait_ms != 0 && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&fake->answered, &fake->lock, &until);
	bool answered = answer->answered;
	pthread_mutex_unlock(&fake->lock);
	return answered;
}

/* The answer comes from work(), from on_fd(), or from another thread, which may also bring more
 * work: so it is waited for in turns. */
const struct fake_answer *fake_call_await(struct fake_host *fake, const struct fake_answer *answer)
{
	uint64_t until_ns = deadline_after(ANSWER_WAIT_MS);
	size_t done;
	do
		done = fake_work_run(fake) + fake_poll_run(fake, 0);
	while (!is_answered(fake, answer, done != 0 ? 0 : TURN_MS) && deadline_after(0) < until_ns);
	return answer;
}

/* Exact copies on the heap: a sanitizer then sees a read beyond their end. */
const struct fake_answer *fake_call_begin(struct fake_host *fake, const char *action, act_conn conn,
                                          const char *user, uint32_t how, act_bytes payload)
{
	uint32_t index = find_action(fake, action);
	const act_action *about = fake_action(fake->plugin, index);
	struct fake_open *open = open_call(fake, about, conn);
	char *user_copy = fake_copy(act_str(user));
	void *payload_copy = malloc(payload.len != 0 ? payload.len : 1);
	if (payload_copy == NULL)
		fake_die("no memory for a payload of %zu bytes", payload.len);
	if (payload.len != 0)
		memcpy(payload_copy, payload.ptr, payload.len);
	act_call call = {
		.size = sizeof call,
		.code = (about->flags & ACT_A_RAW) != 0 ? 0 : about->code,
		.action = index,
		.how = how,
		.token = open->answer.token,
		.conn = conn,
		.deadline_ns = deadline_after(about->deadline_ms != 0 ? about->deadline_ms : 10000),
		.user = act_str(user_copy),
		.payload = act_mem(payload_copy, payload.len),
	};
	open->answer.rc = fake->plugin->handle(fake->self, &call);
	free(payload_copy);
	free(user_copy);
	return &open->answer;
}

const struct fake_answer *fake_call_bytes(struct fake_host *fake, const char *action, act_conn conn,
                                          const char *user, uint32_t how, act_bytes payload)
{
	const struct fake_answer *answer = fake_call_begin(fake, action, conn, user, how, payload);
	return answer->rc == ACT_DEFER ? fake_call_await(fake, answer) : answer;
}

const struct fake_answer *fake_call(struct fake_host *fake, const char *action, act_conn conn,
                                    const char *user, const char *payload)
{
	return fake_call_bytes(fake, action, conn, user, ACT_HOW_BINARY, act_str(payload));
}

/* ---- calls that are given up --------------------------------------------------------------- */

void fake_cancel_call(struct fake_host *fake, struct fake_open *call, act_rc why)
{
	pthread_mutex_lock(&fake->lock);
	call->stale = why != ACT_E_BUSY;
	pthread_mutex_unlock(&fake->lock);
	if (FAKE_GET(fake->plugin, cancel) != NULL)
		fake->plugin->cancel(fake->self, call->answer.token, why);
}

bool fake_call_is_open(const struct fake_open *call)
{
	return call->owes && !call->stale && !call->answer.answered && call->answer.rc == ACT_DEFER;
}

/* The next one that is open: the one with this token, or one of this connection (0: any). */
static struct fake_open *find_open(struct fake_host *fake, act_token token, act_conn conn)
{
	pthread_mutex_lock(&fake->lock);
	struct fake_open *call = fake->calls;
	while (call != NULL &&
	       !(fake_call_is_open(call) && (token == 0 || call->answer.token == token) &&
	         (conn == 0 || call->conn == conn)))
		call = call->next;
	pthread_mutex_unlock(&fake->lock);
	return call;
}

void fake_call_cancel(struct fake_host *fake, const struct fake_answer *answer, act_rc why)
{
	struct fake_open *call = find_open(fake, answer->token, 0);
	if (why != ACT_E_GONE && why != ACT_E_LATE && why != ACT_E_BUSY)
		fake_die("cancel() knows no reason %d", why);
	if (call != NULL)
		fake_cancel_call(fake, call, why);
}

/* ---- connections --------------------------------------------------------------------------- */

void fake_conn_open(struct fake_host *fake, act_conn conn, const char *user, const char *endpoint)
{
	act_peer peer = {
		.size = sizeof peer,
		.conn = conn,
		.user = act_str(user),
		.address = act_str("127.0.0.1"),
		.endpoint = act_str(endpoint),
	};
	if (FAKE_GET(fake->plugin, conn_open) != NULL)
		fake->plugin->conn_open(fake->self, &peer);
}

void fake_conn_close(struct fake_host *fake, act_conn conn)
{
	for (struct fake_open *call; (call = find_open(fake, 0, conn)) != NULL;)
		fake_cancel_call(fake, call, ACT_E_GONE);
	if (FAKE_GET(fake->plugin, conn_close) != NULL)
		fake->plugin->conn_close(fake->self, conn);
}

void fake_user_bound(struct fake_host *fake, act_conn conn, const char *user)
{
	if (FAKE_GET(fake->plugin, user_bound) != NULL)
		fake->plugin->user_bound(fake->self, conn, act_str(user));
}

void fake_user_unbound(struct fake_host *fake, act_conn conn, const char *user)
{
	if (FAKE_GET(fake->plugin, user_unbound) != NULL)
		fake->plugin->user_unbound(fake->self, conn, act_str(user));
}
