/* May a message be served? The checks, their order and their words. */
#include "fixtures/client.h"
#include "fixtures/puppet.h"

#include "act/admit.h"
#include "base/status.h"

#include <string.h>

enum { CODE = 100 };

/* Asks on the loop; the time stands still there meanwhile, but for what a test adds. */
struct question {
	struct client *client;
	const struct route *route;
	size_t len;
	uint32_t code;     /* 0: that of the route */
	uint32_t seq;      /* the client's number for it */
	bool in_json;      /* it came in JSON text */
	uint64_t later_ms; /* is added to the time first */
	bool yes;
	char text[STATUS_TEXT_MAX + 1];
	struct outcome refusal;
};

struct scene {
	struct house *house;
	struct puppet *puppet;
	struct client *client, *alice;
	struct route route; /* to PUPPET_ECHO, without any limit */
};

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house = house_new("{\"endpoints\": {\"/serv/\": {}, \"/raw\":"
	                                "{\"mode\": \"raw\", \"action\": \"friend.raw\"}}}");
	scene = (struct scene){ .house = house,
		                .puppet = puppet_new(house, "friend", ACT_F_PARALLEL, CODE) };
	scene.route = (struct route){ .code_first = CODE,
		                      .code_last = CODE,
		                      .generation = puppet_enter(scene.puppet),
		                      .action = PUPPET_ECHO,
		                      .anonymous = true,
		                      .payload_max = 1000,
		                      .name = scene.puppet->manifest.name };
	scene.client = client_new(house, 0, "/serv/", NULL, NULL);
	scene.alice = client_new(house, 0, "/serv/", "alice", NULL);
	*state = &scene;
	return 0;
}

/* The loop's clock where a test holds it, for the loop sets its own anew with each turn; 0: it is
 * not held. */
static uint64_t stopped_ms;

static int close_scene(void **state)
{
	stopped_ms = 0;
	house_free(((struct scene *)*state)->house);
	return 0;
}

static void ask_on_loop(struct loop *loop, void *context)
{
	struct question *question = context;
	uint32_t code = question->code != 0 || question->route == NULL
	                        ? question->code
	                        : question->route->code_first;
	struct message message = {
		.ticket = { .code = code, .seq = question->seq, .how = ACT_HOW_BINARY },
		.json = question->in_json,
		.len = question->len
	};
	if (stopped_ms != 0)
		loop->now_ms = stopped_ms += question->later_ms;
	question->yes = admit(client_conn(question->client), question->route, &message,
	                      question->text, &question->refusal);
}

static struct question ask(struct scene *scene, struct client *client, const struct route *route,
                           size_t len)
{
	struct question question = { .client = client, .route = route, .len = len };
	house_on_loop(scene->house, 0, ask_on_loop, &question);
	return question;
}

static void refused(const struct question *question, enum status status, const char *words)
{
	assert_false(question->yes);
	assert_int_equal(question->refusal.kind, OUTCOME_ERROR);
	assert_int_equal(question->refusal.status, status);
	assert_int_equal(question->refusal.retry, status_info(status)->retry);
	assert_int_equal(question->refusal.body.len, strlen(words));
	assert_string_equal(question->text, words);
}

static void what_meets_no_limit_is_admitted(void **state)
{
	struct scene *scene = *state;
	assert_true(ask(scene, scene->client, &scene->route, 0).yes);
	assert_true(ask(scene, scene->client, &scene->route, 1000).yes);
}

static void an_unknown_code_is_refused(void **state)
{
	struct scene *scene = *state;
	struct question question = { .client = scene->client, .code = 4711 };
	house_on_loop(scene->house, 0, ask_on_loop, &question);
	refused(&question, STATUS_UNKNOWN_ACTION, "there is no action 4711");
}

