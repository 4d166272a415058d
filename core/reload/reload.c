#include "reload/reload.h"

#include "act/kv.h"
#include "act/service.h"
#include "act/stats.h"
#include "act/world.h"
#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/net.h"
#include "reload/handover.h"
#include "reload/plan.h"
#include "reload/retire.h"
#include "reload/stage.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct reload {
	struct act *act;
	struct reload_source source;
	struct folder folder;
	struct config *started; /* the first one: what needs a restart is as it says */
	struct config *config;
	struct site *site;
	struct world *world;
	struct plugin *plugins; /* those that are loaded */
	size_t plugin_count;
	struct retire *retire;
	struct reload_report report; /* of the last one */
	bool ended;                  /* reload_end() has ended all of them */
};

/* What is to be swapped in. */
struct next {
	struct config *config;
	struct site *site;
	struct world *world;
	struct plan plan;
	struct stage stage;
};

/* ---- making ---- */

static bool listens_differ(const struct config *one, const struct config *two)
{
	if (one->listen_count != two->listen_count)
		return true;
	for (size_t i = 0; i < one->listen_count; i++)
		if (strcmp(one->listen[i].text, two->listen[i].text) != 0)
			return true;
	return false;
}

static bool texts_differ(const char *one, const char *two)
{
	return strcmp(one != NULL ? one : "", two != NULL ? two : "") != 0;
}

/* What the running server cannot change is named, and stays as it was. */
static void tell_restart_needed(struct reload *reload, const struct config *next)
{
	const struct config *started = reload->started;
	const struct {
		const char *key;
		bool differs;
	} keys[] = {
		{ "listen", listens_differ(started, next) },
		{ "threads", started->threads != next->threads },
		{ "workers", started->workers != next->workers },
		{ "state_dir", strcmp(started->state_dir, next->state_dir) != 0 },
		{ "handshake_ms", started->handshake_ms != next->handshake_ms },
		{ "admin.listen",
		  texts_differ(started->admin.listen.text, next->admin.listen.text) },
		{ "admin.token_file",
		  texts_differ(started->admin.token_file, next->admin.token_file) },
	};
	if (next->limits.connections > started->limits.connections)
		report_warning(&reload->report,
		               "limits.connections: descriptors were planned for %u at the start; "
		               "more takes a restart to be sure of",
		               started->limits.connections);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (keys[i].differs)
			report_warning(&reload->report,
			               "%s: it is another than at the start, and takes effect with "
			               "a restart",
			               keys[i].key);
}

static int read_config(struct reload *reload, struct next *next)
{
	struct config_errors errors = { 0 };
	const struct reload_source *source = &reload->source;
	int rc = config_load(source->path, source->overrides, source->override_count, &next->config,
	                     &errors);
	if (rc != 0)
		report_error_lines(&reload->report, errors.text);
	config_errors_free(&errors);
	return rc;
}

static int make_world(struct reload *reload, struct next *next)
{
	struct config_errors errors = { 0 };
	struct world_plugins plugins = { next->stage.live, next->stage.live_count };
	int rc = world_new(next->config, &plugins, reload->world, &next->world, &errors);
	report_error_lines(&reload->report, errors.text);
	config_errors_free(&errors);
	return rc;
}

static bool any_refused(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->entries[i].kind == PLAN_REFUSED)
			return true;
	return false;
}

