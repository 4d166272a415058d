/* A call: one message, one answer, and what the plugin returns. */
#include "fixtures/call_scene.h"

/* ---- answers ---- */

static void is_answered_where_it_was_asked(void **state)
{
	struct scene *scene = *state;
	struct client *other = client_new(scene->house, 1, "/serv/", NULL, NULL);
	client_send(scene->client, CODE + PUPPET_ECHO, "one");
	client_send(other, CODE + PUPPET_ECHO, "two");
	client_expect(scene->client, CODE + PUPPET_ECHO, "one");
	client_expect(other, CODE + PUPPET_ECHO, "two");
	client_send(scene->client, CODE + PUPPET_ECHO, "");
	client_expect(scene->client, CODE + PUPPET_ECHO, "");
	assert_int_equal(pins(scene), 0);
}

static void may_be_answered_later_and_from_elsewhere(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	act_token token = puppet_token(scene->puppet, 0);
	assert_true(call_open(&scene->house->act, token));
	assert_int_equal(pins(scene), 1);
	assert_int_equal(puppet_reply(scene->puppet, token, "at last"), ACT_OK);
	client_expect(scene->client, CODE + PUPPET_HOLD, "at last");
	assert_false(call_open(&scene->house->act, token));
	assert_int_equal(pins(scene), 0);
}

static void may_be_answered_with_an_error(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	act_token token = puppet_token(scene->puppet, 0);
	assert_int_equal(puppet_fail(scene->puppet, token, 1234, "no \"luck\""), ACT_OK);
	client_expect(scene->client, CODE + PUPPET_HOLD,
	              "{\"error\":{\"code\":1234,\"name\":\"plugin_error\","
	              "\"message\":\"no \\\"luck\\\"\",\"retry\":false}}");
}

static void a_second_answer_is_gone(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	act_token token = puppet_token(scene->puppet, 0);
	assert_int_equal(puppet_reply(scene->puppet, token, "first"), ACT_OK);
	assert_int_equal(puppet_reply(scene->puppet, token, "second"), ACT_E_GONE);
	assert_int_equal(puppet_fail(scene->puppet, token, ACT_S_FORBIDDEN, "third"), ACT_E_GONE);
	client_expect(scene->client, CODE + PUPPET_HOLD, "first");
	nothing_more(scene->client);
}

static void a_stale_token_finds_no_later_call(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	act_token stale = puppet_token(scene->puppet, 0);
	assert_int_equal(puppet_reply(scene->puppet, stale, "first"), ACT_OK);
	client_expect(scene->client, CODE + PUPPET_HOLD, "first");
	/* This one has the same place. */
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	act_token token = puppet_token(scene->puppet, stale);
	assert_int_equal((uint32_t)token, (uint32_t)stale);
	assert_int_equal(puppet_reply(scene->puppet, stale, "stale"), ACT_E_GONE);
	assert_int_equal(puppet_reply(scene->puppet, token, "second"), ACT_OK);
	client_expect(scene->client, CODE + PUPPET_HOLD, "second");
}

static void numbers_that_are_no_tokens_are_gone(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	act_token token = puppet_token(scene->puppet, 0);
	const act_token wrong[] = {
		0,
		1,
		UINT64_MAX,
		client_id(scene->client),
		token ^ (uint64_t)1 << 32,    /* another generation of the place */
		token ^ 1,                    /* another place */
		token | (uint64_t)0xFF << 24, /* a loop that there is not */
		(token & ~((uint64_t)7 << 61)) | (uint64_t)TIMER_KIND << 61,
	};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_int_equal(puppet_reply(scene->puppet, wrong[i], "?"), ACT_E_GONE);
		assert_false(call_open(&scene->house->act, wrong[i]));
	}
	assert_int_equal(puppet_reply(scene->puppet, token, "!"), ACT_OK);
	client_expect(scene->client, CODE + PUPPET_HOLD, "!");
}

/* ---- what handle() returns ---- */

static void a_plugin_that_does_not_answer_is_at_fault(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_SILENT, "");
	client_expect_error(scene->client, CODE + PUPPET_SILENT, "plugin_failed", "did not answer");
	assert_true(house_logged(scene->house,
	                         "a fault of plugin friend 1.0: silent returned 0 for code 105 "
	                         "and did not answer"));
	nothing_more(scene->client);
}

static void an_error_that_is_returned_is_the_answer(void **state)
{
	static const struct {
		const char *rc, *name;
	} cases[] = {
		{ "-1", "unavailable" },
		{ "-2", "overloaded" },
		{ "-3", "payload_refused" },
		{ "-4", "too_large" },
		{ "-5", "overloaded" },
		{ "-6", "plugin_failed" },
		{ "-7", "deadline" },
		{ "-9", "plugin_failed" },
		{ "-2147483648", "plugin_failed" },
		{ "2", "plugin_failed" },
		{ "2147483647", "plugin_failed" },
	};
	struct scene *scene = *state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		client_send(scene->client, CODE + PUPPET_RETURN, cases[i].rc);
		client_expect_error(scene->client, CODE + PUPPET_RETURN, cases[i].name, "");
	}
	nothing_more(scene->client);
	assert_int_equal(pins(scene), 0);
}

