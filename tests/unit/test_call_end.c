/* A call that the deadline or the end of its connection answers, and which of several is first. */
#include "fixtures/call_scene.h"

enum { ROUNDS = 25 };

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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};
	return cmocka_run_group_tests_name("call_end", tests, NULL, NULL);
}
