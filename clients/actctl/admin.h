/* admin: the running server's admin interface: where it is, and what it answers. */
#ifndef ACTCTL_ADMIN_H
#define ACTCTL_ADMIN_H

#include "options.h"

#include <cjson/cJSON.h>

/* Asks it. DONE and the answer's object, which the caller frees; or it was said what is wrong. */
enum outcome admin_ask(const struct options *options, const char *method, const char *path,
                       cJSON **answer);

/* What a reload's report comes to: DONE where all was taken, PARTIAL, or REFUSED. */
enum outcome admin_verdict(const cJSON *report);

/* Members of an object for people: "" and 0 where there is none. */
const char *admin_text(const cJSON *object, const char *name);
double admin_number(const cJSON *object, const char *name);

#endif
