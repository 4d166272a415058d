/* hold: who holds a generation: its pins, by what they are for, and the threads inside it.
 *
 * For whoever asks (GET /v1/status). The numbers are read one after the other while all goes on, so
 * that they may differ by what happened meanwhile. Thread: any, while the generation cannot be
 * freed (act/roster.h). */
#ifndef ACT_HOLD_H
#define ACT_HOLD_H

#include "act/generation.h"
#include "act/inside.h"

#include <stdbool.h>
#include <stdint.h>

/* What holds it until it may be unloaded. */
struct hold {
	uint64_t pins;  /* all that are told of here */
	uint64_t calls; /* open ones */
	uint64_t runs;  /* calls that run on another thread than their connection's, or wait for it,
	                 * also those that were answered meanwhile */
	uint64_t steps; /* create, start, stop, … */
	uint64_t work;
	uint64_t notices;
	uint64_t services; /* calls of its services that run, and transactions and cursors */
	/* These two pin nothing: they end with stop(). */
	uint32_t timers;
	uint32_t watches;
};

void hold_look(const struct generation *generation, struct hold *out);

/* Has this worker to run worker_leave() before it can be unloaded? */
bool hold_on_worker(const struct generation *generation, uint32_t worker);

/* A thread that is inside a generation. */
struct hold_thread {
	uint32_t thread; /* a number of act/inside.h */
	struct inside_view view;
	uint64_t ms; /* for so long at least */
};

/* Those that are inside the generation of that number, at most `room` of them; returns how many. */
uint32_t hold_threads(const struct act *act, uint64_t generation, struct hold_thread *out,
                      uint32_t room);

#endif
