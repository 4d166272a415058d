/* wheel: many deadlines, most of which never come: a hashed timing wheel.
 *
 * Setting and dropping cost a few instructions whatever the number; the price is a resolution of
 * one tick. A deadline further away than one turn stays in its slot and is looked at once a turn.
 * Owner: one thread. Source: Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", scheme 6.
 */
#ifndef BASE_WHEEL_H
#define BASE_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WHEEL_TICK_MS = 50, WHEEL_SLOTS = 512 };

/* Part of the object that waits. Zeroed: not set. */
struct wheel_timer {
	struct wheel_timer *next;
	struct wheel_timer **back; /* what points at this one; NULL: not set */
	uint64_t due_ms;
	void (*fire)(struct wheel_timer *timer); /* may set the timer again, or free it */
};

struct wheel {
	struct wheel_timer *slots[WHEEL_SLOTS];
	uint64_t tick; /* the last one that was walked */
	size_t count;
};

void wheel_init(struct wheel *wheel, uint64_t now_ms);
/* Sets, or sets anew: fire() comes at the first tick at or after `due_ms` (clock_ms()). */
void wheel_set(struct wheel *wheel, struct wheel_timer *timer, uint64_t due_ms,
               void (*fire)(struct wheel_timer *timer));
void wheel_drop(struct wheel *wheel, struct wheel_timer *timer);
static inline bool wheel_is_set(const struct wheel_timer *timer)
{
	return timer->back != NULL;
}
/* Fires what is due. */
void wheel_run(struct wheel *wheel, uint64_t now_ms);

#endif
