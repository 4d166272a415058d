/* The snapshot that says which message goes to which plugin: made of a configuration and of what
 * the plugins say of themselves. */
#include "fixtures/puppet.h"

#include "act/world.h"

#include <stdlib.h>
#include <string.h>

/* Two puppets with codes of their own (100 and up, 200 and up), known and not started. */
struct scene {
	struct house *house;
	struct puppet *friend, *game;
	struct generation *live[2];
	struct world_plugins plugins;
	struct config *config;
	struct world *world;
};

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house = house_new("{}");
	scene = (struct scene){ .house = house,
		                .friend = puppet_new(house, "friend", ACT_F_PARALLEL, 100),
		                .game = puppet_new(house, "game", ACT_F_PARALLEL, 200) };
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;
	world_free(scene->world);
	config_free(scene->config);
	house_free(scene->house);
	return 0;
}

static int make(struct scene *scene, const char *config_text, const struct world *old,
                struct world **out, struct config_errors *errors)
{
	if (scene->plugins.count == 0) {
		scene->live[0] = puppet_generation(scene->friend);
		scene->live[1] = puppet_generation(scene->game);
		scene->plugins = (struct world_plugins){ scene->live, 2 };
	}
	config_free(scene->config);
	scene->config = house_config(scene->house, config_text);
	site_free(site_new(scene->config)); /* so that its endpoints are known */
	*errors = (struct config_errors){ 0 };
	return world_new(scene->config, &scene->plugins, old, out, errors);
}

/* The world of a configuration that must be taken. */
static const struct world *build(struct scene *scene, const char *config_text)
{
	struct config_errors errors;
	struct world *world, *old = scene->world;
	if (make(scene, config_text, old, &world, &errors) != 0)
		fail_msg("%s was refused: %s", config_text, errors.text);
	world_free(old);
	scene->world = world;
	return world;
}

/* It must be refused, with these findings; "%s" in them is the path of the configuration. */
static void refuse(struct scene *scene, const char *config_text, const char *findings)
{
	struct config_errors errors;
	struct world *world = NULL;
	char expected[1024];
	if (make(scene, config_text, NULL, &world, &errors) == 0)
		fail_msg("%s was taken", config_text);
	assert_null(world);
	const char *hole = strstr(findings, "%s");
	snprintf(expected, sizeof expected, "%.*s%s%s", hole != NULL ? (int)(hole - findings) : 0,
	         findings, hole != NULL ? scene->config->path : "",
	         hole != NULL ? hole + 2 : findings);
	assert_string_equal(errors.text, expected);
	config_errors_free(&errors);
}

static void routed_to(const struct world *world, uint32_t code, const char *name)
{
	const struct route *route = world_route(world, code);
	if (name == NULL) {
		assert_null(route);
		return;
	}
	if (route == NULL)
		fail_msg("code %u leads nowhere, expected %s", code, name);
	assert_string_equal(route->name, name);
}

/* ---- the map of codes ---- */

static void a_code_leads_where_the_config_says(void **state)
{
	struct scene *scene = *state;
	const struct world *world =
		build(scene, "{\"actions\": {\"7\": \"game.echo\", \"9\": \"friend.hold\"}}");
	const struct route *route = world_route(world, 7);
	assert_string_equal(route->name, "game.echo");
	assert_ptr_equal(route->generation, scene->live[1]);
	assert_int_equal(route->action, PUPPET_ECHO);
	assert_int_equal(route->flags, ACT_A_ANONYMOUS);
	routed_to(world, 9, "friend.hold");
	routed_to(world, 8, NULL);
	routed_to(world, 0, NULL);
	routed_to(world, UINT32_MAX, NULL);
}

static void a_range_leads_there_from_end_to_end(void **state)
{
	const struct world *world = build(*state, "{\"actions\": {\"2000-2099\": \"game.echo\","
	                                          "\"2100\": \"friend.echo\","
	                                          "\"1990-1999\": \"friend.note\"}}");
	routed_to(world, 1989, NULL);
	routed_to(world, 1990, "friend.note");
	routed_to(world, 1999, "friend.note");
	routed_to(world, 2000, "game.echo");
	routed_to(world, 2050, "game.echo");
	routed_to(world, 2099, "game.echo");
	routed_to(world, 2100, "friend.echo");
	routed_to(world, 2101, NULL);
}