static act_rc answer_and_return(struct puppet *puppet, const act_call *call)
{
	char number[16];
	snprintf(number, sizeof number, "%.*s", ACT_FMT(call->payload));
	if (call->action == PUPPET_RETURN &&
	    puppet->host->reply(puppet->host, call->token, 0, act_str("answered")) != ACT_OK)
		puppet_note(puppet, "refused");
	if (call->action == PUPPET_ECHO)
		return puppet->host->reply(puppet->host, call->token, 0, call->payload);
	return (act_rc)strtol(number, NULL, 10);
}

/* Who has answered has answered, whatever handle() returns then. */
static void what_is_returned_after_an_answer_changes_nothing(void **state)
{
	static const char *const returned[] = { "0", "1", "-3", "-9", "77" };
	struct scene *scene = *state;
	scene->puppet->on_call = answer_and_return;
	for (size_t i = 0; i < sizeof returned / sizeof returned[0]; i++) {
		client_send(scene->client, CODE + PUPPET_RETURN, returned[i]);
		client_expect(scene->client, CODE + PUPPET_RETURN, "answered");
	}
	nothing_more(scene->client);
	puppet_told(scene->puppet, "");
	assert_int_equal(pins(scene), 0);
}

/* The answer is on its way to this loop while handle() still runs on it. */
static act_rc let_a_thread_answer(struct puppet *puppet, const act_call *call)
{
	struct helper helper = { puppet, call->token, ACT_E_FAIL };
	pthread_t thread;
	char number[16];
	if (call->action != PUPPET_RETURN)
		return answer_and_return(puppet, call);
	if (pthread_create(&thread, NULL, answer_from_thread, &helper) != 0)
		return ACT_E_NOMEM;
	pthread_join(thread, NULL);
	puppet_note(puppet, "%d", helper.rc);
	snprintf(number, sizeof number, "%.*s", ACT_FMT(call->payload));
	return (act_rc)strtol(number, NULL, 10);
}

static void a_thread_may_be_quicker_than_handle(void **state)
{
	static const char *const returned[] = { "0", "1", "-3" };
	struct scene *scene = *state;
	scene->puppet->on_call = let_a_thread_answer;
	for (size_t i = 0; i < sizeof returned / sizeof returned[0]; i++) {
		client_send(scene->client, CODE + PUPPET_RETURN, returned[i]);
		client_expect(scene->client, CODE + PUPPET_RETURN, "by another thread");
	}
	nothing_more(scene->client);
	puppet_told(scene->puppet, "0 0 0");
	assert_int_equal(pins(scene), 0);
}

/* ---- order ---- */

static void later_messages_wait_for_the_answer(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	client_send(scene->client, CODE + PUPPET_ECHO, "second");
	client_send(scene->client, CODE + PUPPET_NOTE, "");
	client_send(scene->client, CODE + PUPPET_ECHO, "third");
	act_token token = puppet_token(scene->puppet, 0);
	house_settle(scene->house);
	client_expect_nothing(scene->client);
	assert_int_equal(atomic_load(&scene->puppet->calls[PUPPET_ECHO]), 0);
	assert_int_equal(puppet_reply(scene->puppet, token, "first"), ACT_OK);
	client_expect(scene->client, CODE + PUPPET_HOLD, "first");
	client_expect(scene->client, CODE + PUPPET_ECHO, "second");
	client_expect(scene->client, CODE + PUPPET_ECHO, "third");
}

static void many_messages_of_one_turn_are_answered_in_order(void **state)
{
	static const char *const payloads[] = { "a", "b", "c", "d", "e" };
	struct scene *scene = *state;
	client_send_many(scene->client, CODE + PUPPET_BLOCK, payloads, 5);
	for (size_t i = 0; i < 5; i++)
		client_expect(scene->client, CODE + PUPPET_BLOCK, payloads[i]);
}

/* ---- raw endpoints ---- */

static void a_raw_endpoint_keeps_the_type(void **state)
{
	struct scene *scene = *state;
	struct client *raw = client_new(scene->house, 1, "/raw", NULL, NULL);
	client_say(raw, "plain text");
	client_expect_text(raw, "plain text");
}

static act_rc fail_raw(struct puppet *puppet, const act_call *call)
{
	(void)puppet;
	(void)call;
	return *(const act_rc *)puppet->context;
}

/* It has no envelope for an error: the close says it. */
static void a_raw_endpoint_is_closed_for_an_error(void **state)
{
	static const struct {
		act_rc rc;
		uint16_t code;
	} cases[] = {
		{ ACT_E_FAIL, CLOSE_FAULT },
		{ ACT_E_TOOBIG, CLOSE_TOO_BIG },
		{ ACT_E_BUSY, CLOSE_OVERLOAD },
		{ ACT_OK, CLOSE_FAULT },
	};
	struct scene *scene = *state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct client *raw = client_new(scene->house, 1, "/raw", NULL, NULL);
		act_rc rc = cases[i].rc;
		scene->puppet->context = &rc;
		scene->puppet->on_call = fail_raw;
		client_say(raw, "");
		client_expect_close(raw, cases[i].code);
		client_drop(raw);
	}
	scene->puppet->on_call = NULL;
}

