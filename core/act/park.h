/* park: what was on its way into a generation that must be quiet for a while, because its state is
 * handed over to the next one.
 *
 * Messages and notices wait on their loop, in their order, and are taken up anew by whoever serves
 * then: the next generation or, where the hand-over failed, the same one. Timers do not fire
 * meanwhile. The clients notice nothing but the wait. Threads: main parks and lifts; the loops put
 * in and replay. */
#ifndef ACT_PARK_H
#define ACT_PARK_H

#include "act/generation.h"
#include "act/world.h"
#include "net/conn.h"

/* Bytes of messages that wait on one loop; beyond, messages are answered "overloaded". Each
 * connection can park as many as it may have calls at once. */
enum { PARK_BYTES_MAX = 64 * 1024 * 1024 };

/* Something that waits. */
struct parked {
	struct parked *next;
	size_t size;         /* counts against PARK_BYTES_MAX */
	uint64_t generation; /* the number of the one that it waits before */
	/* [the loop] Takes it up anew, and frees it. */
	void (*replay)(struct act_loop *loop, struct parked *parked);
};

/* [main] From when it returns on nothing new enters the generation; what runs in it goes on. */
void park_begin(struct generation *generation);
/* [main] `to` has its state, and will serve in its place. To be called before the world names it:
 * what comes for it then waits on each loop until what waits there already was taken up. */
void park_heir(struct generation *generation, struct generation *to);
/* [main] What waits is taken up on all loops, by whom the world names now, before anything that
 * comes later. `replaced`: that is another one, and this one stays as quiet as it is until it is
 * stopped; otherwise it may be entered again, and its timers and watches go on. */
void park_end(struct generation *generation, bool replaced);

static inline bool park_is_on(const struct generation *generation)
{
	return atomic_load_explicit(&generation->parked, memory_order_acquire);
}

/* [the loop] Has what comes for a generation to wait? */
static inline bool park_holds(const struct generation *generation, const struct loop *loop)
{
	return park_is_on(generation) ||
	       atomic_load_explicit(&generation->loop_pins[loop->index].behind,
	                            memory_order_relaxed);
}

/* [the loop] Has a message for a generation wait. False: too much waits already. */
bool park_message(struct conn *conn, const struct generation *generation,
                  const struct message *message);
/* [the loop] Has something else wait; it is not bounded: there are as many as connections open and
 * close. */
void park_put(struct act_loop *loop, struct parked *parked);

#endif
