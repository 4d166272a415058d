#include "bench_latency.h"

#include "base/check.h"

#include <math.h>

/* 2^6 steps: below that a bucket is one nanosecond wide. */
enum { STEP_BITS = 6 };

static unsigned bucket_of(uint64_t ns)
{
	if (ns < LATENCY_STEPS)
		return (unsigned)ns;
	if (ns >> LATENCY_BITS != 0)
		return LATENCY_BUCKETS - 1;
	unsigned shift = 63u - (unsigned)__builtin_clzll(ns) - STEP_BITS;
	return (shift + 1) * LATENCY_STEPS + (unsigned)((ns >> shift) - LATENCY_STEPS);
}

/* The longest time that belongs to a bucket. */
static uint64_t top_of(unsigned bucket)
{
	if (bucket < LATENCY_STEPS)
		return bucket;
	unsigned shift = bucket / LATENCY_STEPS - 1;
	uint64_t first = (uint64_t)(LATENCY_STEPS + bucket % LATENCY_STEPS) << shift;
	return first + ((uint64_t)1 << shift) - 1;
}

void bench_latency_add(struct bench_latency *latency, uint64_t ns, uint64_t times)
{
	latency->counts[bucket_of(ns)] += times;
	latency->count += times;
	if (ns > latency->max_ns && times > 0)
		latency->max_ns = ns;
}

uint64_t bench_latency_at(const struct bench_latency *latency, double share)
{
	CHECK(share >= 0 && share <= 1);
	uint64_t wanted = (uint64_t)ceil(share * (double)latency->count), seen = 0;
	for (unsigned i = 0; i < LATENCY_BUCKETS; i++) {
		seen += latency->counts[i];
		if (latency->counts[i] > 0 && seen >= wanted)
			return top_of(i) < latency->max_ns ? top_of(i) : latency->max_ns;
	}
	return latency->max_ns;
}
