/* A call: one message, one answer, whoever gives it: the plugin, the deadline, or the end of the
 * connection. */
#include "fixtures/client.h"
#include "fixtures/puppet.h"

#include "act/call.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

enum { CODE = 100, QUICK = 1, ROUNDS = 25 };

struct scene {
	struct house *house;
	struct puppet *puppet;
	struct client *client;
};

/* Code 1 is PUPPET_HOLD with a deadline that passes at once, as far as the loop's clock can tell.
 */
static const char config_text[] = "{\"endpoints\": {\"/serv/\": {}, \"/raw\": {\"mode\": \"raw\", "
				  "\"action\": \"friend.raw\"}},"
				  "\"deadline_ms\": 3600000, \"actions\": {"
				  "\"1\": {\"action\": \"friend.hold\", \"deadline_ms\": 1},"
				  "\"2\": {\"action\": \"friend.later\", \"deadline_ms\": 1},"
				  "\"101\": \"friend.hold\", \"103\": \"friend.note\","
				  "\"104\": \"friend.later\","
				  "\"4\": {\"action\": \"friend.note\", \"payload_max\": 0},"
				  "\"3\": {\"action\": \"friend.hold\", \"in_flight\": 1}}}";

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

/* Nothing came but what was expected: the answer to this comes behind it. */
static void nothing_more(struct client *client)
{
	client_send(client, CODE + PUPPET_ECHO, "the end");
	client_expect(client, CODE + PUPPET_ECHO, "the end");
}

static uint64_t pins(struct scene *scene)
{
	uint64_t count;
	generation_idle(scene->puppet->generation, &count);
	return count;
}

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

struct helper {
	struct puppet *puppet;
	act_token token;
	act_rc rc;
};

