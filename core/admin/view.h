/* view: what the main thread knows of reloads and routes, as JSON.
 *
 * Threads: main for reports and routes, any for the rest. What is returned is the caller's. */
#ifndef ADMIN_VIEW_H
#define ADMIN_VIEW_H

#include "reload/report.h"

#include <cjson/cJSON.h>

struct world;

/* {"number":3,"verdict":"taken","plugins":[{"name":…,"result":…,"sentence":…}],"errors":[…],
 * "warnings":[…]} */
cJSON *view_report(const struct reload_report *report);

/* {"4":{"actions":[{"code":110,"name":"add"}],"raw":[{"endpoint":"/echo","name":"raw"}]}}: by
 * number of generation, what leads to it. A range of codes has "code_last" too. */
cJSON *view_routes(const struct world *world);

/* A string; what is not UTF-8 in it (a path may be any bytes) becomes '?'. */
cJSON *view_string(const char *text);

/* A time as "2026-11-23T01:02:03Z". */
cJSON *view_time(time_t when);

/* The text of it, without line ends; free() it. Never NULL. */
char *view_text(const cJSON *json);

#endif
