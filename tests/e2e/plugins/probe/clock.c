#include "probe.h"
#include "words.h"

#include <inttypes.h>

act_rc probe_timer(struct probe *probe, const act_call *call)
{
	struct words words;
	act_timer timer = 0;
	uint64_t tag;
	uint32_t ms;
	act_rc rc;
	words_begin(&words, call->payload);
	tag = words_number(&words);
	ms = (uint32_t)words_number(&words);
	rc = probe->host->timer_set(probe->host, tag, ms, words_number(&words) != 0, &timer);
	return act_reply_text(probe->host, call, "rc %d timer %" PRIu64, rc, timer);
}

act_rc probe_drop(struct probe *probe, const act_call *call)
{
	struct words words;
	words_begin(&words, call->payload);
	return probe_reply_rc(probe, call,
	                      probe->host->timer_drop(probe->host, words_number(&words)));
}

/* Each tick is pushed to the group "ticks". */
void probe_on_timer(void *self, uint64_t tag)
{
	struct probe *probe = (struct probe *)self;
	act_push push = { .size = sizeof push, .to = ACT_TO_GROUP, .pushing = PROBE_PUSH_TICK };
	char text[32];
	snprintf(text, sizeof text, "tick %" PRIu64, tag);
	push.id = act_str("ticks");
	push.body = act_str(text);
	probe->host->push(probe->host, &push);
}

/* One piece of work: the call it answers, and the threads that it saw. */
struct job {
	act_token token;
	pthread_t caller, worker;
	size_t len;
	char text[64];
};

act_rc probe_work(struct probe *probe, const act_call *call)
{
	struct job *job = calloc(1, sizeof *job);
	act_rc rc;
	if (job == NULL)
		return ACT_E_NOMEM;
	job->token = call->token;
	job->caller = pthread_self();
	job->len = call->payload.len < sizeof job->text ? call->payload.len : sizeof job->text;
	if (job->len > 0)
		memcpy(job->text, call->payload.ptr, job->len);
	rc = probe->host->work(probe->host, 7, job);
	if (rc != ACT_OK)
		free(job);
	return rc == ACT_OK ? ACT_DEFER : rc;
}

void probe_work_run(void *self, uint64_t tag, void *arg)
{
	struct job *job = (struct job *)arg;
	(void)self;
	(void)tag;
	job->worker = pthread_self();
}

void probe_work_done(void *self, uint64_t tag, void *arg)
{
	struct probe *probe = (struct probe *)self;
	struct job *job = (struct job *)arg;
	char text[128];
	int worker = !pthread_equal(job->worker, job->caller) &&
	             !pthread_equal(job->worker, pthread_self());
	snprintf(text, sizeof text, "%.*s tag=%" PRIu64 " worker=%d", (int)job->len, job->text, tag,
	         worker);
	probe->host->reply(probe->host, job->token, 0, act_str(text));
	free(job);
}