static void one_action_may_have_many_codes(void **state)
{
	const struct world *world =
		build(*state, "{\"actions\": {\"1\": \"game.echo\", \"2\": \"game.echo\"}}");
	routed_to(world, 1, "game.echo");
	routed_to(world, 2, "game.echo");
	/* The config names it, so its own code is not used. */
	routed_to(world, 200 + PUPPET_ECHO, NULL);
}

static void what_the_plugin_says_holds(void **state)
{
	struct scene *scene = *state;
	scene->game->actions[PUPPET_ECHO].payload_max = 11;
	scene->game->actions[PUPPET_ECHO].deadline_ms = 12;
	const struct world *world =
		build(scene, "{\"deadline_ms\": 77, \"limits\": {\"message_bytes\": 100},"
	                     "\"actions\": {\"1\": \"game.echo\", \"2\": \"game.private\"}}");
	const struct route *route = world_route(world, 1);
	assert_int_equal(route->payload_max, 11);
	assert_int_equal(route->deadline_ms, 12);
	assert_true(route->anonymous);
	assert_true(route->rate_per_s == 0);
	assert_int_equal(route->in_flight, 0);
	route = world_route(world, 2);
	assert_int_equal(route->payload_max, 100);
	assert_int_equal(route->deadline_ms, 77);
	assert_false(route->anonymous);
}

/* Both ways; where no answer is owed, the way there alone. */
static void an_action_is_json_where_all_of_it_is(void **state)
{
	static const struct {
		const char *takes, *gives;
		bool json, json_without_answer;
	} table[] = {
		{ "application/json", "application/json", true, true },
		{ "application/json; v=1", "APPLICATION/JSON", true, true },
		{ "application/json", "application/protobuf", false, true },
		{ "application/json", NULL, false, true },
		{ "application/protobuf", "application/json", false, false },
		{ NULL, "application/json", false, false },
		{ NULL, NULL, false, false },
	};
	struct scene *scene = *state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		for (int action = 0; action < PUPPET_ACTIONS; action++) {
			scene->game->actions[action].takes = table[i].takes;
			scene->game->actions[action].gives = table[i].gives;
		}
		const struct world *world =
			build(scene, "{\"actions\": {\"1\": \"game.echo\", \"2\": \"game.note\","
		                     "\"3\": \"chess.move\"}}");
		assert_int_equal(world_route(world, 1)->json, table[i].json);
		assert_int_equal(world_route(world, 2)->json, table[i].json_without_answer);
		assert_int_equal(world_route(world, 200 + PUPPET_HOLD)->json, table[i].json);
		assert_false(world_route(world, 3)->json);
	}
}

static void the_config_overrules_the_plugin(void **state)
{
	struct scene *scene = *state;
	scene->game->actions[PUPPET_ECHO].payload_max = 11;
	scene->game->actions[PUPPET_ECHO].deadline_ms = 12;
	const struct world *world = build(
		scene,
		"{\"actions\": {\"1\": {\"action\": \"game.echo\", \"payload_max\": 0,"
		"\"deadline_ms\": 5, \"rate_per_s\": 2.5, \"rate_burst\": 4, \"in_flight\": 3,"
		"\"login\": true}, \"2\": {\"action\": \"game.private\", \"login\": false}}}");
	const struct route *route = world_route(world, 1);
	assert_int_equal(route->payload_max, 0);
	assert_int_equal(route->deadline_ms, 5);
	assert_true(route->rate_per_s == 2.5);
	assert_int_equal(route->rate_burst, 4);
	assert_int_equal(route->in_flight, 3);
	assert_false(route->anonymous);
	assert_true(world_route(world, 2)->anonymous);
}

static void a_plugin_that_is_not_there_leaves_a_route_without_one(void **state)
{
	struct scene *scene = *state;
	const struct route *route =
		world_route(build(scene, "{\"actions\": {\"5\": \"chess.move\"}}"), 5);
	assert_non_null(route);
	assert_null(route->generation);
	assert_string_equal(route->name, "chess.move");
	assert_true(house_logged(scene->house,
	                         "t.json:1:14: actions.5: plugin chess is not there: chess.move is "
	                         "answered \"unavailable\""));
}

