/* The root of the room: what a message of a client sets off, and what the server keeps. */
#include "fixtures/client.h"
#include "fixtures/puppet.h"

#include "act/call.h"
#include "base/slots.h"

enum { CODE = 100 };

struct scene {
	struct house *house;
	struct puppet *puppet;
	struct client *client;
};

static const char config_text[] =
	"{\"endpoints\": {\"/serv/\": {}, \"/raw\": {\"mode\": \"raw\", \"action\": "
	"\"friend.raw\"},"
	"\"/none\": {\"mode\": \"raw\", \"action\": \"chess.raw\"}}, \"actions\": {"
	"\"103\": {\"action\": \"friend.note\", \"payload_max\": 3}, \"9\": \"chess.move\"}}";

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house = house_new(config_text);
	scene = (struct scene){ .house = house,
		                .puppet = puppet_new(house, "friend", ACT_F_PARALLEL, CODE) };
	puppet_enter(scene.puppet);
	puppet_serve(house);
	scene.client = client_new(house, 0, "/serv/", NULL, NULL);
	puppet_forget(scene.puppet);
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	house_free(((struct scene *)*state)->house);
	return 0;
}

static void a_loop_knows_its_calls(void **state)
{
	struct scene *scene = *state;
	const struct act *act = &scene->house->act;
	for (uint32_t i = 0; i < HOUSE_LOOPS; i++) {
		assert_ptr_equal(act->loops[i].act, act);
		assert_ptr_equal(act->loops[i].loop, &scene->house->net.loops[i]);
		assert_ptr_equal(scene->house->net.loops[i].act, &act->loops[i]);
	}
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	assert_int_equal(slots_owner(puppet_token(scene->puppet, 0)), 0);
	struct client *other = client_new(scene->house, 1, "/serv/", NULL, NULL);
	client_send(other, CODE + PUPPET_HOLD, "");
	eventually(slots_owner(atomic_load(&scene->puppet->token)) == 1);
}

static void a_message_is_served_or_refused(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_ECHO, "hello");
	client_expect(scene->client, CODE + PUPPET_ECHO, "hello");
	client_send(scene->client, 4711, "");
	client_expect(scene->client, 4711,
	              "{\"error\":{\"code\":404,\"name\":\"unknown_action\","
	              "\"message\":\"there is no action 4711\",\"retry\":false}}");
	client_send(scene->client, 9, "");
	client_expect_error(scene->client, 9, "unavailable",
	                    "\"chess.move is not available now\",\"retry\":true");
	client_send(scene->client, CODE + PUPPET_PRIVATE, "");
	client_expect_error(scene->client, CODE + PUPPET_PRIVATE, "not_logged_in", "");
	struct client *alice = client_new(scene->house, 1, "/serv/", "alice", NULL);
	client_send(alice, CODE + PUPPET_PRIVATE, "");
	client_expect(alice, CODE + PUPPET_PRIVATE, "alice");
}

static void what_owes_no_answer_is_refused_in_silence(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_NOTE, "too long");
	client_send(scene->client, CODE + PUPPET_NOTE, "ok");
	client_send(scene->client, CODE + PUPPET_ECHO, "behind");
	client_expect(scene->client, CODE + PUPPET_ECHO, "behind");
	assert_int_equal(atomic_load(&scene->puppet->calls[PUPPET_NOTE]), 1);
}

static void a_raw_endpoint_has_one_action(void **state)
{
	struct scene *scene = *state;
	struct client *raw = client_new(scene->house, 0, "/raw", NULL, NULL);
	client_say(raw, "no code here");
	client_expect_text(raw, "no code here");
	assert_int_equal(atomic_load(&scene->puppet->calls[PUPPET_RAW]), 1);
}

static void a_raw_endpoint_without_its_plugin_is_closed(void **state)
{
	struct scene *scene = *state;
	struct client *raw = client_new(scene->house, 0, "/none", NULL, NULL);
	client_say(raw, "anybody?");
	client_expect_close(raw, CLOSE_OVERLOAD);
}

/* The world that counts is the one of the moment at which a message is taken up. */
static void messages_that_wait_go_to_the_next_world(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	client_send(scene->client, CODE + PUPPET_ECHO, "waits");
	act_token token = puppet_token(scene->puppet, 0);
	struct puppet *next = puppet_new(scene->house, "friend", ACT_F_PARALLEL, CODE);
	puppet_enter(next);
	puppet_leave(scene->puppet);
	puppet_serve(scene->house);
	assert_int_equal(puppet_reply(scene->puppet, token, "old"), ACT_OK);
	client_expect(scene->client, CODE + PUPPET_HOLD, "old");
	client_expect(scene->client, CODE + PUPPET_ECHO, "waits");
	assert_int_equal(atomic_load(&scene->puppet->calls[PUPPET_ECHO]), 0);
	assert_int_equal(atomic_load(&next->calls[PUPPET_ECHO]), 1);
}

static void calls_are_cancelled_before_the_close_is_told(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	puppet_token(scene->puppet, 0);
	client_drop(scene->client);
	puppet_told(scene->puppet, "cancel:-1 close");
}

static void a_world_of_nothing_knows_no_action(void **state)
{
	struct scene *scene = *state;
	house_clear(scene->house);
	client_send(scene->client, CODE + PUPPET_ECHO, "");
	client_expect_error(scene->client, CODE + PUPPET_ECHO, "unknown_action", "");
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(a_loop_knows_its_calls),
		IN_SCENE(a_message_is_served_or_refused),
		IN_SCENE(what_owes_no_answer_is_refused_in_silence),
		IN_SCENE(a_raw_endpoint_has_one_action),
		IN_SCENE(a_raw_endpoint_without_its_plugin_is_closed),
		IN_SCENE(messages_that_wait_go_to_the_next_world),
		IN_SCENE(calls_are_cancelled_before_the_close_is_told),
		IN_SCENE(a_world_of_nothing_knows_no_action),
	};
	return cmocka_run_group_tests_name("act", tests, NULL, NULL);
}
