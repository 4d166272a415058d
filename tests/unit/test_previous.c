/* What served before the last reload is kept, rests, and serves again. */
#include "fixtures/client.h"
#include "fixtures/puppet.h"

#include "act/park.h"
#include "act/stats.h"
#include "base/mem.h"
#include "reload/previous.h"

#include <stdlib.h>
#include <string.h>

enum { CODE = 100 };

struct scene {
	struct house *house;
	struct puppet *giver, *user;
	struct plugin plugins[2]; /* giver, user */
	struct previous previous;
};

static void forget_all(void *object)
{
	struct previous *previous = object;
	for (size_t i = 0; i < previous->plugin_count; i++)
		plugin_clear(&previous->plugins[i]);
	previous_clear(previous);
}

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house = house_new("{\"endpoints\": {\"/serv/\": {}}}");
	scene = (struct scene){ .house = house,
		                .giver = puppet_new(house, "giver", ACT_F_PARALLEL, 0),
		                .user = puppet_new(house, "user", ACT_F_PARALLEL, CODE) };
	puppet_provides(scene.giver, "act.sql/1");
	puppet_needs(scene.user, "act.sql/1");
	puppet_needs(scene.user, "act.auth/1"); /* nobody has it */
	puppet_enter(scene.giver);
	puppet_enter(scene.user);
	puppet_serve(house);
	scene.plugins[0] =
		(struct plugin){ .name = "giver", .generation = scene.giver->generation };
	scene.plugins[1] = (struct plugin){ .name = "user", .generation = scene.user->generation };
	house_defer(house, HOUSE_END_CLIENTS, forget_all, &scene.previous);
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	house_free(((struct scene *)*state)->house);
	return 0;
}

static void note(struct scene *scene)
{
	previous_note(&scene->previous, &scene->house->act, scene->plugins, 2);
}

/* ---- who used whom ---- */

static void services_are_used_as_they_were(void **state)
{
	struct scene *scene = *state;
	struct generation *giver = scene->giver->generation, *user = scene->user->generation;
	note(scene);
	need_set(&user->needs[0], NULL);
	need_set(&user->needs[1], giver);
	previous_revive(&scene->previous);
	assert_true(need_leads_to(&user->needs[0], giver));
	assert_true(need_leads_to(&user->needs[1], NULL));
}

static void the_server_too_uses_a_service(void **state)
{
	struct scene *scene = *state;
	struct need *auth = &scene->house->act.auth;
	need_set(auth, scene->giver->generation);
	note(scene);
	need_set(auth, scene->user->generation);
	previous_revive(&scene->previous);
	assert_true(need_leads_to(auth, scene->giver->generation));
	need_set(auth, NULL);
}

/* ---- what is kept ---- */

static void a_plugin_that_is_kept_is_moved(void **state)
{
	struct scene *scene = *state;
	struct previous *previous = &scene->previous;
	scene->plugins[0].source = mem_text("giver.so");
	previous_keep(previous, &scene->plugins[0]);
	previous_keep(previous, &scene->plugins[1]);
	assert_int_equal(previous->plugin_count, 2);
	assert_string_equal(previous->plugins[0].name, "giver");
	assert_string_equal(previous->plugins[0].source, "giver.so");
	assert_ptr_equal(previous->plugins[0].generation, scene->giver->generation);
	assert_string_equal(previous->plugins[1].name, "user");
	assert_null(scene->plugins[0].source);
	assert_null(scene->plugins[0].generation);
	assert_string_equal(scene->plugins[1].name, "");
}

static void who_was_there_is_known_by_the_world_before(void **state)
{
	struct scene *scene = *state;
	struct previous *previous = &scene->previous;
	const struct world_plugins plugins = { &scene->giver->generation, 1 };
	struct config_errors errors = { 0 };
	assert_int_equal(world_new(scene->house->config, &plugins, NULL, &previous->world, &errors),
	                 0);
	assert_true(previous_had(previous, scene->giver->generation));
	assert_false(previous_had(previous, scene->user->generation));
}

