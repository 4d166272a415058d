/* status_plugins: the part of the status about plugins: each generation that is in memory, who
 * holds it and what comes next, and the last that ended.
 *
 * Thread: admin. */
#ifndef ADMIN_STATUS_PLUGINS_H
#define ADMIN_STATUS_PLUGINS_H

#include "act/act.h"

#include <cjson/cJSON.h>

/* How long the loops have to tell of their calls, in milliseconds. */
enum { STATUS_SURVEY_MS = 250 };

/* Adds the members "plugins", "ended" and "ended_more". `routes`: of view_routes(), or NULL. A
 * survey was taken, where there is one (act/survey.h). */
void status_plugins(cJSON *json, const struct act *act, const cJSON *routes);

#endif
