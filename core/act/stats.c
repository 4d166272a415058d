#include "act/stats.h"

#include "act/table.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No two loops write to one cache line: each has its numbers from mem_lines(). */
struct stats {
	uint32_t loop_count;
	_Atomic uint64_t **unrouted; /* STATS_ENDS for each loop */
	pthread_mutex_t lock;
	struct stats_generation *first; /* in the order of their birth */
};

struct stats *stats_new(uint32_t loops)
{
	struct stats *stats = mem_new(1, sizeof *stats);
	stats->loop_count = loops;
	stats->unrouted = mem_new(loops, sizeof *stats->unrouted);
	for (uint32_t i = 0; i < loops; i++)
		stats->unrouted[i] = mem_lines(STATS_ENDS, sizeof *stats->unrouted[i]);
	pthread_mutex_init(&stats->lock, NULL);
	return stats;
}

static void generation_free(struct stats_generation *generation)
{
	for (uint32_t i = 0; i < generation->stats->loop_count; i++)
		free(generation->loops[i]);
	for (uint32_t i = 0; i < generation->action_count; i++)
		free(generation->actions[i]);
	free(generation->loops);
	free(generation->actions);
	free(generation);
}

void stats_free(struct stats *stats)
{
	while (stats->first != NULL) {
		struct stats_generation *next = stats->first->next;
		generation_free(stats->first);
		stats->first = next;
	}
	for (uint32_t i = 0; i < stats->loop_count; i++)
		free(stats->unrouted[i]);
	free(stats->unrouted);
	pthread_mutex_destroy(&stats->lock);
	free(stats);
}

/* ---- the list ---- */

struct stats_generation *stats_enter(struct stats *stats, uint64_t number, const char *version,
                                     const act_plugin *table)
{
	struct stats_generation *made = mem_new(1, sizeof *made);
	made->stats = stats;
	made->number = number;
	snprintf(made->name, sizeof made->name, "%s", table->name);
	snprintf(made->version, sizeof made->version, "%s", version);
	made->action_count = table->action_count;
	made->actions = mem_new(made->action_count, sizeof *made->actions);
	for (uint32_t i = 0; i < made->action_count; i++)
		made->actions[i] = mem_text(table_action(table, i)->name);
	made->loops = mem_new(stats->loop_count, sizeof *made->loops);
	for (uint32_t i = 0; i < stats->loop_count; i++)
		made->loops[i] = mem_lines(made->action_count, sizeof *made->loops[i]);
	pthread_mutex_lock(&stats->lock);
	struct stats_generation **at = &stats->first;
	while (*at != NULL)
		at = &(*at)->next;
	*at = made;
	pthread_mutex_unlock(&stats->lock);
	return made;
}

void stats_turn(struct stats_generation *generation, enum stats_state state)
{
	CHECK(state >= STATS_SERVING && state <= STATS_DRAINING);
	pthread_mutex_lock(&generation->stats->lock);
	generation->state = state;
	generation->served = true;
	pthread_mutex_unlock(&generation->stats->lock);
}

/* Under the lock. */
static void forget(struct stats *stats, uint64_t now_ms)
{
	size_t ended = 0;
	for (const struct stats_generation *one = stats->first; one != NULL; one = one->next)
		ended += one->state == STATS_ENDED ? 1 : 0;
	for (struct stats_generation **at = &stats->first; *at != NULL;) {
		struct stats_generation *one = *at;
		bool old = one->state == STATS_ENDED && (!one->served || ended > STATS_ENDED_MAX ||
		                                         now_ms - one->ended_ms > STATS_ENDED_MS);
		if (!old) {
			at = &one->next;
			continue;
		}
		*at = one->next;
		generation_free(one);
		ended--;
	}
}

void stats_forget(struct stats *stats, uint64_t now_ms)
{
	pthread_mutex_lock(&stats->lock);
	forget(stats, now_ms);
	pthread_mutex_unlock(&stats->lock);
}

void stats_leave(struct stats_generation *generation)
{
	struct stats *stats = generation->stats;
	uint64_t now_ms = clock_ms();
	pthread_mutex_lock(&stats->lock);
	generation->ended_ms = now_ms;
	generation->state = STATS_ENDED;
	forget(stats, now_ms);
	pthread_mutex_unlock(&stats->lock);
}

