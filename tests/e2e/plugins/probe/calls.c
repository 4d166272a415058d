#include "probe.h"
#include "words.h"

#include <time.h>

#define BLOCK_STEPS 6000 /* of 5 ms: a test that forgets its file still ends */

act_rc probe_hold(struct probe *probe, const act_call *call)
{
	struct probe_held *free_slot = NULL;
	struct words words;
	size_t i;
	words_begin(&words, call->payload);
	pthread_mutex_lock(&probe->lock);
	for (i = 0; i < PROBE_HELD_MAX && free_slot == NULL; i++)
		if (probe->held[i].token == 0)
			free_slot = &probe->held[i];
	if (free_slot != NULL) {
		free_slot->token = call->token;
		snprintf(free_slot->name, sizeof free_slot->name, "%s", words_next(&words));
	}
	pthread_mutex_unlock(&probe->lock);
	if (free_slot == NULL)
		return ACT_E_BUSY;
	probe_event(probe, "held %.*s", ACT_FMT(call->payload));
	return ACT_DEFER;
}

/* Takes the token that was held under `name`; 0: there is none. */
static act_token take(struct probe *probe, const char *name)
{
	act_token token = 0;
	size_t i;
	pthread_mutex_lock(&probe->lock);
	for (i = 0; i < PROBE_HELD_MAX && token == 0; i++)
		if (probe->held[i].token != 0 && strcmp(probe->held[i].name, name) == 0) {
			token = probe->held[i].token;
			probe->held[i].token = 0;
		}
	pthread_mutex_unlock(&probe->lock);
	return token;
}

/* Answers a held call with TEXT; its own answer tells what reply() returned. */
act_rc probe_release(struct probe *probe, const act_call *call)
{
	struct words words;
	act_token token;
	words_begin(&words, call->payload);
	token = take(probe, words_next(&words));
	if (token == 0)
		return act_reply_text(probe->host, call, "none");
	return probe_reply_rc(
		probe, call,
		probe->host->reply(probe->host, token, 0, act_str(words_rest(&words))));
}

static void pause_shortly(void)
{
	struct timespec step = { .tv_nsec = 5 * 1000 * 1000 };
	nanosleep(&step, NULL);
}

/* Waits on its worker until the plugin's folder has a file of that name. */
static void wait_for_file(struct probe *probe, const act_call *call)
{
	act_bytes folder = probe->host->data_dir(probe->host);
	struct words words;
	char path[1024];
	int steps;
	words_begin(&words, call->payload);
	snprintf(path, sizeof path, "%.*s/%s", ACT_FMT(folder), words_next(&words));
	for (steps = 0; steps < BLOCK_STEPS; steps++) {
		FILE *file = fopen(path, "r");
		if (file != NULL) {
			fclose(file);
			return;
		}
		pause_shortly();
	}
}

act_rc probe_block(struct probe *probe, const act_call *call)
{
	probe_event(probe, "blocking %.*s", ACT_FMT(call->payload));
	wait_for_file(probe, call);
	return act_reply_text(probe->host, call, "%.*s after generation %llu",
	                      ACT_FMT(call->payload), (unsigned long long)probe->host->generation);
}

/* As block, but its deadline is near: what its late answer got is an event. */
act_rc probe_overrun(struct probe *probe, const act_call *call)
{
	wait_for_file(probe, call);
	probe_event(probe, "overrun %d", act_reply_text(probe->host, call, "too late"));
	return ACT_OK;
}

void probe_cancel(void *self, act_token token, act_rc why)
{
	struct probe *probe = (struct probe *)self;
	char name[sizeof probe->held[0].name] = "";
	size_t i;
	pthread_mutex_lock(&probe->lock);
	for (i = 0; i < PROBE_HELD_MAX; i++)
		if (probe->held[i].token == token)
			memcpy(name, probe->held[i].name, sizeof name);
	pthread_mutex_unlock(&probe->lock);
	probe_event(probe, "cancel %s %d", name, why);
}
