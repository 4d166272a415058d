/* Calls to which no answer is owed, or wanted. */
#include "fixtures/call_scene.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(what_owes_no_answer_gets_none),
		IN_SCENE(what_owes_no_answer_keeps_the_order),
		IN_SCENE(what_owes_no_answer_tells_a_number_how_it_went),
		IN_SCENE(what_owes_no_answer_is_silent_about_its_deadline),
		IN_SCENE(a_notice_is_never_answered),
		IN_SCENE(what_owes_no_answer_is_answered_by_its_number),
		IN_SCENE(what_owes_no_answer_may_be_refused_by_its_number),
		IN_SCENE(what_owes_no_answer_may_fail_by_its_number),
	};
	return cmocka_run_group_tests_name("call_owed", tests, NULL, NULL);
}
