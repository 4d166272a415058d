/* budget: how many of its calls a new generation may fail before the one before has to serve again.
 */
#ifndef RELOAD_BUDGET_H
#define RELOAD_BUDGET_H

#include "act/generation.h"
#include "base/config.h"
#include "base/err.h"

#include <stdbool.h>

/* [any] Has it failed more than rollback.errors_percent of at least rollback.min_calls calls? Then
 * `why` says so. A call failed when the plugin gave up, did not answer, or was too late; what it
 * refuses for a reason of the client's is served. */
bool budget_is_broken(const struct config *config, const struct generation *generation,
                      struct err *why);

#endif
