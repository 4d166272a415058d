#include "act/survey.h"

#include "act/call.h"
#include "act/park.h"
#include "act/run.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "net/net.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* What one loop has told. */
struct told {
	struct survey_of *list;
	size_t count;
};

/* The question to one loop; it lies in the loop's inbox while it is under way. */
struct question {
	struct post post;
	struct survey *survey;
	uint32_t loop;
	bool under_way; /* these two: under the lock */
	struct told told;
};

struct survey {
	struct act *act;
	pthread_mutex_t lock;
	pthread_cond_t answered;
	uint32_t count;
	struct question questions[];
};

struct survey *survey_new(struct act *act)
{
	uint32_t count = act->net->loop_count;
	struct survey *survey = mem_new(1, sizeof *survey + count * sizeof survey->questions[0]);
	survey->act = act;
	survey->count = count;
	for (uint32_t i = 0; i < count; i++)
		survey->questions[i] = (struct question){ .survey = survey, .loop = i };
	pthread_mutex_init(&survey->lock, NULL);
	pthread_cond_init(&survey->answered, NULL);
	return survey;
}

void survey_free(struct survey *survey)
{
	for (uint32_t i = 0; i < survey->count; i++)
		free(survey->questions[i].told.list);
	pthread_cond_destroy(&survey->answered);
	pthread_mutex_destroy(&survey->lock);
	free(survey);
}

/* ---- on the loop ---- */

/* The list is as long as there are generations with open calls: a few. */
static struct survey_of *entry_of(struct told *told, uint64_t generation)
{
	for (size_t i = 0; i < told->count; i++)
		if (told->list[i].generation == generation)
			return &told->list[i];
	told->list = mem_grow(told->list, told->count + 1, sizeof *told->list);
	told->list[told->count] = (struct survey_of){ .generation = generation };
	return &told->list[told->count++];
}

/* The oldest stand first; what has no place is left out. */
static void put_in(struct survey_of *of, const struct survey_call *call)
{
	uint32_t at = of->listed;
	while (at > 0 && of->oldest[at - 1].begun_ns > call->begun_ns)
		at--;
	if (at == SURVEY_LISTED)
		return;
	uint32_t behind = of->listed - at;
	if (of->listed == SURVEY_LISTED)
		behind--;
	else
		of->listed++;
	memmove(&of->oldest[at + 1], &of->oldest[at], behind * sizeof of->oldest[0]);
	of->oldest[at] = *call;
}

static enum survey_where where_is(const struct call *call)
{
	const struct generation *generation = call->generation;
	if ((table_action(generation->table, call->action)->flags & ACT_A_BLOCKING) != 0)
		return SURVEY_WORKER;
	return generation->parallel || generation->home == call->loop->loop ? SURVEY_DEFERRED
	                                                                    : SURVEY_HOME;
}

static void tell_call(uint64_t number, void *object, void *context)
{
	const struct call *call = object;
	const struct survey_call one = {
		.token = number,
		.conn = call->conn != NULL ? call->conn->id : 0,
		.begun_ns = call->begun_ns,
		.code = call->ticket.code,
		.action = call->action,
		.where = where_is(call),
	};
	put_in(entry_of(context, call->generation->number), &one);
}

static void on_question(struct post *post)
{
	struct question *question = (struct question *)post;
	struct survey *survey = question->survey;
	struct act_loop *own = &survey->act->loops[question->loop];
	struct told told = { 0 };
	slots_each(&own->calls, tell_call, &told);
	for (const struct parked *one = own->parked_first; one != NULL; one = one->next)
		entry_of(&told, one->generation)->parked++;
	pthread_mutex_lock(&survey->lock);
	free(question->told.list);
	question->told = told;
	question->under_way = false;
	pthread_cond_signal(&survey->answered);
	pthread_mutex_unlock(&survey->lock);
}

/* ---- whoever asks ---- */

/* Under the lock: is one of these still under way? */
static bool is_awaited(const struct survey *survey, const bool *asked)
{
	for (uint32_t i = 0; i < survey->count; i++)
		if (asked[i] && survey->questions[i].under_way)
			return true;
	return false;
}

void survey_take(struct survey *survey, uint32_t wait_ms)
{
	const struct timespec until = clock_moment(wait_ms);
	bool *asked = mem_new(survey->count, sizeof *asked);
	CHECK(loop_self() == NULL);
	pthread_mutex_lock(&survey->lock);
	for (uint32_t i = 0; i < survey->count; i++) {
		struct question *question = &survey->questions[i];
		/* Who did not answer the last time is not waited for anew. */
		asked[i] = !question->under_way;
		if (!asked[i])
			continue;
		question->under_way = true;
		question->post.run = on_question;
		loop_post(&survey->act->net->loops[i], &question->post);
	}
	while (is_awaited(survey, asked) && pthread_cond_clockwait(&survey->answered, &survey->lock,
	                                                           CLOCK_MONOTONIC, &until) == 0)
		;
	pthread_mutex_unlock(&survey->lock);
	free(asked);
}

bool survey_answered(struct survey *survey, uint32_t loop)
{
	CHECK(loop < survey->count);
	pthread_mutex_lock(&survey->lock);
	bool answered = !survey->questions[loop].under_way;
	pthread_mutex_unlock(&survey->lock);
	return answered;
}

static void merge(struct survey_of *out, const struct told *told)
{
	for (size_t i = 0; i < told->count; i++) {
		if (told->list[i].generation != out->generation)
			continue;
		out->parked += told->list[i].parked;
		for (uint32_t k = 0; k < told->list[i].listed; k++)
			put_in(out, &told->list[i].oldest[k]);
	}
}

static void mark_queued(const struct task *task, void *context)
{
	struct survey_of *of = context;
	act_token token;
	if (!run_is_task(task, &token))
		return;
	for (uint32_t i = 0; i < of->listed; i++)
		if (of->oldest[i].token == token)
			of->oldest[i].where = SURVEY_QUEUED;
}

void survey_find(struct survey *survey, uint64_t generation, struct survey_of *out)
{
	bool on_workers = false;
	*out = (struct survey_of){ .generation = generation };
	pthread_mutex_lock(&survey->lock);
	for (uint32_t i = 0; i < survey->count; i++)
		if (!survey->questions[i].under_way)
			merge(out, &survey->questions[i].told);
	pthread_mutex_unlock(&survey->lock);
	for (uint32_t i = 0; i < out->listed; i++)
		on_workers = on_workers || out->oldest[i].where == SURVEY_WORKER;
	if (on_workers)
		pool_each_waiting(survey->act->pool, mark_queued, out);
}
