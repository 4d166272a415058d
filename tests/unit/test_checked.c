/* With "check": true what breaks a rule of act/plugin.h is told of, and counted. */
#include "fixtures/client.h"
#include "fixtures/puppet.h"

#include "act/checked.h"
#include "act/inside.h"

#include <string.h>

enum { CODE = 100, OTHER = 300, QUICK = 1 };

struct scene {
	struct house *house;
	struct puppet *puppet;
	struct client *client;
	uint64_t found[CHECKED_RULES]; /* when it began: the numbers are the process's */
	uint64_t late[CHECKED_LATES];
};

/* The test's own thread is one that the plugin might have started. One that says so to the end
 * would stay in memory for ever. */
static void allow_threads(struct puppet *puppet, bool allowed)
{
	if (allowed)
		puppet->table.flags |= ACT_F_THREADS;
	else
		puppet->table.flags &= ~(uint32_t)ACT_F_THREADS;
}

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house = house_new(
		"{\"endpoints\": {\"/serv/\": {}}, \"deadline_ms\": 3600000, \"limits\": "
		"{\"reply_bytes\": 1024}, \"actions\": {\"1\": {\"action\": \"friend.hold\", "
		"\"deadline_ms\": 1}, \"101\": \"friend.hold\"}}");
	house->act.check = true;
	scene = (struct scene){ .house = house,
		                .puppet = puppet_new(house, "friend", ACT_F_PARALLEL, CODE) };
	puppet_enter(scene.puppet);
	allow_threads(scene.puppet, true);
	puppet_serve(house);
	scene.client = client_new(house, 0, "/serv/", NULL, NULL);
	for (int i = 0; i < CHECKED_RULES; i++)
		scene.found[i] = checked_findings((enum checked_rule)i);
	for (int i = 0; i < CHECKED_LATES; i++)
		scene.late[i] = checked_lates((enum checked_late)i);
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;
	allow_threads(scene->puppet, false);
	house_free(scene->house);
	return 0;
}

/* So many findings since the test began, all of this rule. */
static void found(const struct scene *scene, enum checked_rule rule, uint64_t count)
{
	for (int i = 0; i < CHECKED_RULES; i++) {
		uint64_t now = checked_findings((enum checked_rule)i) - scene->found[i];
		if (now != (i == (int)rule ? count : 0))
			fail_msg("%lu findings of \"%s\"", now,
			         checked_rule_name((enum checked_rule)i));
	}
}

static void found_nothing(const struct scene *scene)
{
	found(scene, CHECKED_THREADS, 0);
	assert_false(house_logged(scene->house, "error check: "));
}

static uint64_t lates(const struct scene *scene, enum checked_late which)
{
	return checked_lates(which) - scene->late[which];
}

static void logged(const struct scene *scene, const char *words)
{
	if (!house_logged(scene->house, words))
		fail_msg("the log has no line \"%s\"", words);
}

static act_token hold(const struct scene *scene)
{
	act_token before = atomic_load(&scene->puppet->token);
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	return puppet_token(scene->puppet, before);
}

/* ---- answers ---- */

static void who_keeps_the_rules_hears_nothing(void **state)
{
	const struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_ECHO, "hi");
	client_expect(scene->client, CODE + PUPPET_ECHO, "hi");
	client_send(scene->client, CODE + PUPPET_BLOCK, "ho");
	client_expect(scene->client, CODE + PUPPET_BLOCK, "ho");
	assert_int_equal(puppet_reply(scene->puppet, hold(scene), "late"), ACT_OK);
	client_expect(scene->client, CODE + PUPPET_HOLD, "late");
	found_nothing(scene);
}

static void a_second_answer_is_found(void **state)
{
	const struct scene *scene = *state;
	char words[160];
	act_token token = hold(scene);
	assert_int_equal(puppet_reply(scene->puppet, token, "one"), ACT_OK);
	client_expect(scene->client, CODE + PUPPET_HOLD, "one");
	assert_int_equal(puppet_fail(scene->puppet, token, 4711, "two"), ACT_E_GONE);
	found(scene, CHECKED_TWICE, 1);
	snprintf(
		words, sizeof words,
		"plugin friend 1.0 (generation %lu): fail(): call %lu was answered already: a call "
		"is answered once",
		scene->puppet->generation->number, token);
	logged(scene, words);
	assert_int_equal(lates(scene, CHECKED_LATE), 0);
}

static act_rc reply_and_fail(struct puppet *puppet, const act_call *call)
{
	puppet->host->reply(puppet->host, call->token, 0, call->payload);
	return ACT_E_FAIL;
}

static void an_error_behind_an_answer_is_found(void **state)
{
	const struct scene *scene = *state;
	char words[160];
	scene->puppet->on_call = reply_and_fail;
	client_send(scene->client, CODE + PUPPET_ECHO, "hi");
	client_expect(scene->client, CODE + PUPPET_ECHO, "hi");
	house_settle(scene->house);
	found(scene, CHECKED_TWICE, 1);
	snprintf(words, sizeof words, "return, in handle (code %u, connection %lu): call ",
	         CODE + PUPPET_ECHO, client_id(scene->client));
	logged(scene, words);
	logged(scene, "was answered already, and then handle() returned -9");
}

