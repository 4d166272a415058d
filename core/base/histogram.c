#include "base/histogram.h"

#include <stddef.h>

#define US (uint64_t)1000
#define MS (uint64_t)1000000

const uint64_t histogram_bounds_ns[HISTOGRAM_BOUNDS] = {
	100 * US, 250 * US, 500 * US, 1000 * US, 2500 * US, 5 * MS,    10 * MS,   25 * MS,
	50 * MS,  100 * MS, 250 * MS, 500 * MS,  1000 * MS, 2500 * MS, 5000 * MS, 10000 * MS,
};

void histogram_add(struct histogram *histogram, uint64_t ns)
{
	size_t bucket = 0;
	while (bucket < HISTOGRAM_BOUNDS && ns > histogram_bounds_ns[bucket])
		bucket++;
	count_add(&histogram->counts[bucket], 1);
	count_add(&histogram->sum_ns, ns);
}

void histogram_read(const struct histogram *histogram, struct histogram_sum *sum)
{
	for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++)
		sum->counts[i] += count_read(&histogram->counts[i]);
	sum->sum_ns += count_read(&histogram->sum_ns);
}
