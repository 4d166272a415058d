#include "net/loop_timer.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/container.h"

static uint64_t ns_of(uint32_t ms)
{
	return (uint64_t)ms * 1000000;
}

void loop_timer_start(struct loop *loop, struct loop_timer *timer, uint32_t ms, bool repeat,
                      void (*fire)(struct loop_timer *timer))
{
	CHECK(loop_self() == loop);
	timer->loop = loop;
	timer->fire = fire;
	timer->entry = (struct heap_entry){ 0 };
	timer->every_ns = repeat ? ns_of(ms) : 0;
	heap_set(&loop->timers, &timer->entry, clock_ns() + ns_of(ms));
}

static void on_gone(struct post *post)
{
	struct loop_timer *timer = container_of(post, struct loop_timer, post);
	timer->gone(timer);
}

/* Not at once: fire() may be what stops it. */
void loop_timer_stop(struct loop_timer *timer, void (*gone)(struct loop_timer *timer))
{
	heap_drop(&timer->loop->timers, &timer->entry);
	timer->gone = gone;
	timer->post.run = on_gone;
	loop_later(timer->loop, &timer->post);
}

/* One that falls behind loses beats, not the loop its time. A timer that fire() sets for now comes
 * in the next turn. */
void loop_timers_run(struct loop *loop, uint64_t now_ns)
{
	for (struct heap_entry *first; (first = heap_first(&loop->timers)) != NULL;) {
		struct loop_timer *timer = container_of(first, struct loop_timer, entry);
		if (first->due_ns > now_ns)
			break;
		heap_drop(&loop->timers, first);
		if (timer->every_ns != 0) {
			uint64_t next = first->due_ns + timer->every_ns;
			heap_set(&loop->timers, first,
			         next > now_ns ? next : now_ns + timer->every_ns);
		}
		timer->fire(timer);
	}
}