static void an_action_may_need_a_login(void **state)
{
	struct scene *scene = *state;
	scene->route.anonymous = false;
	struct question question = ask(scene, scene->client, &scene->route, 0);
	refused(&question, STATUS_NOT_LOGGED_IN, "action 100 needs a login");
	assert_true(ask(scene, scene->alice, &scene->route, 0).yes);
	/* Of a raw endpoint, who may come in was asked at its door. */
	struct client *raw = client_new(scene->house, 0, "/raw", NULL, NULL);
	assert_true(ask(scene, raw, &scene->route, 0).yes);
}

static void a_payload_may_be_too_long(void **state)
{
	struct scene *scene = *state;
	struct question question = ask(scene, scene->client, &scene->route, 1001);
	refused(&question, STATUS_TOO_LARGE,
	        "the payload has 1001 bytes; action 100 takes at most 1000");
	scene->route.payload_max = 0;
	assert_true(ask(scene, scene->client, &scene->route, 0).yes);
	assert_false(ask(scene, scene->client, &scene->route, 1).yes);
}

static void an_action_without_its_plugin_is_unavailable(void **state)
{
	struct scene *scene = *state;
	char name[] = "chess.move";
	struct route route = { .code_first = CODE, .code_last = CODE, .name = name };
	struct question question = ask(scene, scene->client, &route, 5000);
	refused(&question, STATUS_UNAVAILABLE, "chess.move is not available now");
}

/* ---- numbers ---- */

static bool may_use(struct scene *scene, struct client *client, uint32_t seq)
{
	struct question question = { .client = client, .route = &scene->route, .seq = seq };
	house_on_loop(scene->house, 0, ask_on_loop, &question);
	return question.yes;
}

/* A number is free again once its call is answered; that of another connection does not count. */
static void a_number_stands_for_one_open_call(void **state)
{
	struct scene *scene = *state;
	puppet_serve(scene->house);
	struct client *client = client_speaking(scene->house, 0, "/serv/", &protocol_v1, NULL);
	client_request(client, &(struct actv1_frame){ .code = CODE + PUPPET_HOLD, .seq = 7 });
	act_token token = puppet_token(scene->puppet, 0);
	struct question question = { .client = client, .route = &scene->route, .seq = 7 };
	house_on_loop(scene->house, 0, ask_on_loop, &question);
	refused(&question, STATUS_DUPLICATE,
	        "the call with seq 7 is not answered yet: expected another number");
	assert_true(may_use(scene, client, 8));
	assert_true(may_use(scene, client, 0));
	assert_true(may_use(scene, scene->client, 7));
	assert_int_equal(puppet_reply(scene->puppet, token, "done"), ACT_OK);
	client_expect_answer(client, 7, "done");
	assert_true(may_use(scene, client, 7));
}

/* Who wants no answer has no number. */
static void a_notice_takes_no_number(void **state)
{
	struct scene *scene = *state;
	puppet_serve(scene->house);
	struct client *client = client_speaking(scene->house, 0, "/serv/", &protocol_v1, NULL);
	client_request(client,
	               &(struct actv1_frame){ .code = CODE + PUPPET_HOLD, .type = ACTV1_NOTIFY });
	act_token token = puppet_token(scene->puppet, 0);
	assert_true(may_use(scene, client, 0));
	assert_int_equal(puppet_reply(scene->puppet, token, "done"), ACT_OK);
}

/* Before anything else is looked at: the answer could not be told from another. */
static void a_number_is_looked_at_first(void **state)
{
	struct scene *scene = *state;
	puppet_serve(scene->house);
	struct client *client = client_speaking(scene->house, 0, "/serv/", &protocol_v1, NULL);
	client_request(client, &(struct actv1_frame){ .code = CODE + PUPPET_HOLD, .seq = 7 });
	act_token token = puppet_token(scene->puppet, 0);
	struct question question = { .client = client, .code = 4711, .seq = 7 };
	house_on_loop(scene->house, 0, ask_on_loop, &question);
	assert_int_equal(question.refusal.status, STATUS_DUPLICATE);
	assert_int_equal(puppet_reply(scene->puppet, token, "done"), ACT_OK);
}

