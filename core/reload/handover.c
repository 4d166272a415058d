#include "reload/handover.h"

#include "act/call.h"
#include "act/park.h"
#include "act/poll.h"
#include "act/state.h"
#include "base/mem.h"

#include <stdlib.h>

bool handover_wanted(const struct generation *from, const struct generation *to)
{
	return from->manifest.provide_count == 0 && to->manifest.provide_count == 0 &&
	       state_table(from) != NULL && state_table(to) != NULL;
}

/* Its open calls are asked for their answers at half of the time. */
static bool comes_to_rest(struct generation *from, uint32_t wait_ms)
{
	if (generation_wait_idle(from, wait_ms / 2))
		return true;
	call_hurry_all(from);
	return generation_wait_idle(from, wait_ms - wait_ms / 2);
}

/* Until its open calls are answered its descriptors are watched: those may wait for them. */
static bool becomes_quiet(struct generation *from, uint32_t wait_ms)
{
	if (!comes_to_rest(from, wait_ms))
		return false;
	polls_freeze(from->polls);
	return generation_wait_idle(from, wait_ms);
}

static act_rc run(struct generation *generation, enum generation_step step, struct state_bag *bag,
                  uint32_t load_ms)
{
	/* It is at rest: a step that once was given up has ended. */
	state_bag_leave(generation);
	generation->bag = bag;
	act_rc rc = generation_step(generation, step, load_ms);
	if (rc != ACT_E_LATE)
		generation->bag = NULL;
	return rc;
}

static act_rc save(struct generation *from, struct state_bag *bag, uint32_t load_ms,
                   struct err *why)
{
	uint64_t pins;
	if (!becomes_quiet(from, load_ms)) {
		(void)generation_idle(from, &pins);
		err_set(why,
		        "its state cannot be handed over: %lu calls or tasks of the one before did "
		        "not end within load_ms (%u ms)",
		        pins, load_ms);
		return ACT_E_FAIL;
	}
	act_rc rc = run(from, STEP_SAVE, bag, load_ms);
	if (rc == ACT_E_LATE)
		err_set(why,
		        "save() of the one before did not end within load_ms (%u ms); a "
		        "worker is in it still",
		        load_ms);
	else if (rc != ACT_OK)
		err_set(why,
		        "save() of the one before failed (%d), so its state cannot be handed over",
		        rc);
	return rc;
}

static act_rc load(struct generation *to, struct state_bag *bag, uint32_t load_ms, struct err *why)
{
	act_rc rc = run(to, STEP_LOAD, bag, load_ms);
	if (rc == ACT_E_LATE)
		err_set(why, "load() did not end within load_ms (%u ms); a worker is lost in it",
		        load_ms);
	else if (rc == ACT_E_NOSUPP)
		err_set(why, "load() does not know format %u, in which the one before saves",
		        bag->format);
	else if (rc != ACT_OK)
		err_set(why, "load() failed (%d) on %zu bytes of state in format %u", rc, bag->len,
		        bag->format);
	return rc;
}

act_rc handover_make(struct generation *from, struct generation *to, uint32_t load_ms,
                     struct err *why)
{
	struct state_bag *bag = mem_new(1, sizeof *bag);
	park_begin(from);
	act_rc rc = save(from, bag, load_ms, why);
	bool saved = rc == ACT_OK;
	if (saved)
		rc = load(to, bag, load_ms, why);
	/* A step that hangs goes on writing it, or reading. */
	if (rc != ACT_E_LATE) {
		state_bag_free(bag);
		free(bag);
	}
	if (rc == ACT_OK) {
		park_heir(from, to);
		return ACT_OK;
	}
	park_end(from, false);
	return saved && rc == ACT_E_LATE ? ACT_E_LATE : ACT_E_FAIL;
}

void handover_end(struct generation *from, bool taken)
{
	park_end(from, taken);
}
