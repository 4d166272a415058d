#include "base/wheel.h"

#include "base/check.h"

#include <string.h>

void wheel_init(struct wheel *wheel, uint64_t now_ms)
{
	memset(wheel, 0, sizeof *wheel);
	wheel->tick = now_ms / WHEEL_TICK_MS;
}

static void link_timer(struct wheel_timer **head, struct wheel_timer *timer)
{
	timer->next = *head;
	timer->back = head;
	if (timer->next != NULL)
		timer->next->back = &timer->next;
	*head = timer;
}

static void unlink_timer(struct wheel_timer *timer)
{
	*timer->back = timer->next;
	if (timer->next != NULL)
		timer->next->back = timer->back;
	timer->back = NULL;
	timer->next = NULL;
}

void wheel_set(struct wheel *wheel, struct wheel_timer *timer, uint64_t due_ms,
               void (*fire)(struct wheel_timer *timer))
{
	wheel_drop(wheel, timer);
	uint64_t tick = (due_ms + WHEEL_TICK_MS - 1) / WHEEL_TICK_MS;
	if (tick <= wheel->tick)
		tick = wheel->tick + 1;
	timer->due_ms = due_ms;
	timer->fire = fire;
	link_timer(&wheel->slots[tick % WHEEL_SLOTS], timer);
	wheel->count++;
}

void wheel_drop(struct wheel *wheel, struct wheel_timer *timer)
{
	if (!wheel_is_set(timer))
		return;
	unlink_timer(timer);
	CHECK(wheel->count > 0);
	wheel->count--;
}

/* The slot is emptied into a list of its own first: fire() may drop any timer, also the one that
 * comes next, and may set timers into this very slot. */
static void run_slot(struct wheel *wheel, struct wheel_timer **slot, uint64_t now_ms)
{
	struct wheel_timer *walk = *slot;
	*slot = NULL;
	if (walk != NULL)
		walk->back = &walk;
	while (walk != NULL) {
		struct wheel_timer *timer = walk;
		unlink_timer(timer);
		if (timer->due_ms > now_ms) { /* of a later turn of the wheel */
			link_timer(slot, timer);
			continue;
		}
		wheel->count--;
		timer->fire(timer);
	}
}

void wheel_run(struct wheel *wheel, uint64_t now_ms)
{
	uint64_t until = now_ms / WHEEL_TICK_MS;
	if (until > wheel->tick + WHEEL_SLOTS) /* after a long sleep: each slot once is enough */
		wheel->tick = until - WHEEL_SLOTS;
	while (wheel->tick < until) {
		wheel->tick++;
		run_slot(wheel, &wheel->slots[wheel->tick % WHEEL_SLOTS], now_ms);
	}
}
