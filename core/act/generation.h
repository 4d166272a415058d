/* generation: one loaded plugin, from its shared object to its last pin.
 *
 * A changed plugin is a new generation beside the old one; calls that run keep the one they began
 * in. What runs in a generation holds a pin on it. A pin of a call is counted on the loop of its
 * connection, without atomics; a pin of anything that moves between threads is counted in one
 * atomic number. Both are zero when nothing can be inside any more (generation_idle()). Owner: the
 * reload. */
#ifndef ACT_GENERATION_H
#define ACT_GENERATION_H

#include "act/act.h"
#include "act/module.h"
#include "act/need.h"
#include "act/roster.h"
#include "act/table.h"
#include "base/pool.h"

#include <act/plugin.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct generation_polls;
struct generation_timers;
struct kv_store;
struct state_bag;
struct stats_generation;

enum generation_step {
	STEP_CREATE,
	STEP_LOAD, /* act.state/1 */
	STEP_START,
	STEP_ACTIVATE,
	STEP_SAVE, /* act.state/1 */
	STEP_STOP,
	STEP_DESTROY,
};

/* What pins for other threads, beside a call that runs on one. */
enum pin_kind {
	PIN_STEP,    /* of its life */
	PIN_WORK,    /* of act_host.work, until work_done() has returned */
	PIN_NOTICE,  /* of a connection or a user, on its way */
	PIN_SERVICE, /* a call of a service that it provides; a transaction, a cursor */
	PIN_KINDS,
};

/* A cache line a loop. */
struct loop_pins {
	_Alignas(64) uint64_t count;
	_Atomic bool behind; /* what comes waits behind what waits already (act/park.h) */
};

struct generation {
	uint64_t number;
	struct act *act;
	struct manifest manifest;
	struct module *module;
	const act_plugin *table; /* of the module */
	act_host host;
	void *self;
	char *settings; /* JSON text */
	char *data_dir;
	struct loop *home;
	bool parallel;
	_Atomic bool active; /* it is live: from the swap to stop() */
	_Atomic bool parked; /* nothing enters it: its state is being handed over (act/park.h) */
	struct generation *heir; /* while it is parked: who has its state by now; or NULL */

	struct need *needs; /* as many as the manifest has */
	_Atomic uint32_t *push_codes;
	_Atomic uint32_t *in_flight; /* for each action: calls that count against a cap */

	struct loop_pins *loop_pins;
	_Atomic uint64_t pins;
	_Atomic uint64_t pins_as[PIN_KINDS]; /* which of them are of a kind; to be told, no more */
	_Atomic uint32_t home_queued;        /* calls on their way to the home loop */
	_Atomic bool seen_on[POOL_THREADS_MAX]; /* workers that ran its code and did not leave it */
	struct generation_timers *timers;
	struct generation_polls *polls;
	struct kv_store *kv; /* of its plugin's name; it outlives this */
	struct stats_generation *stats;
	struct roster_entry *entry;
	struct latch *leaving;        /* worker_leave() is under way on some workers */
	bool left;                    /* it was called on all of them */
	struct state_bag *bag;        /* for STEP_SAVE and STEP_LOAD; the caller's */
	struct generation *next_lost; /* of act.lost */
};

/* What a generation is made from; copied, but for the module, which it takes over. */
struct generation_birth {
	const struct manifest *manifest;
	struct module *module;
	const char *settings;
	const char *data_dir;
	const char *file; /* in the plugin folder, for people; NULL: there is none */
};

/* [main] Numbers go up with each call. Nothing of the plugin runs yet. */
struct generation *generation_new(struct act *act, const struct generation_birth *birth);
/* [main] Unloads and frees it, after STEP_DESTROY (or where STEP_CREATE never succeeded). True:
 * unmapped. False: with a sentence. */
bool generation_free(struct generation *generation, struct err *resident_why);

/* [main, the retiring thread] It stands so from now on: for who asks (act/roster.h), and for the
 * numbers (act/stats.h). */
void generation_turn(struct generation *generation, enum roster_state state);

/* [main] Runs one step of its life on a worker and waits; the step pins the generation while it
 * runs (but for STEP_DESTROY, when nothing may be inside). 0; the step's error; ACT_E_LATE: it
 * began and did not end within `deadline_ms` (the worker is still in it: the generation must then
 * be left as it is); ACT_E_BUSY: no worker was free for so long, nothing was done. STEP_STOP ends
 * its timers and watches first. */
act_rc generation_step(struct generation *generation, enum generation_step step,
                       uint32_t deadline_ms);

/* [any] Pins by whatever moves between threads: so, by a call that runs on another one. */
static inline void generation_pin(struct generation *generation)
{
	atomic_fetch_add_explicit(&generation->pins, 1, memory_order_relaxed);
}
static inline void generation_unpin(struct generation *generation)
{
	atomic_fetch_sub_explicit(&generation->pins, 1, memory_order_release);
}

/* [any] The same, and it is told what for (act/hold.h). */
static inline void generation_pin_as(struct generation *generation, enum pin_kind kind)
{
	generation_pin(generation);
	atomic_fetch_add_explicit(&generation->pins_as[kind], 1, memory_order_relaxed);
}
static inline void generation_unpin_as(struct generation *generation, enum pin_kind kind)
{
	/* In this order: without the pin it may be gone. */
	atomic_fetch_sub_explicit(&generation->pins_as[kind], 1, memory_order_relaxed);
	generation_unpin(generation);
}

/* [main] True: after a barrier, nothing runs in it and nothing is on its way into it. No route,
 * need or list of live plugins may lead to it any more. `*waiting_for` gets the number of pins. */
bool generation_idle(struct generation *generation, uint64_t *waiting_for);

/* [main] Waits for that; false: not within `wait_ms`. */
bool generation_wait_idle(struct generation *generation, uint32_t wait_ms);

/* [main] Takes its services away: for one that is stuck and stays, while its providers may go. */
void generation_cut_off(struct generation *generation);
/* [main] Does one of its needs lead to this provider? */
bool generation_uses(const struct generation *generation, const struct generation *provider);

/* [worker] Notes that this worker runs code of the generation, so that worker_leave() is called on
 * it. */
void generation_seen(struct generation *generation);
/* [main] Has worker_leave() called on each of those workers, once, and waits for it. False: not all
 * within `wait_ms`; ask again. */
bool generation_leave_workers(struct generation *generation, uint32_t wait_ms);

/* The need for `id` of this generation; NULL: its manifest does not list it. */
struct need *generation_need(struct generation *generation, const char *id);
/* The provider's table of a service; NULL: it has none. */
const void *generation_service(const struct generation *generation, const char *id);

static inline struct generation *generation_of(const act_host *h)
{
	return h->impl;
}

#endif
