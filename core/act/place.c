#include "act/place.h"

#include "act/generation.h"
#include "act/world.h"
#include "base/mem.h"

#include <stdatomic.h>
#include <stdlib.h>

struct place {
	_Atomic uint32_t holders;
	_Atomic bool freed;
	_Atomic uint32_t *taken; /* how many of the action are */
};

struct place *place_of(const struct route *route)
{
	if (route->in_flight == 0)
		return NULL;
	struct place *place = mem_new(1, sizeof *place);
	place->holders = 1;
	place->taken = &route->generation->in_flight[route->action];
	return place;
}

struct place *place_share(struct place *place)
{
	if (place != NULL)
		atomic_fetch_add_explicit(&place->holders, 1, memory_order_relaxed);
	return place;
}

void place_free(struct place *place)
{
	if (place != NULL && !atomic_exchange_explicit(&place->freed, true, memory_order_relaxed))
		atomic_fetch_sub_explicit(place->taken, 1, memory_order_relaxed);
}

void place_release(struct place *place)
{
	if (place == NULL ||
	    atomic_fetch_sub_explicit(&place->holders, 1, memory_order_acq_rel) != 1)
		return;
	place_free(place);
	free(place);
}
