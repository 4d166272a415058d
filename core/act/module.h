/* module: one shared object of a plugin in this process: loaded, checked, unloaded.
 *
 * Loading runs the constructors of the file, and a damaged file can kill the process: load only
 * what manifest_read() has taken and, in a server, reload/prove.h has tried.
 * Owner: who opened it. Threads: workers, or the main thread; never a loop, as loading blocks. Two
 * modules may be opened and closed at once. */
#ifndef ACT_MODULE_H
#define ACT_MODULE_H

#include "act/manifest.h"
#include "base/err.h"

#include <act/plugin.h>

#include <stdbool.h>

struct module;

/* Loads the file at `path` (with a slash in it; a private copy under a name that this process has
 * not loaded before, as the loader would return the old code for one that it knows) and checks its
 * table against the manifest. 0 and `*out`; or -1 and a sentence, with nothing left loaded. */
int module_open(const char *path, const struct manifest *manifest, struct module **out,
                struct err *why);

/* The plugin's table; lives until module_close(). */
const act_plugin *module_table(const struct module *module);

/* Unloads it and frees `module` in any case. True: it is unmapped, and its file can be deleted.
 * False: it is still in memory (harmless, but it stays), and a sentence that says why or names the
 * likely reasons. Nothing of the plugin may be running or pointed at any more. */
bool module_close(struct module *module, struct err *resident_why);

#endif