/* ---- JSON ---- */

static void what_came_in_json_is_for_actions_of_json(void **state)
{
	struct scene *scene = *state;
	struct question question = { .client = scene->client,
		                     .route = &scene->route,
		                     .in_json = true };
	house_on_loop(scene->house, 0, ask_on_loop, &question);
	refused(&question, STATUS_PAYLOAD_REFUSED,
	        "action 100 does not take and give application/json: expected it by act.v1 or the "
	        "base protocol");
	scene->route.json = true;
	house_on_loop(scene->house, 0, ask_on_loop, &question);
	assert_true(question.yes);
	question.in_json = false; /* by other protocols both are */
	house_on_loop(scene->house, 0, ask_on_loop, &question);
	assert_true(question.yes);
}

/* What its plugin would say is not known: unavailable it is all the same. */
static void without_its_plugin_nobody_asks_for_json(void **state)
{
	struct scene *scene = *state;
	char name[] = "chess.move";
	struct route route = { .code_first = CODE, .code_last = CODE, .name = name };
	struct question question = { .client = scene->client, .route = &route, .in_json = true };
	house_on_loop(scene->house, 0, ask_on_loop, &question);
	refused(&question, STATUS_UNAVAILABLE, "chess.move is not available now");
}

/* ---- rates ---- */

/* How many of `tries` calls are admitted, `later_ms` from the last ones. */
static int admitted(struct scene *scene, struct client *client, const struct route *route,
                    int tries, uint64_t later_ms)
{
	int count = 0;
	for (int i = 0; i < tries; i++) {
		struct question question = { .client = client,
			                     .route = route,
			                     .later_ms = i == 0 ? later_ms : 0 };
		house_on_loop(scene->house, 0, ask_on_loop, &question);
		count += question.yes;
	}
	return count;
}

/* No time passes between the questions of a test but what they say. */
static void stop_clock(struct loop *loop, void *context)
{
	(void)context;
	stopped_ms = loop->now_ms;
}

static void a_burst_is_taken_and_no_more(void **state)
{
	struct scene *scene = *state;
	house_on_loop(scene->house, 0, stop_clock, NULL);
	scene->route.rate_per_s = 2;
	scene->route.rate_burst = 3;
	assert_int_equal(admitted(scene, scene->client, &scene->route, 5, 0), 3);
	struct question question = ask(scene, scene->client, &scene->route, 0);
	refused(&question, STATUS_RATE_LIMITED, "action 100 is limited to 2 calls a second");
	/* Another connection has a rate of its own. */
	assert_int_equal(admitted(scene, scene->alice, &scene->route, 5, 0), 3);
}

static void time_fills_the_rate_up_again(void **state)
{
	struct scene *scene = *state;
	house_on_loop(scene->house, 0, stop_clock, NULL);
	scene->route.rate_per_s = 2;
	scene->route.rate_burst = 3;
	assert_int_equal(admitted(scene, scene->client, &scene->route, 3, 0), 3);
	assert_int_equal(admitted(scene, scene->client, &scene->route, 3, 499), 0);
	assert_int_equal(admitted(scene, scene->client, &scene->route, 3, 1), 1);
	assert_int_equal(admitted(scene, scene->client, &scene->route, 3, 1000), 2);
	/* Never above the burst. */
	assert_int_equal(admitted(scene, scene->client, &scene->route, 9, 3600000), 3);
}

static uint32_t told_to_wait(struct scene *scene, uint64_t later_ms)
{
	struct question question = { .client = scene->client,
		                     .route = &scene->route,
		                     .later_ms = later_ms };
	house_on_loop(scene->house, 0, ask_on_loop, &question);
	assert_false(question.yes);
	return question.refusal.retry_after_ms;
}

