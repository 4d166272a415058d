/* status_plugins: the part of "actctl status" that tells, for each generation that does not simply
 * serve, who holds it and what comes next, and what became of the last ones. Thread: one. */
#ifndef ACTCTL_STATUS_PLUGINS_H
#define ACTCTL_STATUS_PLUGINS_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* A block for each. `all`: also for those that serve. `status` is the server's answer; what is not
 * in it is passed over. */
void status_plugins_print(const cJSON *status, bool all);

#endif
