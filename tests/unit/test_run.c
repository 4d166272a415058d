/* A call that is served on another thread than its connection's: on a worker, or on the home loop
 * of a plugin that serves one at a time. */
#include "fixtures/client.h"
#include "fixtures/puppet.h"

#include "act/run.h"
#include "base/status.h"

#include <string.h>

enum { CODE = 100, SINGLE = 500, QUICK = 1, QUICK_LATER = 2, ONE_AT_A_TIME = 3 };

struct scene {
	struct house *house;
	struct puppet *puppet; /* parallel */
	struct puppet *single; /* not */
	struct client *client; /* on another loop than the home of `single` */
	struct client *at_home;
};

static const char config_text[] =
	"{\"endpoints\": {\"/serv/\": {}}, \"deadline_ms\": 3600000,"
	"\"limits\": {\"worker_queue\": 2, \"home_queue\": 2}, \"actions\": {"
	"\"1\": {\"action\": \"friend.block\", \"deadline_ms\": 1},"
	"\"2\": {\"action\": \"friend.later\", \"deadline_ms\": 60000},"
	"\"3\": {\"action\": \"friend.block\", \"in_flight\": 1},"
	"\"102\": \"friend.block\", \"104\": \"friend.later\"}}";

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house = house_new(config_text);
	scene = (struct scene){ .house = house,
		                .puppet = puppet_new(house, "friend", ACT_F_PARALLEL, CODE),
		                .single = puppet_new(house, "single", 0, SINGLE) };
	puppet_enter(scene.puppet);
	uint32_t home = puppet_enter(scene.single)->home->index;
	puppet_serve(house);
	scene.client = client_new(house, 1 - home, "/serv/", "alice", NULL);
	scene.at_home = client_new(house, home, "/serv/", NULL, NULL);
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	house_free(((struct scene *)*state)->house);
	return 0;
}

static uint64_t pins(struct puppet *puppet)
{
	uint64_t count;
	generation_idle(puppet->generation, &count);
	return count;
}

static uint32_t calls(struct puppet *puppet, enum puppet_action action)
{
	return atomic_load(&puppet->calls[action]);
}

/* ---- where it runs ---- */

static void a_blocking_action_runs_on_a_worker(void **state)
{
	struct scene *scene = *state;
	client_send(scene->client, CODE + PUPPET_BLOCK, "a payload of its own");
	client_expect(scene->client, CODE + PUPPET_BLOCK, "a payload of its own");
	assert_int_equal(atomic_load(&scene->puppet->served_on), -1);
}

static void a_parallel_plugin_runs_on_the_loop_of_the_connection(void **state)
{
	struct scene *scene = *state;
	for (uint32_t i = 0; i < HOUSE_LOOPS; i++) {
		struct client *client = client_new(scene->house, i, "/serv/", NULL, NULL);
		client_send(client, CODE + PUPPET_ECHO, "");
		client_expect(client, CODE + PUPPET_ECHO, "");
		assert_int_equal(atomic_load(&scene->puppet->served_on), i);
	}
}

static void another_plugin_runs_at_its_home(void **state)
{
	struct scene *scene = *state;
	int home = (int)scene->single->generation->home->index;
	client_send(scene->client, SINGLE + PUPPET_ECHO, "from afar");
	client_expect(scene->client, SINGLE + PUPPET_ECHO, "from afar");
	assert_int_equal(atomic_load(&scene->single->served_on), home);
	client_send(scene->at_home, SINGLE + PUPPET_ECHO, "from here");
	client_expect(scene->at_home, SINGLE + PUPPET_ECHO, "from here");
	assert_int_equal(atomic_load(&scene->single->served_on), home);
	client_send(scene->client, SINGLE + PUPPET_PRIVATE, "");
	client_expect(scene->client, SINGLE + PUPPET_PRIVATE, "alice");
	client_send(scene->client, SINGLE + PUPPET_SILENT, "");
	client_expect_error(scene->client, SINGLE + PUPPET_SILENT, "plugin_failed", "");
	client_send(scene->client, SINGLE + PUPPET_NOTE, "");
	client_send(scene->client, SINGLE + PUPPET_HOLD, "");
	act_token token = puppet_token(scene->single, 0);
	assert_int_equal(puppet_reply(scene->single, token, "held"), ACT_OK);
	client_expect(scene->client, SINGLE + PUPPET_HOLD, "held");
	eventually(pins(scene->single) == 0);
}

