/* bench_latency: how long many things took, in one table whose buckets are as wide as 1/64 of what
 * they hold: a quantile is off by less than 1.6 %.
 *
 * Owner: whoever has the struct; zeroed it is empty. Thread: one. */
#ifndef BENCH_LATENCY_H
#define BENCH_LATENCY_H

#include <stdint.h>

/* Times from 2^40 ns (18 minutes) on are counted as that. */
enum {
	LATENCY_STEPS = 64,
	LATENCY_BITS = 40,
	LATENCY_BUCKETS = LATENCY_STEPS * (LATENCY_BITS - 5)
};

struct bench_latency {
	uint64_t counts[LATENCY_BUCKETS];
	uint64_t count;
	uint64_t max_ns;
};

/* `times` things took `ns` nanoseconds each. */
void bench_latency_add(struct bench_latency *latency, uint64_t ns, uint64_t times);

/* The time in nanoseconds that the given share of all (0 to 1) did not exceed; 0 where there is
 * nothing. */
uint64_t bench_latency_at(const struct bench_latency *latency, double share);

#endif
