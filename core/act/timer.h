/* timer: the timers of one generation (act_host.timer_set).
 *
 * They tick on its home loop and die with it: they do not pin it. */
#ifndef ACT_TIMER_H
#define ACT_TIMER_H

#include <act/plugin.h>
#include <stdbool.h>

struct generation;
struct generation_timers;

enum { TIMERS_MAX = 10000 }; /* of one generation, act/plugin.h says so */

struct generation_timers *timers_new(struct generation *generation);
void timers_free(struct generation_timers *timers);
/* [main] Ends all of them, and waits until the home loop has let go. */
void timers_stop(struct generation_timers *timers);

/* [main] The generation is not parked any more (act/park.h): those whose time came meanwhile fire
 * now, once each. */
void timers_go_on(struct generation_timers *timers);

/* [any] How many there are. */
uint32_t timers_count(struct generation_timers *timers);

/* [any] act_host.timer_set and timer_drop. */
act_rc timers_set(struct generation_timers *timers, uint64_t tag, uint32_t ms, bool repeat,
                  act_timer *out);
act_rc timers_drop(struct generation_timers *timers, act_timer number);

#endif
