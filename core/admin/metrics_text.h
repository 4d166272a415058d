/* metrics_text: the lines of the Prometheus text format. */
#ifndef ADMIN_METRICS_TEXT_H
#define ADMIN_METRICS_TEXT_H

#include "base/histogram.h"

#include <stdio.h>

/* The two lines before a metric's values. `help` is one line without backslashes. */
void metrics_head(FILE *to, const char *name, const char *type, const char *help);

/* All lines of a histogram, in seconds. `labels`: `a="x",b="y"`, as they are written; the values of
 * ours have nothing to escape. */
void metrics_histogram(FILE *to, const char *name, const char *labels,
                       const struct histogram_sum *sum);

#endif