static void an_error_alone_is_an_answer(void **state)
{
	const struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_RETURN, "-9");
	client_expect_error(scene->client, CODE + PUPPET_RETURN, "plugin_failed", "");
	found_nothing(scene);
}

static void an_answer_that_was_not_taken_may_be_given_again(void **state)
{
	const struct scene *scene = *state;
	char large[2048];
	memset(large, 'a', sizeof large - 1);
	large[sizeof large - 1] = '\0';
	act_token token = hold(scene);
	assert_int_equal(puppet_reply(scene->puppet, token, large), ACT_E_TOOBIG);
	assert_int_equal(puppet_reply(scene->puppet, token, "short"), ACT_OK);
	client_expect(scene->client, CODE + PUPPET_HOLD, "short");
	found_nothing(scene);
}

static void a_number_of_no_call_is_found(void **state)
{
	const struct scene *scene = *state;
	act_conn conn = client_id(scene->client);
	assert_int_equal(puppet_reply(scene->puppet, conn, "hi"), ACT_E_GONE);
	found(scene, CHECKED_STALE, 1);
	logged(scene, " is no call's number, and never was one: rule 4");
}

static void a_call_of_another_plugin_is_found(void **state)
{
	const struct scene *scene = *state;
	struct puppet *other = puppet_new(scene->house, "other", ACT_F_PARALLEL, OTHER);
	char words[160];
	puppet_enter(other);
	puppet_serve(scene->house);
	act_token token = hold(scene);
	allow_threads(other, true);
	puppet_reply(other, token, "not mine");
	allow_threads(other, false);
	found(scene, CHECKED_STALE, 1);
	snprintf(words, sizeof words,
	         "reply(): call %lu is not its own: generation %lu was given it", token,
	         scene->puppet->generation->number);
	logged(scene, words);
}

/* ---- answers that come too late are no findings ---- */

static void an_answer_behind_the_deadline_is_counted(void **state)
{
	const struct scene *scene = *state;
	client_send(scene->client, QUICK, "");
	act_token token = puppet_token(scene->puppet, 0);
	client_expect_error(scene->client, QUICK, "deadline", "");
	assert_int_equal(puppet_reply(scene->puppet, token, "late"), ACT_E_GONE);
	assert_int_equal(lates(scene, CHECKED_LATE), 1);
	assert_int_equal(lates(scene, CHECKED_CLOSED), 0);
	found_nothing(scene);
	/* Once is chance, twice is a fault. */
	assert_int_equal(puppet_reply(scene->puppet, token, "later"), ACT_E_GONE);
	assert_int_equal(lates(scene, CHECKED_LATE), 1);
	found(scene, CHECKED_TWICE, 1);
}

static void an_answer_behind_the_connection_is_counted(void **state)
{
	const struct scene *scene = *state;
	act_token token = hold(scene);
	client_drop(scene->client);
	house_settle(scene->house);
	assert_int_equal(puppet_reply(scene->puppet, token, "late"), ACT_E_GONE);
	assert_int_equal(lates(scene, CHECKED_CLOSED), 1);
	assert_int_equal(lates(scene, CHECKED_LATE), 0);
	found_nothing(scene);
}

/* ---- numbers ---- */

static void what_is_no_connection_is_found(void **state)
{
	const struct scene *scene = *state;
	const act_host *h = scene->puppet->host;
	act_push what = { .size = sizeof what, .to = ACT_TO_CONN, .conn = 78 };
	act_token token = hold(scene);
	h->group_join(h, token, act_str("club"));
	h->group_leave(h, token, act_str("club"));
	h->bind_user(h, token, act_str("anna"), act_str(""));
	h->close_conn(h, token, 1000, act_str(""));
	h->push(h, &what);
	found(scene, CHECKED_STALE, 5);
	logged(scene, "group_join(): ");
	logged(scene, "group_leave(): ");
	logged(scene, "bind_user(): ");
	logged(scene, "close_conn(): ");
	logged(scene, "push(): 78 is no connection's number, and never was one: rule 4");
	puppet_reply(scene->puppet, token, "");
}

static void what_is_no_timer_is_found(void **state)
{
	const struct scene *scene = *state;
	const act_host *h = scene->puppet->host;
	act_timer timer;
	assert_int_equal(h->timer_set(h, 1, 3600000, 0, &timer), ACT_OK);
	assert_int_equal(h->timer_drop(h, timer), ACT_OK);
	/* It was one, and has rung for all that its plugin knows. */
	h->timer_drop(h, timer);
	found_nothing(scene);
	h->timer_drop(h, client_id(scene->client));
	found(scene, CHECKED_STALE, 1);
	logged(scene, " is no timer's number, and never was one: rule 4");
}

/* A push to a user names no connection. */
static void a_number_that_is_not_used_is_not_looked_at(void **state)
{
	const struct scene *scene = *state;
	const act_host *h = scene->puppet->host;
	act_push what = {
		.size = sizeof what, .to = ACT_TO_USER, .id = act_str("anna"), .conn = 78
	};
	h->push(h, &what);
	h->push(h, NULL);
	found_nothing(scene);
}

