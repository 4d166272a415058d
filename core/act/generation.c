#include "act/generation.h"

#include "act/checked.h"
#include "act/fatal.h"
#include "act/host.h"
#include "act/inside.h"
#include "act/kv.h"
#include "act/poll.h"
#include "act/state.h"
#include "act/stats.h"
#include "act/timer.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/latch.h"
#include "base/mem.h"
#include "net/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t last_number;

struct generation *generation_new(struct act *act, const struct generation_birth *birth)
{
	struct generation *made = mem_lines(1, sizeof *made);
	uint32_t loops = act->net->loop_count;
	made->number = ++last_number;
	made->act = act;
	made->manifest = *birth->manifest;
	made->module = birth->module;
	made->table = module_table(birth->module);
	made->settings = mem_text(birth->settings);
	made->data_dir = mem_text(birth->data_dir);
	made->parallel = (made->table->flags & ACT_F_PARALLEL) != 0;
	made->home = &act->net->loops[made->number % loops];
	made->needs = mem_new(made->manifest.need_count, sizeof *made->needs);
	for (uint32_t i = 0; i < made->manifest.need_count; i++)
		need_init(&made->needs[i], made->manifest.needs[i]);
	made->push_codes = mem_new(made->table->push_count, sizeof *made->push_codes);
	made->in_flight = mem_new(made->table->action_count, sizeof *made->in_flight);
	made->loop_pins = mem_lines(loops, sizeof *made->loop_pins);
	made->timers = timers_new(made);
	made->polls = polls_new(made);
	made->kv = kv_store(act->kv, made->manifest.name);
	made->stats = stats_enter(act->stats, made->number, made->manifest.version, made->table);
	made->entry = roster_enter(act->roster, made, birth->file);
	host_fill(&made->host, made);
	if (act->check)
		checked_fill(&made->host);
	return made;
}

bool generation_free(struct generation *generation, struct err *resident_why)
{
	struct roster_entry *entry = generation->entry;
	struct err why = { "" };
	roster_leave(entry);
	stats_leave(generation->stats);
	bool threads = (generation->table->flags & ACT_F_THREADS) != 0;
	bool unmapped = !threads && module_close(generation->module, &why);
	if (threads)
		err_set(&why, "it starts threads of its own (ACT_F_THREADS)");
	roster_end(entry, unmapped ? NULL : why.text);
	if (!unmapped && resident_why != NULL)
		err_set(resident_why, "%s", why.text);
	/* A thread of the plugin's own may use the host table for ever. */
	if (threads)
		return false;
	timers_free(generation->timers);
	polls_free(generation->polls);
	for (uint32_t i = 0; i < generation->manifest.need_count; i++)
		need_free(&generation->needs[i]);
	free(generation->needs);
	free(generation->push_codes);
	free(generation->in_flight);
	free(generation->loop_pins);
	free(generation->settings);
	free(generation->data_dir);
	state_bag_leave(generation);
	free(generation);
	return unmapped;
}

void generation_turn(struct generation *generation, enum roster_state state)
{
	static const enum stats_state counted[] = {
		[ROSTER_SERVING] = STATS_SERVING,
		[ROSTER_CANARY] = STATS_SERVING,
		[ROSTER_HELD] = STATS_HELD,
		[ROSTER_DRAINING] = STATS_DRAINING,
	};
	CHECK(state >= ROSTER_SERVING && state <= ROSTER_DRAINING);
	roster_turn(generation->entry, state);
	stats_turn(generation->stats, counted[state]);
}

/* ---- steps ---- */

enum step_state { STEP_WAITS, STEP_WITHDRAWN, STEP_RUNS, STEP_LOST, STEP_DONE };

struct step_task {
	struct task task;
	struct generation *generation;
	enum generation_step step;
	struct latch *latch;
	/* Shared with the waiter; freed by whoever is last. */
	_Atomic int owners;
	_Atomic int state; /* enum step_state */
	_Atomic uint64_t began_ms;
	act_rc rc;
};

static void step_release(struct step_task *step)
{
	if (atomic_fetch_sub(&step->owners, 1) == 1)
		free(step);
}

static bool step_turns(struct step_task *step, enum step_state from, enum step_state to)
{
	int expected = (int)from;
	return atomic_compare_exchange_strong(&step->state, &expected, (int)to);
}

