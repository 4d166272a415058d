/* scratch: a folder for a short time.
 *
 * Threads: any that may block. */
#ifndef RELOAD_SCRATCH_H
#define RELOAD_SCRATCH_H

#include "base/err.h"

#include <limits.h>

/* Makes an empty folder under `parent`, for the server's user alone. 0 and its path; -1: why. */
int scratch_make(const char *parent, char path[PATH_MAX], struct err *why);
/* Removes it with all that is in it, as far as that can be done; links are not followed, and what
 * is mounted there stays. */
void scratch_remove(const char *path);

#endif
