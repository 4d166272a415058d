/* fake_call: the fake host enters the plugin: calls, connections, work and timers. */
#include "fake_inner.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define ANSWER_WAIT_S 10

static uint32_t find_action(struct fake_host *fake, const char *name)
{
	for (uint32_t i = 0; i < fake->plugin->action_count; i++)
		if (strcmp(fake_action(fake->plugin, i)->name, name) == 0)
			return i;
	fake_die("plugin %s has no action %s", fake->plugin->name, name);
}

static struct fake_open *open_call(struct fake_host *fake, const act_action *action)
{
	struct fake_open *call = fake_alloc(sizeof *call);
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
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec + (uint64_t)ms * 1000000u;
}

/* After ACT_DEFER: the answer comes from another thread. */
static void await_answer(struct fake_host *fake, struct fake_open *call)
{
	struct timespec until;
	int rc = 0;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ANSWER_WAIT_S;
	pthread_mutex_lock(&fake->lock);
	while (!call->answer.answered && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&fake->answered, &fake->lock, &until);
	pthread_mutex_unlock(&fake->lock);
}

const struct fake_answer *fake_call_bytes(struct fake_host *fake, const char *action, act_conn conn,
                                          const char *user, uint32_t how, act_bytes payload)
{
	uint32_t index = find_action(fake, action);
	const act_action *about = fake_action(fake->plugin, index);
	struct fake_open *open = open_call(fake, about);
	/* Exact copies on the heap: a sanitizer then sees a read beyond their end. */
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
	if (open->answer.rc == ACT_DEFER) {
		fake_work_run(fake);
		await_answer(fake, open);
	}
	return &open->answer;
}

const struct fake_answer *fake_call(struct fake_host *fake, const char *action, act_conn conn,
                                    const char *user, const char *payload)
{
	return fake_call_bytes(fake, action, conn, user, ACT_HOW_BINARY, act_str(payload));
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

/* ---- work and timers ----------------------------------------------------------------------- */

static struct fake_work *take_work(struct fake_host *fake)
{
	pthread_mutex_lock(&fake->lock);
	struct fake_work *work = fake->work_first;
	if (work != NULL) {
		fake->work_first = work->next;
		if (fake->work_first == NULL)
			fake->work_last = NULL;
	}
	pthread_mutex_unlock(&fake->lock);
	return work;
}

size_t fake_work_run(struct fake_host *fake)
{
	size_t count = 0;
	for (struct fake_work *work; (work = take_work(fake)) != NULL; count++) {
		fake->plugin->work(fake->self, work->tag, work->arg);
		if (FAKE_GET(fake->plugin, work_done) != NULL)
			fake->plugin->work_done(fake->self, work->tag, work->arg);
		free(work);
	}
	return count;
}

/* The first timer that is due by now, taken out or moved on, with its tag in `*tag`. */
static bool take_timer(struct fake_host *fake, uint64_t until_ms, uint64_t *tag)
{
	struct fake_timer **first = NULL;
	pthread_mutex_lock(&fake->lock);
	for (struct fake_timer **at = &fake->timers; *at != NULL; at = &(*at)->next)
		if ((*at)->due_ms <= until_ms &&
		    (first == NULL || (*at)->due_ms < (*first)->due_ms))
			first = at;
	if (first != NULL) {
		struct fake_timer *timer = *first;
		*tag = timer->tag;
		fake->now_ms = timer->due_ms;
		timer->due_ms += timer->every_ms;
		if (timer->every_ms == 0) {
			*first = timer->next;
			fake->timer_count--;
			free(timer);
		}
	}
	pthread_mutex_unlock(&fake->lock);
	return first != NULL;
}

size_t fake_time_pass(struct fake_host *fake, uint32_t ms)
{
	uint64_t until_ms = fake->now_ms + ms, tag = 0;
	size_t count = 0;
	for (; take_timer(fake, until_ms, &tag); count++)
		fake->plugin->on_timer(fake->self, tag);
	fake->now_ms = until_ms;
	return count;
}

size_t fake_timers(struct fake_host *fake)
{
	pthread_mutex_lock(&fake->lock);
	size_t count = fake->timer_count;
	pthread_mutex_unlock(&fake->lock);
	return count;
}
