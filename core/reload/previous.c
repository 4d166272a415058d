#include "reload/previous.h"

#include "act/park.h"
#include "act/poll.h"
#include "base/mem.h"
#include "net/net.h"

#include <stdlib.h>
#include <string.h>

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

static void note(struct previous *previous, struct need *need, struct generation *provider)
{
	previous->leads =
		mem_grow(previous->leads, previous->lead_count + 1, sizeof *previous->leads);
	previous->leads[previous->lead_count++] = (struct previous_lead){ need, provider };
}

void previous_note(struct previous *previous, struct act *act, const struct plugin *plugins,
                   size_t count)
{
	note(previous, &act->auth, leads_to(&act->auth, plugins, count));
	for (size_t i = 0; i < count; i++) {
		struct generation *generation = plugins[i].generation;
		for (uint32_t k = 0; k < generation->manifest.need_count; k++)
			note(previous, &generation->needs[k],
			     leads_to(&generation->needs[k], plugins, count));
	}
}

void previous_keep(struct previous *previous, struct plugin *plugin)
{
	previous->plugins =
		mem_grow(previous->plugins, previous->plugin_count + 1, sizeof *previous->plugins);
	previous->plugins[previous->plugin_count++] = *plugin;
	*plugin = (struct plugin){ 0 };
}

/* ---- held ---- */

void previous_hold(struct previous *previous)
{
	for (size_t i = 0; i < previous->plugin_count; i++) {
		struct generation *generation = previous->plugins[i].generation;
		generation_turn(generation, ROSTER_HELD);
		roster_next(generation->entry, NEXT_RELEASE, previous->until_ms);
	}
	previous_rest(previous);
}

void previous_rest(struct previous *previous)
{
	uint64_t pins;
	for (size_t i = 0; i < previous->plugin_count; i++) {
		struct generation *generation = previous->plugins[i].generation;
		if (park_is_on(generation) || !generation_idle(generation, &pins))
			continue;
		polls_freeze(generation->polls);
		park_begin(generation);
	}
}

/* ---- another config meanwhile ---- */

/* Who would provide the service if the world before served. */
static struct generation *provider_before(const struct world_plugins *before,
                                          const struct stage *stage, const char *id)
{
	const struct generation *provider = stage_provider(stage, id);
	return provider != NULL ? world_find(before, provider->manifest.name) : NULL;
}

static void note_anew(struct previous *previous, struct act *act,
                      const struct world_plugins *before, const struct stage *stage)
{
	previous->lead_count = 0;
	note(previous, &act->auth, provider_before(before, stage, act->auth.id));
	for (size_t i = 0; i < before->count; i++) {
		struct generation *generation = before->live[i];
		for (uint32_t k = 0; k < generation->manifest.need_count; k++) {
			struct need *need = &generation->needs[k];
			note(previous, need, provider_before(before, stage, need->id));
		}
	}
}

int previous_follow(struct previous *previous, struct act *act, const struct stage *stage,
                    struct config_errors *errors)
{
	struct world *last = previous->world, *anew = NULL;
	struct generation **live = mem_new(last->live_count + stage->plan->count, sizeof(*live));
	struct world_plugins before = { live, last->live_count };
	memcpy((void *)live, (const void *)last->live, last->live_count * sizeof(*live));
	for (size_t i = 0; i < stage->plan->count; i++) {
		const struct plan_entry *entry = &stage->plan->entries[i];
		if (entry->kind == PLAN_NEW && entry->old == NULL)
			live[before.count++] = entry->plugin.generation;
	}
	int rc = world_new(stage->config, &before, last, &anew, errors);
	if (rc == 0) {
		note_anew(previous, act, &before, stage);
		previous->world = anew;
		atomic_store_explicit(&act->before, anew, memory_order_release);
		net_barrier(act->net, NULL, NULL);
		world_free(last);
	}
	free((void *)live);
	return rc;
}

/* ---- back ---- */

void previous_lead_back(const struct previous *previous, struct generation *generation,
                        const struct plugin *plugins, size_t count)
{
	const struct world_plugins before = { previous->world->live, previous->world->live_count };
	for (uint32_t i = 0; i < generation->manifest.need_count; i++) {
		struct need *need = &generation->needs[i];
		const struct generation *provider = leads_to(need, plugins, count);
		if (provider != NULL && !previous_had(previous, provider))
			need_set(need, world_find(&before, provider->manifest.name));
	}
}

void previous_revive(struct previous *previous)
{
	for (size_t i = 0; i < previous->lead_count; i++)
		need_set(previous->leads[i].need, previous->leads[i].provider);
	for (size_t i = 0; i < previous->plugin_count; i++) {
		struct generation *generation = previous->plugins[i].generation;
		generation_turn(generation, ROSTER_SERVING);
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
