/* pool: the bounded set of connections, and who has which.
 *
 * A thread is either inside a slot, alone, or not; only then does it touch the slot's connection.
 * It comes in by pool_take() or pool_enter() and goes out by pool_give(), pool_keep() or
 * pool_leave(). A slot that is kept (a transaction, a cursor by itself) belongs to a lease, named
 * by a serial number that never comes back; past its deadline the lease is ended by whoever comes
 * by first: an asker (pool_enter), someone who needs a connection (pool_take), or the timer
 * (pool_reap) - but never while a thread is inside.
 *
 * Threads: any, for all functions; those that wait say so. */
#ifndef SQLITE_POOL_H
#define SQLITE_POOL_H

#include "conn.h"

#include <pthread.h>

enum slot_use {
	SLOT_IDLE, /* in the pool */
	SLOT_CALL, /* for the length of one call */
	SLOT_TX,   /* a transaction's */
	SLOT_ROWS, /* a cursor's that is in no transaction */
};

struct slot {
	struct conn conn; /* for the thread inside */
	bool reading;     /* the same; a transaction that must not write */
	/* For the holder of the pool's lock: */
	enum slot_use use;
	bool inside;          /* a thread is inside */
	uint64_t lease;       /* serial of the lease; 0: none */
	uint64_t deadline_ns; /* of the lease */
};

struct pool {
	const act_host *host;
	const struct settings *settings;
	struct slot *slots;
	uint32_t count;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* a slot came free, or a thread left one */
	uint64_t last_serial;   /* for the holder of the lock */
};

/* Makes the pool; its connections are opened when they are first needed. Borrows host and
 * settings. ACT_OK or ACT_E_NOMEM. */
act_rc pool_init(struct pool *pool, const act_host *host, const struct settings *settings);
/* Closes all; what is open is rolled back. No thread may be inside. */
void pool_done(struct pool *pool);

/* A serial number that this process has not given out before (but after 2^32 of one generation):
 * 48 bits, never 0. */
uint64_t pool_serial(struct pool *pool);

/* Enters a free slot, its connection open and at rest. Waits up to wait_ms: then ACT_E_BUSY.
 * ACT_E_FAIL: the connection could not be opened. */
act_rc pool_take(struct pool *pool, struct slot **out, act_sql_error *why);
/* Goes out and frees the slot, which is brought to rest; its lease, if any, is over. */
void pool_give(struct pool *pool, struct slot *slot);
/* Goes out and keeps the slot, taken before, for tx_ms under a new lease. Returns its serial. */
uint64_t pool_keep(struct pool *pool, struct slot *slot, enum slot_use use);

/* Enters the slot `index` that is kept for `use` under the lease. Waits up to wait_ms for another
 * thread inside: then ACT_E_BUSY. ACT_E_GONE: there is no such lease, or it is overdue. */
act_rc pool_enter(struct pool *pool, uint32_t index, enum slot_use use, uint64_t lease,
                  struct slot **out, act_sql_error *why);
/* Goes out; the lease goes on, unless it is overdue or SQLite rolled the transaction back. */
void pool_leave(struct pool *pool, struct slot *slot);

/* Is any lease overdue that no thread is inside of? Does not wait. */
bool pool_overdue(struct pool *pool);
/* Ends every such lease. May block. */
void pool_reap(struct pool *pool);

/* The place of a slot, for handles. */
static inline uint32_t pool_index(const struct pool *pool, const struct slot *slot)
{
	return (uint32_t)(slot - pool->slots);
}

#endif
