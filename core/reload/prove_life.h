/* prove_life: the steps of a plugin's life, in the trial's process.
 *
 * create(), extension() for what it provides, start(), stop(), worker_leave(), destroy(): as for a
 * plugin that is made and, as it happens, is not taken. activate() is not among them: from there on
 * a plugin may reach out. So stop() is called only where there is no activate(): a plugin may count
 * on the one coming before the other.
 * Thread: a worker, as in the server. */
#ifndef RELOAD_PROVE_LIFE_H
#define RELOAD_PROVE_LIFE_H

#include "reload/prove_host.h"
#include "reload/prove_trace.h"

struct prove_life {
	const act_plugin *table;
	struct prove_host *host;
	const struct prove_trace *before;
};

/* Says each step. 0: all went well, or a failure is no verdict (prove_host.h). -1: refused, and
 * `why` says why. */
int prove_life_run(struct prove_life *life, struct err *why);

/* Says which step begins. */
void prove_step_begins(const struct prove_voice *voice, enum prove_step step);

#endif
