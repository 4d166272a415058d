#include "reload/retire.h"

#include "act/call.h"
#include "act/service.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_MS = 5 };

enum phase {
	PHASE_STOP,  /* stop() is to be called */
	PHASE_DRAIN, /* its open calls have time */
	PHASE_HURRY, /* they were told to hurry */
	PHASE_WAIT,  /* they were answered with an error; what runs is waited for */
	PHASE_HUNG,  /* a step did not return: it stays as it is, for ever */
};

struct leaving {
	struct leaving *next;
	struct generation *generation;
	char *copy;
	uint32_t step_ms;
	uint64_t hurry_ms;          /* when its calls are cancelled */
	uint64_t end_ms;            /* when they are answered with an error */
	enum phase phase;           /* these two: of the retiring thread alone */
	enum roster_next next_step; /* as it was told */
	bool hung;                  /* PHASE_HUNG, for others: under the lock */
};

struct retire {
	struct act *act;
	pthread_t thread;
	/* For the list. A generation is freed under it, and its steps run without it:
	 * retire_repoint() finds those that are left, and does not wait for a slow one. */
	pthread_mutex_t lock;
	pthread_cond_t more; /* something was handed over, or the thread is to end */
	struct leaving *first;
	bool more_came;
	bool ending;
};

static const char *name_of(const struct leaving *leaving)
{
	return leaving->generation->manifest.name;
}

static bool hang(struct leaving *leaving, const char *step)
{
	leaving->phase = PHASE_HUNG;
	generation_cut_off(leaving->generation);
	roster_stay(leaving->generation->entry, "%s did not end in time", step);
	log_error("reload",
	          "plugin %s (generation %lu): %s did not end in time: it stays in memory",
	          name_of(leaving), leaving->generation->number, step);
	return false;
}

/* At the end of the server providers leave together with those that use them, and go last. */
static bool is_used(struct retire *retire, const struct leaving *leaving)
{
	bool used = false;
	pthread_mutex_lock(&retire->lock);
	for (const struct leaving *other = retire->first; other != NULL; other = other->next)
		used = used || (other != leaving &&
		                generation_uses(other->generation, leaving->generation));
	pthread_mutex_unlock(&retire->lock);
	return used;
}

/* For who asks what it waits for. */
static void wait_for(struct leaving *leaving, enum roster_next next)
{
	if (leaving->next_step == next)
		return;
	leaving->next_step = next;
	roster_next(leaving->generation->entry, next, 0);
}

/* The last steps before it is unloaded; what is not done in time is tried again. */
static bool end(struct retire *retire, struct leaving *leaving)
{
	struct generation *generation = leaving->generation;
	if (is_used(retire, leaving)) {
		wait_for(leaving, NEXT_USERS);
		return false;
	}
	/* A transaction that it left open pins its provider. */
	sql_handles_sweep(retire->act->sql, generation);
	wait_for(leaving, NEXT_LEAVE);
	if (!generation_leave_workers(generation, LOOK_MS))
		return false;
	wait_for(leaving, NEXT_DESTROY);
	act_rc rc = generation_step(generation, STEP_DESTROY, leaving->step_ms);
	if (rc == ACT_E_LATE)
		return hang(leaving, "destroy");
	return rc != ACT_E_BUSY;
}

static void hurry_or_fail(struct leaving *leaving, uint64_t pins)
{
	static const enum roster_next next[] = {
		[PHASE_DRAIN] = NEXT_HURRY, [PHASE_HURRY] = NEXT_FAIL, [PHASE_WAIT] = NEXT_RETURN
	};
	struct generation *generation = leaving->generation;
	uint64_t now_ms = clock_ms();
	if (leaving->phase == PHASE_DRAIN && now_ms >= leaving->hurry_ms) {
		leaving->phase = PHASE_HURRY;
		call_hurry_all(generation);
	} else if (leaving->phase == PHASE_HURRY && now_ms >= leaving->end_ms) {
		leaving->phase = PHASE_WAIT;
		call_fail_all(generation);
		log_warn("reload",
		         "plugin %s (generation %lu): %lu calls or tasks are open at the end of "
		         "drain_ms; their clients were answered, it is unloaded when they return",
		         name_of(leaving), generation->number, pins);
	}
	wait_for(leaving, next[leaving->phase]);
}

