#include "act/hold.h"

#include "act/poll.h"
#include "act/stats.h"
#include "act/timer.h"
#include "act/watch.h"
#include "net/net.h"

static uint64_t pins_as(const struct generation *generation, enum pin_kind kind)
{
	return atomic_load_explicit(&generation->pins_as[kind], memory_order_relaxed);
}

void hold_look(const struct generation *generation, struct hold *out)
{
	*out = (struct hold){
		.calls = stats_open_calls(generation->stats),
		.steps = pins_as(generation, PIN_STEP),
		.work = pins_as(generation, PIN_WORK),
		.notices = pins_as(generation, PIN_NOTICE),
		.services = pins_as(generation, PIN_SERVICE),
		.timers = timers_count(generation->timers),
		.watches = polls_count(generation->polls),
	};
	uint64_t told = out->steps + out->work + out->notices + out->services;
	uint64_t pins = atomic_load_explicit(&generation->pins, memory_order_relaxed);
	/* What is of no kind is a run: so those, which every blocking call has, are counted once.
	 */
	out->runs = pins > told ? pins - told : 0;
	out->pins = out->calls + told + out->runs;
}

bool hold_on_worker(const struct generation *generation, uint32_t worker)
{
	return TABLE_GET(generation->table, worker_leave) != NULL &&
	       atomic_load_explicit(&generation->seen_on[worker], memory_order_relaxed);
}

static bool look_at(const struct act *act, uint32_t thread, uint64_t generation,
                    struct hold_thread *out)
{
	struct inside_view again;
	out->thread = thread;
	uint64_t stays = inside_look(thread, &out->view);
	if (out->view.generation != generation)
		return false;
	/* The numbers are of one stay where they stand still. */
	if (inside_look(thread, &again) != stays || again.generation != generation ||
	    again.what != out->view.what || again.conn != out->view.conn)
		return false;
	out->ms = act->watch != NULL ? watch_age(act->watch, thread, stays) : 0;
	return true;
}

uint32_t hold_threads(const struct act *act, uint64_t generation, struct hold_thread *out,
                      uint32_t room)
{
	uint32_t count = 0, workers = act->pool != NULL ? pool_threads(act->pool) : 0;
	for (uint32_t i = 0; i < act->net->loop_count && count < room; i++)
		count += look_at(act, inside_of_loop(i), generation, &out[count]) ? 1 : 0;
	for (uint32_t i = 0; i < workers && count < room; i++)
		count += look_at(act, inside_of_worker(i), generation, &out[count]) ? 1 : 0;
	return count;
}