static void *answer_from_thread(void *arg)
{
	struct helper *helper = arg;
	helper->rc = puppet_reply(helper->puppet, helper->token, "by another thread");
	return NULL;
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

/* ---- no answer owed ---- */

static act_rc answer_a_note(struct puppet *puppet, const act_call *call)
{
	if (call->action == PUPPET_NOTE) {
		puppet_note(puppet, "reply:%d", puppet_reply(puppet, call->token, "?"));
		puppet_note(puppet, "fail:%d",
		            puppet_fail(puppet, call->token, ACT_S_FORBIDDEN, "?"));
		return ACT_E_FAIL;
	}
	return puppet->host->reply(puppet->host, call->token, 0, call->payload);
}

static void what_owes_no_answer_gets_none(void **state)
{
	struct scene *scene = *state;
	scene->puppet->on_call = answer_a_note;
	client_send(scene->client, CODE + PUPPET_NOTE, "");
	nothing_more(scene->client);
	puppet_told(scene->puppet, "reply:-8 fail:-8");
	assert_int_equal(atomic_load(&scene->puppet->calls[PUPPET_NOTE]), 1);
	assert_int_equal(pins(scene), 0);
}

/* While it runs on a worker; the next message waits for its end all the same. */
static void what_owes_no_answer_keeps_the_order(void **state)
{
	struct scene *scene = *state;
	gate_shut(&scene->puppet->gate);
	client_send(scene->client, CODE + PUPPET_LATER, "");
	client_send(scene->client, CODE + PUPPET_ECHO, "behind");
	eventually(gate_waiting(&scene->puppet->gate) == 1);
	client_expect_nothing(scene->client);
	gate_open(&scene->puppet->gate);
	client_expect(scene->client, CODE + PUPPET_ECHO, "behind");
}

/* A number is answered in any case: with good only where it was served. */
static void what_owes_no_answer_tells_a_number_how_it_went(void **state)
{
	struct scene *scene = *state;
	struct client *v1 = client_speaking(scene->house, 0, "/serv/", &protocol_v1, NULL);
	struct actv1_frame request = { .code = CODE + PUPPET_NOTE, .seq = 1 };
	client_request(v1, &request);
	client_expect_answer(v1, 1, "");
	scene->puppet->on_call = answer_a_note;
	request.seq = 2;
	client_request(v1, &request);
	client_expect_refusal(v1, 2, STATUS_PLUGIN_FAILED, "could not serve");
	scene->puppet->on_call = NULL;
	gate_shut(&scene->puppet->gate);
	request = (struct actv1_frame){ .code = 2, .seq = 3 };
	client_request(v1, &request);
	client_expect_refusal(v1, 3, STATUS_DEADLINE, "");
	gate_open(&scene->puppet->gate);
}

static void what_owes_no_answer_is_silent_about_its_deadline(void **state)
{
	struct scene *scene = *state;
	gate_shut(&scene->puppet->gate);
	client_send(scene->client, 2, "");
	eventually(puppet_heard(scene->puppet, "cancel:-7"));
	nothing_more(scene->client);
	gate_open(&scene->puppet->gate);
}

/* ---- several at once ---- */

static struct client *speaking_v1(struct scene *scene, uint32_t loop)
{
	return client_speaking(scene->house, loop, "/serv/", &protocol_v1, "alice");
}

static void request(struct client *client, uint32_t code, uint32_t seq, const char *payload)
{
	client_request(client, &(struct actv1_frame){
				       .code = code, .seq = seq, .payload = act_str(payload) });
}

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

/* ---- answers that are not wanted, or not owed ---- */

static void notice(struct client *client, uint32_t code, const char *payload)
{
	client_request(client, &(struct actv1_frame){ .code = code,
	                                              .type = ACTV1_NOTIFY,
	                                              .payload = act_str(payload) });
}

/* Neither an answer nor an error, whoever has it to say. */
static void a_notice_is_never_answered(void **state)
{
	struct scene *scene = *state;
	struct client *client = speaking_v1(scene, 0);
	notice(client, CODE + PUPPET_ECHO, "served");
	notice(client, CODE + PUPPET_BLOCK, "on a worker");
	notice(client, CODE + PUPPET_NOTE, "owes none");
	notice(client, CODE + PUPPET_SILENT, "at fault");
	notice(client, CODE + PUPPET_RETURN, "-9");
	notice(client, 4711, "unknown");
	notice(client, QUICK, "too late");
	eventually(puppet_heard(scene->puppet, "cancel:-7"));
	eventually(pins(scene) == 0);
	notice(client, CODE + PUPPET_HOLD, "answered later");
	act_token token = puppet_token(scene->puppet, 0);
	assert_int_equal(puppet_reply(scene->puppet, token, "?"), ACT_OK);
	request(client, CODE + PUPPET_ECHO, 1, "the end");
	client_expect_answer(client, 1, "the end");
	assert_int_equal(atomic_load(&scene->puppet->calls[PUPPET_ECHO]), 2);
	assert_int_equal(atomic_load(&scene->puppet->calls[PUPPET_BLOCK]), 1);
}

/* Who numbers its requests waits for each: an empty answer says that it was served. */
static void what_owes_no_answer_is_answered_by_its_number(void **state)
{
	struct scene *scene = *state;
	struct client *client = speaking_v1(scene, 0);
	request(client, CODE + PUPPET_NOTE, 1, "here");
	client_expect_answer(client, 1, "");
	request(client, CODE + PUPPET_LATER, 2, "on a worker");
	client_expect_answer(client, 2, "");
	assert_int_equal(atomic_load(&scene->puppet->calls[PUPPET_NOTE]), 1);
	assert_int_equal(atomic_load(&scene->puppet->calls[PUPPET_LATER]), 1);
	notice(client, CODE + PUPPET_NOTE, "");
	request(client, CODE + PUPPET_ECHO, 3, "the end");
	client_expect_answer(client, 3, "the end");
	assert_int_equal(pins(scene), 0);
}

/* The same where it is not admitted at all. */
static void what_owes_no_answer_may_be_refused_by_its_number(void **state)
{
	struct scene *scene = *state;
	struct client *client = speaking_v1(scene, 0);
	request(client, 4, 1, "long");
	client_expect_refusal(client, 1, STATUS_TOO_LARGE, "at most 0");
	notice(client, 4, "long");
	request(client, CODE + PUPPET_ECHO, 2, "the end");
	client_expect_answer(client, 2, "the end");
	client_send(scene->client, 4, "long"); /* without numbers nobody waits */
	nothing_more(scene->client);
	assert_int_equal(atomic_load(&scene->puppet->calls[PUPPET_NOTE]), 0);
}

/* And what was not served is not said to have been. */
static void what_owes_no_answer_may_fail_by_its_number(void **state)
{
	struct scene *scene = *state;
	struct client *client = speaking_v1(scene, 0);
	gate_shut(&scene->puppet->gate);
	request(client, 2, 1, "");
	client_expect_refusal(client, 1, STATUS_DEADLINE, "the deadline passed");
	request(client, CODE + PUPPET_LATER, 2, "");
	call_fail_all(scene->puppet->generation);
	client_expect_refusal(client, 2, STATUS_UNAVAILABLE, "was replaced");
	gate_open(&scene->puppet->gate);
	scene->puppet->on_call = answer_a_note;
	request(client, CODE + PUPPET_NOTE, 3, "");
	client_expect_refusal(client, 3, STATUS_PLUGIN_FAILED, "could not serve this");
	eventually(pins(scene) == 0);
}

/* ---- the deadline ---- */

/* How far away a call's deadline is, rounded up to minutes. */
static act_rc note_minutes(struct puppet *puppet, const act_call *call)
{
	uint64_t left_ns = call->deadline_ns - clock_ns();
	puppet_note(puppet, "%lu", (left_ns + 59999999999) / 60000000000);
	return puppet->host->reply(puppet->host, call->token, 0, act_str(""));
}

/* That of the config here is an hour. */
static void the_earlier_deadline_counts(void **state)
{
	static const uint32_t minutes[] = { 0, 1, 59, 60, 61, UINT32_MAX / 60000 };
	struct scene *scene = *state;
	struct client *client = speaking_v1(scene, 0);
	scene->puppet->on_call = note_minutes;
	puppet_forget(scene->puppet);
	for (uint32_t i = 0; i < sizeof minutes / sizeof minutes[0]; i++) {
		client_request(client, &(struct actv1_frame){ .code = CODE + PUPPET_ECHO,
		                                              .seq = 1,
		                                              .deadline_ms = minutes[i] * 60000 });
		client_expect_answer(client, 1, "");
	}
	puppet_told(scene->puppet, "60 1 59 60 60 60");
}

static void a_client_may_be_in_a_hurry(void **state)
{
	struct scene *scene = *state;
	struct client *client = speaking_v1(scene, 0);
	client_request(client, &(struct actv1_frame){
				       .code = CODE + PUPPET_HOLD, .seq = 1, .deadline_ms = 1 });
	client_expect_refusal(client, 1, STATUS_DEADLINE, "the deadline passed");
	puppet_told(scene->puppet, "open:alice::/serv/ cancel:-7");
}

static void the_deadline_answers_and_the_plugin_is_told(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, QUICK, "");
	client_expect_error(scene->client, QUICK, "deadline", "\"retry\":true");
	act_token token = puppet_token(scene->puppet, 0);
	assert_int_equal(puppet_reply(scene->puppet, token, "too late"), ACT_E_GONE);
	puppet_told(scene->puppet, "cancel:-7");
	nothing_more(scene->client);
	assert_int_equal(pins(scene), 0);
}

