/* The table that a plugin calls: what it says, and what reply() and fail() take. */
#include "fixtures/client.h"
#include "fixtures/puppet.h"

#include <stdlib.h>
#include <string.h>

enum { CODE = 100, REPLY_BYTES = 2048 };

struct scene {
	struct house *house;
	struct puppet *puppet;
	struct client *client;
	const act_host *h;
};

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house =
		house_new("{\"endpoints\": {\"/serv/\": {}}, \"deadline_ms\": 3600000,"
	                  "\"limits\": {\"reply_bytes\": 2048}}");
	scene = (struct scene){ .house = house,
		                .puppet = puppet_new(house, "friend", ACT_F_PARALLEL, CODE) };
	scene.puppet->settings = "{\"note_max\":3}";
	puppet_enter(scene.puppet);
	puppet_serve(house);
	scene.client = client_new(house, 0, "/serv/", NULL, NULL);
	scene.h = scene.puppet->host;
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	house_free(((struct scene *)*state)->house);
	return 0;
}

/* An open call. */
static act_token ask(struct scene *scene)
{
	act_token before = atomic_load(&scene->puppet->token);
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	return puppet_token(scene->puppet, before);
}

static void the_table_says_what_it_is(void **state)
{
	struct scene *scene = *state;
	const act_host *h = scene->h;
	assert_int_equal(h->size, sizeof(act_host));
	assert_int_equal(h->abi_major, ACT_ABI_MAJOR);
	assert_int_equal(h->abi_minor, ACT_ABI_MINOR);
	assert_int_equal(h->generation, scene->puppet->generation->number);
	assert_true(act_same(h->config(h), act_str("{\"note_max\":3}")));
	assert_true(act_same(h->data_dir(h), act_str(scene->house->folder)));
}

/* ---- reply ---- */

static void a_reply_takes_no_flags_and_no_hole(void **state)
{
	struct scene *scene = *state;
	act_token token = ask(scene);
	assert_int_equal(scene->h->reply(scene->h, token, 1, act_str("?")), ACT_E_INVAL);
	assert_int_equal(scene->h->reply(scene->h, token, 0, act_mem(NULL, 1)), ACT_E_INVAL);
	assert_int_equal(scene->h->reply(scene->h, token, 0, act_mem(NULL, 0)), ACT_OK);
	client_expect(scene->client, CODE + PUPPET_HOLD, "");
}

static void a_reply_that_is_too_big_leaves_the_call_open(void **state)
{
	struct scene *scene = *state;
	char body[REPLY_BYTES + 2];
	act_token token = ask(scene);
	memset(body, 'x', sizeof body);
	body[REPLY_BYTES + 1] = '\0';
	assert_int_equal(puppet_reply(scene->puppet, token, body), ACT_E_TOOBIG);
	body[REPLY_BYTES] = '\0';
	assert_int_equal(puppet_reply(scene->puppet, token, body), ACT_OK);
	client_expect(scene->client, CODE + PUPPET_HOLD, body);
}

static void the_limit_of_replies_is_that_of_the_config(void **state)
{
	struct scene *scene = *state;
	char body[1026];
	memset(body, 'x', sizeof body);
	body[1025] = '\0';
	house_configure(scene->house, "{\"endpoints\": {\"/serv/\": {}},"
	                              "\"limits\": {\"reply_bytes\": 1024}}");
	act_token token = ask(scene);
	assert_int_equal(puppet_reply(scene->puppet, token, body), ACT_E_TOOBIG);
	assert_int_equal(puppet_reply(scene->puppet, token, "short"), ACT_OK);
	client_expect(scene->client, CODE + PUPPET_HOLD, "short");
}

static void a_reply_is_copied(void **state)
{
	struct scene *scene = *state;
	char *body = malloc(8);
	act_token token = ask(scene);
	strcpy(body, "copied");
	assert_int_equal(puppet_reply(scene->puppet, token, body), ACT_OK);
	memset(body, '#', 8);
	free(body);
	client_expect(scene->client, CODE + PUPPET_HOLD, "copied");
}

/* ---- fail ---- */

static act_rc fail_with(struct scene *scene, act_token token, const act_failure *why)
{
	return (scene->h->fail)(scene->h, token, why);
}

static void a_failure_has_a_known_status(void **state)
{
	static const uint32_t wrong[] = { 0, 16, 17, 999, 65536, UINT32_MAX };
	static const struct {
		uint32_t status;
		const char *name;
	} right[] = {
		{ ACT_S_FORBIDDEN, "forbidden" },
		{ ACT_S_OVERLOADED, "overloaded" },
		{ ACT_S_UNAVAILABLE, "unavailable" },
		{ ACT_S_TOO_LARGE, "too_large" },
		{ ACT_S_PAYLOAD_REFUSED, "payload_refused" },
		{ ACT_S_PLUGIN_FAILED, "plugin_failed" },
		{ 1000, "plugin_error" },
		{ 65535, "plugin_error" },
	};
	struct scene *scene = *state;
	act_token token = ask(scene);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(puppet_fail(scene->puppet, token, wrong[i], "?"), ACT_E_INVAL);
	for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
		assert_int_equal(puppet_fail(scene->puppet, token, right[i].status, "because"),
		                 ACT_OK);
		client_expect_error(scene->client, CODE + PUPPET_HOLD, right[i].name, "because");
		token = ask(scene);
	}
}

