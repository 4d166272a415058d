/* checked_calls: which calls there were, and who has answered them.
 *
 * A table of the last calls, one place for each value of a hash: a call that another has driven
 * out is one that nothing is known of, and nothing is said about it. */
#include "act/checked.h"

#include "act/call.h"
#include "act/generation.h"
#include "act/stats.h"

#include <pthread.h>

enum { PLACES = 1 << 16 };

struct record {
	act_token token; /* 0: none */
	uint64_t generation;
	uint32_t answers; /* by the plugin: taken, on their way, or too late */
	bool over;
	uint32_t status; /* by which it ended */
};

static struct record records[PLACES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct record *place_for(act_token token)
{
	uint64_t mixed = token * 0x9E3779B97F4A7C15u;
	return &records[mixed >> 48];
}

void checked_begin(const struct call *call)
{
	pthread_mutex_lock(&lock);
	*place_for(call->token) =
		(struct record){ .token = call->token, .generation = call->generation->number };
	pthread_mutex_unlock(&lock);
}

void checked_end(const struct call *call)
{
	pthread_mutex_lock(&lock);
	struct record *record = place_for(call->token);
	if (record->token == call->token) {
		record->over = true;
		record->status = call->status;
	}
	pthread_mutex_unlock(&lock);
}

void checked_answering(const act_host *h, const char *function, act_token token)
{
	const struct generation *generation = generation_of(h);
	uint32_t kind = slots_kind(token);
	if (kind != TOKEN_KIND && kind != TOKEN_NOREPLY_KIND) {
		checked_found(generation, CHECKED_STALE, function,
		              "%lu is no call's number, and never was one: rule 4", token);
		return;
	}
	pthread_mutex_lock(&lock);
	struct record *record = place_for(token);
	struct record was = *record;
	if (record->token == token)
		record->answers++;
	pthread_mutex_unlock(&lock);
	if (was.token != token)
		return;
	if (was.generation != generation->number)
		checked_found(generation, CHECKED_STALE, function,
		              "call %lu is not its own: generation %lu was given it: rule 4", token,
		              was.generation);
	else if (was.answers != 0)
		checked_found(generation, CHECKED_TWICE, function,
		              "call %lu was answered already: a call is answered once", token);
}

void checked_answered(const act_host *h, act_token token, act_rc rc)
{
	(void)h;
	pthread_mutex_lock(&lock);
	struct record *record = place_for(token);
	struct record was = *record;
	/* One that was not taken for its length or for want of memory may be tried again. */
	if (record->token == token && rc != ACT_OK && rc != ACT_E_GONE)
		record->answers--;
	pthread_mutex_unlock(&lock);
	if (rc != ACT_E_GONE || was.token != token || was.answers != 1)
		return;
	checked_count_late(was.over && was.status == STATS_GONE ? CHECKED_CLOSED : CHECKED_LATE);
}

void checked_failed(const struct generation *generation, act_token token, act_rc rc)
{
	pthread_mutex_lock(&lock);
	const struct record *record = place_for(token);
	bool twice = record->token == token && record->answers != 0;
	pthread_mutex_unlock(&lock);
	if (twice)
		checked_found(generation, CHECKED_TWICE, "return",
		              "call %lu was answered already, and then handle() returned %d, which "
		              "nobody gets: a call is answered once",
		              token, rc);
}
