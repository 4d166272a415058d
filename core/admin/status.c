#include "admin/status.h"

#include "act/survey.h"
#include "act/watch.h"
#include "admin/ready.h"
#include "admin/status_plugins.h"
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
		cJSON_AddBoolToObject(one, "answered",
		                      act->survey != NULL && survey_answered(act->survey, i));
		cJSON_AddItemToArray(list, one);
	}
	return list;
}

/* What the main thread has pinned up: the last reload, and the plugins' routes. */
static void add_pinned(cJSON *json, struct board *board)
{
	pthread_mutex_lock(&board->lock);
	cJSON *reload =
		board->reload != NULL ? cJSON_Duplicate(board->reload, true) : cJSON_CreateNull();
	cJSON *routes = cJSON_Duplicate(board->routes, true);
	if (board->reload != NULL)
		cJSON_AddItemToObject(reload, "at", view_time(board->reload_at.tv_sec));
	pthread_mutex_unlock(&board->lock);
	cJSON_AddItemToObject(json, "reload", reload);
	status_plugins(json, board->act, routes);
	cJSON_Delete(routes);
}

char *status_text(struct board *board)
{
	const struct net *net = board->act->net;
	struct err why = { "" };
	bool ready = ready_ask(board, &why);
	if (board->act->survey != NULL)
		survey_take(board->act->survey, STATUS_SURVEY_MS);
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
