#include "reload/retire.h"

#include "act/call.h"
#include "act/service.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/net.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_MS = 5 };

enum phase { PHASE_STOP, PHASE_DRAIN, PHASE_HURRY, PHASE_WAIT };

struct leaving {
	struct leaving *next;
	struct generation *generation;
	char *copy;
	uint32_t step_ms;
	uint64_t hurry_ms; /* when its calls are cancelled */
	uint64_t end_ms;   /* when they are answered with an error */
	enum phase phase;
};

struct retire {
	struct act *act;
	pthread_t thread;
	/* Held while a generation is looked at, too: retire_repoint() never meets one that is being
	 * freed. */
	pthread_mutex_t lock;
	pthread_cond_t more; /* something was handed over, or the thread is to end */
	struct leaving *first;
	bool ending;
};

static void hurry_on_loop(struct loop *loop, void *context)
{
	call_hurry_all(loop->act, context);
}

static void fail_on_loop(struct loop *loop, void *context)
{
	call_fail_all(loop->act, context);
}

static const char *name_of(const struct leaving *leaving)
{
	return leaving->generation->manifest.name;
}

/* The last steps. Where one hangs the generation stays for ever. */
static void end(struct retire *retire, struct leaving *leaving)
{
	struct generation *generation = leaving->generation;
	uint64_t number = generation->number;
	char name[32];
	struct err resident;
	snprintf(name, sizeof name, "%s", name_of(leaving));
	/* A transaction that it left open pins its provider. */
	sql_handles_sweep(retire->act->sql, generation);
	if (!generation_leave_workers(generation, leaving->step_ms) ||
	    generation_step(generation, STEP_DESTROY, leaving->step_ms) == ACT_E_LATE) {
		log_error("reload",
		          "plugin %s (generation %lu): destroy did not end in time: it stays "
		          "in memory",
		          name, number);
		return;
	}
	if (generation_free(generation, &resident))
		log_info("reload", "plugin %s (generation %lu): unloaded", name, number);
	else
		log_warn("reload", "plugin %s (generation %lu): ended, but it stays in memory: %s",
		         name, number, resident.text);
}

/* Moves one generation on. True: it is done with, one way or the other. */
static bool advance(struct retire *retire, struct leaving *leaving)
{
	struct generation *generation = leaving->generation;
	struct net *net = retire->act->net;
	uint64_t pins;
	if (leaving->phase == PHASE_STOP) {
		leaving->phase = PHASE_DRAIN;
		if (generation_step(generation, STEP_STOP, leaving->step_ms) == ACT_E_LATE) {
			log_error(
				"reload",
				"plugin %s (generation %lu): stop did not end in time: it stays in "
				"memory",
				name_of(leaving), generation->number);
			return true;
		}
	}
	sql_handles_sweep(retire->act->sql, NULL); /* overdue ones may pin this one */
	if (generation_idle(generation, &pins)) {
		end(retire, leaving);
		return true;
	}
	uint64_t now_ms = clock_ms();
	if (leaving->phase == PHASE_DRAIN && now_ms >= leaving->hurry_ms) {
		leaving->phase = PHASE_HURRY;
		net_barrier(net, hurry_on_loop, generation);
	} else if (leaving->phase == PHASE_HURRY && now_ms >= leaving->end_ms) {
		leaving->phase = PHASE_WAIT;
		net_barrier(net, fail_on_loop, generation);
		log_warn("reload",
		         "plugin %s (generation %lu): %lu calls or tasks are open at the end of "
		         "drain_ms; their clients were answered, it is unloaded when they return",
		         name_of(leaving), generation->number, pins);
	}
	return false;
}

static void advance_all(struct retire *retire)
{
	for (struct leaving **at = &retire->first; *at != NULL;) {
		struct leaving *leaving = *at;
		if (!advance(retire, leaving)) {
			at = &leaving->next;
			continue;
		}
		*at = leaving->next;
		unlink(leaving->copy);
		free(leaving->copy);
		free(leaving);
	}
}

static void *retire_main(void *arg)
{
	struct retire *retire = arg;
	const struct timespec moment = { .tv_nsec = LOOK_MS * 1000000 };
	pthread_setname_np(pthread_self(), "retire");
	pthread_mutex_lock(&retire->lock);
	while (!retire->ending) {
		if (retire->first == NULL) {
			pthread_cond_wait(&retire->more, &retire->lock);
			continue;
		}
		advance_all(retire);
		pthread_mutex_unlock(&retire->lock);
		nanosleep(&moment, NULL);
		pthread_mutex_lock(&retire->lock);
	}
	pthread_mutex_unlock(&retire->lock);
	return NULL;
}

struct retire *retire_new(struct act *act)
{
	struct retire *retire = mem_new(1, sizeof *retire);
	retire->act = act;
	pthread_mutex_init(&retire->lock, NULL);
	pthread_cond_init(&retire->more, NULL);
	CHECK(pthread_create(&retire->thread, NULL, retire_main, retire) == 0);
	return retire;
}

void retire_take(struct retire *retire, struct generation *generation, char *copy,
                 uint32_t drain_ms, uint32_t step_ms)
{
	uint64_t now_ms = clock_ms();
	struct leaving *leaving = mem_new(1, sizeof *leaving);
	*leaving = (struct leaving){ .generation = generation,
		                     .copy = copy,
		                     .step_ms = step_ms,
		                     .hurry_ms = now_ms + drain_ms / 2,
		                     .end_ms = now_ms + drain_ms };
	pthread_mutex_lock(&retire->lock);
	struct leaving **at = &retire->first;
	while (*at != NULL)
		at = &(*at)->next;
	*at = leaving;
	pthread_cond_signal(&retire->more);
	pthread_mutex_unlock(&retire->lock);
}

void retire_repoint(struct retire *retire,
                    void (*repoint)(struct generation *generation, void *context), void *context)
{
	pthread_mutex_lock(&retire->lock);
	for (struct leaving *leaving = retire->first; leaving != NULL; leaving = leaving->next)
		repoint(leaving->generation, context);
	pthread_mutex_unlock(&retire->lock);
}

bool retire_free(struct retire *retire, uint32_t timeout_ms)
{
	const struct timespec moment = { .tv_nsec = LOOK_MS * 1000000 };
	uint64_t until_ms = clock_ms() + timeout_ms;
	bool empty = false;
	while (!empty && clock_ms() < until_ms) {
		pthread_mutex_lock(&retire->lock);
		empty = retire->first == NULL;
		pthread_mutex_unlock(&retire->lock);
		if (!empty)
			nanosleep(&moment, NULL);
	}
	pthread_mutex_lock(&retire->lock);
	retire->ending = true;
	pthread_cond_signal(&retire->more);
	pthread_mutex_unlock(&retire->lock);
	if (!empty)
		return false;
	pthread_join(retire->thread, NULL);
	pthread_cond_destroy(&retire->more);
	pthread_mutex_destroy(&retire->lock);
	free(retire);
	return true;
}