static act_rc note_trace(struct puppet *puppet, const act_call *call)
{
	char room[3][32] = { "" };
	const act_bytes parts[] = { call->user, call->payload, call->trace };
	gate_pass(&puppet->gate);
	/* A copy, so that the sanitizer sees where from: printing alone escapes it. */
	for (int i = 0; i < 3; i++)
		if (parts[i].len != 0 && parts[i].len < sizeof room[i])
			memcpy(room[i], parts[i].ptr, parts[i].len);
	puppet_note(puppet, "%s:%s:%s", room[0], room[1], room[2]);
	return puppet->host->reply(puppet->host, call->token, 0, act_str(""));
}

/* The message is gone when the plugin looks at it. */
static void ask_through_gate(struct client *client, struct puppet *puppet,
                             const struct actv1_frame *frame)
{
	gate_shut(&puppet->gate);
	client_request(client, frame);
	gate_open(&puppet->gate);
	client_expect_answer(client, frame->seq, "");
}

/* Whatever a call brings along goes with it, to whatever thread. */
static void a_call_takes_its_trace_along(void **state)
{
	struct scene *scene = *state;
	uint32_t away = 1 - scene->single->generation->home->index;
	struct client *client =
		client_speaking(scene->house, away, "/serv/", &protocol_v1, "alice");
	struct actv1_frame frame = { .code = CODE + PUPPET_ECHO,
		                     .seq = 1,
		                     .trace = act_str("trace-7"),
		                     .payload = act_str("{}") };
	scene->puppet->on_call = scene->single->on_call = note_trace;
	house_settle(scene->house); /* they have heard of the connection */
	puppet_forget(scene->puppet);
	puppet_forget(scene->single);
	client_request(client, &frame);
	client_expect_answer(client, 1, "");
	frame.code = CODE + PUPPET_BLOCK;
	ask_through_gate(client, scene->puppet, &frame);
	frame.code = SINGLE + PUPPET_ECHO;
	ask_through_gate(client, scene->single, &frame);
	frame.trace = frame.payload = act_mem(NULL, 0);
	ask_through_gate(client, scene->single, &frame);
	puppet_told(scene->puppet, "alice:{}:trace-7 alice:{}:trace-7");
	puppet_told(scene->single, "alice:{}:trace-7 alice::");
}

/* The same call, whatever the client speaks. */
static void a_call_looks_the_same_by_every_protocol(void **state)
{
	struct scene *scene = *state;
	for (uint32_t i = 0; i < PUPPET_ACTIONS; i++)
		scene->puppet->actions[i].takes = scene->puppet->actions[i].gives =
			"application/json";
	puppet_serve(scene->house);
	scene->puppet->on_call = note_trace;
	struct client *v1 = client_speaking(scene->house, 0, "/serv/", &protocol_v1, "alice");
	struct client *json = client_speaking(scene->house, 0, "/serv/", &protocol_json, "alice");
	puppet_forget(scene->puppet);
	client_send(scene->client, CODE + PUPPET_ECHO, "{ \"a\" : 1 }");
	client_expect(scene->client, CODE + PUPPET_ECHO, "");
	client_request(v1, &(struct actv1_frame){ .code = CODE + PUPPET_ECHO,
	                                          .seq = 1,
	                                          .payload = act_str("{ \"a\" : 1 }") });
	client_expect_answer(v1, 1, "");
	client_say(json, "{\"action\":100,\"seq\":1,\"data\": { \"a\" : 1 } }");
	client_expect_text(json, "{\"action\":100,\"seq\":1,\"data\":null}");
	puppet_told(scene->puppet,
	            "alice:{ \"a\" : 1 }: alice:{ \"a\" : 1 }: alice:{ \"a\" : 1 }:");
}

/* ---- full queues ---- */

static void a_full_queue_of_the_workers_refuses(void **state)
{
	struct scene *scene = *state;
	struct client *clients[HOUSE_WORKERS + 2];
	gate_shut(&scene->puppet->gate);
	for (uint32_t i = 0; i < HOUSE_WORKERS + 2; i++) {
		clients[i] = client_new(scene->house, i % HOUSE_LOOPS, "/serv/", NULL, NULL);
		client_send(clients[i], CODE + PUPPET_BLOCK, "patience");
		eventually(i >= HOUSE_WORKERS || gate_waiting(&scene->puppet->gate) == i + 1);
	}
	/* All workers are inside, and two calls wait. */
	client_send(scene->client, CODE + PUPPET_BLOCK, "");
	client_expect_error(scene->client, CODE + PUPPET_BLOCK, "overloaded", "\"retry\":true");
	client_send(scene->client, CODE + PUPPET_LATER, "");
	client_send(scene->client, CODE + PUPPET_ECHO, "behind");
	client_expect(scene->client, CODE + PUPPET_ECHO, "behind");
	/* What is answered by its number is told of all the same. */
	struct client *v1 = client_speaking(scene->house, 0, "/serv/", &protocol_v1, NULL);
	client_request(v1, &(struct actv1_frame){ .code = CODE + PUPPET_LATER, .seq = 1 });
	client_expect_refusal(v1, 1, STATUS_OVERLOADED, "too many calls wait already");
	assert_int_equal(calls(scene->puppet, PUPPET_LATER), 0);
	gate_open(&scene->puppet->gate);
	for (int i = 0; i < HOUSE_WORKERS + 2; i++)
		client_expect(clients[i], CODE + PUPPET_BLOCK, "patience");
	eventually(pins(scene->puppet) == 0);
}

