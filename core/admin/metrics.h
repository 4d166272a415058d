/* metrics: the server's numbers in the text format that Prometheus reads (version 0.0.4).
 *
 * docs/operating.md lists every name. Source: Prometheus, "Exposition formats", "Metric and label
 * naming". */
#ifndef ADMIN_METRICS_H
#define ADMIN_METRICS_H

#include "admin/board.h"

#include <stdio.h>

/* [admin] Writes all of them. */
void metrics_write(FILE *to, struct board *board);

#endif
