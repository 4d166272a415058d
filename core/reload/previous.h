/* previous: what served before the last reload, kept for a while so that it can serve again.
 *
 * As long as it is kept, the world before lies beside the new one. With a canary the connections
 * are divided between the two by their number; otherwise all have the new one, and the generations
 * that it replaced are held: their open calls go on, nothing new enters them, their timers stand
 * still. Owner: the reload. Thread: main. */
#ifndef RELOAD_PREVIOUS_H
#define RELOAD_PREVIOUS_H

#include "act/world.h"
#include "reload/plan.h"

struct previous {
	struct world *world;    /* NULL: nothing is kept */
	struct plugin *plugins; /* that the new world has not */
	size_t plugin_count;
	struct previous_lead *leads; /* who used whose service */
	size_t lead_count;
	bool canary;       /* some connections have it still */
	bool begun;        /* the time that it is kept for has begun */
	uint64_t until_ms; /* clock_ms(); without a canary */
};

/* Before the swap: notes who uses whose services: the needs of these plugins, and the server's own.
 */
void previous_note(struct previous *previous, struct act *act, const struct plugin *plugins,
                   size_t count);
/* After it: one that was replaced is kept; the plugin is moved. */
void previous_keep(struct previous *previous, struct plugin *plugin);
/* Those that were replaced rest from now on. */
void previous_freeze(struct previous *previous);
/* Services are used as they were noted, and those that rested go on. */
void previous_revive(struct previous *previous);
/* Was a generation there under the world before? */
bool previous_had(const struct previous *previous, const struct generation *generation);
/* Forgets all but the plugins, which the caller has taken. */
void previous_clear(struct previous *previous);

#endif
