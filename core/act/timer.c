#include "act/timer.h"

#include "act/generation.h"
#include "act/inside.h"
#include "base/check.h"
#include "base/container.h"
#include "base/mem.h"
#include "net/loop_timer.h"
#include "net/net.h"

#include <stdlib.h>

enum { BUCKETS = 256 };

/* Made by any thread, known by its number under the lock; the ticking part belongs to the home
 * loop. A timer is freed by the home loop, once it is in no bucket any more. */
struct timer {
	struct loop_timer ticking; /* first: fire() and gone() are handed this */
	struct post start;         /* two posts: both may be on their way at once */
	struct post finish;
	struct timer *next; /* in its bucket */
	struct generation *generation;
	act_timer number;
	uint64_t tag;
	uint32_t ms;
	bool repeat;
	/* Home loop only: */
	bool started;
	bool doomed; /* ended before its start arrived, which then frees it */
	bool missed; /* its time came while the generation was parked */
};

struct generation_timers {
	pthread_mutex_t lock;
	struct generation *generation;
	struct timer *buckets[BUCKETS];
	uint32_t count;
	uint64_t last;
};

struct generation_timers *timers_new(struct generation *generation)
{
	struct generation_timers *timers = mem_new(1, sizeof *timers);
	pthread_mutex_init(&timers->lock, NULL);
	timers->generation = generation;
	return timers;
}

void timers_free(struct generation_timers *timers)
{
	CHECK(timers->count == 0);
	pthread_mutex_destroy(&timers->lock);
	free(timers);
}

/* Under the lock. */
static struct timer *take_out(struct generation_timers *timers, act_timer number)
{
	struct timer **at = &timers->buckets[number % BUCKETS];
	while (*at != NULL && (*at)->number != number)
		at = &(*at)->next;
	struct timer *timer = *at;
	if (timer == NULL)
		return NULL;
	*at = timer->next;
	timers->count--;
	return timer;
}

static struct timer *take_out_locked(struct generation_timers *timers, act_timer number)
{
	pthread_mutex_lock(&timers->lock);
	struct timer *timer = take_out(timers, number);
	pthread_mutex_unlock(&timers->lock);
	return timer;
}

/* ---- on the home loop ---- */

static void on_gone(struct loop_timer *ticking)
{
	free(ticking);
}

static void end(struct timer *timer)
{
	if (timer->started)
		loop_timer_stop(&timer->ticking, on_gone);
	else
		timer->doomed = true;
}

static void on_end(struct post *post)
{
	end(container_of(post, struct timer, finish));
}

static void on_fire(struct loop_timer *ticking)
{
	struct timer *timer = container_of(ticking, struct timer, ticking);
	struct generation *generation = timer->generation;
	uint64_t tag = timer->tag;
	if (!atomic_load(&generation->active))
		return; /* timers_stop() is on its way */
	if (atomic_load(&generation->parked)) {
		timer->missed = true;
		return;
	}
	/* One that is dropped by another thread meanwhile is ended by that one's post. */
	if (!timer->repeat && take_out_locked(generation->timers, timer->number) != NULL)
		end(timer);
	if (TABLE_GET(generation->table, on_timer) == NULL)
		return;
	struct inside_before before = inside_enter(generation, INSIDE_ON_TIMER);
	generation->table->on_timer(generation->self, tag);
	inside_leave(&before);
}

static void on_start(struct post *post)
{
	struct timer *timer = container_of(post, struct timer, start);
	if (timer->doomed) {
		free(timer);
		return;
	}
	timer->started = true;
	loop_timer_start(timer->generation->home, &timer->ticking, timer->ms, timer->repeat,
	                 on_fire);
}

static void end_at_home(struct timer *timer)
{
	struct loop *home = timer->generation->home;
	timer->finish.run = on_end;
	if (loop_self() == home)
		end(timer);
	else
		loop_post(home, &timer->finish);
}

/* ---- any thread ---- */

/* Under the lock: timers_stop() either finds the timer, or has been here before. */
static act_rc put_in(struct generation_timers *timers, struct timer *timer)
{
	if (!atomic_load(&timers->generation->active))
		return ACT_E_INVAL;
	if (timers->count == TIMERS_MAX)
		return ACT_E_BUSY;
	timer->number = (act_timer)TIMER_KIND << 61 | ++timers->last;
	timer->next = timers->buckets[timer->number % BUCKETS];
	timers->buckets[timer->number % BUCKETS] = timer;
	timers->count++;
	/* Posted before anyone else can know the number, so a drop comes behind it. */
	timer->start.run = on_start;
	loop_post(timers->generation->home, &timer->start);
	return ACT_OK;
}

act_rc timers_set(struct generation_timers *timers, uint64_t tag, uint32_t ms, bool repeat,
                  act_timer *out)
{
	if (repeat && ms == 0)
		return ACT_E_INVAL;
	struct timer *timer = mem_new(1, sizeof *timer);
	timer->generation = timers->generation;
	timer->tag = tag;
	timer->ms = ms;
	timer->repeat = repeat;
	pthread_mutex_lock(&timers->lock);
	act_rc rc = put_in(timers, timer);
	if (rc == ACT_OK && out != NULL)
		*out = timer->number;
	pthread_mutex_unlock(&timers->lock);
	if (rc != ACT_OK)
		free(timer);
	return rc;
}

/* Posted under the lock: timers_stop() does not find this timer any more, but comes to the home
 * loop behind its end. */
act_rc timers_drop(struct generation_timers *timers, act_timer number)
{
	pthread_mutex_lock(&timers->lock);
	struct timer *timer = take_out(timers, number);
	if (timer != NULL)
		end_at_home(timer);
	pthread_mutex_unlock(&timers->lock);
	return timer != NULL ? ACT_OK : ACT_E_GONE;
}

uint32_t timers_count(struct generation_timers *timers)
{
	pthread_mutex_lock(&timers->lock);
	uint32_t count = timers->count;
	pthread_mutex_unlock(&timers->lock);
	return count;
}

/* ---- after a pause ---- */

static struct timer *take_missed(struct generation_timers *timers)
{
	struct timer *missed = NULL;
	pthread_mutex_lock(&timers->lock);
	for (size_t i = 0; i < BUCKETS && missed == NULL; i++) {
		missed = timers->buckets[i];
		while (missed != NULL && !missed->missed)
			missed = missed->next;
	}
	if (missed != NULL)
		missed->missed = false;
	pthread_mutex_unlock(&timers->lock);
	return missed;
}

/* Timers are freed on this loop alone, so one that was found stays until it has fired. */
static void fire_missed(struct loop *loop, void *context)
{
	struct generation_timers *timers = context;
	if (loop != timers->generation->home)
		return;
	for (struct timer *timer; (timer = take_missed(timers)) != NULL;)
		on_fire(&timer->ticking);
}

void timers_go_on(struct generation_timers *timers)
{
	net_barrier(timers->generation->act->net, fire_missed, timers);
}

/* ---- the end ---- */

static void end_all(struct loop *loop, void *context)
{
	struct generation_timers *timers = context;
	if (loop != timers->generation->home)
		return;
	pthread_mutex_lock(&timers->lock);
	for (size_t i = 0; i < BUCKETS; i++) {
		while (timers->buckets[i] != NULL)
			end(take_out(timers, timers->buckets[i]->number));
	}
	pthread_mutex_unlock(&timers->lock);
}

void timers_stop(struct generation_timers *timers)
{
	net_barrier(timers->generation->act->net, end_all, timers);
}
