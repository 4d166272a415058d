/* order: which plugin provides which service, and in which order plugins are made for that.
 *
 * All of it goes by the manifests of a next world: it is the same for plugins that are to be made
 * and for files that are only looked at (reload/preview.h). Threads: any. */
#ifndef RELOAD_ORDER_H
#define RELOAD_ORDER_H

#include "act/manifest.h"
#include "base/config.h"
#include "base/err.h"

#include <stddef.h>
#include <sys/types.h>

/* The plugins, borrowed; NULL where an index has none. */
struct order {
	const struct config *config;
	const struct manifest *const *manifests;
	size_t count;
};

/* The index of the plugin that provides a service: the one that the config names or, where it names
 * none, the only one that can. -1: there is none. */
ssize_t order_provider(const struct order *order, const char *id);

/* Does a plugin find all the services that it needs? 0; or -1 and a sentence for the first one that
 * nobody provides, or that this server does not know. */
int order_check_needs(const struct order *order, const struct manifest *manifest, struct err *why);

/* Writes the indexes of all plugins to `indexes`, which has room for `count`, those that provide
 * services before those that need them, and their number to `*placed`. 0; or -1 and a line for each
 * plugin that does not provide what the config says, or one for a circle. */
int order_make(const struct order *order, size_t *indexes, size_t *placed,
               struct config_errors *errors);

#endif
