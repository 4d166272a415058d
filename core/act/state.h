/* state: act.state/1: what one generation saves and the next one loads.
 *
 * Threads: save and load run on a worker, as steps (generation_step()); the rest is main's. */
#ifndef ACT_STATE_H
#define ACT_STATE_H

#include "act/generation.h"
#include "base/err.h"

#include <act/ext/state.h>

/* What is handed over. Owner: whoever does it. */
struct state_bag {
	uint32_t format;
	uint8_t *bytes;
	size_t len;
	size_t room;
	act_rc refused; /* why a piece was not taken; ACT_OK: all were */
};

/* The generation's table for ACT_EXT_STATE; NULL: it has none that is whole. */
const struct act_state *state_table(const struct generation *generation);

/* [worker] Into, and out of, generation->bag; nothing is done where there is no such table. */
act_rc state_save(struct generation *generation);
act_rc state_load(struct generation *generation);

void state_bag_free(struct state_bag *bag);
/* [main] Frees the bag that a step was left with which did not end in its time, and has by now: no
 * pin is held any more. Nothing where there is none. */
void state_bag_leave(struct generation *generation);

#endif
