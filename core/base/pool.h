/* pool: the workers: threads for work that may block.
 *
 * One bounded queue that all take from, and one small queue for each worker for what must run on
 * that very thread. A task that was accepted is run, also while the pool stops. */
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

enum { POOL_WORKERS_MAX = 256 };

struct pool;

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
uint32_t pool_workers(const struct pool *pool);

/* The index of the worker that runs the caller; -1: it is no worker. */
int pool_self(void);

#endif