static void a_wrong_line_is_named(void **state)
{
	refuse(*state, "{\"actions\": {\"5\": \"game.fly\"}}",
	       "%s:1:14: actions.5: expected an action of plugin game (echo, hold, block, note, "
	       "later, "
	       "silent, return, private), found \"fly\"\n");
	refuse(*state, "{\"actions\": {\n \"5\": \"game.raw\"}}",
	       "%s:2:2: actions.5: expected an action of plugin game (echo, hold, block, note, "
	       "later, "
	       "silent, return, private), found \"raw\", "
	       "which serves raw endpoints and has no code\n");
}

static void every_wrong_line_counts(void **state)
{
	struct scene *scene = *state;
	struct config_errors errors;
	struct world *world = NULL;
	assert_int_equal(make(scene,
	                      "{\"actions\": {\"5\": \"game.fly\", \"6\": \"game.echo\","
	                      "\"7\": \"friend.fly\"}, \"pushes\": {\"8\": \"game.fly\"}}",
	                      NULL, &world, &errors),
	                 -1);
	assert_int_equal(errors.count, 3);
	config_errors_free(&errors);
}

/* ---- codes that plugins bring along ---- */

static void a_plugin_that_was_dropped_in_has_its_own_codes(void **state)
{
	const struct world *world = build(*state, "{}");
	routed_to(world, 100 + PUPPET_ECHO, "friend.echo");
	routed_to(world, 200 + PUPPET_HOLD, "game.hold");
	routed_to(world, 200 + PUPPET_RAW, NULL);
	assert_int_equal(world->route_count, 2 * (PUPPET_ACTIONS - 1));
}

static void a_code_of_the_config_is_not_given_to_another(void **state)
{
	struct scene *scene = *state;
	const struct world *world = build(scene, "{\"actions\": {\"100-105\": \"game.echo\"}}");
	routed_to(world, 100, "game.echo");
	routed_to(world, 106, "friend.return");
	assert_true(house_logged(scene->house,
	                         "friend.echo: its own code 100 is used by the config (line 1)"));
}

static void a_code_that_is_switched_off_stays_off(void **state)
{
	const struct world *world = build(*state, "{\"actions\": {\"100\": null}}");
	routed_to(world, 100, NULL);
	routed_to(world, 101, "friend.hold");
}

static void of_two_plugins_with_one_code_the_first_has_it(void **state)
{
	struct scene *scene = *state;
	scene->game->actions[PUPPET_HOLD].code = 100;
	const struct world *world = build(scene, "{}");
	routed_to(world, 100, "friend.echo");
	routed_to(world, 200 + PUPPET_HOLD, NULL);
	assert_true(house_logged(scene->house, "game.hold: its own code 100 is the code of "
	                                       "friend.echo too, which has it; give one of them "
	                                       "another code under \"actions\""));
}

static void a_clash_is_settled_by_the_config(void **state)
{
	struct scene *scene = *state;
	scene->game->actions[PUPPET_HOLD].code = 100;
	const struct world *world = build(scene, "{\"actions\": {\"300\": \"friend.echo\"}}");
	routed_to(world, 100, "game.hold");
	routed_to(world, 300, "friend.echo");
}

/* ---- raw endpoints ---- */

#define RAW(action) "{\"endpoints\": {\"/raw\": {\"mode\": \"raw\", \"action\": \"" action "\"}}}"

static const struct route *raw_route(struct scene *scene, const char *path)
{
	for (uint32_t id = 0; site_endpoint(id) != NULL; id++)
		if (strcmp(site_endpoint(id)->path, path) == 0)
			return world_raw(scene->world, id);
	fail_msg("there is no endpoint %s", path);
	return NULL;
}

static void a_raw_endpoint_has_its_action(void **state)
{
	struct scene *scene = *state;
	build(scene, "{\"endpoints\": {\"/serv/\": {}, \"/raw\": {\"mode\": \"raw\","
	             "\"action\": \"game.raw\"}}}");
	const struct route *route = raw_route(scene, "/raw");
	assert_string_equal(route->name, "game.raw");
	assert_ptr_equal(route->generation, scene->live[1]);
	assert_int_equal(route->action, PUPPET_RAW);
	assert_null(raw_route(scene, "/serv/"));
	assert_null(world_raw(scene->world, SITE_ENDPOINTS_MAX));
}

