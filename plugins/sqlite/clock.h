/* clock: the time that deadlines are measured by. */
#ifndef SQLITE_CLOCK_H
#define SQLITE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_NEVER UINT64_MAX

/* Nanoseconds of CLOCK_MONOTONIC (clock_gettime(2)): it does not jump when the date is set. */
static inline uint64_t clock_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The moment `ms` milliseconds from now. */
static inline uint64_t clock_after_ms(uint32_t ms)
{
	return clock_now_ns() + (uint64_t)ms * 1000000u;
}

#endif
