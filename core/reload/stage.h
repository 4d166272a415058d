/* stage: the next world's plugins, made beside the ones that serve: created, given their services,
 * started.
 *
 * A plugin that fails is refused and its old generation, if any, takes its place in the next world.
 * Thread: main. */
#ifndef RELOAD_STAGE_H
#define RELOAD_STAGE_H

#include "reload/plan.h"

/* Who is in the next world: a kept plugin, a new one, or the old one of a refused one. */
struct stage {
	struct act *act;
	const struct config *config;
	const struct folder *folder;
	struct plan *plan;
	size_t *order; /* indexes into the plan, providers before those that need them */
	size_t order_count;
	struct generation **live; /* as many as live_count: the next world's */
	size_t live_count;
};

/* Makes the generations of the plan's new entries, providers before those that need them. 0; -1:
 * the whole reload is to be refused (a circle of services, a service that its plugin does not
 * provide), `errors` says why and nothing is made. */
int stage_make(struct stage *stage, struct act *act, const struct config *config,
               const struct folder *folder, struct plan *plan, struct config_errors *errors);
/* Undoes it: every generation that was made is ended. For a reload that is refused after all. */
void stage_undo(struct stage *stage);
void stage_free(struct stage *stage);

/* Is a generation in the next world? */
bool stage_has(const struct stage *stage, const struct generation *generation);

/* The next world's provider of a service; NULL: none. */
struct generation *stage_provider(const struct stage *stage, const char *id);

#endif
