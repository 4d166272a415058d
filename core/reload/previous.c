#include "reload/previous.h"

#include "act/park.h"
#include "act/poll.h"
#include "act/stats.h"
#include "base/mem.h"

#include <stdlib.h>

struct previous_lead {
	struct need *need;
	struct generation *provider; /* NULL: it had none */
};

static struct generation *leads_to(struct need *need, const struct plugin *plugins, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (need_leads_to(need, plugins[i].generation))
			return plugins[i].generation;
	return NULL;
}

static void note(struct previous *previous, struct need *need, const struct plugin *plugins,
                 size_t count)
{
	previous->leads =
		mem_grow(previous->leads, previous->lead_count + 1, sizeof *previous->leads);
	previous->leads[previous->lead_count++] =
		(struct previous_lead){ need, leads_to(need, plugins, count) };
}

void previous_note(struct previous *previous, struct act *act, const struct plugin *plugins,
                   size_t count)
{
	note(previous, &act->auth, plugins, count);
	for (size_t i = 0; i < count; i++) {
		struct generation *generation = plugins[i].generation;
		for (uint32_t k = 0; k < generation->manifest.need_count; k++)
			note(previous, &generation->needs[k], plugins, count);
	}
}

void previous_keep(struct previous *previous, struct plugin *plugin)
{
	previous->plugins =
		mem_grow(previous->plugins, previous->plugin_count + 1, sizeof *previous->plugins);
	previous->plugins[previous->plugin_count++] = *plugin;
	*plugin = (struct plugin){ 0 };
}

void previous_freeze(struct previous *previous)
{
	for (size_t i = 0; i < previous->plugin_count; i++) {
		struct generation *generation = previous->plugins[i].generation;
		polls_freeze(generation->polls);
		park_begin(generation);
		stats_turn(generation->stats, STATS_HELD);
	}
}

void previous_revive(struct previous *previous)
{
	for (size_t i = 0; i < previous->lead_count; i++)
		need_set(previous->leads[i].need, previous->leads[i].provider);
	for (size_t i = 0; i < previous->plugin_count; i++) {
		struct generation *generation = previous->plugins[i].generation;
		stats_turn(generation->stats, STATS_SERVING);
		park_end(generation, false);
	}
}

bool previous_had(const struct previous *previous, const struct generation *generation)
{
	for (size_t i = 0; i < previous->world->live_count; i++)
		if (previous->world->live[i] == generation)
			return true;
	return false;
}

void previous_clear(struct previous *previous)
{
	world_free(previous->world);
	free(previous->plugins);
	free(previous->leads);
	*previous = (struct previous){ 0 };
}
