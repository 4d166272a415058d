/* preview: what a reload would say of a config once it has looked at the plugins: found without
 * serving, for whoever checks a config (actd -t, actctl check-config).
 *
 * The plugin files are loaded in a process of their own, where constructors run and nothing else
 * does: neither create() nor start(). What a file does there costs only that process. */
#ifndef RELOAD_PREVIEW_H
#define RELOAD_PREVIEW_H

#include "base/config.h"

/* Adds a line to `errors` for all that would refuse a whole reload: a plugin_dir that cannot be
 * read, a name that its plugin does not have, a service that its plugin does not provide, a circle
 * of services. And one to `warnings` for what would cost some actions: a plugin file that is
 * refused, a plugin that is not there; and for a certificate that has expired. 0; -1: there are
 * errors. Forks: the process must have one thread. Blocks, for each file that hangs as long as
 * load_ms, and little otherwise. */
int preview_make(const struct config *config, struct config_errors *errors,
                 struct config_errors *warnings);

#endif
