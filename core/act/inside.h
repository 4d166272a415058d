/* inside: which call of which plugin each thread is in at this moment.
 *
 * Every way into a plugin passes inside_enter() and inside_leave(): a few plain stores into a cell
 * of the thread's own. Two read it: the watch (act/watch.h) from another thread, which takes a
 * stay for the same one where nothing has changed since it last looked, and the handler of fatal
 * signals (act/fatal.h) on the thread itself. Numbers in the cell, not pointers, are for the
 * watch: what they name may be gone when it looks. */
#ifndef ACT_INSIDE_H
#define ACT_INSIDE_H

#include "act/checked.h"
#include "act/generation.h"
#include "base/config.h"

#include <stdatomic.h>
#include <stdint.h>

/* The functions of struct act_plugin that the server enters, and a service's. */
enum inside_what {
	INSIDE_NOTHING,
	INSIDE_CREATE,
	INSIDE_START,
	INSIDE_ACTIVATE,
	INSIDE_STOP,
	INSIDE_DESTROY,
	INSIDE_SAVE, /* these two: act.state/1 */
	INSIDE_LOAD,
	INSIDE_HANDLE,
	INSIDE_CANCEL,
	INSIDE_CONN_OPEN,
	INSIDE_CONN_CLOSE,
	INSIDE_USER_BOUND,
	INSIDE_USER_UNBOUND,
	INSIDE_ON_TIMER,
	INSIDE_ON_FD,
	INSIDE_WORK,
	INSIDE_WORK_DONE,
	INSIDE_WORKER_LEAVE,
	INSIDE_EXTENSION,
	INSIDE_SERVICE, /* a function of the table that it provides */
	INSIDE_COUNT,
};

/* What a thread is in, as plain values. */
struct inside_view {
	uint64_t generation; /* its number; 0: the thread is in no plugin */
	enum inside_what what;
	uint32_t action; /* these three: 0 where the stay is for no call */
	uint32_t code;
	act_conn conn;
};

/* One thread's cell. Written by the thread alone. */
struct inside {
	_Alignas(64) _Atomic uint64_t stays; /* counts how often the thread came in from outside */
	_Atomic uint64_t generation;
	_Atomic uint64_t conn;
	_Atomic uint32_t what;
	_Atomic uint32_t action;
	_Atomic uint32_t code;
	const struct generation *self; /* for the thread itself: it is pinned while this is set */
};

/* What the thread was in before; put back by inside_leave(). */
struct inside_before {
	struct inside_view view;
	const struct generation *self;
};

/* The cells of the server's loops and workers; a place for each that there can be. */
enum { INSIDE_THREADS = CONFIG_THREADS_MAX + POOL_THREADS_MAX };

extern _Thread_local struct inside *inside_own; /* NULL: the thread was in no plugin yet */

/* [any] Gives the calling thread its cell, and a stack of its own for fatal signals. */
struct inside *inside_make(void);

/* The function's name in act/plugin.h: "handle". */
const char *inside_word(enum inside_what what);

/* [any] Reads the cell of a loop or worker, 0 to INSIDE_THREADS - 1; the number of its stays. */
uint64_t inside_look(uint32_t thread, struct inside_view *out);
/* "loop-0", "worker-3": as the thread itself is called. */
void inside_thread_name(uint32_t thread, char *out, size_t size);
/* The places of a loop and a worker among the cells. */
static inline uint32_t inside_of_loop(uint32_t index)
{
	return index;
}
static inline uint32_t inside_of_worker(uint32_t index)
{
	return CONFIG_THREADS_MAX + index;
}

#define INSIDE_PUT(cell, member, value)                                                            \
	atomic_store_explicit(&(cell)->member, (value), memory_order_relaxed)
#define INSIDE_GET(cell, member) atomic_load_explicit(&(cell)->member, memory_order_relaxed)

static inline void inside_put(struct inside *cell, const struct generation *generation,
                              const struct inside_view *view)
{
	INSIDE_PUT(cell, conn, view->conn);
	INSIDE_PUT(cell, what, (uint32_t)view->what);
	INSIDE_PUT(cell, action, view->action);
	INSIDE_PUT(cell, code, view->code);
	INSIDE_PUT(cell, generation, view->generation);
	cell->self = generation;
}

/* [any] The thread enters a plugin for a call. Only a service is entered from inside another
 * plugin's call (rule 6 of act/plugin.h). */
static inline struct inside_before inside_enter_call(const struct generation *generation,
                                                     enum inside_what what, uint32_t action,
                                                     uint32_t code, act_conn conn)
{
	struct inside *cell = inside_own != NULL ? inside_own : inside_make();
	struct inside_before before = {
		{ INSIDE_GET(cell, generation), (enum inside_what)INSIDE_GET(cell, what),
		  INSIDE_GET(cell, action), INSIDE_GET(cell, code), INSIDE_GET(cell, conn) },
		cell->self
	};
	struct inside_view view = { generation->number, what, action, code, conn };
	if (generation->act->check)
		checked_enter(generation, (int)what, &before);
	if (before.self == NULL)
		INSIDE_PUT(cell, stays, INSIDE_GET(cell, stays) + 1);
	inside_put(cell, generation, &view);
	return before;
}

/* [any] The thread enters a plugin for no call, or for a service in the middle of one. */
static inline struct inside_before inside_enter(const struct generation *generation,
                                                enum inside_what what)
{
	const struct inside *cell = inside_own;
	if (cell == NULL || cell->self == NULL)
		return inside_enter_call(generation, what, 0, 0, 0);
	return inside_enter_call(generation, what, INSIDE_GET(cell, action), INSIDE_GET(cell, code),
	                         INSIDE_GET(cell, conn));
}

/* [the same thread] The plugin has returned. */
static inline void inside_leave(const struct inside_before *before)
{
	inside_put(inside_own, before->self, &before->view);
}

#endif
