#include "admin/status_plugins.h"

#include "act/hold.h"
#include "act/service.h"
#include "act/survey.h"
#include "act/table.h"
#include "admin/view.h"
#include "base/clock.h"
#include "net/net.h"

#include <stdio.h>

/* How much of each is told one by one, for each generation. */
enum { THREADS_LISTED = 8, HANDLES_LISTED = 8 };

/* One generation that is being told of. */
struct teller {
	const struct act *act;
	const struct generation *generation;
	struct hold hold;
	struct hold_thread threads[THREADS_LISTED];
	uint32_t thread_count;
};

/* ---- when ---- */

static uint64_t ms_until(uint64_t at_ms)
{
	uint64_t now_ms = clock_ms();
	return at_ms > now_ms ? at_ms - now_ms : 0;
}

static void add_step(cJSON *list, enum roster_next step, uint64_t at_ms)
{
	cJSON *one = cJSON_CreateObject();
	cJSON_AddStringToObject(one, "what", roster_next_name(step));
	if (at_ms != 0) {
		uint64_t in_ms = ms_until(at_ms);
		cJSON_AddNumberToObject(one, "in_ms", (double)in_ms);
		cJSON_AddItemToObject(one, "at", view_time(time(NULL) + (time_t)(in_ms / 1000)));
	}
	cJSON_AddItemToArray(list, one);
}

/* What is done with it, in this order. */
static cJSON *steps_of(const struct roster_entry *entry)
{
	cJSON *list = cJSON_CreateArray();
	enum roster_next step = entry->step;
	bool fails = step == NEXT_STOP || step == NEXT_HURRY || step == NEXT_FAIL;
	if (step != NEXT_NOTHING && step != NEXT_HURRY && step != NEXT_FAIL)
		add_step(list, step, entry->at_ms);
	if (fails && step != NEXT_FAIL)
		add_step(list, NEXT_HURRY, entry->hurry_ms);
	if (fails)
		add_step(list, NEXT_FAIL, entry->fail_ms);
	return list;
}

/* ---- who holds it ---- */

static void add_conn(cJSON *json, act_conn conn)
{
	char text[24];
	snprintf(text, sizeof text, "%lu", conn);
	cJSON_AddItemToObject(json, "connection",
	                      conn != 0 ? cJSON_CreateString(text) : cJSON_CreateNull());
}

static const char *action_name(const struct teller *teller, uint32_t action)
{
	return table_action(teller->generation->table, action)->name;
}

static void add_thread(cJSON *json, uint32_t thread)
{
	char name[16];
	inside_thread_name(thread, name, sizeof name);
	cJSON_AddStringToObject(json, "thread", name);
}

static cJSON *call_of(const struct teller *teller, uint32_t code, uint32_t action, act_conn conn)
{
	cJSON *one = cJSON_CreateObject();
	cJSON_AddNumberToObject(one, "code", code);
	cJSON_AddItemToObject(one, "action", view_string(action_name(teller, action)));
	add_conn(one, conn);
	return one;
}

/* The thread that handles this call at the moment; NULL: none does. */
static const struct hold_thread *handler_of(const struct teller *teller,
                                            const struct survey_call *call)
{
	for (uint32_t i = 0; i < teller->thread_count; i++) {
		const struct inside_view *view = &teller->threads[i].view;
		if (view->what == INSIDE_HANDLE && view->conn == call->conn && call->conn != 0 &&
		    view->code == call->code)
			return &teller->threads[i];
	}
	return NULL;
}

static void add_where(cJSON *json, const struct teller *teller, const struct survey_call *call)
{
	const struct hold_thread *handler = handler_of(teller, call);
	if (call->where == SURVEY_DEFERRED)
		cJSON_AddStringToObject(json, "where", "deferred");
	else if (call->where == SURVEY_QUEUED)
		cJSON_AddStringToObject(json, "where", "queued");
	else if (call->where == SURVEY_HOME)
		cJSON_AddStringToObject(json, "where", "home");
	else
		cJSON_AddStringToObject(json, "where", handler != NULL ? "worker" : "deferred");
	if (handler != NULL && call->where != SURVEY_DEFERRED && call->where != SURVEY_QUEUED)
		add_thread(json, handler->thread);
}

