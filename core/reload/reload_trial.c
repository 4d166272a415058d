/* reload_trial: what comes after a reload, where the config says that what it replaced is kept: it
 * ends after a time, or serves again. */
#include "reload/reload_private.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/signals.h"
#include "net/net.h"
#include "reload/budget.h"

#include <stdlib.h>
#include <string.h>

/* Between two looks at what is tried. */
enum { LOOK_MS = 100 };

/* ---- reports ---- */

void reload_begin_report(struct reload *reload, unsigned number)
{
	report_free(&reload->report);
	report_begin(&reload->report, number);
}

enum reload_verdict reload_finish(struct reload *reload, enum reload_verdict verdict)
{
	report_end(&reload->report, verdict, reload->plugin_count);
	return verdict;
}

/* ---- keeping ---- */

/* Is anything replaced, or gone? */
static bool replaces(const struct reload *reload, const struct next *next)
{
	for (size_t i = 0; i < reload->plugin_count; i++)
		if (!stage_has(&next->stage, reload->plugins[i].generation))
			return true;
	return false;
}

/* Is what is replaced to be kept? Not where its state has gone to the next one: it has it no more.
 */
static bool keeps(struct reload *reload, const struct next *next)
{
	const struct config *config = next->config;
	bool handed_over = false;
	for (size_t i = 0; i < next->plan.count; i++)
		handed_over = handed_over || next->plan.entries[i].handed_over;
	if (config->hold_s == 0 && config->canary_percent == 0)
		return false;
	if (handed_over)
		report_warning(&reload->report,
		               "hold_s, canary_percent: without effect this time: a plugin has "
		               "handed its state over");
	return !handed_over;
}

/* From here on there are two worlds, and from the swap on each connection has one of them. */
static void keep(struct reload *reload, const struct next *next)
{
	struct act *act = reload->act;
	struct previous *previous = &reload->previous;
	uint32_t percent = next->config->canary_percent;
	previous_note(previous, act, reload->plugins, reload->plugin_count);
	previous->world = reload->world;
	previous->canary = percent != 0 && percent != 100;
	atomic_store(&act->share, previous->canary ? percent : 100);
	atomic_store_explicit(&act->before, reload->world, memory_order_release);
}

/* What is kept may serve under the next config, too; where it does not fit it, it ends. */
static void follow(struct reload *reload, const struct next *next)
{
	struct config_errors errors = { 0 };
	if (previous_follow(&reload->previous, reload->act, &next->stage, &errors) != 0) {
		report_warning(&reload->report,
		               "what was kept does not fit the new config, and ends: %.*s",
		               (int)strcspn(errors.text, "\n"), errors.text);
		reload_release(reload);
	}
	config_errors_free(&errors);
}

/* What is kept since the reload before ends where another takes its place. */
void reload_keep(struct reload *reload, const struct next *next)
{
	if (!replaces(reload, next)) {
		if (reload->previous.world != NULL)
			follow(reload, next);
		return;
	}
	reload_release(reload);
	if (keeps(reload, next))
		keep(reload, next);
}

/* How those that came new stand, while it is open whether they stay. */
static void turn_new(struct reload *reload, enum roster_state state, enum roster_next next)
{
	for (size_t i = 0; i < reload->plugin_count; i++) {
		struct generation *generation = reload->plugins[i].generation;
		if (previous_had(&reload->previous, generation))
			continue;
		generation_turn(generation, state);
		roster_next(generation->entry, next, 0);
	}
}

void reload_begin_trial(struct reload *reload)
{
	struct previous *previous = &reload->previous;
	const struct config *config = reload->config;
	if (previous->world == NULL || previous->begun)
		return;
	previous->begun = true;
	if (previous->canary) {
		turn_new(reload, ROSTER_CANARY, NEXT_DECISION);
		log_info(
			"reload",
			"%u %% of the connections have the new plugins: actctl reload --promote or "
			"--rollback decides",
			config->canary_percent);
		return;
	}
	previous->until_ms = clock_ms() + (uint64_t)config->hold_s * 1000;
	previous_hold(previous);
	log_info("reload", "what was replaced is kept for %u s", config->hold_s);
}

/* ---- what comes after: the ones before end, or serve again ---- */

