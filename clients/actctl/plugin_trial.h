/* plugin_trial: a plugin is loaded, created, started, called, stopped and unloaded, in a process of
 * its own with the fake host (act/fake.h) as its server. That process may die of it, or hang. */
#ifndef ACTCTL_PLUGIN_TRIAL_H
#define ACTCTL_PLUGIN_TRIAL_H

#include "act/manifest.h"
#include "buffer.h"
#include "finding.h"
#include "options.h"
#include "plugin_elf.h"

#include <stdint.h>

/* One call that is to be made. */
struct trial_call {
	char *action;
	struct buffer payload;
};

/* What is tried. Everything is the caller's. */
struct trial {
	const char *path; /* with a slash in it */
	const struct manifest *manifest;
	const struct plugin_elf *elf;
	const char *settings; /* JSON text of an object */
	const char *user;     /* NULL: nobody */
	const struct option_list *providers;
	const struct trial_call *calls;
	size_t call_count;
	uint32_t deadline_ms;
};

/* Tries it, and adds what came of it. Blocks for the deadline at most; nothing that the plugin
 * started is left behind. */
void plugin_trial(const struct trial *trial, struct findings *findings);

/* The side in the process of its own: writes lines to `out`, each a letter and a text: 's' for the
 * step that begins, those of finding.h for what was found, 'e' for the end. */
void plugin_trial_run(const struct trial *trial, int out);

#endif