static act_rc hang(struct puppet *puppet, const act_call *call)
{
	gate_pass(&puppet->gate);
	return puppet->host->reply(puppet->host, call->token, 0, call->payload);
}

static void a_full_queue_of_the_home_refuses(void **state)
{
	struct scene *scene = *state;
	struct client *clients[3];
	scene->single->on_call = hang;
	gate_shut(&scene->single->gate);
	for (int i = 0; i < 3; i++) {
		uint32_t away = 1 - scene->single->generation->home->index;
		clients[i] = client_new(scene->house, away, "/serv/", NULL, NULL);
		client_send(clients[i], SINGLE + PUPPET_ECHO, "patience");
		eventually(gate_waiting(&scene->single->gate) == 1);
	}
	client_send(scene->client, SINGLE + PUPPET_ECHO, "");
	client_expect_error(scene->client, SINGLE + PUPPET_ECHO, "overloaded", "");
	gate_open(&scene->single->gate);
	for (int i = 0; i < 3; i++)
		client_expect(clients[i], SINGLE + PUPPET_ECHO, "patience");
	eventually(pins(scene->single) == 0);
	assert_int_equal(atomic_load(&scene->single->generation->home_queued), 0);
}

/* ---- what nobody waits for any more ---- */

/* Occupies every worker; gate_open() frees them. */
static void occupy_workers(struct scene *scene)
{
	gate_shut(&scene->puppet->gate);
	for (uint32_t i = 0; i < HOUSE_WORKERS; i++) {
		struct client *client = client_new(scene->house, 0, "/serv/", NULL, NULL);
		client_send(client, CODE + PUPPET_BLOCK, "");
		eventually(gate_waiting(&scene->puppet->gate) == i + 1);
	}
}

static void what_was_answered_while_it_waited_is_not_served(void **state)
{
	struct scene *scene = *state;
	occupy_workers(scene);
	client_send(scene->client, QUICK, "");
	client_expect_error(scene->client, QUICK, "deadline", "");
	uint32_t before = calls(scene->puppet, PUPPET_BLOCK);
	gate_open(&scene->puppet->gate);
	eventually(pins(scene->puppet) == 0);
	assert_int_equal(calls(scene->puppet, PUPPET_BLOCK), before);
}

static void whose_connection_went_is_not_served(void **state)
{
	struct scene *scene = *state;
	occupy_workers(scene);
	client_send(scene->client, CODE + PUPPET_BLOCK, "");
	client_drop(scene->client);
	uint32_t before = calls(scene->puppet, PUPPET_BLOCK);
	gate_open(&scene->puppet->gate);
	eventually(pins(scene->puppet) == 0);
	assert_int_equal(calls(scene->puppet, PUPPET_BLOCK), before);
}

static void what_owes_no_answer_is_served_without_its_sender(void **state)
{
	struct scene *scene = *state;
	occupy_workers(scene);
	client_send(scene->client, QUICK_LATER, "goodbye");
	client_drop(scene->client);
	assert_int_equal(calls(scene->puppet, PUPPET_LATER), 0);
	gate_open(&scene->puppet->gate);
	eventually(pins(scene->puppet) == 0);
	assert_int_equal(calls(scene->puppet, PUPPET_LATER), 1);
}

/* ---- the cap of an action ---- */

static uint32_t places(const struct scene *scene)
{
	return atomic_load(&scene->puppet->generation->in_flight[PUPPET_BLOCK]);
}

/* Otherwise who leaves, or sets a short deadline, has it run once more each time. */
static void a_call_given_up_keeps_its_place_while_it_runs(void **state)
{
	struct scene *scene = *state;
	struct client *impatient = client_new(scene->house, 0, "/serv/", NULL, NULL);
	gate_shut(&scene->puppet->gate);
	client_send(impatient, ONE_AT_A_TIME, "");
	eventually(gate_waiting(&scene->puppet->gate) == 1);
	client_drop(impatient);
	client_send(scene->client, ONE_AT_A_TIME, "");
	client_expect_error(scene->client, ONE_AT_A_TIME, "overloaded", "at most 1 times");
	gate_open(&scene->puppet->gate);
	eventually(places(scene) == 0);
	client_send(scene->client, ONE_AT_A_TIME, "now");
	client_expect(scene->client, ONE_AT_A_TIME, "now");
}

