/* reload_swap: the moment that counts: one pointer is swapped, what hangs on it with it, and what
 * was replaced begins to end. */
#include "reload/reload_private.h"

#include "act/kv.h"
#include "act/service.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/pulse.h"
#include "net/net.h"
#include "reload/handover.h"

#include <stdlib.h>
#include <string.h>

/* ---- swapping ---- */

/* Points what a generation uses at the next world's providers. */
static void repoint(struct generation *generation, void *context)
{
	const struct stage *stage = context;
	for (uint32_t i = 0; i < generation->manifest.need_count; i++)
		need_set(&generation->needs[i],
		         stage_provider(stage, generation->manifest.needs[i]));
}

/* A plugin that was loaded with a service and now has none: what it calls there fails from now on.
 */
static void warn_orphans(struct reload *reload, const struct stage *stage)
{
	for (size_t i = 0; i < stage->live_count; i++) {
		const struct manifest *manifest = &stage->live[i]->manifest;
		for (uint32_t k = 0; k < manifest->need_count; k++)
			if (!service_is_own(manifest->needs[k]) &&
			    stage_provider(stage, manifest->needs[k]) == NULL)
				report_warning(&reload->report,
				               "plugin %s needs %s, which nobody provides any more",
				               manifest->name, manifest->needs[k]);
	}
}

static void set_live_values(struct reload *reload, const struct config *config)
{
	struct act *act = reload->act;
	atomic_store(&act->reply_bytes, config->limits.reply_bytes);
	atomic_store(&act->home_queue, config->limits.home_queue);
	atomic_store(&act->push_queue_bytes, config->limits.push_queue_bytes);
	kv_limit(act->kv, config->limits.kv_bytes, config->limits.kv_entries);
	atomic_store(&act->stuck_ms, config->stuck_ms);
	pool_queue_max(act->pool, config->limits.worker_queue);
	int rc = log_open(config->log.file, (enum log_level)config->log.level);
	if (rc < 0)
		report_warning(&reload->report, "log.file: %s: %s; the log goes on where it was",
		               config->log.file, strerror(-rc));
}

static void swap(struct reload *reload, struct next *next)
{
	struct act *act = reload->act;
	struct stage *stage = &next->stage;
	struct world_plugins plugins = { stage->live, stage->live_count };
	reload_keep(reload, next);
	set_live_values(reload, next->config);
	world_set_push_codes(next->config, &plugins);
	need_set(&act->auth, stage_provider(stage, act->auth.id));
	for (size_t i = 0; i < stage->live_count; i++) {
		repoint(stage->live[i], stage);
		atomic_store(&stage->live[i]->active, true);
		generation_turn(stage->live[i], ROSTER_SERVING);
	}
	for (size_t i = 0; i < reload->plugin_count; i++)
		repoint(reload->plugins[i].generation, stage);
	retire_repoint(reload->retire, repoint, stage);
	warn_orphans(reload, stage);
	atomic_store_explicit(&act->net->site, next->site, memory_order_release);
	atomic_store_explicit(&act->world, next->world, memory_order_release);
}

static void activate_new(struct reload *reload, const struct next *next)
{
	for (size_t i = 0; i < next->plan.count; i++) {
		const struct plan_entry *entry = &next->plan.entries[i];
		/* For a worker to begin, and for the step. */
		pulse_step((uint64_t)2 * next->config->load_ms);
		if (entry->kind == PLAN_NEW &&
		    generation_step(entry->plugin.generation, STEP_ACTIVATE,
		                    next->config->load_ms) == ACT_E_LATE)
			report_error(
				&reload->report,
				"plugin %s: activate did not end within load_ms; a worker is in it "
				"still",
				entry->plugin.name);
	}
}

/* After this no loop holds a pointer into the old world. */
static void free_old(struct reload *reload, struct next *next)
{
	net_barrier(reload->act->net, NULL, NULL);
	if (reload->world != reload->previous.world)
		world_free(reload->world);
	site_free(reload->site);
	if (reload->config != reload->started)
		config_free(reload->config);
	reload->world = next->world;
	reload->site = next->site;
	reload->config = next->config;
}

/* What waited while a plugin's state was handed over goes to the one that has it now. */
static void end_handovers(struct next *next)
{
	for (size_t i = 0; i < next->plan.count; i++) {
		struct plan_entry *entry = &next->plan.entries[i];
		if (entry->handed_over)
			handover_end(entry->old->generation, true);
	}
}

/* ---- who is loaded now ---- */

void reload_report_entry(struct reload_report *report, const struct plan_entry *entry)
{
	const struct plugin *plugin = &entry->plugin, *old = entry->old;
	const char *name = plugin->name[0] != '\0' ? plugin->name : plugin->source;
	if (entry->kind == PLAN_KEEP)
		report_plugin(report, old->name, RESULT_UNCHANGED, "unchanged");
	else if (entry->kind == PLAN_REFUSED)
		report_plugin(report, old != NULL ? old->name : name, RESULT_REFUSED,
		              "refused: %s%s%s", entry->why.text,
		              old != NULL ? "; the one before goes on: " : "",
		              old != NULL ? old->generation->manifest.version : "");
	else if (entry->kind == PLAN_OFF)
		report_plugin(report, name, RESULT_OFF, "switched off in the config");
	else if (old != NULL)
		report_plugin(report, name, RESULT_REPLACED,
		              "replaced %s (generation %lu) by %s (generation %lu)",
		              old->generation->manifest.version, old->generation->number,
		              entry->manifest.version, plugin->generation->number);
	else
		report_plugin(report, name, RESULT_LOADED, "loaded %s (generation %lu)",
		              entry->manifest.version, plugin->generation->number);
}

void reload_retire(struct reload *reload, struct plugin *plugin)
{
	const struct config *config = reload->config;
	retire_take(reload->retire, plugin->generation, plugin->copy, config->drain_ms,
	            config->load_ms);
	plugin->copy = NULL;
	plugin_clear(plugin);
}

/* The old list becomes the new one: what stays is moved, what came is added, the rest retires. */
static void settle_plugins(struct reload *reload, struct next *next)
{
	struct plugin *plugins = mem_new(reload->plugin_count + next->plan.count, sizeof *plugins);
	size_t count = 0;
	for (size_t i = 0; i < next->plan.count; i++)
		reload_report_entry(&reload->report, &next->plan.entries[i]);
	for (size_t i = 0; i < reload->plugin_count; i++) {
		struct plugin *plugin = &reload->plugins[i];
		if (stage_has(&next->stage, plugin->generation)) {
			plugins[count++] = *plugin;
			continue;
		}
		bool replaced = false;
		for (size_t k = 0; k < next->plan.count; k++)
			replaced = replaced || next->plan.entries[k].old == plugin;
		if (!replaced)
			report_plugin(&reload->report, plugin->name, RESULT_RETIRED,
			              "retired: its file is gone");
		if (reload->previous.world != NULL)
			previous_keep(&reload->previous, plugin);
		else
			reload_retire(reload, plugin);
	}
	for (size_t i = 0; i < next->plan.count; i++) {
		struct plan_entry *entry = &next->plan.entries[i];
		if (entry->kind != PLAN_NEW)
			continue;
		plugins[count++] = entry->plugin;
		entry->plugin = (struct plugin){ 0 };
	}
	free(reload->plugins);
	reload->plugins = plugins;
	reload->plugin_count = count;
}

void reload_swap(struct reload *reload, struct next *next)
{
	swap(reload, next);
	end_handovers(next);
	activate_new(reload, next);
	free_old(reload, next);
	settle_plugins(reload, next);
}
