/* Several calls of one connection at once, which are told apart by the number of the client's, and
 * who answered them. */
#include "fixtures/call_scene.h"

/* ---- several at once ---- */

/* Answered from the last to the first, and each is told by its number. */
static void calls_are_answered_in_any_order(void **state)
{
	enum { CALLS = 30 };
	struct scene *scene = *state;
	struct client *client = speaking_v1(scene, 0);
	act_token tokens[CALLS + 1] = { 0 };
	char text[16];
	for (uint32_t i = 1; i <= CALLS; i++) {
		request(client, CODE + PUPPET_HOLD, 1000 + i, "");
		tokens[i] = puppet_token(scene->puppet, tokens[i - 1]);
	}
	assert_int_equal(pins(scene), CALLS);
	request(client, CODE + PUPPET_ECHO, 7, "overtakes");
	client_expect_answer(client, 7, "overtakes");
	for (uint32_t i = CALLS; i >= 1; i--) {
		snprintf(text, sizeof text, "number %u", i);
		assert_int_equal(puppet_reply(scene->puppet, tokens[i], text), ACT_OK);
	}
	for (uint32_t i = CALLS; i >= 1; i--) {
		snprintf(text, sizeof text, "number %u", i);
		client_expect_answer(client, 1000 + i, text);
	}
	assert_int_equal(pins(scene), 0);
}

/* The number may be used again at once. */
static void a_number_that_is_open_is_refused(void **state)
{
	struct scene *scene = *state;
	struct client *client = speaking_v1(scene, 0);
	request(client, CODE + PUPPET_HOLD, 7, "");
	act_token token = puppet_token(scene->puppet, 0);
	request(client, CODE + PUPPET_ECHO, 7, "?");
	client_expect_refusal(client, 7, STATUS_DUPLICATE, "the call with seq 7");
	assert_int_equal(atomic_load(&scene->puppet->calls[PUPPET_ECHO]), 0);
	assert_int_equal(puppet_reply(scene->puppet, token, "first"), ACT_OK);
	client_expect_answer(client, 7, "first");
	request(client, CODE + PUPPET_ECHO, 7, "second");
	client_expect_answer(client, 7, "second");
}

static void the_end_of_the_connection_ends_all_its_calls(void **state)
{
	struct scene *scene = *state;
	struct client *client = speaking_v1(scene, 0), *other = speaking_v1(scene, 0);
	act_token tokens[4] = { 0 };
	request(other, CODE + PUPPET_HOLD, 1, "");
	tokens[0] = puppet_token(scene->puppet, 0);
	for (uint32_t i = 1; i <= 3; i++) {
		request(client, CODE + PUPPET_HOLD, i, "");
		tokens[i] = puppet_token(scene->puppet, tokens[i - 1]);
	}
	assert_int_equal(puppet_reply(scene->puppet, tokens[2], "one of them"), ACT_OK);
	client_expect_answer(client, 2, "one of them");
	puppet_forget(scene->puppet);
	client_drop(client);
	puppet_told(scene->puppet, "cancel:-1 cancel:-1 close");
	assert_int_equal(puppet_reply(scene->puppet, tokens[1], "?"), ACT_E_GONE);
	assert_int_equal(puppet_reply(scene->puppet, tokens[3], "?"), ACT_E_GONE);
	assert_int_equal(pins(scene), 1);
	assert_int_equal(puppet_reply(scene->puppet, tokens[0], "the other"), ACT_OK);
	client_expect_answer(other, 1, "the other");
}

/* ---- who answers ---- */

static void by_is(const struct scene *scene, struct actv1_frame frame, uint32_t status)
{
	char by[ACTV1_BY_MAX + 1];
	snprintf(by, sizeof by, "friend@%lu", scene->puppet->generation->number);
	assert_int_equal(frame.type, ACTV1_RES);
	assert_int_equal(frame.status, status);
	if (!act_same(frame.by, act_str(by)))
		fail_msg("expected %s, found %.*s", by, ACT_FMT(frame.by));
}

static void who_answers_is_told_to_who_asks(void **state)
{
	struct scene *scene = *state;
	struct client *client = speaking_v1(scene, 0);
	struct actv1_frame frame = { .code = CODE + PUPPET_ECHO, .seq = 1, .ask_by = true };
	client_request(client, &frame);
	by_is(scene, client_take(client), 0);
	frame.code = CODE + PUPPET_BLOCK;
	client_request(client, &frame);
	by_is(scene, client_take(client), 0);
	frame.code = CODE + PUPPET_SILENT;
	client_request(client, &frame);
	by_is(scene, client_take(client), STATUS_PLUGIN_FAILED);
	frame.code = QUICK; /* also where the server answers for it */
	client_request(client, &frame);
	by_is(scene, client_take(client), STATUS_DEADLINE);
	frame.code = CODE + PUPPET_NOTE;
	client_request(client, &frame);
	by_is(scene, client_take(client), 0);
}

static void who_does_not_ask_is_not_told(void **state)
{
	struct scene *scene = *state;
	struct client *client = speaking_v1(scene, 0);
	request(client, CODE + PUPPET_ECHO, 1, "");
	assert_int_equal(client_take(client).by.len, 0);
	/* What no plugin has served nobody has answered. */
	client_request(client, &(struct actv1_frame){ .code = 4711, .seq = 2, .ask_by = true });
	struct actv1_frame frame = client_take(client);
	assert_int_equal(frame.status, STATUS_UNKNOWN_ACTION);
	assert_int_equal(frame.by.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(calls_are_answered_in_any_order),
		IN_SCENE(a_number_that_is_open_is_refused),
		IN_SCENE(the_end_of_the_connection_ends_all_its_calls),
		IN_SCENE(who_answers_is_told_to_who_asks),
		IN_SCENE(who_does_not_ask_is_not_told),
	};
	return cmocka_run_group_tests_name("call_several", tests, NULL, NULL);
}
