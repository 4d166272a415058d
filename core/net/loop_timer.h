/* loop_timer: a deadline on a loop to the millisecond, for those that the wheel is too coarse for.
 *
 * Its fields are the loop's. Thread: the loop's. */
#ifndef NET_LOOP_TIMER_H
#define NET_LOOP_TIMER_H

#include "base/heap.h"
#include "net/loop.h"

struct loop_timer {
	struct heap_entry entry;
	uint64_t every_ns; /* 0: it comes once */
	void (*fire)(struct loop_timer *timer);
	void (*gone)(struct loop_timer *timer);
	struct post post;
	struct loop *loop;
};

/* [the loop] fire() after `ms`, and with `repeat` each `ms` again. */
void loop_timer_start(struct loop *loop, struct loop_timer *timer, uint32_t ms, bool repeat,
                      void (*fire)(struct loop_timer *timer));
/* [the loop] fire() comes no more; gone() comes later, and may free the timer. */
void loop_timer_stop(struct loop_timer *timer, void (*gone)(struct loop_timer *timer));

/* ---- for the loop ---- */

/* Fires what is due. */
void loop_timers_run(struct loop *loop, uint64_t now_ns);

#endif
