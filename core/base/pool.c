#include "base/pool.h"

#include "base/check.h"
#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct queue {
	struct task *first;
	struct task **last;
	uint32_t count;
};

struct worker {
	struct pool *pool;
	uint32_t index;
	pthread_t thread;
	struct queue own;
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work;     /* for those that take anything */
	pthread_cond_t own_work; /* for the one that takes the server's own work alone */
	struct queue urgent;     /* the server's own work */
	struct queue shared;
	uint32_t queue_max;
	uint32_t open; /* tasks that were accepted and have not run to their end */
	bool stopping;
	uint32_t count;
	struct worker workers[];
};

static _Thread_local int self_index = -1;

static void queue_init(struct queue *queue)
{
	*queue = (struct queue){ .last = &queue->first };
}

static void queue_put(struct pool *pool, struct queue *queue, struct task *task)
{
	task->next = NULL;
	*queue->last = task;
	queue->last = &task->next;
	queue->count++;
	pool->open++;
}

static struct task *queue_take(struct queue *queue)
{
	struct task *task = queue->first;
	if (task == NULL)
		return NULL;
	queue->first = task->next;
	if (queue->first == NULL)
		queue->last = &queue->first;
	queue->count--;
	return task;
}

static bool takes_anything(const struct worker *worker)
{
	return worker->index + 1 < worker->pool->count;
}

static struct task *next_task(struct worker *worker)
{
	struct task *task = queue_take(&worker->own);
	if (task == NULL)
		task = queue_take(&worker->pool->urgent);
	if (task == NULL && takes_anything(worker))
		task = queue_take(&worker->pool->shared);
	return task;
}

static void wake_all(struct pool *pool)
{
	pthread_cond_broadcast(&pool->work);
	pthread_cond_broadcast(&pool->own_work);
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;
	struct pool *pool = worker->pool;
	char name[16];
	self_index = (int)worker->index;
	snprintf(name, sizeof name, "worker-%u", worker->index);
	pthread_setname_np(pthread_self(), name);
	pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct task *task = next_task(worker);
		if (task != NULL) {
			pthread_mutex_unlock(&pool->lock);
			task->run(task);
			pthread_mutex_lock(&pool->lock);
			pool->open--;
		} else if (pool->stopping && pool->open == 0) {
			/* Not sooner: what still runs may submit to this very worker. */
			wake_all(pool);
			break;
		} else {
			pthread_cond_wait(takes_anything(worker) ? &pool->work : &pool->own_work,
			                  &pool->lock);
		}
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

struct pool *pool_new(uint32_t workers, uint32_t queue_max)
{
	CHECK(workers >= 1 && workers <= POOL_WORKERS_MAX);
	workers++;
	struct pool *pool = mem_new(1, sizeof *pool + workers * sizeof pool->workers[0]);
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	pthread_cond_init(&pool->own_work, NULL);
	queue_init(&pool->urgent);
	queue_init(&pool->shared);
	pool->queue_max = queue_max;
	pool->count = workers;
	/* Signals are for the main thread alone. */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (uint32_t i = 0; i < workers; i++) {
		struct worker *worker = &pool->workers[i];
		worker->pool = pool;
		worker->index = i;
		queue_init(&worker->own);
		CHECK(pthread_create(&worker->thread, NULL, worker_main, worker) == 0);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pool;
}

void pool_free(struct pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pool->stopping = true;
	wake_all(pool);
	pthread_mutex_unlock(&pool->lock);
	for (uint32_t i = 0; i < pool->count; i++)
		pthread_join(pool->workers[i].thread, NULL);
	pthread_cond_destroy(&pool->work);
	pthread_cond_destroy(&pool->own_work);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

bool pool_submit(struct pool *pool, struct task *task)
{
	pthread_mutex_lock(&pool->lock);
	bool room = pool->shared.count < pool->queue_max;
	if (room) {
		queue_put(pool, &pool->shared, task);
		pthread_cond_signal(&pool->work);
	}
	pthread_mutex_unlock(&pool->lock);
	return room;
}

void pool_submit_always(struct pool *pool, struct task *task)
{
	pthread_mutex_lock(&pool->lock);
	queue_put(pool, &pool->urgent, task);
	pthread_cond_signal(&pool->work);
	pthread_cond_signal(&pool->own_work);
	pthread_mutex_unlock(&pool->lock);
}

void pool_submit_to(struct pool *pool, uint32_t worker, struct task *task)
{
	CHECK(worker < pool->count);
	pthread_mutex_lock(&pool->lock);
	queue_put(pool, &pool->workers[worker].own, task);
	/* Many share a condition: a signal might wake another than the one that is meant. */
	wake_all(pool);
	pthread_mutex_unlock(&pool->lock);
}

void pool_queue_max(struct pool *pool, uint32_t queue_max)
{
	pthread_mutex_lock(&pool->lock);
	pool->queue_max = queue_max;
	pthread_mutex_unlock(&pool->lock);
}

void pool_each_waiting(struct pool *pool, void (*each)(const struct task *task, void *context),
                       void *context)
{
	pthread_mutex_lock(&pool->lock);
	for (const struct task *task = pool->shared.first; task != NULL; task = task->next)
		each(task, context);
	pthread_mutex_unlock(&pool->lock);
}

uint32_t pool_workers(const struct pool *pool)
{
	return pool->count - 1;
}

uint32_t pool_threads(const struct pool *pool)
{
	return pool->count;
}

int pool_self(void)
{
	return self_index;
}
