/* count: numbers that one thread counts and any thread may read.
 *
 * The writer loads and stores without a locked instruction, so counting costs what it costs in a
 * plain variable. Who reads sees each number as it was a moment ago; numbers that belong together
 * may differ by what happened between the reads. Owner: whoever holds the number. Threads: one
 * adds, [any] reads. */
#ifndef BASE_COUNT_H
#define BASE_COUNT_H

#include <stdatomic.h>
#include <stdint.h>

/* [the thread that counts] */
static inline void count_add(_Atomic uint64_t *count, uint64_t more)
{
	uint64_t now = atomic_load_explicit(count, memory_order_relaxed);
	atomic_store_explicit(count, now + more, memory_order_relaxed);
}

/* [the thread that counts] For what is not a sum: a time, the last value of something. */
static inline void count_set(_Atomic uint64_t *count, uint64_t value)
{
	atomic_store_explicit(count, value, memory_order_relaxed);
}

/* [any] */
static inline uint64_t count_read(const _Atomic uint64_t *count)
{
	return atomic_load_explicit(count, memory_order_relaxed);
}

#endif