static act_rc enter_step(struct generation *generation, enum generation_step step)
{
	const act_plugin *table = generation->table;
	switch (step) {
	case STEP_CREATE:
		return table->create(&generation->host, &generation->self);
	case STEP_LOAD:
		return state_load(generation);
	case STEP_SAVE:
		return state_save(generation);
	case STEP_START:
		return table->start != NULL ? table->start(generation->self) : ACT_OK;
	case STEP_ACTIVATE:
		if (table->activate != NULL)
			table->activate(generation->self);
		return ACT_OK;
	case STEP_STOP:
		if (table->stop != NULL)
			table->stop(generation->self);
		return ACT_OK;
	case STEP_DESTROY:
		table->destroy(generation->self);
		return ACT_OK;
	}
	return ACT_E_INVAL;
}

static act_rc run_step(struct generation *generation, enum generation_step step)
{
	static const enum inside_what functions[] = {
		[STEP_CREATE] = INSIDE_CREATE,     [STEP_START] = INSIDE_START,
		[STEP_ACTIVATE] = INSIDE_ACTIVATE, [STEP_STOP] = INSIDE_STOP,
		[STEP_DESTROY] = INSIDE_DESTROY,   [STEP_SAVE] = INSIDE_SAVE,
		[STEP_LOAD] = INSIDE_LOAD,
	};
	char who[64];
	snprintf(who, sizeof who, "plugin %s: %s", generation->manifest.name,
	         inside_word(functions[step]));
	struct inside_before before = inside_enter(generation, functions[step]);
	act_rc rc = enter_step(generation, step);
	inside_leave(&before);
	fatal_restore(who);
	return rc;
}

/* The last pin goes when the plugin has returned: whoever gave up waiting must not unload it under
 * this worker. */
static void on_step(struct task *task)
{
	struct step_task *step = (struct step_task *)task;
	struct latch *latch = step->latch;
	struct generation *generation = step->generation; /* may be gone, if this was withdrawn */
	bool pinned = step->step != STEP_DESTROY;
	atomic_store(&step->began_ms, clock_ms());
	if (step_turns(step, STEP_WAITS, STEP_RUNS)) {
		struct act *act = generation->act;
		/* DESTROY comes after the workers were left: it must not make them known again. */
		if (pinned)
			generation_seen(generation);
		step->rc = run_step(generation, step->step);
		if (!step_turns(step, STEP_RUNS, STEP_DONE))
			atomic_fetch_sub(&act->steps_lost, 1);
	}
	if (pinned)
		generation_unpin_as(generation, PIN_STEP);
	step_release(step);
	latch_down(latch);
}

/* True: it has run. False: `*why` is ACT_E_BUSY or ACT_E_LATE. The time counts from when it begins;
 * until then it may be withdrawn. */
static bool step_wait(struct step_task *step, uint32_t deadline_ms, act_rc *why)
{
	if (latch_try(step->latch, deadline_ms))
		return true;
	if (step_turns(step, STEP_WAITS, STEP_WITHDRAWN)) {
		latch_wait(step->latch, 1);
		*why = ACT_E_BUSY;
		return false;
	}
	uint64_t until_ms = atomic_load(&step->began_ms) + deadline_ms, now_ms = clock_ms();
	if (now_ms < until_ms && latch_try(step->latch, (uint32_t)(until_ms - now_ms)))
		return true;
	atomic_fetch_add(&step->generation->act->steps_lost, 1);
	bool lost = step_turns(step, STEP_RUNS, STEP_LOST);
	if (!lost)
		atomic_fetch_sub(&step->generation->act->steps_lost, 1);
	*why = ACT_E_LATE;
	/* Done at the last moment: then the latch is about to open. */
	return latch_wait(step->latch, lost ? 1 : 0) && !lost;
}

act_rc generation_step(struct generation *generation, enum generation_step step,
                       uint32_t deadline_ms)
{
	struct step_task *task = mem_new(1, sizeof *task);
	*task = (struct step_task){ .task.run = on_step,
		                    .generation = generation,
		                    .step = step,
		                    .latch = latch_new(1),
		                    .owners = 2 };
	if (step == STEP_STOP) {
		atomic_store(&generation->active, false);
		timers_stop(generation->timers);
		polls_stop(generation->polls);
	}
	if (step != STEP_DESTROY)
		generation_pin_as(generation, PIN_STEP);
	pool_submit_always(generation->act->pool, &task->task);
	act_rc rc;
	if (step_wait(task, deadline_ms, &rc)) {
		/* A step that returned is over, whatever it returned: it may be undone. */
		rc = task->rc;
		if (rc > 0 || rc == ACT_E_LATE || rc == ACT_E_BUSY)
			rc = ACT_E_FAIL;
	}
	step_release(task);
	return rc;
}

