/* plan: what a reload would do: which plugin files are unchanged, new, or refused, before anything
 * of them is made.
 *
 * Each changed file is copied, read, tried in a process of its own, and loaded from its copy. A bad
 * file costs only itself. Thread: main. */
#ifndef RELOAD_PLAN_H
#define RELOAD_PLAN_H

#include "act/generation.h"
#include "base/config.h"
#include "reload/copy.h"
#include "reload/folder.h"

struct dirent;

/* A plugin that is loaded, and where it came from. */
struct plugin {
	char name[32];
	char *source; /* the file in plugin_dir */
	uint8_t sha[PLUGIN_HASH_SIZE];
	char *settings;
	char *copy; /* the private copy that is loaded */
	struct generation *generation;
};

enum plan_kind {
	PLAN_KEEP,    /* unchanged: left alone */
	PLAN_NEW,     /* loaded; its generation is to be made, or is made */
	PLAN_REFUSED, /* `why` says why; where there is an `old`, that goes on */
	PLAN_OFF,     /* "disabled": true */
};

struct plan_entry {
	enum plan_kind kind;
	struct plugin plugin; /* of PLAN_NEW and, as far as known, PLAN_REFUSED */
	/* Of this name or file; NULL: none, or another entry speaks for it. */
	const struct plugin *old;
	struct manifest manifest;
	struct module *module; /* until a generation takes it over */
	bool handed_over;      /* it has the state of `old`, which is parked */
	struct err why;
};

struct plan {
	struct plan_entry *entries;
	size_t count;
};

/* The names of the .so files in config->plugin_dir, in their order, as scandir(3) gives them: the
 * caller frees each, and the list. -1 with `why`: the folder cannot be read. */
int plan_files(const struct config *config, struct dirent ***files, struct err *why);

/* Looks at every one of these files. `installed` is what is loaded now. 0; -1 with `why`: the
 * folder cannot be read. */
int plan_make(struct plan *plan, const struct config *config, const struct folder *folder,
              const struct plugin *installed, size_t installed_count, struct err *why);
/* Frees what no plugin took over: modules that were not made into generations are unloaded. */
void plan_free(struct plan *plan);

/* Refuses an entry after all; its module is unloaded. */
__attribute__((format(printf, 2, 3))) void plan_refuse(struct plan_entry *entry, const char *format,
                                                       ...);

void plugin_clear(struct plugin *plugin);

#endif
