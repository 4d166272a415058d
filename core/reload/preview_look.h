/* preview_look: the side of a preview that loads the plugin files. It is a forked process of its
 * own, which says line by line what it finds, and ends. */
#ifndef RELOAD_PREVIEW_LOOK_H
#define RELOAD_PREVIEW_LOOK_H

#include "base/config.h"

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>

/* How its lines begin. */
enum {
	PREVIEW_FILE = 'f',    /* <index> <plugin>: this file is about to be loaded */
	PREVIEW_ERROR = 'e',   /* <sentence> */
	PREVIEW_WARNING = 'w', /* <sentence> */
	PREVIEW_DONE = 'd',    /* all is said; the last line */
};

/* What is looked at. */
struct preview_sight {
	const struct config *config;
	struct dirent **files; /* of config->plugin_dir */
	bool *bad;             /* these are passed over */
	size_t count;
};

/* Loads the files, writes the lines to `out`, and ends the process. */
_Noreturn void preview_look(const struct preview_sight *sight, int out);

#endif