/* Who waits as long as it was told is let in, and not a moment before. */
static void it_is_told_when_to_ask_again(void **state)
{
	struct scene *scene = *state;
	house_on_loop(scene->house, 0, stop_clock, NULL);
	scene->route.rate_per_s = 2;
	scene->route.rate_burst = 1;
	assert_int_equal(admitted(scene, scene->client, &scene->route, 1, 0), 1);
	assert_int_equal(told_to_wait(scene, 0), 501);
	assert_int_equal(told_to_wait(scene, 250), 251);
	assert_int_equal(told_to_wait(scene, 0), 251);
	assert_int_equal(admitted(scene, scene->client, &scene->route, 1, 249), 0);
	assert_int_equal(admitted(scene, scene->client, &scene->route, 1, 2), 1);
}

/* Beyond a day there is no saying. */
static void a_wait_of_days_is_not_told(void **state)
{
	struct scene *scene = *state;
	house_on_loop(scene->house, 0, stop_clock, NULL);
	scene->route.rate_burst = 1;
	scene->route.rate_per_s = 1.0 / 86400;
	assert_int_equal(admitted(scene, scene->client, &scene->route, 1, 0), 1);
	assert_int_equal(told_to_wait(scene, 0), 0);
	assert_in_range(told_to_wait(scene, 1000), 86398000, 86399002);
	scene->route.rate_per_s = 1e-300;
	assert_int_equal(told_to_wait(scene, 0), 0);
}

static void only_rates_know_when(void **state)
{
	struct scene *scene = *state;
	struct question question = ask(scene, scene->client, &scene->route, 1001);
	assert_int_equal(question.refusal.retry_after_ms, 0);
	scene->route.in_flight = 1;
	assert_true(ask(scene, scene->client, &scene->route, 0).yes);
	question = ask(scene, scene->client, &scene->route, 0);
	assert_int_equal(question.refusal.status, STATUS_OVERLOADED);
	assert_true(question.refusal.retry);
	assert_int_equal(question.refusal.retry_after_ms, 0);
}

static void codes_have_rates_of_their_own_and_a_range_has_one(void **state)
{
	struct scene *scene = *state;
	struct route other = scene->route;
	house_on_loop(scene->house, 0, stop_clock, NULL);
	scene->route.rate_per_s = other.rate_per_s = 1;
	scene->route.rate_burst = other.rate_burst = 1;
	scene->route.code_last = CODE + 9;
	other.code_first = other.code_last = CODE + 10;
	struct question first = { scene->client, &scene->route, .code = CODE + 3 };
	struct question second = { scene->client, &scene->route, .code = CODE + 4 };
	house_on_loop(scene->house, 0, ask_on_loop, &first);
	house_on_loop(scene->house, 0, ask_on_loop, &second);
	assert_true(first.yes);
	assert_false(second.yes);
	assert_int_equal(admitted(scene, scene->client, &other, 2, 0), 1);
}

/* However many codes have a rate, a connection keeps a bounded number of them. */
static void past_a_bound_codes_share_a_rate(void **state)
{
	enum { CODES = 200, BUCKETS = 64 };
	struct scene *scene = *state;
	int taken = 0;
	house_on_loop(scene->house, 0, stop_clock, NULL);
	scene->route.rate_per_s = 1;
	scene->route.rate_burst = 1;
	for (uint32_t i = 0; i < CODES; i++) {
		scene->route.code_first = scene->route.code_last = 1 + i;
		taken += admitted(scene, scene->client, &scene->route, 1, 0);
	}
	assert_int_equal(taken, BUCKETS);
	/* The early ones have theirs still. */
	scene->route.code_first = scene->route.code_last = 1;
	assert_int_equal(admitted(scene, scene->client, &scene->route, 2, 1000), 1);
}

/* ---- the cap ---- */

static uint32_t in_flight(const struct scene *scene)
{
	return atomic_load(&scene->route.generation->in_flight[PUPPET_ECHO]);
}