/* ---- the cap ---- */

static void a_call_gives_its_place_back(void **state)
{
	struct scene *scene = *state;
	struct client *other = client_new(scene->house, 1, "/serv/", NULL, NULL);
	act_token token = 0;
	for (int i = 0; i < 3; i++) {
		client_send(scene->client, 3, "");
		token = puppet_token(scene->puppet, token);
		client_send(other, 3, "");
		client_expect_error(other, 3, "overloaded", "at most 1 times at once");
		assert_int_equal(puppet_reply(scene->puppet, token, "done"), ACT_OK);
		client_expect(scene->client, 3, "done");
	}
	/* Also where the connection ends first. */
	client_send(scene->client, 3, "");
	token = puppet_token(scene->puppet, token);
	client_drop(scene->client);
	client_send(other, 3, "");
	token = puppet_token(scene->puppet, token);
	assert_int_equal(puppet_reply(scene->puppet, token, "done"), ACT_OK);
	client_expect(other, 3, "done");
}

/* ---- all calls of a generation ---- */

static void answer_when_hurried(struct puppet *puppet, act_token call, act_rc why)
{
	if (why == ACT_E_BUSY)
		puppet_reply(puppet, call, "hurried");
}

static void those_of_one_generation_are_hurried(void **state)
{
	enum { CALLS = 20 };
	struct scene *scene = *state;
	struct client *clients[CALLS];
	struct puppet *other = puppet_new(scene->house, "other", ACT_F_PARALLEL, 500);
	puppet_enter(other);
	puppet_serve(scene->house);
	scene->puppet->on_cancel = answer_when_hurried;
	for (uint32_t i = 0; i < CALLS; i++) {
		clients[i] = client_new(scene->house, i % HOUSE_LOOPS, "/serv/", NULL, NULL);
		client_send(clients[i], CODE + PUPPET_HOLD, "");
	}
	client_send(scene->client, 500 + PUPPET_HOLD, "");
	act_token token = puppet_token(other, 0);
	puppet_forget(other);
	call_hurry_all(scene->puppet->generation);
	for (int i = 0; i < CALLS; i++)
		client_expect(clients[i], CODE + PUPPET_HOLD, "hurried");
	puppet_told(other, "");
	assert_int_equal(puppet_reply(other, token, "calm"), ACT_OK);
	client_expect(scene->client, 500 + PUPPET_HOLD, "calm");
	assert_int_equal(pins(scene), 0);
}

static void those_of_one_generation_are_failed(void **state)
{
	struct scene *scene = *state;
	struct client *second = client_new(scene->house, 1, "/serv/", NULL, NULL);
	struct puppet *other = puppet_new(scene->house, "other", ACT_F_PARALLEL, 500);
	puppet_enter(other);
	puppet_serve(scene->house);
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	client_send(second, 500 + PUPPET_HOLD, "");
	act_token token = puppet_token(scene->puppet, 0), stays = puppet_token(other, 0);
	call_fail_all(scene->puppet->generation);
	client_expect_error(scene->client, CODE + PUPPET_HOLD, "unavailable", "was replaced");
	assert_int_equal(puppet_reply(scene->puppet, token, "?"), ACT_E_GONE);
	assert_int_equal(pins(scene), 0);
	assert_int_equal(puppet_reply(other, stays, "calm"), ACT_OK);
	client_expect(second, 500 + PUPPET_HOLD, "calm");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(is_answered_where_it_was_asked),
		IN_SCENE(may_be_answered_later_and_from_elsewhere),
		IN_SCENE(may_be_answered_with_an_error),
		IN_SCENE(a_second_answer_is_gone),
		IN_SCENE(a_stale_token_finds_no_later_call),
		IN_SCENE(numbers_that_are_no_tokens_are_gone),
		IN_SCENE(a_plugin_that_does_not_answer_is_at_fault),
		IN_SCENE(an_error_that_is_returned_is_the_answer),
		IN_SCENE(what_is_returned_after_an_answer_changes_nothing),
		IN_SCENE(a_thread_may_be_quicker_than_handle),
		IN_SCENE(later_messages_wait_for_the_answer),
		IN_SCENE(many_messages_of_one_turn_are_answered_in_order),
		IN_SCENE(a_raw_endpoint_keeps_the_type),
		IN_SCENE(a_raw_endpoint_is_closed_for_an_error),
		IN_SCENE(a_call_gives_its_place_back),
		IN_SCENE(those_of_one_generation_are_hurried),
		IN_SCENE(those_of_one_generation_are_failed),
	};
	return cmocka_run_group_tests_name("call", tests, NULL, NULL);
}
