#include "base/latch.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>

struct latch {
	pthread_mutex_t lock;
	pthread_cond_t done;
	uint32_t count;
	uint32_t owners;
};

struct latch *latch_new(uint32_t count)
{
	struct latch *latch = mem_new(1, sizeof *latch);
	pthread_mutex_init(&latch->lock, NULL);
	pthread_cond_init(&latch->done, NULL);
	latch->count = count;
	latch->owners = count + 1;
	return latch;
}

/* Unlocks, and frees where nobody else is left. */
static void leave(struct latch *latch)
{
	bool last = --latch->owners == 0;
	pthread_mutex_unlock(&latch->lock);
	if (!last)
		return;
	pthread_cond_destroy(&latch->done);
	pthread_mutex_destroy(&latch->lock);
	free(latch);
}

void latch_down(struct latch *latch)
{
	pthread_mutex_lock(&latch->lock);
	CHECK(latch->count > 0);
	if (--latch->count == 0)
		pthread_cond_signal(&latch->done);
	leave(latch);
}

/* Under the lock. */
static bool wait_locked(struct latch *latch, uint32_t timeout_ms)
{
	const struct timespec until = clock_moment(timeout_ms);
	int rc = 0;
	while (latch->count > 0 && rc != ETIMEDOUT) {
		if (timeout_ms == 0)
			pthread_cond_wait(&latch->done, &latch->lock);
		else
			rc = pthread_cond_clockwait(&latch->done, &latch->lock, CLOCK_MONOTONIC,
			                            &until);
	}
	return latch->count == 0;
}

bool latch_wait(struct latch *latch, uint32_t timeout_ms)
{
	pthread_mutex_lock(&latch->lock);
	bool all = wait_locked(latch, timeout_ms);
	leave(latch);
	return all;
}

bool latch_try(struct latch *latch, uint32_t timeout_ms)
{
	pthread_mutex_lock(&latch->lock);
	bool all = wait_locked(latch, timeout_ms);
	if (all)
		leave(latch);
	else
		pthread_mutex_unlock(&latch->lock);
	return all;
}