/* Everything up to the swap. -1: refused whole; it said why. */
static int make_next(struct reload *reload, struct next *next)
{
	struct err why = { 0 };
	next->site = site_new(next->config);
	if (next->site == NULL) {
		report_error(&reload->report, "endpoints: there were more than %d since the start",
		             SITE_ENDPOINTS_MAX);
		return -1;
	}
	if (plan_make(&next->plan, next->config, &reload->folder, reload->plugins,
	              reload->plugin_count, &why) != 0 ||
	    stage_make(&next->stage, reload->act, next->config, &reload->folder, &next->plan,
	               &why) != 0) {
		report_error(&reload->report, "%s", why.text);
		return -1;
	}
	return make_world(reload, next);
}

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
	set_live_values(reload, next->config);
	world_set_push_codes(next->config, &plugins);
	need_set(&act->auth, stage_provider(stage, act->auth.id));
	for (size_t i = 0; i < stage->live_count; i++) {
		repoint(stage->live[i], stage);
		atomic_store(&stage->live[i]->active, true);
		stats_turn(stage->live[i]->stats, STATS_SERVING);
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

static void report_entry(struct reload_report *report, const struct plan_entry *entry)
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

/* The old list becomes the new one: what stays is moved, what came is added, the rest retires. */
static void settle_plugins(struct reload *reload, struct next *next)
{
	const struct config *config = next->config;
	struct plugin *plugins = mem_new(reload->plugin_count + next->plan.count, sizeof *plugins);
	size_t count = 0;
	for (size_t i = 0; i < next->plan.count; i++)
		report_entry(&reload->report, &next->plan.entries[i]);
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
		retire_take(reload->retire, plugin->generation, plugin->copy, config->drain_ms,
		            config->load_ms);
		plugin->copy = NULL;
		plugin_clear(plugin);
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

/* ---- the transaction ---- */

static void next_free(struct next *next)
{
	stage_free(&next->stage);
	plan_free(&next->plan);
}

static void refuse_all(struct reload *reload, struct next *next)
{
	for (size_t i = 0; i < next->plan.count; i++)
		if (next->plan.entries[i].kind == PLAN_REFUSED)
			report_entry(&reload->report, &next->plan.entries[i]);
	stage_undo(&next->stage);
	next_free(next);
	world_free(next->world);
	site_free(next->site);
	config_free(next->config);
}

static enum reload_verdict take(struct reload *reload, struct next *next)
{
	bool partial = any_refused(&next->plan);
	swap(reload, next);
	activate_new(reload, next);
	free_old(reload, next);
	end_handovers(next);
	settle_plugins(reload, next);
	next_free(next);
	return partial ? RELOAD_PARTIAL : RELOAD_TAKEN;
}

static enum reload_verdict finish(struct reload *reload, enum reload_verdict verdict)
{
	report_end(&reload->report, verdict, reload->plugin_count);
	return verdict;
}

enum reload_verdict reload_first(struct reload *reload)
{
	struct next next = { .config = reload->config };
	report_begin(&reload->report, 0);
	if (make_next(reload, &next) != 0 || (reload->config->strict && any_refused(&next.plan))) {
		if (next.world != NULL)
			report_error(&reload->report, "\"strict\" is set and a plugin was refused");
		next.config = NULL; /* it stays the reload's */
		refuse_all(reload, &next);
		return finish(reload, RELOAD_REFUSED);
	}
	return finish(reload, take(reload, &next));
}

enum reload_verdict reload_again(struct reload *reload)
{
	struct next next = { 0 };
	unsigned number = reload->report.number + 1;
	report_free(&reload->report);
	report_begin(&reload->report, number);
	if (read_config(reload, &next) != 0)
		return finish(reload, RELOAD_REFUSED);
	tell_restart_needed(reload, next.config);
	if (make_next(reload, &next) != 0) {
		refuse_all(reload, &next);
		return finish(reload, RELOAD_REFUSED);
	}
	return finish(reload, take(reload, &next));
}

const struct reload_report *reload_report(const struct reload *reload)
{
	return &reload->report;
}

/* ---- life ---- */

struct reload *reload_new(struct act *act, const struct reload_source *source,
                          struct config *config, struct site *site, struct err *why)
{
	struct reload *reload = mem_new(1, sizeof *reload);
	reload->act = act;
	reload->source = *source;
	if (folder_open(&reload->folder, config->state_dir, why) != 0) {
		free(reload);
		return NULL;
	}
	reload->started = reload->config = config;
	/* What is loaded first may keep something in its create(). */
	kv_limit(act->kv, config->limits.kv_bytes, config->limits.kv_entries);
	reload->site = site;
	reload->world = mem_new(1, sizeof *reload->world);
	atomic_store(&act->world, reload->world);
	reload->retire = retire_new(act);
	return reload;
}

/* Is a worker inside a plugin that was given up? */
static bool lost_are_busy(const struct act *act)
{
	for (const struct generation *lost = act->lost; lost != NULL; lost = lost->next_lost)
		if (atomic_load(&lost->pins) != 0 || (lost->leaving != NULL && !lost->left))
			return true;
	return atomic_load(&act->steps_lost) > 0;
}

bool reload_end(struct reload *reload)
{
	struct act *act = reload->act;
	struct world *empty = mem_new(1, sizeof *empty);
	struct world *last = reload->world;
	uint32_t step_ms = reload->config->load_ms, drain_ms = reload->config->drain_ms;
	atomic_store(&act->world, empty);
	net_barrier(act->net, NULL, NULL);
	world_free(last);
	need_set(&act->auth, NULL);
	/* Providers go last: those that need them point at them until they are gone. */
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < reload->plugin_count; i++) {
			struct plugin *plugin = &reload->plugins[i];
			bool provider = plugin->generation != NULL &&
			                plugin->generation->manifest.provide_count > 0;
			if (plugin->generation == NULL || provider != (round == 1))
				continue;
			retire_take(reload->retire, plugin->generation, plugin->copy, drain_ms,
			            step_ms);
			plugin->generation = NULL;
			plugin->copy = NULL;
		}
	}
	reload->ended = retire_free(reload->retire, drain_ms + 4 * step_ms) && !lost_are_busy(act);
	if (reload->ended) {
		atomic_store(&act->world, NULL);
		world_free(empty);
	}
	return reload->ended;
}

void reload_free(struct reload *reload)
{
	folder_close(&reload->folder);
	report_free(&reload->report);
	if (!reload->ended)
		return; /* what hangs may use the rest */
	for (size_t i = 0; i < reload->plugin_count; i++)
		plugin_clear(&reload->plugins[i]);
	free(reload->plugins);
	site_free(reload->site);
	if (reload->config != reload->started)
		config_free(reload->config);
	config_free(reload->started);
	free(reload);
}