/* A loop that hangs in a call does not tell of it: it is seen from outside. Returns how many. */
static uint32_t add_stuck_calls(cJSON *list, const struct teller *teller)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < teller->thread_count; i++) {
		const struct hold_thread *one = &teller->threads[i];
		if (one->view.what != INSIDE_HANDLE || one->view.conn == 0 ||
		    one->thread >= teller->act->net->loop_count ||
		    survey_answered(teller->act->survey, one->thread))
			continue;
		cJSON *call = call_of(teller, one->view.code, one->view.action, one->view.conn);
		cJSON_AddNumberToObject(call, "ms", (double)one->ms);
		cJSON_AddStringToObject(call, "where", "inline");
		add_thread(call, one->thread);
		cJSON_AddItemToArray(list, call);
		count++;
	}
	return count;
}

static void add_calls(cJSON *json, const struct teller *teller)
{
	struct survey_of of = { 0 };
	uint64_t now_ns = clock_ns(), listed = 0;
	cJSON *list = cJSON_AddArrayToObject(json, "calls");
	if (teller->act->survey != NULL) {
		survey_find(teller->act->survey, teller->generation->number, &of);
		listed = of.listed + add_stuck_calls(list, teller);
	}
	for (uint32_t i = 0; i < of.listed; i++) {
		const struct survey_call *call = &of.oldest[i];
		cJSON *one = call_of(teller, call->code, call->action, call->conn);
		uint64_t ns = now_ns > call->begun_ns ? now_ns - call->begun_ns : 0;
		cJSON_AddNumberToObject(one, "ms", (double)(ns / 1000000));
		add_where(one, teller, call);
		cJSON_AddItemToArray(list, one);
	}
	uint64_t more = teller->hold.calls > listed ? teller->hold.calls - listed : 0;
	cJSON_AddNumberToObject(json, "calls_more", (double)more);
	cJSON_AddNumberToObject(json, "parked", (double)of.parked);
}

static void add_threads(cJSON *json, const struct teller *teller)
{
	cJSON *list = cJSON_AddArrayToObject(json, "threads");
	for (uint32_t i = 0; i < teller->thread_count; i++) {
		const struct inside_view *view = &teller->threads[i].view;
		cJSON *one = cJSON_CreateObject();
		add_thread(one, teller->threads[i].thread);
		cJSON_AddStringToObject(one, "function", inside_word(view->what));
		if (view->conn != 0) {
			cJSON_AddNumberToObject(one, "code", view->code);
			add_conn(one, view->conn);
		}
		cJSON_AddNumberToObject(one, "ms", (double)teller->threads[i].ms);
		cJSON_AddItemToArray(list, one);
	}
}

static void add_handles(cJSON *json, const struct teller *teller)
{
	struct sql_holder holders[HANDLES_LISTED];
	uint64_t count = 0;
	uint32_t told = 0;
	if (teller->act->sql != NULL)
		told = sql_handles_of(teller->act->sql, teller->generation, holders, HANDLES_LISTED,
		                      &count);
	cJSON *list = cJSON_AddArrayToObject(json, "handles");
	for (uint32_t i = 0; i < told; i++) {
		cJSON *one = cJSON_CreateObject();
		cJSON_AddItemToObject(one, "consumer", view_string(holders[i].consumer));
		cJSON_AddNumberToObject(one, "generation", (double)holders[i].generation);
		cJSON_AddStringToObject(one, "kind", holders[i].cursor ? "cursor" : "transaction");
		cJSON_AddNumberToObject(one, "ms", (double)holders[i].ms);
		cJSON_AddItemToArray(list, one);
	}
	cJSON_AddNumberToObject(json, "handles_more", (double)(count - told));
}

static void add_workers(cJSON *json, const struct teller *teller)
{
	const struct act *act = teller->act;
	uint32_t count = act->pool != NULL ? pool_threads(act->pool) : 0;
	cJSON *list = cJSON_AddArrayToObject(json, "worker_leave");
	for (uint32_t i = 0; i < count; i++) {
		char name[16];
		if (!hold_on_worker(teller->generation, i))
			continue;
		inside_thread_name(inside_of_worker(i), name, sizeof name);
		cJSON_AddItemToArray(list, cJSON_CreateString(name));
	}
}

