#include "admin/metrics_text.h"

void metrics_head(FILE *to, const char *name, const char *type, const char *help)
{
	fprintf(to, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metrics_histogram(FILE *to, const char *name, const char *labels,
                       const struct histogram_sum *sum)
{
	uint64_t count = 0;
	for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
		count += sum->counts[i];
		fprintf(to, "%s_bucket{%s,le=\"%g\"} %lu\n", name, labels,
		        (double)histogram_bounds_ns[i] / 1e9, count);
	}
	count += sum->counts[HISTOGRAM_BOUNDS];
	fprintf(to, "%s_bucket{%s,le=\"+Inf\"} %lu\n", name, labels, count);
	fprintf(to, "%s_sum{%s} %.9f\n%s_count{%s} %lu\n", name, labels, (double)sum->sum_ns / 1e9,
	        name, labels, count);
}
