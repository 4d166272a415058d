/* clock: the one clock that deadlines are measured with, CLOCK_MONOTONIC, and the time of day
 * (clock_gettime(2)). Any thread. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t clock_ms(void)
{
	return clock_ns() / 1000000u;
}

/* The moment in `ms`, for pthread_cond_clockwait() with CLOCK_MONOTONIC. */
static inline struct timespec clock_moment(uint64_t ms)
{
	uint64_t at_ns = clock_ns() + ms * 1000000u;
	return (struct timespec){ (time_t)(at_ns / 1000000000u), (long)(at_ns % 1000000000u) };
}

/* The time of day, for what others date: milliseconds since 1970, UTC. It may jump. */
static inline int64_t clock_utc_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
