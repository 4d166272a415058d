/* Which request to the admin listener is answered with what. */
#include "fixtures/fake_server.h"

#include "act/poll.h"
#include "act/timer.h"
#include "admin/ready.h"
#include "admin/routes.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

/* The body of the answer, whose code must be this; free() it. */
static char *answer(const char *method, const char *path, int code)
{
	struct response response = { 0 };
	assert_int_equal(routes_answer(&fake_board, method, path, &response), ROUTES_ANSWERED);
	if (response.code != code)
		fail_msg("%s %s: expected %d, found %d %s", method, path, code, response.code,
		         response.body);
	assert_int_equal(response.len, strlen(response.body));
	return response.body;
}

static void answers(const char *method, const char *path, int code, const char *words)
{
	char *body = answer(method, path, code);
	if (strstr(body, words) == NULL)
		fail_msg("%s %s: expected \"%s\", found %s", method, path, words, body);
	free(body);
}

static void life_is_told_in_every_phase(void **state)
{
	(void)state;
	for (int phase = BOARD_STARTING; phase <= BOARD_ENDING; phase++) {
		board_set_phase(&fake_board, (enum board_phase)phase);
		answers("GET", "/healthz", 200, "ok\n");
	}
}

static void readiness_follows_the_phase(void **state)
{
	(void)state;
	answers("GET", "/readyz", 503, "starting");
	board_set_phase(&fake_board, BOARD_READY);
	answers("GET", "/readyz", 200, "ready\n");
	answers("HEAD", "/readyz", 200, "ready\n");
	board_set_phase(&fake_board, BOARD_ENDING);
	answers("GET", "/readyz", 503, "ending");
}

static void a_loop_that_is_stuck_is_named(void **state)
{
	(void)state;
	uint64_t long_ago = (READY_TICK_MS + 2000) * 1000000ul;
	board_set_phase(&fake_board, BOARD_READY);
	count_set(&fake_loops[1].pulse.ticked_ns, clock_ns() - long_ago);
	answers("GET", "/readyz", 503, "loop-1 has not come to the end of a turn for 7 s");
	count_set(&fake_loops[1].pulse.ticked_ns, clock_ns());
	answers("GET", "/readyz", 200, "ready");
}

static void a_reload_is_asked_for_by_post_alone(void **state)
{
	struct response response = { 0 };
	(void)state;
	assert_int_equal(routes_answer(&fake_board, "POST", "/v1/reload", &response),
	                 ROUTES_RELOAD);
	assert_null(response.body);
	answers("GET", "/v1/reload", 405, "expected POST");
	answers("HEAD", "/v1/reload", 405, "expected POST");
	answers("POST", "/metrics", 405, "expected GET");
	answers("DELETE", "/v1/status", 405, "method_not_allowed");
}

static void what_is_not_there_is_told_with_what_is(void **state)
{
	static const char *const paths[] = { "/",           "/healthz/",    "/healt",       "/v1",
		                             "/v1/reload/", "/metrics.txt", "/v1/status%00" };
	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
		answers("GET", paths[i], 404, "/v1/status or /v1/reload");
}

static const cJSON *member(const cJSON *object, const char *name)
{
	const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, name);
	if (found == NULL)
		fail_msg("no member \"%s\"", name);
	return found;
}

/* Generations without a module; nothing of them runs. */
static struct generation generations[3];

static struct generation *make(size_t place, uint64_t number, const char *version)
{
	struct generation *made = &generations[place];
	memset(made, 0, sizeof *made);
	made->number = number;
	made->act = &fake_act;
	made->table = &fake_table;
	snprintf(made->manifest.name, sizeof made->manifest.name, "friend");
	snprintf(made->manifest.version, sizeof made->manifest.version, "%s", version);
	made->stats = stats_enter(fake_act.stats, number, version, &fake_table);
	made->timers = timers_new(made);
	made->polls = polls_new(made);
	made->entry = roster_enter(fake_act.roster, made, "plugins/friend.so");
	generation_turn(made, ROSTER_SERVING);
	return made;
}

static void unmake(struct generation *generation)
{
	timers_free(generation->timers);
	polls_free(generation->polls);
}

static void check_step(const cJSON *plugin, int index, const char *what, bool timed)
{
	const cJSON *step = cJSON_GetArrayItem(member(plugin, "next"), index);
	assert_string_equal(member(step, "what")->valuestring, what);
	assert_int_equal(cJSON_HasObjectItem(step, "in_ms"), timed);
	if (timed)
		assert_true(member(step, "in_ms")->valuedouble > 0);
}

static void check_holders(const cJSON *plugin)
{
	static const struct {
		const char *name;
		int count;
	} counts[] = { { "calls_more", 1 }, { "runs", 2 },     { "steps", 0 },  { "work", 1 },
		       { "notices", 1 },    { "services", 1 }, { "timers", 0 }, { "watches", 0 } };
	const cJSON *holders = member(plugin, "holders");
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
		if (member(holders, counts[i].name)->valueint != counts[i].count)
			fail_msg("%s: expected %d, found %d", counts[i].name, counts[i].count,
			         member(holders, counts[i].name)->valueint);
	assert_int_equal(member(plugin, "pins")->valueint, 6);
}