void stats_each(struct stats *stats,
                void (*each)(const struct stats_generation *generation, void *context),
                void *context)
{
	pthread_mutex_lock(&stats->lock);
	for (const struct stats_generation *one = stats->first; one != NULL; one = one->next)
		if (one->state != STATS_MADE)
			each(one, context);
	pthread_mutex_unlock(&stats->lock);
}

bool stats_look(struct stats *stats, uint64_t number,
                void (*look)(const struct stats_generation *generation, void *context),
                void *context)
{
	pthread_mutex_lock(&stats->lock);
	const struct stats_generation *one = stats->first;
	while (one != NULL && one->number != number)
		one = one->next;
	if (one != NULL)
		look(one, context);
	pthread_mutex_unlock(&stats->lock);
	return one != NULL;
}

/* ---- counting ---- */

static uint32_t end_of(uint32_t status)
{
	CHECK(status < STATS_ENDS || status >= STATUS_OWN);
	return status < STATS_ENDS ? status : STATS_OWN;
}

static struct stats_action *at(struct stats_generation *generation, uint32_t loop, uint32_t action)
{
	CHECK(loop < generation->stats->loop_count && action < generation->action_count);
	return &generation->loops[loop][action];
}

void stats_begin(struct stats_generation *generation, uint32_t loop, uint32_t action, size_t bytes)
{
	struct stats_action *counts = at(generation, loop, action);
	count_add(&counts->begun, 1);
	count_add(&counts->bytes_in, bytes);
}

void stats_end(struct stats_generation *generation, uint32_t loop, uint32_t action, uint32_t status,
               uint64_t begun_ns, size_t bytes)
{
	struct stats_action *counts = at(generation, loop, action);
	uint64_t now_ns = clock_ns();
	count_add(&counts->ended[end_of(status)], 1);
	if (status == STATUS_OK)
		count_add(&counts->bytes_out, bytes);
	if (status != STATS_GONE)
		histogram_add(&counts->times, now_ns > begun_ns ? now_ns - begun_ns : 0);
}

void stats_refuse(struct stats_generation *generation, uint32_t loop, uint32_t action,
                  uint32_t status)
{
	struct stats_action *counts = at(generation, loop, action);
	count_add(&counts->begun, 1);
	count_add(&counts->ended[end_of(status)], 1);
}

void stats_refuse_unrouted(struct stats *stats, uint32_t loop, uint32_t status)
{
	CHECK(loop < stats->loop_count);
	count_add(&stats->unrouted[loop][end_of(status)], 1);
}

/* ---- reading ---- */

void stats_sum(const struct stats_generation *generation, uint32_t action, struct stats_sum *sum)
{
	memset(sum, 0, sizeof *sum);
	for (uint32_t i = 0; i < generation->stats->loop_count; i++) {
		const struct stats_action *counts = &generation->loops[i][action];
		sum->begun += count_read(&counts->begun);
		for (uint32_t k = 0; k < STATS_ENDS; k++)
			sum->ended[k] += count_read(&counts->ended[k]);
		sum->bytes_in += count_read(&counts->bytes_in);
		sum->bytes_out += count_read(&counts->bytes_out);
		histogram_read(&counts->times, &sum->times);
	}
}

uint64_t stats_open_calls(const struct stats_generation *generation)
{
	uint64_t begun = 0, ended = 0;
	for (uint32_t action = 0; action < generation->action_count; action++) {
		struct stats_sum sum;
		stats_sum(generation, action, &sum);
		begun += sum.begun;
		for (uint32_t k = 0; k < STATS_ENDS; k++)
			ended += sum.ended[k];
	}
	/* What began after it was read may have ended before it was. */
	return begun > ended ? begun - ended : 0;
}

void stats_sum_unrouted(const struct stats *stats, uint64_t ended[STATS_ENDS])
{
	for (uint32_t k = 0; k < STATS_ENDS; k++) {
		ended[k] = 0;
		for (uint32_t i = 0; i < stats->loop_count; i++)
			ended[k] += count_read(&stats->unrouted[i][k]);
	}
}

const char *stats_end_name(uint32_t end)
{
	CHECK(end < STATS_ENDS);
	if (end == STATUS_OK)
		return "ok";
	if (end == STATS_OWN)
		return "plugin_error";
	return end == STATS_GONE ? "gone" : status_info(end)->name;
}
