/* fake_timer: the clock of the fake host, which only the test moves, and the timers on it. */
#include "fake_inner.h"

#include <stdlib.h>

static uint64_t clock_now(struct fake_host *fake)
{
	pthread_mutex_lock(&fake->first->lock);
	uint64_t now_ms = fake->first->now_ms;
	pthread_mutex_unlock(&fake->first->lock);
	return now_ms;
}

/* Never back: a timer may be late where another host has moved the clock. */
static void clock_to(struct fake_host *fake, uint64_t now_ms)
{
	pthread_mutex_lock(&fake->first->lock);
	if (now_ms > fake->first->now_ms)
		fake->first->now_ms = now_ms;
	pthread_mutex_unlock(&fake->first->lock);
}

act_rc fake_timer_set(const act_host *h, uint64_t tag, uint32_t ms, int32_t repeat, act_timer *out)
{
	struct fake_host *fake = fake_of(h);
	uint64_t now_ms = clock_now(fake);
	act_rc rc = ACT_E_BUSY;
	if (!fake->activated || (repeat != 0 && ms == 0))
		return ACT_E_INVAL;
	pthread_mutex_lock(&fake->lock);
	if (fake->timer_count < FAKE_TIMERS) {
		struct fake_timer *timer = fake_alloc(sizeof *timer);
		*timer = (struct fake_timer){ .id = ++fake->last_id,
			                      .tag = tag,
			                      .due_ms = now_ms + ms,
			                      .every_ms = repeat != 0 ? ms : 0,
			                      .next = fake->timers };
		fake->timers = timer;
		fake->timer_count++;
		if (out != NULL)
			*out = timer->id;
		rc = ACT_OK;
	}
	pthread_mutex_unlock(&fake->lock);
	return rc;
}

/* Under the lock. */
static void take_out(struct fake_host *fake, struct fake_timer **at)
{
	struct fake_timer *timer = *at;
	*at = timer->next;
	fake->timer_count--;
	free(timer);
}

act_rc fake_timer_drop(const act_host *h, act_timer id)
{
	struct fake_host *fake = fake_of(h);
	pthread_mutex_lock(&fake->lock);
	struct fake_timer **at = &fake->timers;
	while (*at != NULL && (*at)->id != id)
		at = &(*at)->next;
	bool found = *at != NULL;
	if (found)
		take_out(fake, at);
	pthread_mutex_unlock(&fake->lock);
	return found ? ACT_OK : ACT_E_GONE;
}

void fake_timers_end(struct fake_host *fake)
{
	pthread_mutex_lock(&fake->lock);
	while (fake->timers != NULL)
		take_out(fake, &fake->timers);
	pthread_mutex_unlock(&fake->lock);
}

/* Of two that are due at once the one that was set first is the first. */
static bool is_sooner(const struct fake_timer *one, const struct fake_timer *other)
{
	return one->due_ms != other->due_ms ? one->due_ms < other->due_ms : one->id < other->id;
}

/* The first timer that is due by then, taken out or moved on: its tag and time. */
static bool take_due(struct fake_host *fake, uint64_t until_ms, uint64_t *tag, uint64_t *due_ms)
{
	struct fake_timer **first = NULL;
	pthread_mutex_lock(&fake->lock);
	for (struct fake_timer **at = &fake->timers; *at != NULL; at = &(*at)->next)
		if ((*at)->due_ms <= until_ms && (first == NULL || is_sooner(*at, *first)))
			first = at;
	if (first != NULL) {
		*tag = (*first)->tag;
		*due_ms = (*first)->due_ms;
		(*first)->due_ms += (*first)->every_ms;
		if ((*first)->every_ms == 0)
			take_out(fake, first);
	}
	pthread_mutex_unlock(&fake->lock);
	return first != NULL;
}

size_t fake_time_pass(struct fake_host *fake, uint32_t ms)
{
	uint64_t until_ms = clock_now(fake) + ms, tag, due_ms;
	size_t count = 0;
	for (; take_due(fake, until_ms, &tag, &due_ms); count++) {
		clock_to(fake, due_ms);
		if (FAKE_GET(fake->plugin, on_timer) == NULL)
			fake_die("plugin %s sets a timer and has no on_timer()",
			         fake->plugin->name);
		fake->plugin->on_timer(fake->self, tag);
	}
	clock_to(fake, until_ms);
	return count;
}

size_t fake_timers(struct fake_host *fake)
{
	pthread_mutex_lock(&fake->lock);
	size_t count = fake->timer_count;
	pthread_mutex_unlock(&fake->lock);
	return count;
}
