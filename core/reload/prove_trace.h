/* prove_trace: what a plugin leaves behind in its process: threads, processes, signal handlers.
 * Owner: the child's main(). Thread: the child's own. */
#ifndef RELOAD_PROVE_TRACE_H
#define RELOAD_PROVE_TRACE_H

#include "base/err.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

enum { PROVE_SIGNALS = 65 };

struct prove_trace {
	int threads;
	bool known[PROVE_SIGNALS]; /* numbers that the system has a handler for */
	struct sigaction handlers[PROVE_SIGNALS];
};

/* What there is before any of its steps has run. */
void prove_trace_take(struct prove_trace *trace);

/* 0: as many threads as before, at the latest after `wait_ms` (one that ends is seen for a moment
 * after it was joined); otherwise how many more. */
int prove_trace_threads(const struct prove_trace *before, uint32_t wait_ms);
/* Does a process run that this one started? Those that have ended are reaped. */
bool prove_trace_process(void);
/* The first signal that is treated otherwise than before; 0: none. `*function`: a function is
 * called for it now. */
int prove_trace_signal(const struct prove_trace *before, bool *function);

#endif
