/* names: does the config name what the plugins have: actions, raw actions, pushes?
 *
 * Asked of the plugins of a next world before it is made, and of files that are only looked at
 * (reload/preview.h): both say the same. Threads: any. */
#ifndef ACT_NAMES_H
#define ACT_NAMES_H

#include "act/manifest.h"
#include "base/config.h"

#include <stddef.h>

/* A plugin that is there. Both are borrowed. */
struct names_plugin {
	const struct manifest *manifest;
	const act_plugin *table; /* checked (act/table.h) */
};

/* Adds a line to `errors` for each name that its plugin does not have, and one to `warnings` for
 * each action whose plugin is not there: its code is answered "unavailable". Each begins with the
 * place in the config. */
void names_check(const struct config *config, const struct names_plugin *plugins, size_t count,
                 struct config_errors *errors, struct config_errors *warnings);

#endif
