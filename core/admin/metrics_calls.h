/* metrics_calls: what became of the calls, as metrics: by plugin, generation, action and status. */
#ifndef ADMIN_METRICS_CALLS_H
#define ADMIN_METRICS_CALLS_H

#include "act/stats.h"

#include <stdio.h>

/* [any] */
void metrics_calls(FILE *to, struct stats *stats);

#endif