static void a_failure_is_whole(void **state)
{
	struct scene *scene = *state;
	act_failure why = { .size = sizeof why - 1, .status = ACT_S_FORBIDDEN };
	act_token token = ask(scene);
	assert_int_equal(fail_with(scene, token, NULL), ACT_E_INVAL);
	assert_int_equal(fail_with(scene, token, &why), ACT_E_INVAL);
	why.size = sizeof why;
	why.text = act_mem(NULL, 5);
	assert_int_equal(fail_with(scene, token, &why), ACT_E_INVAL);
	why.text = act_mem(NULL, 0);
	assert_int_equal(fail_with(scene, token, &why), ACT_OK);
	client_expect(scene->client, CODE + PUPPET_HOLD,
	              "{\"error\":{\"code\":403,\"name\":\"forbidden\",\"message\":\"\","
	              "\"retry\":false}}");
}

static void a_failure_may_say_when_to_retry(void **state)
{
	struct scene *scene = *state;
	act_failure why = {
		.size = sizeof why, .status = 2000, .retry_after_ms = 1, .text = act_str("soon")
	};
	assert_int_equal(fail_with(scene, ask(scene), &why), ACT_OK);
	client_expect_error(scene->client, CODE + PUPPET_HOLD, "plugin_error",
	                    "\"message\":\"soon\",\"retry\":true");
}

/* Where the protocol has a word for it the time is told; none is made up. */
static void when_to_retry_reaches_the_client(void **state)
{
	static const uint32_t times[] = { 0, 1, 1500, UINT32_MAX };
	struct scene *scene = *state;
	struct client *v1 = client_speaking(scene->house, 0, "/serv/", &protocol_v1, NULL);
	for (uint32_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		act_failure why = { .size = sizeof why,
			            .status = 2000,
			            .retry_after_ms = times[i],
			            .text = act_str("later") };
		act_token before = atomic_load(&scene->puppet->token);
		client_request(v1, &(struct actv1_frame){ .code = CODE + PUPPET_HOLD, .seq = 1 });
		act_token token = puppet_token(scene->puppet, before);
		assert_int_equal(fail_with(scene, token, &why), ACT_OK);
		struct actv1_frame frame = client_take(v1);
		assert_int_equal(frame.status, 2000);
		assert_int_equal(frame.flags,
		                 times[i] == 0 ? ACTV1_ERR : ACTV1_ERR | ACTV1_RETRY | ACTV1_EXT);
		assert_int_equal(frame.retry_after_ms, times[i]);
		assert_true(act_same(frame.payload, act_str("later")));
	}
}

/* A status that says "try again" of itself says so without a time too. */
static void a_status_may_say_to_retry(void **state)
{
	struct scene *scene = *state;
	struct client *v1 = client_speaking(scene->house, 0, "/serv/", &protocol_v1, NULL);
	client_request(v1, &(struct actv1_frame){ .code = CODE + PUPPET_HOLD, .seq = 1 });
	act_token token = puppet_token(scene->puppet, 0);
	assert_int_equal(puppet_fail(scene->puppet, token, ACT_S_OVERLOADED, ""), ACT_OK);
	struct actv1_frame frame = client_take(v1);
	assert_int_equal(frame.status, ACT_S_OVERLOADED);
	assert_int_equal(frame.flags, ACTV1_ERR | ACTV1_RETRY);
}

static void a_long_failure_is_cut(void **state)
{
	struct scene *scene = *state;
	char text[1200], expected[1100];
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	snprintf(expected, sizeof expected, "\"message\":\"%.1000s\",", text);
	assert_int_equal(puppet_fail(scene->puppet, ask(scene), 1000, text), ACT_OK);
	client_expect_error(scene->client, CODE + PUPPET_HOLD, "plugin_error", expected);
}

/* ---- log ---- */

static void lines_bear_the_name_of_the_plugin(void **state)
{
	struct scene *scene = *state;
	static const struct {
		int32_t level;
		const char *line;
	} cases[] = {
		{ -5, "debug plugin friend: a -5" },
		{ ACT_LOG_DEBUG, "debug plugin friend: a 0" },
		{ ACT_LOG_INFO, "info  plugin friend: a 1" },
		{ ACT_LOG_WARN, "warn  plugin friend: a 2" },
		{ ACT_LOG_ERROR, "error plugin friend: a 3" },
		{ 9, "error plugin friend: a 9" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		act_logf(scene->h, cases[i].level, "a %d", cases[i].level);
		assert_true(house_logged(scene->house, cases[i].line));
	}
	/* Borrowed bytes need no end. */
	scene->h->log(scene->h, ACT_LOG_INFO, act_mem("cut off here", 7));
	assert_true(house_logged(scene->house, "plugin friend: cut off\n"));
	scene->h->log(scene->h, ACT_LOG_INFO, act_mem(NULL, 5));
	assert_false(house_logged(scene->house, "plugin friend: \n"));
	scene->h->log(scene->h, ACT_LOG_INFO, act_mem(NULL, 0));
	assert_true(house_logged(scene->house, "plugin friend: \n"));
	/* Nobody forges a line. */
	scene->h->log(scene->h, ACT_LOG_INFO, act_str("one\nerror main: two"));
	assert_true(house_logged(scene->house, "one\\x0Aerror main: two"));
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(the_table_says_what_it_is),
		IN_SCENE(a_reply_takes_no_flags_and_no_hole),
		IN_SCENE(a_reply_that_is_too_big_leaves_the_call_open),
		IN_SCENE(the_limit_of_replies_is_that_of_the_config),
		IN_SCENE(a_reply_is_copied),
		IN_SCENE(a_failure_has_a_known_status),
		IN_SCENE(a_failure_is_whole),
		IN_SCENE(a_failure_may_say_when_to_retry),
		IN_SCENE(when_to_retry_reaches_the_client),
		IN_SCENE(a_status_may_say_to_retry),
		IN_SCENE(a_long_failure_is_cut),
		IN_SCENE(lines_bear_the_name_of_the_plugin),
	};
	return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