static void status_tells_of_loops_and_plugins(void **state)
{
	(void)state;
	struct generation *old = make(0, 4, "1.0"), *live = make(1, 7, "1.1");
	struct generation *gone = make(2, 2, "0.9");
	generation_turn(old, ROSTER_DRAINING);
	roster_drain(old->entry, clock_ms() + 60000, clock_ms() + 120000);
	roster_next(old->entry, NEXT_HURRY, 0);
	generation_turn(live, ROSTER_CANARY);
	roster_next(live->entry, NEXT_DECISION, 0);
	roster_leave(gone->entry);
	roster_end(gone->entry, "it has threads");
	stats_begin(old->stats, 1, 0, 0);
	generation_pin(old);
	generation_pin(old);
	for (int kind = PIN_WORK; kind < PIN_KINDS; kind++)
		generation_pin_as(old, (enum pin_kind)kind);
	count_add(&fake_loops[1].counters.connections, 5);
	count_add(&fake_loops[1].counters.ended, 2);
	count_set(&fake_loops[1].pulse.lag_ns, 1234567);
	fake_reload(3, RELOAD_PARTIAL, 0);

	char *body = answer("GET", "/v1/status", 200);
	cJSON *json = cJSON_Parse(body);
	const cJSON *loop = cJSON_GetArrayItem(member(json, "loops"), 1);
	assert_int_equal(member(loop, "connections")->valueint, 3);
	assert_true(member(loop, "lag_ms")->valuedouble > 1.23);
	assert_true(member(loop, "lag_ms")->valuedouble < 1.24);
	assert_string_equal(member(json, "config")->valuestring, "conf/t.json");
	assert_true(cJSON_IsFalse(member(json, "ready")));
	assert_non_null(strstr(member(json, "why")->valuestring, "starting"));
	const cJSON *reload = member(json, "reload");
	assert_int_equal(member(reload, "number")->valueint, 3);
	assert_string_equal(member(reload, "verdict")->valuestring, "partial");
	assert_string_equal(member(reload, "at")->valuestring, "2025-12-31T23:59:59Z");
	const cJSON *plugins = member(json, "plugins");
	assert_int_equal(cJSON_GetArraySize(plugins), 2);
	const cJSON *draining = cJSON_GetArrayItem(plugins, 0);
	assert_int_equal(member(draining, "generation")->valueint, 4);
	assert_string_equal(member(draining, "state")->valuestring, "draining");
	assert_int_equal(member(draining, "open_calls")->valueint, 1);
	assert_int_equal(cJSON_GetArraySize(member(draining, "actions")), 0);
	assert_string_equal(member(draining, "file")->valuestring, "plugins/friend.so");
	check_step(draining, 0, "hurry", true);
	check_step(draining, 1, "fail", true);
	check_holders(draining);
	const cJSON *canary = cJSON_GetArrayItem(plugins, 1);
	assert_string_equal(member(canary, "state")->valuestring, "canary");
	check_step(canary, 0, "decision", false);
	const cJSON *ended = member(json, "ended");
	assert_int_equal(cJSON_GetArraySize(ended), 1);
	ended = cJSON_GetArrayItem(ended, 0);
	assert_string_equal(member(ended, "state")->valuestring, "resident");
	assert_string_equal(member(ended, "why")->valuestring, "it has threads");
	cJSON_Delete(json);
	free(body);
	unmake(old);
	unmake(live);
	unmake(gone);
}

static void refusals_say_what_to_do(void **state)
{
	struct response response = { 0 };
	(void)state;
	routes_unauthorized(&response);
	assert_int_equal(response.code, 401);
	assert_non_null(strstr(response.headers, "WWW-Authenticate: Bearer\r\n"));
	free(response.body);
	routes_reload_late(600, &response);
	assert_int_equal(response.code, 504);
	assert_non_null(strstr(response.body, "not over after 600 ms; it goes on"));
	free(response.body);
	routes_reload_ending(&response);
	assert_int_equal(response.code, 503);
	free(response.body);
	routes_no_upgrade(&response);
	assert_int_equal(response.code, 400);
	free(response.body);
	routes_length_required(&response);
	assert_int_equal(response.code, 411);
	free(response.body);
}

#define FAKE(test) cmocka_unit_test_setup_teardown(test, fake_begin, fake_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE(life_is_told_in_every_phase),
		FAKE(readiness_follows_the_phase),
		FAKE(a_loop_that_is_stuck_is_named),
		FAKE(a_reload_is_asked_for_by_post_alone),
		FAKE(what_is_not_there_is_told_with_what_is),
		FAKE(status_tells_of_loops_and_plugins),
		FAKE(refusals_say_what_to_do),
	};
	return cmocka_run_group_tests_name("routes", tests, NULL, NULL);
}