/* ---- threads ---- */

static void *work_from_outside(void *arg)
{
	const act_host *h = arg;
	h->work(h, 1, NULL);
	return NULL;
}

static void call_from_a_thread(struct puppet *puppet)
{
	pthread_t thread;
	assert_int_equal(
		pthread_create(&thread, NULL, work_from_outside, (void *)(uintptr_t)puppet->host),
		0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	eventually(puppet_heard(puppet, "done:1:another-arg"));
}

static void a_thread_of_its_own_is_found(void **state)
{
	const struct scene *scene = *state;
	call_from_a_thread(scene->puppet);
	found_nothing(scene);
	allow_threads(scene->puppet, false);
	puppet_forget(scene->puppet);
	call_from_a_thread(scene->puppet);
	found(scene, CHECKED_THREADS, 1);
	logged(scene, "work(): called from a thread of the plugin's own, and the plugin does not "
	              "say ACT_F_THREADS");
}

static void a_function_of_another_thread_is_found(void **state)
{
	const struct scene *scene = *state;
	const act_host *h = scene->puppet->host;
	assert_int_equal(checked_thread(h, "conn_info()", "on a loop only"), ACT_E_THREAD);
	found(scene, CHECKED_THREADS, 1);
	logged(scene, "): conn_info(): on a loop only");
	scene->house->act.check = false;
	assert_int_equal(checked_thread(h, "conn_info()", "on a loop only"), ACT_E_THREAD);
	found(scene, CHECKED_THREADS, 1);
}

/* ---- the server's own faults ---- */

static void entering_on_another_thread_is_found(void **state)
{
	static const enum inside_what wrong[] = { INSIDE_CREATE, INSIDE_DESTROY, INSIDE_WORK,
		                                  INSIDE_ON_TIMER, INSIDE_CONN_OPEN };
	static const enum inside_what right[] = { INSIDE_EXTENSION, INSIDE_SERVICE };
	const struct scene *scene = *state;
	const struct generation *generation = scene->puppet->generation;
	for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
		struct inside_before before = inside_enter(generation, right[i]);
		inside_leave(&before);
	}
	found_nothing(scene);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct inside_before before = inside_enter(generation, wrong[i]);
		inside_leave(&before);
		found(scene, CHECKED_THREADS, i + 1);
	}
	logged(scene, "create: the server entered it on another thread than act/plugin.h says");
}

static void entering_from_inside_is_found(void **state)
{
	const struct scene *scene = *state;
	const struct generation *generation = scene->puppet->generation;
	struct inside_before outside = inside_enter_call(generation, INSIDE_HANDLE, 0, 7, 77);
	struct inside_before service = inside_enter(generation, INSIDE_SERVICE);
	inside_leave(&service);
	found_nothing(scene);
	struct inside_before handle = inside_enter_call(generation, INSIDE_HANDLE, 0, 8, 77);
	inside_leave(&handle);
	inside_leave(&outside);
	found(scene, CHECKED_REENTRY, 1);
	logged(scene,
	       "handle, in handle (code 7, connection 77): the server entered it from inside "
	       "a call of plugin friend: rule 6");
}

/* ---- words ---- */

static void what_is_counted_has_names(void **state)
{
	(void)state;
	assert_string_equal(checked_rule_name(CHECKED_THREADS), "threads");
	assert_string_equal(checked_rule_name(CHECKED_TWICE), "answers");
	assert_string_equal(checked_rule_name(CHECKED_STALE), "numbers");
	assert_string_equal(checked_rule_name(CHECKED_REENTRY), "reentry");
	assert_string_equal(checked_late_name(CHECKED_LATE), "deadline");
	assert_string_equal(checked_late_name(CHECKED_CLOSED), "closed");
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(who_keeps_the_rules_hears_nothing),
		IN_SCENE(a_second_answer_is_found),
		IN_SCENE(an_error_behind_an_answer_is_found),
		IN_SCENE(an_error_alone_is_an_answer),
		IN_SCENE(an_answer_that_was_not_taken_may_be_given_again),
		IN_SCENE(a_number_of_no_call_is_found),
		IN_SCENE(a_call_of_another_plugin_is_found),
		IN_SCENE(an_answer_behind_the_deadline_is_counted),
		IN_SCENE(an_answer_behind_the_connection_is_counted),
		IN_SCENE(what_is_no_connection_is_found),
		IN_SCENE(what_is_no_timer_is_found),
		IN_SCENE(a_number_that_is_not_used_is_not_looked_at),
		IN_SCENE(a_thread_of_its_own_is_found),
		IN_SCENE(a_function_of_another_thread_is_found),
		IN_SCENE(entering_on_another_thread_is_found),
		IN_SCENE(entering_from_inside_is_found),
		cmocka_unit_test(what_is_counted_has_names),
	};
	return cmocka_run_group_tests_name("checked", tests, NULL, NULL);
}