static act_rc answer_and_go_on(struct puppet *puppet, const act_call *call)
{
	act_rc rc = puppet->host->reply(puppet->host, call->token, 0, call->payload);
	gate_pass(&puppet->gate);
	return rc;
}

/* Who asks again with the answer in hand is not told that there is no room. */
static void an_answer_frees_its_place(void **state)
{
	struct scene *scene = *state;
	scene->puppet->on_call = answer_and_go_on;
	gate_shut(&scene->puppet->gate);
	for (int i = 0; i < 2; i++) {
		client_send(scene->client, ONE_AT_A_TIME, "again");
		client_expect(scene->client, ONE_AT_A_TIME, "again");
	}
	eventually(gate_waiting(&scene->puppet->gate) == 2);
	assert_int_equal(places(scene), 0);
	gate_open(&scene->puppet->gate);
	eventually(pins(scene->puppet) == 0);
	assert_int_equal(places(scene), 0);
}

/* ---- what handle() returned ---- */

static void the_outcome_of_a_run(void **state)
{
	static const struct {
		enum puppet_action action;
		act_rc rc;
		bool answered;
		bool over;
		int kind;
		uint32_t status;
	} cases[] = {
		{ PUPPET_ECHO, ACT_OK, true, true, OUTCOME_NONE, 0 },
		{ PUPPET_ECHO, ACT_E_FAIL, true, true, OUTCOME_NONE, 0 },
		{ PUPPET_ECHO, ACT_DEFER, true, true, OUTCOME_NONE, 0 },
		{ PUPPET_ECHO, ACT_DEFER, false, false, OUTCOME_NONE, 0 },
		{ PUPPET_ECHO, ACT_OK, false, true, OUTCOME_ERROR, STATUS_PLUGIN_FAILED },
		{ PUPPET_ECHO, 99, false, true, OUTCOME_ERROR, STATUS_PLUGIN_FAILED },
		{ PUPPET_ECHO, ACT_E_BUSY, false, true, OUTCOME_ERROR, STATUS_OVERLOADED },
		{ PUPPET_ECHO, ACT_E_INVAL, false, true, OUTCOME_ERROR, STATUS_PAYLOAD_REFUSED },
		{ PUPPET_NOTE, ACT_OK, false, true, OUTCOME_NONE, 0 },
		{ PUPPET_NOTE, ACT_DEFER, false, true, OUTCOME_NONE, 0 },
		{ PUPPET_NOTE, ACT_E_FAIL, false, true, OUTCOME_ERROR, STATUS_PLUGIN_FAILED },
		{ PUPPET_NOTE, ACT_E_INVAL, true, true, OUTCOME_ERROR, STATUS_PAYLOAD_REFUSED },
	};
	struct scene *scene = *state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		act_call view = { .size = sizeof view, .action = (uint32_t)cases[i].action };
		struct outcome outcome;
		bool over = run_outcome(scene->puppet->generation, &view, cases[i].rc,
		                        cases[i].answered, &outcome);
		assert_int_equal(over, cases[i].over);
		if (!over)
			continue;
		assert_int_equal(outcome.kind, cases[i].kind);
		assert_int_equal(outcome.status, cases[i].status);
		if (outcome.kind == OUTCOME_ERROR)
			assert_true(outcome.body.len > 0);
	}
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(a_blocking_action_runs_on_a_worker),
		IN_SCENE(a_parallel_plugin_runs_on_the_loop_of_the_connection),
		IN_SCENE(another_plugin_runs_at_its_home),
		IN_SCENE(a_call_takes_its_trace_along),
		IN_SCENE(a_call_looks_the_same_by_every_protocol),
		IN_SCENE(a_full_queue_of_the_workers_refuses),
		IN_SCENE(a_full_queue_of_the_home_refuses),
		IN_SCENE(what_was_answered_while_it_waited_is_not_served),
		IN_SCENE(whose_connection_went_is_not_served),
		IN_SCENE(what_owes_no_answer_is_served_without_its_sender),
		IN_SCENE(a_call_given_up_keeps_its_place_while_it_runs),
		IN_SCENE(an_answer_frees_its_place),
		IN_SCENE(the_outcome_of_a_run),
	};
	return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