void reload_release(struct reload *reload)
{
	struct previous *previous = &reload->previous;
	if (previous->world == NULL)
		return;
	atomic_store_explicit(&reload->act->before, NULL, memory_order_release);
	net_barrier(reload->act->net, NULL, NULL);
	for (size_t i = 0; i < previous->plugin_count; i++)
		reload_retire(reload, &previous->plugins[i]);
	previous_clear(previous);
}

/* What still drains since an earlier reload uses what serves, too. */
static void lead_back(struct generation *generation, void *context)
{
	const struct reload *reload = context;
	previous_lead_back(&reload->previous, generation, reload->plugins, reload->plugin_count);
}

/* The world before is the only one again; what came new ends. */
static void go_back(struct reload *reload)
{
	struct previous *previous = &reload->previous;
	struct act *act = reload->act;
	struct plugin *plugins =
		mem_new(reload->plugin_count + previous->plugin_count, sizeof *plugins);
	size_t count = 0;
	const struct world_plugins before = { previous->world->live, previous->world->live_count };
	previous_revive(previous);
	world_set_push_codes(reload->config, &before);
	retire_repoint(reload->retire, lead_back, reload);
	atomic_store_explicit(&act->world, previous->world, memory_order_release);
	atomic_store_explicit(&act->before, NULL, memory_order_release);
	net_barrier(act->net, NULL, NULL);
	for (size_t i = 0; i < reload->plugin_count; i++) {
		struct plugin *plugin = &reload->plugins[i];
		if (previous_had(previous, plugin->generation)) {
			plugins[count++] = *plugin;
			continue;
		}
		report_plugin(&reload->report, plugin->name, RESULT_ROLLED_BACK,
		              "%s (generation %lu) is taken back",
		              plugin->generation->manifest.version, plugin->generation->number);
		reload_retire(reload, plugin);
	}
	for (size_t i = 0; i < previous->plugin_count; i++)
		plugins[count++] = previous->plugins[i];
	free(reload->plugins);
	reload->plugins = plugins;
	reload->plugin_count = count;
	world_free(reload->world);
	reload->world = previous->world;
	previous->world = NULL;
	previous_clear(previous);
}

static enum reload_verdict nothing_tried(struct reload *reload)
{
	report_error(&reload->report, "there is nothing to decide: what served before the last "
	                              "reload is not kept (hold_s, canary_percent)");
	return reload_finish(reload, RELOAD_REFUSED);
}

enum reload_verdict reload_roll_back(struct reload *reload)
{
	reload_begin_report(reload, reload->report.number);
	if (reload->previous.world == NULL)
		return nothing_tried(reload);
	go_back(reload);
	return reload_finish(reload, RELOAD_ROLLED_BACK);
}

enum reload_verdict reload_promote(struct reload *reload)
{
	struct previous *previous = &reload->previous;
	reload_begin_report(reload, reload->report.number);
	if (previous->world == NULL || !previous->canary)
		return nothing_tried(reload);
	atomic_store(&reload->act->share, 100);
	net_barrier(reload->act->net, NULL, NULL);
	previous->canary = previous->begun = false;
	turn_new(reload, ROSTER_SERVING, NEXT_NOTHING);
	reload_begin_trial(reload);
	return reload_finish(reload, RELOAD_PROMOTED);
}

int reload_patience_ms(const struct reload *reload)
{
	return reload->previous.world != NULL ? LOOK_MS : SIGNALS_FOR_EVER;
}

bool reload_look(struct reload *reload)
{
	struct previous *previous = &reload->previous;
	struct err why = { "" };
	if (previous->world == NULL)
		return false;
	for (size_t i = 0; i < reload->plugin_count; i++) {
		struct generation *generation = reload->plugins[i].generation;
		if (previous_had(previous, generation) ||
		    !budget_is_broken(reload->config, generation, &why))
			continue;
		reload_begin_report(reload, reload->report.number);
		report_error(&reload->report, "%s", why.text);
		go_back(reload);
		reload_finish(reload, RELOAD_ROLLED_BACK);
		return true;
	}
	if (!previous->canary && clock_ms() >= previous->until_ms)
		reload_release(reload);
	else if (!previous->canary)
		previous_rest(previous);
	return false;
}