static void answer_in_cancel(struct puppet *puppet, act_token call, act_rc why)
{
	(void)why;
	puppet_note(puppet, "reply:%d", puppet_reply(puppet, call, "in cancel"));
}

static void in_cancel_a_late_token_is_stale_already(void **state)
{
	struct scene *scene = *state;
	scene->puppet->on_cancel = answer_in_cancel;
	client_send(scene->client, QUICK, "");
	client_expect_error(scene->client, QUICK, "deadline", "");
	puppet_told(scene->puppet, "cancel:-7 reply:-1");
}

static void a_plugin_without_cancel_is_not_told(void **state)
{
	struct scene *scene = *state;
	struct puppet *plain = puppet_new(scene->house, "plain", ACT_F_PARALLEL, 500);
	plain->table.cancel = NULL;
	plain->actions[PUPPET_HOLD].deadline_ms = 1;
	puppet_enter(plain);
	puppet_serve(scene->house);
	client_send(scene->client, 500 + PUPPET_HOLD, "");
	client_expect_error(scene->client, 500 + PUPPET_HOLD, "deadline", "");
	client_send(scene->client, 500 + PUPPET_HOLD, "");
	client_drop(scene->client);
	assert_int_equal(puppet_reply(plain, puppet_token(plain, 0), "?"), ACT_E_GONE);
}

