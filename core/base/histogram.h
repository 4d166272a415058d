/* histogram: how often something took how long.
 *
 * The bounds are the same everywhere, near enough a logarithm: 100 µs to 10 s, and one bucket for
 * what took longer. Owner and threads: as base/count.h. */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include "base/count.h"

enum { HISTOGRAM_BOUNDS = 16 };

/* The upper bounds of the buckets, in nanoseconds; a value that is equal to one belongs to it. The
 * last bucket has none. */
extern const uint64_t histogram_bounds_ns[HISTOGRAM_BOUNDS];

struct histogram {
	_Atomic uint64_t counts[HISTOGRAM_BOUNDS + 1]; /* of each bucket alone */
	_Atomic uint64_t sum_ns;
};

/* What was read of one or several histograms. */
struct histogram_sum {
	uint64_t counts[HISTOGRAM_BOUNDS + 1];
	uint64_t sum_ns;
};

/* [the thread that counts] */
void histogram_add(struct histogram *histogram, uint64_t ns);

/* [any] Adds its numbers to `sum`. */
void histogram_read(const struct histogram *histogram, struct histogram_sum *sum);

#endif
