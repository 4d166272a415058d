/* pool: the workers: threads for work that may block.
 *
 * One bounded queue that all take from, one for the server's own work, which goes first, and one
 * small queue for each worker for what must run on that very thread. One worker more than asked for
 * takes the server's own work alone, so that this never waits behind clients. A task that was
 * accepted is run, also while the pool stops. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first member of what is submitted. run() owns it and frees it. */
struct task {
	struct task *next;
	void (*run)(struct task *task);
};

enum { POOL_WORKERS_MAX = 256, POOL_THREADS_MAX = POOL_WORKERS_MAX + 1 };

struct pool;

/* `workers`: 1 to POOL_WORKERS_MAX, for clients. */
struct pool *pool_new(uint32_t workers, uint32_t queue_max);
/* Runs what is queued, then ends the threads. */
void pool_free(struct pool *pool);

/* [any] For clients' work: false when limits.worker_queue tasks wait already. */
bool pool_submit(struct pool *pool, struct task *task);
/* [any] For the server's own work, which is few and must not be refused. */
void pool_submit_always(struct pool *pool, struct task *task);
/* [any] To one worker, before all else it would take. */
void pool_submit_to(struct pool *pool, uint32_t worker, struct task *task);
void pool_queue_max(struct pool *pool, uint32_t queue_max);
/* [any] Calls each() for the clients' tasks that wait, oldest first, under the lock of the pool: it
 * may only look. */
void pool_each_waiting(struct pool *pool, void (*each)(const struct task *task, void *context),
                       void *context);
/* The workers for clients; and all threads, whose indexes go from 0 to this, exclusive. */
uint32_t pool_workers(const struct pool *pool);
uint32_t pool_threads(const struct pool *pool);

/* The index of the worker that runs the caller; -1: it is no worker. */
int pool_self(void);

#endif
