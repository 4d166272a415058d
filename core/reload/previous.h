/* previous: what served before the last reload, kept for a while so that it can serve again.
 *
 * As long as it is kept, the world before lies beside the new one. With a canary the connections
 * are divided between the two by their number; otherwise all have the new one, and the generations
 * that it replaced are held: nothing new enters them, their open calls go on, and once these are
 * answered they rest: no timer fires, no descriptor is told of. Owner: the reload. Thread: main. */
#ifndef RELOAD_PREVIOUS_H
#define RELOAD_PREVIOUS_H

#include "act/world.h"
#include "reload/plan.h"
#include "reload/stage.h"

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
/* Those that were replaced are held from now on. */
void previous_hold(struct previous *previous);
/* Of those, the ones whose open calls are answered by now rest: a timer or a descriptor may be what
 * a call waits for. To be asked again and again. */
void previous_rest(struct previous *previous);
/* A reload that replaces nothing, before its swap: the world before is made anew, as the next
 * config has it, with the plugins that come. 0; -1: that config does not fit it, `errors` says why.
 */
int previous_follow(struct previous *previous, struct act *act, const struct stage *stage,
                    struct config_errors *errors);
/* A generation that uses another which the world before has not is led to the one of that name
 * there. */
void previous_lead_back(const struct previous *previous, struct generation *generation,
                        const struct plugin *plugins, size_t count);
/* Services are used as they were noted, and those that rested go on. */
void previous_revive(struct previous *previous);
/* Was a generation there under the world before? */
bool previous_had(const struct previous *previous, const struct generation *generation);
/* Forgets all but the plugins, which the caller has taken. */
void previous_clear(struct previous *previous);

#endif
