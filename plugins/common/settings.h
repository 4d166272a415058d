/* settings: whole numbers from a plugin's own object under "plugins" in the config.
 *
 * Threads: workers, in create(). */
#ifndef COMMON_SETTINGS_H
#define COMMON_SETTINGS_H

#include <act/plugin.h>
#include <stddef.h>
#include <stdint.h>

/* One key that the plugin takes. */
struct setting {
	const char *key;
	int64_t *value; /* holds the default, and gets what is set */
	int64_t min;
	int64_t max;
};

/* Reads what the host's config() gives against the list, which may be empty. ACT_OK; or
 * ACT_E_INVAL, and the log names the key, what was expected and what was found. `plugin`: the
 * plugin's name, for these sentences. */
act_rc settings_read(const act_host *host, const char *plugin, const struct setting *list,
                     size_t count);

#endif