/* Connections of several loops ask at once: being admitted takes the place, nothing later does. */
static void a_cap_is_never_passed(void **state)
{
	struct scene *scene = *state;
	scene->route.in_flight = 2;
	assert_true(ask(scene, scene->client, &scene->route, 0).yes);
	assert_true(ask(scene, scene->alice, &scene->route, 0).yes);
	struct question question = ask(scene, scene->client, &scene->route, 0);
	refused(&question, STATUS_OVERLOADED, "action 100 is served at most 2 times at once");
	/* Who was refused has no place. */
	assert_int_equal(in_flight(scene), 2);
	atomic_fetch_sub(&scene->route.generation->in_flight[PUPPET_ECHO], 1);
	assert_true(ask(scene, scene->client, &scene->route, 0).yes);
}

static void without_a_cap_nothing_is_counted(void **state)
{
	struct scene *scene = *state;
	assert_true(ask(scene, scene->client, &scene->route, 0).yes);
	assert_int_equal(in_flight(scene), 0);
}

/* ---- the order ---- */

/* Everything is wrong at once: what is put right uncovers what is asked next. */
static void the_checks_come_in_their_order(void **state)
{
	struct scene *scene = *state;
	house_on_loop(scene->house, 0, stop_clock, NULL);
	scene->route.anonymous = false;
	scene->route.payload_max = 10;
	scene->route.rate_per_s = 1;
	scene->route.rate_burst = 1;
	scene->route.in_flight = 1;
	atomic_store(&scene->route.generation->in_flight[PUPPET_ECHO], 1);
	struct question question = ask(scene, scene->client, NULL, 11);
	assert_int_equal(question.refusal.status, STATUS_UNKNOWN_ACTION);
	question = ask(scene, scene->client, &scene->route, 11);
	assert_int_equal(question.refusal.status, STATUS_NOT_LOGGED_IN);
	question = (struct question){
		.client = scene->alice, .route = &scene->route, .len = 11, .in_json = true
	};
	house_on_loop(scene->house, 0, ask_on_loop, &question);
	assert_int_equal(question.refusal.status, STATUS_PAYLOAD_REFUSED);
	question = ask(scene, scene->alice, &scene->route, 11);
	assert_int_equal(question.refusal.status, STATUS_TOO_LARGE);
	/* Neither of them has cost anything of the rate. */
	question = ask(scene, scene->alice, &scene->route, 10);
	assert_int_equal(question.refusal.status, STATUS_OVERLOADED);
	question = ask(scene, scene->alice, &scene->route, 10);
	assert_int_equal(question.refusal.status, STATUS_RATE_LIMITED);
	atomic_store(&scene->route.generation->in_flight[PUPPET_ECHO], 0);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(what_meets_no_limit_is_admitted),
		IN_SCENE(an_unknown_code_is_refused),
		IN_SCENE(an_action_may_need_a_login),
		IN_SCENE(a_payload_may_be_too_long),
		IN_SCENE(an_action_without_its_plugin_is_unavailable),
		IN_SCENE(a_number_stands_for_one_open_call),
		IN_SCENE(a_notice_takes_no_number),
		IN_SCENE(a_number_is_looked_at_first),
		IN_SCENE(what_came_in_json_is_for_actions_of_json),
		IN_SCENE(without_its_plugin_nobody_asks_for_json),
		IN_SCENE(it_is_told_when_to_ask_again),
		IN_SCENE(a_wait_of_days_is_not_told),
		IN_SCENE(only_rates_know_when),
		IN_SCENE(a_burst_is_taken_and_no_more),
		IN_SCENE(time_fills_the_rate_up_again),
		IN_SCENE(codes_have_rates_of_their_own_and_a_range_has_one),
		IN_SCENE(past_a_bound_codes_share_a_rate),
		IN_SCENE(a_cap_is_never_passed),
		IN_SCENE(without_a_cap_nothing_is_counted),
		IN_SCENE(the_checks_come_in_their_order),
	};
	return cmocka_run_group_tests_name("admit", tests, NULL, NULL);
}
