/* plugin_trial_private: what the files of the side in the process of its own share:
 * plugin_trial_run.c (its order), plugin_trial_symbols.c (what it wants from libraries),
 * plugin_trial_needs.c (what it wants from other plugins), plugin_trial_keeps.c (what it keeps). */
#ifndef ACTCTL_PLUGIN_TRIAL_PRIVATE_H
#define ACTCTL_PLUGIN_TRIAL_PRIVATE_H

#include "plugin_trial.h"

#include <act/fake.h>

enum { PROVIDERS_MAX = 8 };

/* A plugin that provides services for the one on trial. */
struct provider {
	struct manifest manifest;
	struct module *module;
	struct fake_host *fake;
};

struct run {
	const struct trial *trial;
	int out;
	struct module *module;
	struct fake_host *fake;
	struct provider providers[PROVIDERS_MAX];
	size_t provider_count;
};

/* One line to the asker, whose letter is that of plugin_trial_run(); line ends in it become blanks.
 */
__attribute__((format(printf, 3, 4))) void trial_tell(const struct run *run, char letter,
                                                      const char *format, ...);
/* Each symbol that the file wants must be in one of the libraries that it names. */
void trial_symbols(const struct run *run);
/* Has the plugin find what its manifest needs. False: something is missing, and was told. */
bool trial_meet_needs(struct run *run);
/* Has another generation of the plugin find the same. */
void trial_share_services(const struct run *run, struct fake_host *other);
/* Of a plugin that was created: has it the tables of what its manifest provides? */
void trial_provided(const struct run *run);
/* Of one that was called: what it keeps in the server, and whether the next generation can take
 * over what it keeps itself. */
void trial_keeps(struct run *run);

#endif
