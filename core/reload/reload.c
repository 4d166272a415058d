#include "reload/reload.h"

#include "act/kv.h"
#include "base/config_changes.h"
#include "base/keypair.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/net.h"
#include "reload/reload_private.h"

#include <stdlib.h>
#include <string.h>

/* ---- what takes a restart ---- */

static bool listens_differ(const struct config_listen *one, size_t one_count,
                           const struct config_listen *two, size_t two_count)
{
	if (one_count != two_count)
		return true;
	for (size_t i = 0; i < one_count; i++)
		if (strcmp(one[i].text, two[i].text) != 0)
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
		{ "listen", listens_differ(started->listen, started->listen_count, next->listen,
		                           next->listen_count) },
		{ "tls.listen", listens_differ(started->tls.listen, started->tls.listen_count,
		                               next->tls.listen, next->tls.listen_count) },
		{ "threads", started->threads != next->threads },
		{ "workers", started->workers != next->workers },
		{ "state_dir", strcmp(started->state_dir, next->state_dir) != 0 },
		{ "handshake_ms", started->handshake_ms != next->handshake_ms },
		{ "check", started->check != next->check },
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

/* ---- what has changed ---- */

static void tell_change(void *context, const char *section, const char *sentence)
{
	struct reload *reload = context;
	report_section(&reload->report, section, sentence);
}

/* ---- the certificate ---- */

/* Where the config names none any more, those who still come with TLS are shown the one before. */
static void keep_certificate(const struct reload *reload, struct config *next)
{
	if (next->tls.pair == NULL)
		next->tls.pair = keypair_share(reload->config->tls.pair);
}

static void look_at_certificate(struct reload *reload, const struct config *config)
{
	const char *warning = config->tls.pair != NULL ? keypair_warning(config->tls.pair) : NULL;
	if (warning != NULL)
		report_warning(&reload->report, "%s", warning);
}

/* ---- making ---- */

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
	struct config_errors errors = { 0 };
	struct err why;
	next->site = site_new(next->config);
	if (next->site == NULL) {
		report_error(&reload->report, "endpoints: there were more than %d since the start",
		             SITE_ENDPOINTS_MAX);
		return -1;
	}
	if (plan_make(&next->plan, next->config, &reload->folder, reload->plugins,
	              reload->plugin_count, &why) != 0) {
		report_error(&reload->report, "%s", why.text);
		return -1;
	}
	int rc = stage_make(&next->stage, reload->act, next->config, &reload->folder, &next->plan,
	                    &errors);
	report_error_lines(&reload->report, errors.text);
	config_errors_free(&errors);
	return rc == 0 ? make_world(reload, next) : -1;
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
			reload_report_entry(&reload->report, &next->plan.entries[i]);
	stage_undo(&next->stage);
	next_free(next);
	world_free(next->world);
	site_free(next->site);
	config_free(next->config);
}

static enum reload_verdict take(struct reload *reload, struct next *next)
{
	bool partial = any_refused(&next->plan);
	reload_swap(reload, next);
	reload_begin_trial(reload);
	next_free(next);
	return partial ? RELOAD_PARTIAL : RELOAD_TAKEN;
}

enum reload_verdict reload_first(struct reload *reload)
{
	struct next next = { .config = reload->config };
	report_begin(&reload->report, 0);
	look_at_certificate(reload, reload->config);
	if (make_next(reload, &next) != 0 || (reload->config->strict && any_refused(&next.plan))) {
		if (next.world != NULL)
			report_error(&reload->report, "\"strict\" is set and a plugin was refused");
		next.config = NULL; /* it stays the reload's */
		refuse_all(reload, &next);
		return reload_finish(reload, RELOAD_REFUSED);
	}
	return reload_finish(reload, take(reload, &next));
}

enum reload_verdict reload_again(struct reload *reload)
{
	struct next next = { 0 };
	reload_begin_report(reload, reload->report.number + 1);
	if (reload->previous.canary) {
		report_error(&reload->report,
		             "a canary is under way: actctl reload --promote or --rollback first");
		return reload_finish(reload, RELOAD_REFUSED);
	}
	if (read_config(reload, &next) != 0)
		return reload_finish(reload, RELOAD_REFUSED);
	tell_restart_needed(reload, next.config);
	keep_certificate(reload, next.config);
	look_at_certificate(reload, next.config);
	if (make_next(reload, &next) != 0) {
		refuse_all(reload, &next);
		return reload_finish(reload, RELOAD_REFUSED);
	}
	config_changes(reload->config, next.config, tell_change, reload);
	return reload_finish(reload, take(reload, &next));
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
	reload_release(reload);
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
			reload_retire(reload, plugin);
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