/* Moves one generation on. True: it can be unloaded. */
static bool advance(struct retire *retire, struct leaving *leaving)
{
	struct generation *generation = leaving->generation;
	uint64_t pins;
	if (leaving->phase == PHASE_HUNG)
		return false;
	if (leaving->phase == PHASE_STOP) {
		act_rc rc = generation_step(generation, STEP_STOP, leaving->step_ms);
		if (rc == ACT_E_LATE)
			return hang(leaving, "stop");
		if (rc == ACT_E_BUSY)
			return false;
		leaving->phase = PHASE_DRAIN;
	}
	sql_handles_sweep(retire->act->sql, NULL); /* overdue ones may pin this one */
	if (generation_idle(generation, &pins))
		return end(retire, leaving);
	hurry_or_fail(leaving, pins);
	return false;
}

/* Under the lock. */
static void unload(struct retire *retire, struct leaving *leaving)
{
	uint64_t number = leaving->generation->number;
	char name[32];
	struct err resident;
	struct leaving **at = &retire->first;
	while (*at != leaving)
		at = &(*at)->next;
	*at = leaving->next;
	snprintf(name, sizeof name, "%s", name_of(leaving));
	unlink(leaving->copy);
	if (generation_free(leaving->generation, &resident))
		log_info("reload", "plugin %s (generation %lu): unloaded", name, number);
	else
		log_warn("reload", "plugin %s (generation %lu): ended, and %s", name, number,
		         resident.text);
	free(leaving->copy);
	free(leaving);
}

/* Only this thread takes out of the list, so one that was seen under the lock stays valid without
 * it. Returns whether there is one that still moves. */
static bool advance_all(struct retire *retire)
{
	bool moving = false;
	struct leaving *leaving = retire->first;
	while (leaving != NULL) {
		pthread_mutex_unlock(&retire->lock);
		bool done = advance(retire, leaving);
		pthread_mutex_lock(&retire->lock);
		struct leaving *next = leaving->next;
		leaving->hung = leaving->phase == PHASE_HUNG;
		moving = moving || (!done && !leaving->hung);
		if (done)
			unload(retire, leaving);
		leaving = next;
	}
	return moving;
}

static void *retire_main(void *arg)
{
	struct retire *retire = arg;
	const struct timespec moment = { .tv_nsec = LOOK_MS * 1000000 };
	pthread_setname_np(pthread_self(), "retire");
	pthread_mutex_lock(&retire->lock);
	while (!retire->ending) {
		if (!advance_all(retire) && !retire->more_came) {
			pthread_cond_wait(&retire->more, &retire->lock);
			retire->more_came = false;
			continue;
		}
		retire->more_came = false;
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
	generation_turn(generation, ROSTER_DRAINING);
	roster_drain(generation->entry, now_ms + drain_ms / 2, now_ms + drain_ms);
	*leaving = (struct leaving){ .generation = generation,
		                     .copy = copy,
		                     .step_ms = step_ms,
		                     .next_step = NEXT_STOP,
		                     .hurry_ms = now_ms + drain_ms / 2,
		                     .end_ms = now_ms + drain_ms };
	pthread_mutex_lock(&retire->lock);
	struct leaving **at = &retire->first;
	while (*at != NULL)
		at = &(*at)->next;
	*at = leaving;
	retire->more_came = true;
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

/* How many are left; false in `*moving`: those will never go. */
static size_t count_left(struct retire *retire, bool *moving)
{
	size_t count = 0;
	*moving = false;
	pthread_mutex_lock(&retire->lock);
	for (const struct leaving *leaving = retire->first; leaving != NULL;
	     leaving = leaving->next) {
		count++;
		*moving = *moving || !leaving->hung;
	}
	pthread_mutex_unlock(&retire->lock);
	return count;
}

bool retire_free(struct retire *retire, uint32_t timeout_ms)
{
	const struct timespec moment = { .tv_nsec = LOOK_MS * 1000000 };
	uint64_t until_ms = clock_ms() + timeout_ms;
	bool moving;
	size_t left;
	while ((left = count_left(retire, &moving)) > 0 && moving && clock_ms() < until_ms)
		nanosleep(&moment, NULL);
	if (left > 0)
		return false;
	pthread_mutex_lock(&retire->lock);
	retire->ending = true;
	pthread_cond_signal(&retire->more);
	pthread_mutex_unlock(&retire->lock);
	pthread_join(retire->thread, NULL);
	pthread_cond_destroy(&retire->more);
	pthread_mutex_destroy(&retire->lock);
	free(retire);
	return true;
}