/* ---- the end of the connection ---- */

static void the_end_of_the_connection_ends_its_call(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	act_token token = puppet_token(scene->puppet, 0);
	client_drop(scene->client);
	assert_false(call_open(&scene->house->act, token));
	assert_int_equal(puppet_reply(scene->puppet, token, "to nobody"), ACT_E_GONE);
	puppet_told(scene->puppet, "cancel:-1 close");
	assert_int_equal(pins(scene), 0);
}

static void a_call_on_a_worker_outlives_its_connection(void **state)
{
	struct scene *scene = *state;
	gate_shut(&scene->puppet->gate);
	client_send(scene->client, CODE + PUPPET_BLOCK, "");
	eventually(gate_waiting(&scene->puppet->gate) == 1);
	client_drop(scene->client);
	/* The call is over, the plugin is inside still. */
	assert_int_equal(pins(scene), 1);
	puppet_told(scene->puppet, "cancel:-1 close");
	gate_open(&scene->puppet->gate);
	eventually(pins(scene) == 0);
}

struct answering {
	struct scene *scene;
	act_token token;
};

static void answer_and_lose(struct loop *loop, void *context)
{
	struct answering *answering = context;
	struct client *client = answering->scene->client;
	struct helper helper = { answering->scene->puppet, answering->token, ACT_E_FAIL };
	pthread_t thread;
	(void)loop;
	if (pthread_create(&thread, NULL, answer_from_thread, &helper) == 0)
		pthread_join(thread, NULL);
	puppet_note(answering->scene->puppet, "%d", helper.rc);
	client_conn(client)->carrier->drop(client_conn(client));
}

/* The answer was accepted, and waits in the inbox of the loop on which the connection ends. */
static void an_accepted_answer_may_find_nobody(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	struct answering answering = { scene, puppet_token(scene->puppet, 0) };
	house_on_loop(scene->house, 0, answer_and_lose, &answering);
	house_settle(scene->house);
	puppet_told(scene->puppet, "0 close");
	client_expect_nothing(scene->client);
	assert_int_equal(pins(scene), 0);
}

static void answer_and_let_time_pass(struct loop *loop, void *context)
{
	struct answering *answering = context;
	struct helper helper = { answering->scene->puppet, answering->token, ACT_E_FAIL };
	pthread_t thread;
	if (pthread_create(&thread, NULL, answer_from_thread, &helper) == 0)
		pthread_join(thread, NULL);
	puppet_note(answering->scene->puppet, "%d", helper.rc);
	wheel_run(&loop->wheel, loop->now_ms + 3600000 + WHEEL_TICK_MS);
}

/* The answer was accepted, and waits in the inbox of the loop on which the deadline passes. */
static void an_accepted_answer_is_in_time(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	struct answering answering = { scene, puppet_token(scene->puppet, 0) };
	house_on_loop(scene->house, 0, answer_and_let_time_pass, &answering);
	client_expect(scene->client, CODE + PUPPET_HOLD, "by another thread");
	puppet_told(scene->puppet, "0");
	assert_int_equal(pins(scene), 0);
}

/* ---- racing answerers ---- */

struct race {
	struct puppet *puppet;
	_Atomic uint64_t token; /* 0: not yet */
	_Atomic uint32_t accepted;
	_Atomic uint32_t cancelled;
};

static void *racer(void *arg)
{
	struct race *race = arg;
	uint64_t token;
	while ((token = atomic_load(&race->token)) == 0)
		;
	act_rc rc = puppet_reply(race->puppet, token, "raced");
	if (rc == ACT_OK)
		atomic_fetch_add(&race->accepted, 1);
	else if (rc != ACT_E_GONE)
		atomic_fetch_add(&race->accepted, 100);
	return NULL;
}

static void count_cancel(struct puppet *puppet, act_token call, act_rc why)
{
	struct race *race = puppet->context;
	(void)call;
	(void)why;
	atomic_fetch_add(&race->cancelled, 1);
}

