/* plugin: what the command `plugin` does, a file each: the kit for those who write plugins. */
#ifndef ACTCTL_PLUGIN_H
#define ACTCTL_PLUGIN_H

#include "options.h"

/* plugin new NAME CODE: makes the folder of a new plugin. */
enum outcome plugin_new(const struct options *options, const char *name, const char *code);

/* plugin check FILE: says whether the server would take it, and tries it. REFUSED: it is unfit. */
enum outcome plugin_check(const struct options *options, const char *file);

#endif