static void nothing_is_left_of_what_is_cleared(void **state)
{
	static const struct previous nothing;
	struct scene *scene = *state;
	struct previous *previous = &scene->previous;
	previous->world = mem_new(1, sizeof *previous->world);
	previous->canary = previous->begun = true;
	note(scene);
	previous_keep(previous, &scene->plugins[1]);
	previous_clear(previous);
	assert_memory_equal(previous, &nothing, sizeof nothing);
}

/* ---- rest ---- */

struct state_of {
	uint64_t number;
	enum stats_state state;
};

static void read_state(const struct stats_generation *generation, void *context)
{
	struct state_of *wanted = context;
	if (generation->number == wanted->number)
		wanted->state = generation->state;
}

static enum stats_state state_of(const struct scene *scene, const struct puppet *puppet)
{
	struct state_of wanted = { puppet->generation->number, STATS_ENDED };
	stats_each(scene->house->act.stats, read_state, &wanted);
	return wanted.state;
}

static void those_that_were_replaced_rest(void **state)
{
	struct scene *scene = *state;
	stats_turn(scene->giver->generation->stats, STATS_SERVING);
	stats_turn(scene->user->generation->stats, STATS_SERVING);
	previous_keep(&scene->previous, &scene->plugins[1]);
	previous_hold(&scene->previous);
	assert_true(park_is_on(scene->user->generation));
	assert_int_equal(state_of(scene, scene->user), STATS_HELD);
	assert_false(park_is_on(scene->giver->generation));
	assert_int_equal(state_of(scene, scene->giver), STATS_SERVING);
	previous_revive(&scene->previous);
	assert_false(park_is_on(scene->user->generation));
	assert_int_equal(state_of(scene, scene->user), STATS_SERVING);
}

static void while_it_rests_nothing_enters(void **state)
{
	struct scene *scene = *state;
	const act_host *h = scene->user->host;
	struct client *client = client_new(scene->house, 0, "/serv/", NULL, NULL);
	previous_keep(&scene->previous, &scene->plugins[1]);
	previous_hold(&scene->previous);
	puppet_forget(scene->user);
	assert_int_equal(h->timer_set(h, 5, 1, 0, NULL), ACT_OK);
	client_send(client, CODE + PUPPET_ECHO, "waits");
	house_settle(scene->house);
	client_expect_nothing(client);
	assert_false(puppet_heard(scene->user, "timer:5"));
	previous_revive(&scene->previous);
	client_expect(client, CODE + PUPPET_ECHO, "waits");
	eventually(puppet_heard(scene->user, "timer:5"));
}

/* A timer or a descriptor may be what an open call waits for. */
static void it_rests_when_its_open_calls_are_answered(void **state)
{
	struct scene *scene = *state;
	const act_host *h = scene->user->host;
	struct client *client = client_new(scene->house, 0, "/serv/", NULL, NULL);
	client_send(client, CODE + PUPPET_HOLD, "");
	act_token token = puppet_token(scene->user, 0);
	previous_keep(&scene->previous, &scene->plugins[1]);
	previous_hold(&scene->previous);
	assert_int_equal(state_of(scene, scene->user), STATS_HELD);
	assert_false(park_is_on(scene->user->generation));
	assert_int_equal(h->timer_set(h, 5, 1, 0, NULL), ACT_OK);
	eventually(puppet_heard(scene->user, "timer:5"));
	previous_rest(&scene->previous);
	assert_false(park_is_on(scene->user->generation));
	assert_int_equal(puppet_reply(scene->user, token, "done"), ACT_OK);
	client_expect(client, CODE + PUPPET_HOLD, "done");
	previous_rest(&scene->previous);
	assert_true(park_is_on(scene->user->generation));
	previous_revive(&scene->previous);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(services_are_used_as_they_were),
		IN_SCENE(the_server_too_uses_a_service),
		IN_SCENE(a_plugin_that_is_kept_is_moved),
		IN_SCENE(who_was_there_is_known_by_the_world_before),
		IN_SCENE(nothing_is_left_of_what_is_cleared),
		IN_SCENE(those_that_were_replaced_rest),
		IN_SCENE(while_it_rests_nothing_enters),
		IN_SCENE(it_rests_when_its_open_calls_are_answered),
	};
	return cmocka_run_group_tests_name("previous", tests, NULL, NULL);
}