static cJSON *holders_of(const struct teller *teller)
{
	const struct hold *hold = &teller->hold;
	cJSON *json = cJSON_CreateObject();
	add_calls(json, teller);
	add_threads(json, teller);
	cJSON_AddNumberToObject(json, "runs", (double)hold->runs);
	cJSON_AddNumberToObject(json, "steps", (double)hold->steps);
	cJSON_AddNumberToObject(json, "work", (double)hold->work);
	cJSON_AddNumberToObject(json, "notices", (double)hold->notices);
	cJSON_AddNumberToObject(json, "services", (double)hold->services);
	add_handles(json, teller);
	add_workers(json, teller);
	cJSON_AddNumberToObject(json, "timers", hold->timers);
	cJSON_AddNumberToObject(json, "watches", hold->watches);
	return json;
}

/* ---- who uses it ---- */

static cJSON *users_of(const struct teller *teller, const struct roster_entry *first)
{
	cJSON *list = cJSON_CreateArray();
	if (teller->generation->manifest.provide_count == 0)
		return list;
	for (const struct roster_entry *entry = first; entry != NULL; entry = entry->next) {
		if (entry->generation == NULL ||
		    !generation_uses(entry->generation, teller->generation))
			continue;
		cJSON *one = cJSON_CreateObject();
		cJSON_AddItemToObject(one, "name", view_string(entry->name));
		cJSON_AddNumberToObject(one, "generation", (double)entry->number);
		cJSON_AddItemToArray(list, one);
	}
	return list;
}

/* ---- all ---- */

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

static cJSON *entry_of(const struct roster_entry *entry)
{
	cJSON *one = cJSON_CreateObject();
	cJSON_AddItemToObject(one, "name", view_string(entry->name));
	cJSON_AddItemToObject(one, "version", view_string(entry->version));
	cJSON_AddNumberToObject(one, "generation", (double)entry->number);
	cJSON_AddItemToObject(one, "file", view_string(entry->file));
	cJSON_AddStringToObject(one, "state", roster_state_name(entry->state));
	if (entry->why != NULL)
		cJSON_AddItemToObject(one, "why", view_string(entry->why));
	cJSON_AddItemToObject(one, "since", view_time(entry->since));
	return one;
}

static cJSON *plugin_of(const struct act *act, const struct roster_entry *entry,
                        const struct roster_entry *first, const cJSON *routes)
{
	struct teller teller = { .act = act, .generation = entry->generation };
	hold_look(entry->generation, &teller.hold);
	teller.thread_count = hold_threads(act, entry->number, teller.threads, THREADS_LISTED);
	cJSON *one = entry_of(entry);
	cJSON_AddNumberToObject(one, "open_calls", (double)teller.hold.calls);
	add_routes(one, routes, entry->number);
	cJSON_AddItemToObject(one, "next", steps_of(entry));
	cJSON_AddNumberToObject(one, "pins", (double)teller.hold.pins);
	cJSON_AddItemToObject(one, "holders", holders_of(&teller));
	cJSON_AddItemToObject(one, "used_by", users_of(&teller, first));
	return one;
}

void status_plugins(cJSON *json, const struct act *act, const cJSON *routes)
{
	cJSON *plugins = cJSON_AddArrayToObject(json, "plugins");
	cJSON *ended = cJSON_AddArrayToObject(json, "ended");
	const struct roster_entry *first = roster_lock(act->roster);
	for (const struct roster_entry *entry = first; entry != NULL; entry = entry->next) {
		if (entry->generation != NULL && entry->state != ROSTER_MADE)
			cJSON_AddItemToArray(plugins, plugin_of(act, entry, first, routes));
		else if (entry->generation == NULL && entry->state >= ROSTER_RESIDENT)
			cJSON_AddItemToArray(ended, entry_of(entry));
	}
	cJSON_AddNumberToObject(json, "ended_more", (double)roster_forgotten(act->roster));
	roster_unlock(act->roster);
}