/* ---- pins ---- */

struct pin_sum {
	struct generation *generation;
	_Atomic uint64_t sum;
};

static void add_loop_pins(struct loop *loop, void *context)
{
	struct pin_sum *sum = context;
	atomic_fetch_add(&sum->sum, sum->generation->loop_pins[loop->index].count);
}

/* The order matters: what is pinned on a loop may pin for other threads before it lets go, never
 * the other way round. */
bool generation_idle(struct generation *generation, uint64_t *waiting_for)
{
	struct pin_sum sum = { .generation = generation };
	net_barrier(generation->act->net, add_loop_pins, &sum);
	*waiting_for = atomic_load(&sum.sum) +
	               atomic_load_explicit(&generation->pins, memory_order_acquire);
	return *waiting_for == 0;
}

bool generation_wait_idle(struct generation *generation, uint32_t wait_ms)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	uint64_t until_ms = clock_ms() + wait_ms, pins;
	while (!generation_idle(generation, &pins)) {
		if (clock_ms() >= until_ms)
			return false;
		nanosleep(&moment, NULL);
	}
	return true;
}

/* ---- workers ---- */

void generation_seen(struct generation *generation)
{
	int worker = pool_self();
	if (worker >= 0 &&
	    !atomic_load_explicit(&generation->seen_on[worker], memory_order_relaxed))
		atomic_store(&generation->seen_on[worker], true);
}

struct leave_task {
	struct task task;
	struct generation *generation;
	struct latch *latch;
};

static void on_leave(struct task *task)
{
	struct leave_task *leave = (struct leave_task *)task;
	struct inside_before before = inside_enter(leave->generation, INSIDE_WORKER_LEAVE);
	leave->generation->table->worker_leave(leave->generation->self);
	inside_leave(&before);
	atomic_store(&leave->generation->seen_on[pool_self()], false);
	latch_down(leave->latch);
	free(leave);
}

static void leave_workers(struct generation *generation)
{
	struct pool *pool = generation->act->pool;
	uint32_t count = 0;
	for (uint32_t i = 0; i < pool_threads(pool); i++)
		count += atomic_load(&generation->seen_on[i]) ? 1 : 0;
	generation->leaving = latch_new(count);
	for (uint32_t i = 0; i < pool_threads(pool); i++) {
		if (!atomic_load(&generation->seen_on[i]))
			continue;
		struct leave_task *leave = mem_new(1, sizeof *leave);
		*leave =
			(struct leave_task){ { .run = on_leave }, generation, generation->leaving };
		pool_submit_to(pool, i, &leave->task);
	}
}

bool generation_leave_workers(struct generation *generation, uint32_t wait_ms)
{
	if (TABLE_GET(generation->table, worker_leave) == NULL || generation->left)
		return true;
	if (generation->leaving == NULL)
		leave_workers(generation);
	generation->left = latch_try(generation->leaving, wait_ms);
	return generation->left;
}

/* ---- services ---- */

struct need *generation_need(struct generation *generation, const char *id)
{
	for (uint32_t i = 0; i < generation->manifest.need_count; i++)
		if (strcmp(generation->needs[i].id, id) == 0)
			return &generation->needs[i];
	return NULL;
}

const void *generation_service(const struct generation *generation, const char *id)
{
	const act_plugin *table = generation->table;
	if (TABLE_GET(table, extension) == NULL)
		return NULL;
	struct inside_before before = inside_enter(generation, INSIDE_EXTENSION);
	const void *found = table->extension(generation->self, id);
	inside_leave(&before);
	return found;
}

void generation_cut_off(struct generation *generation)
{
	for (uint32_t i = 0; i < generation->manifest.need_count; i++)
		need_set(&generation->needs[i], NULL);
}

bool generation_uses(const struct generation *generation, const struct generation *provider)
{
	for (uint32_t i = 0; i < generation->manifest.need_count; i++)
		if (need_leads_to(&generation->needs[i], provider))
			return true;
	return false;
}
