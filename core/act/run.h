/* run: a call that is served on another thread than its connection's: a copy of it goes there, and
 * its outcome comes back.
 *
 * A run pins the generation, and holds the call's place under a cap, until the plugin's function
 * has returned, whatever became of the call meanwhile. */
#ifndef ACT_RUN_H
#define ACT_RUN_H

#include "act/call.h"

/* [the loop] To a worker, or to the plugin's home loop. 0; ACT_E_BUSY: the queue is full;
 * ACT_E_NOMEM. */
act_rc run_on_worker(struct call *call, const act_call *view);
act_rc run_at_home(struct call *call, const act_call *view);

/* [any] Is this task of the pool such a copy? Then `*token` is its call's. */
bool run_is_task(const struct task *task, act_token *token);

/* [the loop, or a worker] Enters the plugin's handle(). */
act_rc run_handle(const struct generation *generation, const act_call *view);

/* What handle() returned, as the call's outcome. False: the call stays open. `answered`: it was,
 * meanwhile. */
bool run_outcome(struct generation *generation, const act_call *view, act_rc rc, bool answered,
                 struct outcome *outcome);

#endif