/* Two threads answer, and `third` does what it does; then all of them have. */
static struct race run_race(struct scene *scene, uint32_t code, struct client *client,
                            void (*third)(struct client *client, int round), int round)
{
	struct race race = { .puppet = scene->puppet };
	pthread_t threads[2];
	act_token before = atomic_load(&scene->puppet->token);
	scene->puppet->context = &race;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, racer, &race), 0);
	client_send(client, code, "");
	act_token token = puppet_token(scene->puppet, before);
	third(client, round);
	atomic_store(&race.token, token);
	if (code != QUICK)
		client_drop(client);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	house_settle(scene->house);
	return race;
}

/* Lets a different part of the deadline pass in each round, so that some rounds meet it. */
static void wait_a_part(struct client *client, int round)
{
	(void)client;
	for (int i = 0; i < round * 4; i++)
		gate_nap();
}

static void nothing(struct client *client, int round)
{
	(void)client;
	(void)round;
}

static void of_threads_and_the_deadline_one_answers(void **state)
{
	struct scene *scene = *state;
	scene->puppet->on_cancel = count_cancel;
	for (int round = 0; round < ROUNDS; round++) {
		struct race race = run_race(scene, QUICK, scene->client, wait_a_part, round);
		if (atomic_load(&race.accepted) == 1)
			client_expect(scene->client, QUICK, "raced");
		else
			client_expect_error(scene->client, QUICK, "deadline", "");
		assert_int_equal(atomic_load(&race.accepted) + atomic_load(&race.cancelled), 1);
		nothing_more(scene->client);
	}
	assert_int_equal(pins(scene), 0);
	scene->puppet->on_cancel = NULL;
}

static void of_threads_and_the_end_of_the_connection_one_is_first(void **state)
{
	struct scene *scene = *state;
	scene->puppet->on_cancel = count_cancel;
	for (int round = 0; round < ROUNDS; round++) {
		struct client *client = client_new(scene->house, 1, "/serv/", NULL, NULL);
		struct race race = run_race(scene, CODE + PUPPET_HOLD, client, nothing, round);
		assert_int_equal(atomic_load(&race.accepted) + atomic_load(&race.cancelled), 1);
	}
	assert_int_equal(pins(scene), 0);
	scene->puppet->on_cancel = NULL;
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

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

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
		IN_SCENE(what_owes_no_answer_gets_none),
		IN_SCENE(what_owes_no_answer_keeps_the_order),
		IN_SCENE(what_owes_no_answer_tells_a_number_how_it_went),
		IN_SCENE(what_owes_no_answer_is_silent_about_its_deadline),
		IN_SCENE(calls_are_answered_in_any_order),
		IN_SCENE(a_number_that_is_open_is_refused),
		IN_SCENE(the_end_of_the_connection_ends_all_its_calls),
		IN_SCENE(who_answers_is_told_to_who_asks),
		IN_SCENE(who_does_not_ask_is_not_told),
		IN_SCENE(a_notice_is_never_answered),
		IN_SCENE(what_owes_no_answer_is_answered_by_its_number),
		IN_SCENE(what_owes_no_answer_may_be_refused_by_its_number),
		IN_SCENE(what_owes_no_answer_may_fail_by_its_number),
		IN_SCENE(the_earlier_deadline_counts),
		IN_SCENE(a_client_may_be_in_a_hurry),
		IN_SCENE(the_deadline_answers_and_the_plugin_is_told),
		IN_SCENE(in_cancel_a_late_token_is_stale_already),
		IN_SCENE(a_plugin_without_cancel_is_not_told),
		IN_SCENE(the_end_of_the_connection_ends_its_call),
		IN_SCENE(a_call_on_a_worker_outlives_its_connection),
		IN_SCENE(an_accepted_answer_may_find_nobody),
		IN_SCENE(an_accepted_answer_is_in_time),
		IN_SCENE(of_threads_and_the_deadline_one_answers),
		IN_SCENE(of_threads_and_the_end_of_the_connection_one_is_first),
		IN_SCENE(a_raw_endpoint_keeps_the_type),
		IN_SCENE(a_raw_endpoint_is_closed_for_an_error),
		IN_SCENE(a_call_gives_its_place_back),
		IN_SCENE(those_of_one_generation_are_hurried),
		IN_SCENE(those_of_one_generation_are_failed),
	};
	return cmocka_run_group_tests_name("call", tests, NULL, NULL);
}
