/* retire: the end of a generation that was replaced: it is stopped, drained, and unloaded once
 * nothing is inside any more.
 *
 * A thread of its own looks after all that are on their way out, so that a slow one delays no
 * reload. Threads: main hands over; the retiring thread does the rest. */
#ifndef RELOAD_RETIRE_H
#define RELOAD_RETIRE_H

#include "act/generation.h"

#include <stdbool.h>
#include <stdint.h>

struct retire;

struct retire *retire_new(struct act *act);
/* [main] Takes a generation over that nothing leads to any more (after the barrier), and its
 * private copy's path, which is deleted in the end. `drain_ms`: for its open calls; `step_ms`: for
 * each step. */
void retire_take(struct retire *retire, struct generation *generation, char *copy,
                 uint32_t drain_ms, uint32_t step_ms);
/* [main] Points the needs of those on their way out at the provider of the moment. */
void retire_repoint(struct retire *retire,
                    void (*repoint)(struct generation *generation, void *context), void *context);
/* [main] Waits until all are gone, at most `timeout_ms`, and ends the thread. False: some are not
 * (then the process must end without freeing what they use). */
bool retire_free(struct retire *retire, uint32_t timeout_ms);

#endif
