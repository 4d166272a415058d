/* loop: one thread, its connections and everything that belongs to them.
 *
 * A connection lives on one loop for ever. Other threads reach a loop through loop_post() alone.
 * What happens while a loop handles its events is finished at the end of the turn: waiting messages
 * are taken up, and everything that was said to a connection meanwhile leaves in one write. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "base/config.h"
#include "base/heap.h"
#include "base/histogram.h"
#include "base/inbox.h"
#include "base/mem.h"
#include "base/slots.h"
#include "base/wheel.h"
#include "net/deflate.h"
#include "net/hub.h"
#include "net/outbox.h"
#include "net/poller.h"

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

struct conn;
struct front;
struct listener;
struct net;
struct request;
struct wire_desk;

/* Counted by the loop with count_add(), read by any thread (base/count.h). */
struct loop_counters {
	_Atomic uint64_t connections; /* opened since the start               */
	_Atomic uint64_t ended;       /* of those, gone again                 */
	_Atomic uint64_t refused;     /* upgrades that the gate refused       */
	_Atomic uint64_t turned_away; /* accepted and closed: limits.handshakes, or no descriptor */
	_Atomic uint64_t messages_in;
	_Atomic uint64_t bytes_in;
	_Atomic uint64_t messages_bad; /* answered with bad_frame before they went up */
	_Atomic uint64_t messages_out;
	_Atomic uint64_t bytes_out;
	_Atomic uint64_t writes;          /* handed to a carrier: each at most one system call */
	_Atomic uint64_t closed_protocol; /* 1002, 1003, 1007     */
	_Atomic uint64_t closed_too_big;  /* 1009                 */
	_Atomic uint64_t closed_too_slow; /* 4408                 */
	_Atomic uint64_t closed_expired;  /* 4401                 */
	_Atomic uint64_t dropped_silent;  /* no pong              */
	_Atomic uint64_t posts;           /* taken from the inbox */
};

/* How the loop gets on, seen at its tick, which should come every WHEEL_TICK_MS. Written by the
 * loop, read by any thread. */
struct loop_pulse {
	_Atomic uint64_t
		ticked_ns;       /* clock_ns() of the last tick; before the first: of the start */
	_Atomic uint64_t lag_ns; /* by which the last tick came too late */
	struct histogram lags;
};

/* What other threads read while it runs does not change, and what they write is apart from what the
 * loop works on. */
struct loop {
	_Alignas(MEM_LINE) struct net *net;
	uint32_t index;
	int wake_fd;
	pthread_t thread;
	struct poller_watch woken;
	void *act;           /* of the room above: its calls on this loop */
	struct front *front; /* NULL: nobody comes in (in tests) */

	_Alignas(MEM_LINE) struct inbox inbox;

	_Alignas(MEM_LINE) struct poller poller;
	bool stopping;
	bool draining;   /* the server is ending: no further message is read */
	bool closing;    /* all have been told to come again elsewhere: so is who comes now */
	uint64_t now_ms; /* clock_ms() as this turn began, near enough for deadlines */
	uint64_t next_tick_ns;
	struct post *later_first; /* for the end of this turn, in order */
	struct post **later_last;
	struct wheel wheel;
	struct heap timers; /* of net/loop_timer */
	struct slots conns;
	struct conn *turn_first; /* those with something to do at the end of this turn */
	struct conn **turn_last;
	struct outbox_stock stock;
	struct deflate deflate;
	struct hub hub;
	struct wire_desk *desk; /* what the connections of net/wire share; made when it is needed */
	struct listener *listeners;
	size_t listener_count;
	struct request *requests; /* of which the head is not whole */
	uint32_t handshakes;      /* accepted, not upgraded yet */
	struct loop_counters counters;
	struct loop_pulse pulse;
};
_Static_assert(sizeof(struct loop) % MEM_LINE == 0, "loops lie side by side");
_Static_assert(offsetof(struct loop, inbox) == MEM_LINE, "one line that only its thread writes");
_Static_assert(offsetof(struct loop, poller) == 2 * MEM_LINE, "the inbox is alone on its line");

/* [main] Makes the loop; the thread is started by loop_start(). */
void loop_init(struct loop *loop, struct net *net, uint32_t index);
void loop_start(struct loop *loop);
/* [main] Asks the thread to end, and waits for it. */
void loop_join(struct loop *loop);
/* [main, the thread has ended] Runs what was posted too late, in the thread's place; then what is
 * left is freed. */
void loop_run_dry(struct loop *loop);
void loop_free(struct loop *loop);

/* The loop that runs the caller; NULL: the caller is no loop. */
struct loop *loop_self(void);

/* [any] Runs `post` on the loop's thread, after what the caller posted before. */
void loop_post(struct loop *loop, struct post *post);
/* [the loop] Runs `post` at the end of this turn, outside of whatever runs now. */
void loop_later(struct loop *loop, struct post *post);

/* [the loop, and nothing of a plugin on the stack] Runs what loop_later() has gathered. */
void loop_run_later(struct loop *loop);

#endif
