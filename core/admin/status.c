#include "admin/status.h"

#include "act/stats.h"
#include "act/watch.h"
#include "admin/ready.h"
#include "admin/view.h"
#include "base/clock.h"
#include "net/net.h"

#include <stdio.h>
#include <unistd.h>

/* The stay in a plugin that the watch has told of; null: there is none. */
static cJSON *inside_of(const struct act *act, uint32_t thread)
{
	struct watch_stay stay;
	if (act->watch == NULL || !watch_find(act->watch, thread, &stay))
		return cJSON_CreateNull();
	cJSON *json = cJSON_CreateObject();
	cJSON_AddItemToObject(json, "plugin", view_string(stay.plugin));
	cJSON_AddItemToObject(json, "version", view_string(stay.version));
	cJSON_AddNumberToObject(json, "generation", (double)stay.view.generation);
	cJSON_AddStringToObject(json, "function", inside_word(stay.view.what));
	if (stay.view.conn != 0) {
		char conn[24];
		snprintf(conn, sizeof conn, "%lu", stay.view.conn);
		cJSON_AddItemToObject(json, "action", view_string(stay.action));
		cJSON_AddNumberToObject(json, "code", stay.view.code);
		cJSON_AddStringToObject(json, "connection", conn);
	}
	cJSON_AddNumberToObject(json, "ms", (double)stay.ms);
	return json;
}

/* Those workers alone that are inside one. */
static cJSON *workers_of(const struct act *act)
{
	cJSON *list = cJSON_CreateArray();
	for (uint32_t i = 0; act->watch != NULL && i < pool_threads(act->pool); i++) {
		cJSON *inside = inside_of(act, inside_of_worker(i));
		if (cJSON_IsNull(inside)) {
			cJSON_Delete(inside);
			continue;
		}
		cJSON *one = cJSON_CreateObject();
		cJSON_AddNumberToObject(one, "index", i);
		cJSON_AddItemToObject(one, "inside", inside);
		cJSON_AddItemToArray(list, one);
	}
	return list;
}

static cJSON *loops_of(const struct act *act)
{
	const struct net *net = act->net;
	cJSON *list = cJSON_CreateArray();
	for (uint32_t i = 0; i < net->loop_count; i++) {
		const struct loop *loop = &net->loops[i];
		uint64_t ended = count_read(&loop->counters.ended);
		uint64_t opened = count_read(&loop->counters.connections);
		cJSON *one = cJSON_CreateObject();
		cJSON_AddNumberToObject(one, "index", i);
		cJSON_AddNumberToObject(one, "connections", (double)(opened - ended));
		cJSON_AddNumberToObject(one, "lag_ms",
		                        (double)(count_read(&loop->pulse.lag_ns) / 1000) / 1000);
		cJSON_AddItemToObject(one, "inside", inside_of(act, inside_of_loop(i)));
		cJSON_AddItemToArray(list, one);
	}
	return list;
}

struct listing {
	cJSON *plugins;
	const cJSON *routes;
};

static void add_routes(cJSON *plugin, const cJSON *routes, uint64_t generation)
{
	static const char *const kinds[] = { "actions", "raw" };
	char number[24];
	snprintf(number, sizeof number, "%lu", generation);
	const cJSON *entry = cJSON_GetObjectItemCaseSensitive(routes, number);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		const cJSON *list = cJSON_GetObjectItemCaseSensitive(entry, kinds[i]);
		cJSON_AddItemToObject(plugin, kinds[i],
		                      list != NULL ? cJSON_Duplicate(list, true)
		                                   : cJSON_CreateArray());
	}
}

static void list_generation(const struct stats_generation *generation, void *context)
{
	const struct listing *listing = context;
	if (generation->state == STATS_ENDED)
		return;
	cJSON *one = cJSON_CreateObject();
	cJSON_AddStringToObject(one, "name", generation->name);
	cJSON_AddStringToObject(one, "version", generation->version);
	cJSON_AddNumberToObject(one, "generation", (double)generation->number);
	cJSON_AddStringToObject(one, "state",
	                        generation->state == STATS_SERVING ? "serving"
	                        : generation->state == STATS_HELD  ? "held"
	                                                           : "draining");
	cJSON_AddNumberToObject(one, "open_calls", (double)stats_open_calls(generation));
	add_routes(one, listing->routes, generation->number);
	cJSON_AddItemToArray(listing->plugins, one);
}

/* What the main thread has pinned up: the last reload, and the plugins with their routes. */
static void add_pinned(cJSON *json, struct board *board)
{
	struct listing listing = { .plugins = cJSON_CreateArray() };
	pthread_mutex_lock(&board->lock);
	cJSON *reload =
		board->reload != NULL ? cJSON_Duplicate(board->reload, true) : cJSON_CreateNull();
	if (board->reload != NULL)
		cJSON_AddItemToObject(reload, "at", view_time(board->reload_at.tv_sec));
	listing.routes = board->routes;
	stats_each(board->act->stats, list_generation, &listing);
	pthread_mutex_unlock(&board->lock);
	cJSON_AddItemToObject(json, "reload", reload);
	cJSON_AddItemToObject(json, "plugins", listing.plugins);
}

char *status_text(struct board *board)
{
	const struct net *net = board->act->net;
	struct err why = { "" };
	bool ready = ready_ask(board, &why);
	cJSON *json = cJSON_CreateObject();
	cJSON_AddStringToObject(json, "version", ACTD_VERSION);
	cJSON_AddNumberToObject(json, "pid", getpid());
	cJSON_AddItemToObject(json, "started", view_time(board->started.tv_sec));
	cJSON_AddNumberToObject(json, "uptime_s",
	                        (double)((clock_ms() - board->started_ms) / 1000));
	cJSON_AddBoolToObject(json, "ready", ready);
	if (!ready)
		cJSON_AddStringToObject(json, "why", why.text);
	cJSON_AddItemToObject(json, "config", view_string(board->config_path));
	cJSON_AddNumberToObject(json, "connections", atomic_load(&net->connections));
	cJSON_AddItemToObject(json, "loops", loops_of(board->act));
	cJSON_AddItemToObject(json, "workers", workers_of(board->act));
	add_pinned(json, board);
	char *text = view_text(json);
	cJSON_Delete(json);
	return text;
}