static void a_raw_endpoint_needs_a_raw_action(void **state)
{
	refuse(*state, RAW("game.echo"),
	       "%s:1:16: endpoints./raw: expected a raw action of plugin game (raw), found "
	       "\"echo\", "
	       "which is served under a code\n");
	refuse(*state, RAW("game.fly"),
	       "%s:1:16: endpoints./raw: expected a raw action of plugin game (raw), found "
	       "\"fly\"\n");
}

static void a_raw_endpoint_without_its_plugin_leads_to_nobody(void **state)
{
	struct scene *scene = *state;
	build(scene, RAW("chess.raw"));
	const struct route *route = raw_route(scene, "/raw");
	assert_null(route->generation);
	assert_string_equal(route->name, "chess.raw");
}

static void an_endpoint_of_an_older_config_keeps_its_action(void **state)
{
	struct scene *scene = *state;
	build(scene, RAW("game.raw"));
	build(scene, "{}");
	assert_string_equal(raw_route(scene, "/raw")->name, "game.raw");
	assert_ptr_equal(raw_route(scene, "/raw")->generation, scene->live[1]);
	/* And over any number of configs. */
	build(scene, "{\"endpoints\": {\"/serv/\": {}}}");
	assert_string_equal(raw_route(scene, "/raw")->name, "game.raw");
	/* A new line has the last word. */
	build(scene, RAW("friend.raw"));
	assert_ptr_equal(raw_route(scene, "/raw")->generation, scene->live[0]);
}

static void an_older_endpoint_whose_plugin_went_is_no_error(void **state)
{
	struct scene *scene = *state;
	build(scene, RAW("game.raw"));
	scene->plugins.count = 1;
	build(scene, "{}");
	assert_null(raw_route(scene, "/raw")->generation);
	scene->plugins.count = 2;
	build(scene, "{}");
	assert_ptr_equal(raw_route(scene, "/raw")->generation, scene->live[1]);
}

static void an_older_endpoint_whose_action_went_is_no_error(void **state)
{
	struct scene *scene = *state;
	build(scene, RAW("game.raw"));
	scene->game->actions[PUPPET_RAW].name = "rawer";
	build(scene, "{}");
	assert_null(raw_route(scene, "/raw")->generation);
	assert_string_equal(raw_route(scene, "/raw")->name, "game.raw");
}

static void a_path_that_changed_its_mode_is_another_endpoint(void **state)
{
	struct scene *scene = *state;
	build(scene, RAW("game.raw"));
	build(scene, "{\"endpoints\": {\"/raw\": {}}}");
	assert_string_equal(raw_route(scene, "/raw")->name, "game.raw");
}

/* ---- pushes ---- */

static uint32_t push_code(struct scene *scene, int plugin, enum puppet_push push)
{
	world_set_push_codes(scene->config, &scene->plugins);
	return atomic_load(&scene->live[plugin]->push_codes[push]);
}

static void pushes_have_the_codes_of_the_plugin(void **state)
{
	struct scene *scene = *state;
	build(scene, "{}");
	assert_int_equal(push_code(scene, 0, PUPPET_NEWS), 1100);
	assert_int_equal(push_code(scene, 1, PUPPET_ALARM), 1201);
}

static void the_config_gives_pushes_other_codes(void **state)
{
	struct scene *scene = *state;
	build(scene, "{\"pushes\": {\"5\": \"game.news\", \"1100\": \"game.alarm\"}}");
	assert_int_equal(push_code(scene, 1, PUPPET_NEWS), 5);
	assert_int_equal(push_code(scene, 1, PUPPET_ALARM), 1100);
	/* Whose own code was that: it has none now. */
	assert_int_equal(push_code(scene, 0, PUPPET_NEWS), 0);
	assert_int_equal(push_code(scene, 0, PUPPET_ALARM), 1101);
	build(scene, "{}");
	assert_int_equal(push_code(scene, 1, PUPPET_NEWS), 1200);
	assert_int_equal(push_code(scene, 0, PUPPET_NEWS), 1100);
}

