/* net: the network side as a whole: the loops, the settings in force, and what the rooms above
 * supply. */
#ifndef NET_NET_H
#define NET_NET_H

#include "base/mem.h"
#include "net/conn.h"
#include "net/gate.h"
#include "net/loop.h"
#include "net/site.h"

#include <stdatomic.h>

struct err;

/* What the network side calls upwards; filled once by the main program. All on the loop of the
 * connection. */
struct net_upcalls {
	/* A connection opened, is gone. */
	void (*opened)(struct conn *conn);
	void (*closed)(struct conn *conn);
	/* A message to be served. Either it is when this returns, or conn_call_begun() was called.
	 */
	void (*message)(struct conn *conn, const struct message *message);
	/* Binds a user who logged in in band, and tells whom it concerns. */
	void (*bind)(struct conn *conn, act_bytes user, act_bytes device);
	/* Who is behind a token? Must not block. */
	void (*authenticate)(const struct gate_question *question, struct gate_answer *answer);
};

struct net {
	struct loop *loops;
	uint32_t loop_count;
	struct net_upcalls up;
	_Atomic(const struct site *) site;
	uint64_t epoch; /* another one with each start of the server */
	/* Every loop writes here when connections come and go, but reads the rest with every
	 * message. */
	unsigned char apart[MEM_LINE];
	_Atomic uint32_t connections; /* open ones, over all loops */
	_Atomic uint32_t places;      /* taken, of limits.connections: open, or let in */
	bool running;
	bool accepting;
};

/* [main, before other threads run] Makes the loops and their libwebsockets contexts, and binds
 * `listen` and `tls.listen` of `site->config`. 0, or -1 with `why`; net_free() in any case. */
int net_open(struct net *net, const struct site *site, uint32_t loops,
             const struct net_upcalls *upcalls, struct err *why);
/* [main] Starts the loops' threads; nothing is accepted yet. */
void net_run(struct net *net);
/* [main] Accepts from now on. */
void net_accept(struct net *net);
/* [main] Stops accepting, waits until no call is open (for at most `drain_ms`), and closes every
 * connection with 1012. */
void net_drain(struct net *net, uint32_t drain_ms);
/* [main] Ends the threads. */
void net_end(struct net *net);
void net_free(struct net *net);

static inline const struct site *net_site(const struct net *net)
{
	return atomic_load_explicit(&net->site, memory_order_acquire);
}

/* [any but a loop] Runs run(loop, context) on every loop's thread and returns when all have: what
 * was posted before is done then, and no loop holds a pointer that it read before. */
void net_barrier(struct net *net, void (*run)(struct loop *loop, void *context), void *context);

/* [any] A counter over all loops: offsetof() of a member of struct loop_counters. */
uint64_t net_count(const struct net *net, size_t counter);

/* [any, while the loops run] 0: each loop has ticked within the last `silent_ms`; -1 with `why`,
 * which names one that has not. */
int net_alive(const struct net *net, uint64_t silent_ms, struct err *why);

/* [any] Is there a connection of that number? */
bool net_conn_alive(const struct net *net, act_conn id);
/* [any] The loop that a connection's number names; NULL: it is no such number. */
struct loop *net_loop_of(const struct net *net, act_conn id);

#endif
