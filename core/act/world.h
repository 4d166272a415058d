/* world: which message goes to which plugin: one immutable snapshot, swapped whole by one pointer.
 *
 * Owner: the reload, which frees an old one after a barrier through every loop. Threads: the loops
 * read it, for no longer than one message; the reload makes and swaps it. */
#ifndef ACT_WORLD_H
#define ACT_WORLD_H

#include "act/generation.h"
#include "base/config.h"
#include "net/net.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A code, or a range of codes, and what serves it. */
struct route {
	uint32_t code_first;
	uint32_t code_last;
	struct generation *generation; /* NULL: its plugin is not there, "unavailable" */
	uint32_t action;
	uint32_t flags; /* ACT_A_* */
	bool anonymous; /* served without login */
	bool json;      /* takes and gives application/json */
	uint32_t payload_max;
	uint32_t deadline_ms;
	double rate_per_s; /* 0: no limit */
	uint32_t rate_burst;
	uint32_t in_flight; /* 0: no limit */
	char *name;         /* "friend.add", for the log */
};

struct world {
	struct route *routes; /* sorted, without overlap */
	size_t route_count;
	struct route *raw; /* by endpoint id; name NULL where the endpoint is not a raw one */
	size_t raw_count;
	struct generation **live;
	size_t live_count;
};

/* The plugins of a world that is being made. */
struct world_plugins {
	struct generation *const *live;
	size_t count;
};

/* Builds the snapshot. `old` (or NULL): raw endpoints that the new config does not name any more
 * keep their action for the connections that they still have. 0; or -1: `errors` tells, a line each
 * ("conf/actd.json:12:3: actions.110: …"). What is only worth a warning (a default code that
 * another plugin has) goes to the log. */
int world_new(const struct config *config, const struct world_plugins *plugins,
              const struct world *old, struct world **out, struct config_errors *errors);
void world_free(struct world *world);

/* NULL: no such action. */
const struct route *world_route(const struct world *world, uint32_t code);
const struct route *world_raw(const struct world *world, uint32_t endpoint_id);

static inline const struct world *world_now(const struct act *act)
{
	return atomic_load_explicit(&act->world, memory_order_acquire);
}

/* The world of one connection: the same one for as long as there are two. */
static inline const struct world *world_of(const struct act *act, act_conn conn)
{
	const struct world *before = atomic_load_explicit(&act->before, memory_order_acquire);
	/* Numbers that were given one after the other end up far from each other (Knuth, The Art of
	 * Computer Programming, volume 3, section 6.4). */
	if (before == NULL || (conn * 0x9E3779B97F4A7C15u >> 32) % 100 < atomic_load(&act->share))
		return world_now(act);
	return before;
}

/* Gives every push of every plugin its code, as the config (or else the plugin) says; where two
 * plugins bring the same code along the first has it, and the log tells. To be called as the world
 * is swapped in. */
void world_set_push_codes(const struct config *config, const struct world_plugins *plugins);

/* The live generation of a plugin; NULL: there is none. */
struct generation *world_find(const struct world_plugins *plugins, const char *name);

#endif