static void of_two_pushes_with_one_code_the_first_has_it(void **state)
{
	struct scene *scene = *state;
	scene->game->pushes[PUPPET_NEWS].code = 1100;
	build(scene, "{}");
	assert_int_equal(push_code(scene, 0, PUPPET_NEWS), 1100);
	assert_int_equal(push_code(scene, 1, PUPPET_NEWS), 0);
	assert_true(house_logged(scene->house, "game.news: its own code 1100 is the code of "
	                                       "friend.news too, which has it; give one of them "
	                                       "another code under \"pushes\""));
	build(scene, "{\"pushes\": {\"5\": \"friend.news\"}}");
	assert_int_equal(push_code(scene, 1, PUPPET_NEWS), 1100);
	assert_int_equal(push_code(scene, 0, PUPPET_NEWS), 5);
}

static void a_push_that_is_not_there_is_an_error(void **state)
{
	struct scene *scene = *state;
	refuse(scene, "{\"pushes\": {\"5\": \"game.fly\"}}",
	       "%s:1:13: pushes.5: expected a push of plugin game (news, alarm), found \"fly\"\n");
	/* Of a plugin that is not there nobody can tell. */
	build(scene, "{\"pushes\": {\"5\": \"chess.check\"}}");
}

/* ---- who is live ---- */

static void finds_plugins_by_name(void **state)
{
	struct scene *scene = *state;
	const struct world *world = build(scene, "{}");
	assert_ptr_equal(world_find(&scene->plugins, "friend"), scene->live[0]);
	assert_null(world_find(&scene->plugins, "chess"));
	assert_int_equal(world->live_count, 2);
	assert_ptr_equal(world->live[1], scene->live[1]);
}

static void nothing_makes_an_empty_world(void **state)
{
	struct scene *scene = *state;
	build(scene, "{}");
	scene->plugins.count = 0;
	struct config_errors errors = { 0 };
	struct world *world;
	assert_int_equal(world_new(scene->config, &scene->plugins, NULL, &world, &errors), 0);
	routed_to(world, 100, NULL);
	assert_null(world_raw(world, 0));
	world_free(world);
	world_free(NULL);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(a_code_leads_where_the_config_says),
		IN_SCENE(a_range_leads_there_from_end_to_end),
		IN_SCENE(one_action_may_have_many_codes),
		IN_SCENE(what_the_plugin_says_holds),
		IN_SCENE(an_action_is_json_where_all_of_it_is),
		IN_SCENE(the_config_overrules_the_plugin),
		IN_SCENE(a_plugin_that_is_not_there_leaves_a_route_without_one),
		IN_SCENE(a_wrong_line_is_named),
		IN_SCENE(every_wrong_line_counts),
		IN_SCENE(a_plugin_that_was_dropped_in_has_its_own_codes),
		IN_SCENE(a_code_of_the_config_is_not_given_to_another),
		IN_SCENE(a_code_that_is_switched_off_stays_off),
		IN_SCENE(of_two_plugins_with_one_code_the_first_has_it),
		IN_SCENE(a_clash_is_settled_by_the_config),
		IN_SCENE(a_raw_endpoint_has_its_action),
		IN_SCENE(a_raw_endpoint_needs_a_raw_action),
		IN_SCENE(a_raw_endpoint_without_its_plugin_leads_to_nobody),
		IN_SCENE(an_endpoint_of_an_older_config_keeps_its_action),
		IN_SCENE(an_older_endpoint_whose_plugin_went_is_no_error),
		IN_SCENE(an_older_endpoint_whose_action_went_is_no_error),
		IN_SCENE(a_path_that_changed_its_mode_is_another_endpoint),
		IN_SCENE(pushes_have_the_codes_of_the_plugin),
		IN_SCENE(the_config_gives_pushes_other_codes),
		IN_SCENE(of_two_pushes_with_one_code_the_first_has_it),
		IN_SCENE(a_push_that_is_not_there_is_an_error),
		IN_SCENE(finds_plugins_by_name),
		IN_SCENE(nothing_makes_an_empty_world),
	};
	return cmocka_run_group_tests_name("world", tests, NULL, NULL);
}
