/* Pushes: who gets them, in which order, and what is refused. */
#include "fixtures/client.h"
#include "fixtures/puppet.h"

#include <string.h>

enum { CODE = 100, NEWS = CODE + 1000, ALARM = NEWS + 1 };

struct scene {
	struct house *house;
	struct puppet *puppet;
	const act_host *h;
	struct client *alice[2]; /* a phone on loop 0, a tablet on loop 1 */
	struct client *bob, *nobody, *raw;
};

static const char config_text[] =
	"{\"endpoints\": {\"/serv/\": {}, \"/raw\": {\"mode\": \"raw\", \"action\": "
	"\"friend.raw\"}},"
	"\"limits\": {\"reply_bytes\": 1024, \"outbox_bytes\": 4096, \"push_queue_bytes\": 65536}}";

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house = house_new(config_text);
	scene = (struct scene){ .house = house,
		                .puppet = puppet_new(house, "friend", ACT_F_PARALLEL, CODE) };
	puppet_enter(scene.puppet);
	puppet_serve(house);
	scene.h = scene.puppet->host;
	scene.alice[0] = client_new(house, 0, "/serv/", "alice", "phone");
	scene.alice[1] = client_new(house, 1, "/serv/", "alice", "tablet");
	scene.bob = client_new(house, 1, "/serv/", "bob", NULL);
	scene.nobody = client_new(house, 0, "/serv/", NULL, NULL);
	scene.raw = client_new(house, 0, "/raw", "alice", NULL);
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	house_free(((struct scene *)*state)->house);
	return 0;
}

static act_push push_of(uint32_t to, const char *id, const char *body)
{
	return (act_push){ .size = sizeof(act_push),
		           .to = to,
		           .pushing = PUPPET_NEWS,
		           .id = act_str(id),
		           .body = act_str(body) };
}

static act_rc push(struct scene *scene, const act_push *what)
{
	return scene->h->push(scene->h, what);
}

/* Nothing was sent but what was expected. */
static void that_is_all(struct scene *scene)
{
	struct client *const all[] = { scene->alice[0], scene->alice[1], scene->bob, scene->nobody,
		                       scene->raw };
	house_settle(scene->house);
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		client_expect_nothing(all[i]);
}

/* ---- who gets it ---- */

static void goes_to_one_connection(void **state)
{
	struct scene *scene = *state;
	act_push what = push_of(ACT_TO_CONN, NULL, "for you");
	what.conn = client_id(scene->bob);
	assert_int_equal(push(scene, &what), ACT_OK);
	client_expect(scene->bob, NEWS, "for you");
	that_is_all(scene);
}

static void goes_to_all_of_a_user(void **state)
{
	struct scene *scene = *state;
	act_push what = push_of(ACT_TO_USER, "alice", "for alice");
	assert_int_equal(push(scene, &what), ACT_OK);
	client_expect(scene->alice[0], NEWS, "for alice");
	client_expect(scene->alice[1], NEWS, "for alice");
	that_is_all(scene);
	what.id = act_str("zoe"); /* who is not there */
	assert_int_equal(push(scene, &what), ACT_OK);
	that_is_all(scene);
}

static void goes_to_one_device_of_a_user(void **state)
{
	struct scene *scene = *state;
	act_push what = push_of(ACT_TO_USER, "alice", "for the tablet");
	what.device = act_str("tablet");
	assert_int_equal(push(scene, &what), ACT_OK);
	client_expect(scene->alice[1], NEWS, "for the tablet");
	what.device = act_str("watch");
	assert_int_equal(push(scene, &what), ACT_OK);
	that_is_all(scene);
}

static void goes_to_a_group(void **state)
{
	struct scene *scene = *state;
	const act_host *h = scene->h;
	act_push what = push_of(ACT_TO_GROUP, "chess", "check");
	h->group_join(h, client_id(scene->bob), act_str("chess"));
	h->group_join(h, client_id(scene->nobody), act_str("chess"));
	assert_int_equal(push(scene, &what), ACT_OK);
	client_expect(scene->bob, NEWS, "check");
	client_expect(scene->nobody, NEWS, "check");
	that_is_all(scene);
}

static void goes_to_all_of_action_endpoints(void **state)
{
	struct scene *scene = *state;
	act_push what = push_of(ACT_TO_ALL, NULL, "");
	what.pushing = PUPPET_ALARM;
	assert_int_equal(push(scene, &what), ACT_OK);
	client_expect(scene->alice[0], ALARM, "");
	client_expect(scene->alice[1], ALARM, "");
	client_expect(scene->bob, ALARM, "");
	client_expect(scene->nobody, ALARM, "");
	that_is_all(scene);
}

static void leaves_one_out(void **state)
{
	struct scene *scene = *state;
	act_push what = push_of(ACT_TO_USER, "alice", "the others");
	what.except = client_id(scene->alice[0]);
	assert_int_equal(push(scene, &what), ACT_OK);
	client_expect(scene->alice[1], NEWS, "the others");
	that_is_all(scene);
}

/* ---- in every protocol ---- */

static void v1_gets(struct client *client, uint32_t code, const char *body)
{
	struct actv1_frame frame = client_take(client);
	assert_int_equal(frame.type, ACTV1_PUSH);
	assert_int_equal(frame.code, code);
	assert_int_equal(frame.seq, 0);
	assert_int_equal(frame.flags, 0);
	if (!act_same(frame.payload, act_str(body)))
		fail_msg("expected %s, found %.*s", body, ACT_FMT(frame.payload));
}

/* One push, and everyone has it in the form that it speaks, on whatever loop. */
static void everyone_has_it_in_its_own_form(void **state)
{
	struct scene *scene = *state;
	struct client *v1[2], *json[2];
	scene->puppet->pushes[PUPPET_NEWS].gives = "application/json; charset=utf-8";
	for (uint32_t i = 0; i < 2; i++) {
		v1[i] = client_speaking(scene->house, i, "/serv/", &protocol_v1, "alice");
		json[i] = client_speaking(scene->house, i, "/serv/", &protocol_json, "alice");
	}
	act_push what = push_of(ACT_TO_USER, "alice", "{\"x\": 1}");
	assert_int_equal(push(scene, &what), ACT_OK);
	for (int i = 0; i < 2; i++) {
		client_expect(scene->alice[i], NEWS, "{\"x\": 1}");
		v1_gets(v1[i], NEWS, "{\"x\": 1}");
		client_expect_text(json[i], "{\"push\":1100,\"data\":{\"x\": 1}}");
	}
	that_is_all(scene);
}

/* What is not JSON does not reach those that speak it; nobody is closed for it. */
static void other_pushes_pass_by_those_that_speak_json(void **state)
{
	static const char *const types[] = { NULL, "text/plain", "application/protobuf" };
	struct scene *scene = *state;
	struct client *v1 = client_speaking(scene->house, 0, "/serv/", &protocol_v1, "zoe");
	struct client *json = client_speaking(scene->house, 0, "/serv/", &protocol_json, "zoe");
	act_push what = push_of(ACT_TO_USER, "zoe", "{}");
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		scene->puppet->pushes[PUPPET_NEWS].gives = types[i];
		assert_int_equal(push(scene, &what), ACT_OK);
		v1_gets(v1, NEWS, "{}");
	}
	scene->puppet->pushes[PUPPET_NEWS].gives = "application/json";
	what.body = act_str("no JSON, whatever its plugin says");
	assert_int_equal(push(scene, &what), ACT_OK);
	v1_gets(v1, NEWS, "no JSON, whatever its plugin says");
	what.body = act_str("\"the end\"");
	assert_int_equal(push(scene, &what), ACT_OK);
	v1_gets(v1, NEWS, "\"the end\"");
	client_expect_text(json, "{\"push\":1100,\"data\":\"the end\"}");
	that_is_all(scene);
}

/* Each push has a type of its own. */
static void the_type_is_that_of_the_push(void **state)
{
	struct scene *scene = *state;
	struct client *json = client_speaking(scene->house, 1, "/serv/", &protocol_json, "zoe");
	scene->puppet->pushes[PUPPET_ALARM].gives = "application/json";
	act_push what = push_of(ACT_TO_USER, "zoe", "1");
	assert_int_equal(push(scene, &what), ACT_OK);
	what.pushing = PUPPET_ALARM;
	what.body = act_str("2");
	assert_int_equal(push(scene, &what), ACT_OK);
	client_expect_text(json, "{\"push\":1101,\"data\":2}");
	house_settle(scene->house);
	client_expect_nothing(json);
}

/* ---- the order ---- */

static act_rc push_and_answer(struct puppet *puppet, const act_call *call)
{
	const act_host *h = puppet->host;
	act_push what = push_of(ACT_TO_USER, "alice", "one");
	h->push(h, &what);
	what.body = act_str("two");
	h->push(h, &what);
	return h->reply(h, call->token, 0, act_str("answer"));
}

static void expect_in_order(struct client *client, uint32_t code)
{
	client_expect(client, NEWS, "one");
	client_expect(client, NEWS, "two");
	client_expect(client, code, "answer");
}

static void pushes_come_in_order_and_before_the_answer(void **state)
{
	struct scene *scene = *state;
	scene->puppet->on_call = push_and_answer;
	client_send(scene->alice[0], CODE + PUPPET_ECHO, "");
	expect_in_order(scene->alice[0], CODE + PUPPET_ECHO);
	client_expect(scene->alice[1], NEWS, "one");
	client_expect(scene->alice[1], NEWS, "two");
	/* The same from a worker. */
	client_send(scene->alice[1], CODE + PUPPET_BLOCK, "");
	expect_in_order(scene->alice[1], CODE + PUPPET_BLOCK);
}

/* ---- what is refused ---- */

static void pushes_are_checked(void **state)
{
	struct scene *scene = *state;
	char longer[257];
	memset(longer, 'u', sizeof longer);
	longer[256] = '\0';
	const act_push good = push_of(ACT_TO_USER, "zoe", "?");
	act_push bad[12];
	size_t count = 0;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		bad[i] = good;
	bad[count++].size = sizeof(act_push) - 1;
	bad[count++].flags = 1;
	bad[count++].pushing = PUPPET_PUSHES;
	bad[count++].to = 0;
	bad[count++].to = ACT_TO_ALL + 1;
	bad[count++].id = act_str("");
	bad[count++].id = act_str(longer);
	bad[count++].id = act_str("\xFF");
	bad[count++].id = act_mem(NULL, 1);
	bad[count++].device = act_str(longer);
	bad[count++].body = act_mem(NULL, 1);
	bad[count] = push_of(ACT_TO_GROUP, "g", "");
	bad[count++].device = act_str("phone"); /* groups have none */
	assert_int_equal(push(scene, NULL), ACT_E_INVAL);
	for (size_t i = 0; i < count; i++)
		if (push(scene, &bad[i]) != ACT_E_INVAL)
			fail_msg("number %zu was taken", i);
	assert_int_equal(push(scene, &good), ACT_OK);
}

static void a_push_that_is_too_long_is_refused(void **state)
{
	struct scene *scene = *state;
	char body[1026];
	memset(body, 'x', sizeof body);
	act_push what = push_of(ACT_TO_USER, "bob", NULL);
	what.body = act_mem(body, 1025);
	assert_int_equal(push(scene, &what), ACT_E_TOOBIG);
	that_is_all(scene);
	what.body = act_mem(body, 1024);
	body[1024] = '\0';
	assert_int_equal(push(scene, &what), ACT_OK);
	client_expect(scene->bob, NEWS, body);
}

static void a_connection_that_went_is_gone(void **state)
{
	struct scene *scene = *state;
	act_push what = push_of(ACT_TO_CONN, NULL, "?");
	what.conn = client_id(scene->bob);
	client_drop(scene->bob);
	assert_int_equal(push(scene, &what), ACT_E_GONE);
	what.conn = 0;
	assert_int_equal(push(scene, &what), ACT_E_GONE);
}

static void a_push_without_a_code_is_not_supported(void **state)
{
	struct scene *scene = *state;
	struct puppet *plain = puppet_new(scene->house, "plain", ACT_F_PARALLEL, 0);
	puppet_enter(plain);
	puppet_serve(scene->house);
	act_push what = push_of(ACT_TO_ALL, NULL, "?");
	assert_int_equal(plain->host->push(plain->host, &what), ACT_E_NOSUPP);
	that_is_all(scene);
}

static void the_config_gives_it_its_code(void **state)
{
	struct scene *scene = *state;
	act_push what = push_of(ACT_TO_USER, "bob", "renumbered");
	house_configure(scene->house,
	                "{\"endpoints\": {\"/serv/\": {}}, \"pushes\": {\"77\": \"friend.news\"}}");
	puppet_serve(scene->house);
	assert_int_equal(push(scene, &what), ACT_OK);
	client_expect(scene->bob, 77, "renumbered");
}

/* ---- bounds ---- */

static void who_is_too_slow_is_closed(void **state)
{
	struct scene *scene = *state;
	char body[1000];
	memset(body, 'x', sizeof body);
	act_push what = push_of(ACT_TO_USER, "bob", NULL);
	what.body = act_mem(body, sizeof body);
	client_stall(scene->bob, true);
	for (int i = 0; i < 5; i++) /* four fit into outbox_bytes */
		assert_int_equal(push(scene, &what), ACT_OK);
	house_settle(scene->house);
	client_stall(scene->bob, false);
	client_expect_close(scene->bob, CLOSE_TOO_SLOW);
	/* Others are served on. */
	client_send(scene->nobody, CODE + PUPPET_ECHO, "still here");
	client_expect(scene->nobody, CODE + PUPPET_ECHO, "still here");
}

struct holding {
	struct post post;
	struct gate *gate;
};

static void on_hold(struct post *post)
{
	gate_pass(((struct holding *)post)->gate);
}

static void pushes_under_way_have_a_bound(void **state)
{
	struct scene *scene = *state;
	struct holding holding = { { .run = on_hold }, &scene->puppet->gate };
	char body[1000];
	int taken = 0;
	memset(body, 'x', sizeof body);
	act_push what = push_of(ACT_TO_USER, "zoe", NULL);
	what.body = act_mem(body, sizeof body);
	gate_shut(&scene->puppet->gate);
	loop_post(&scene->house->net.loops[1], &holding.post);
	while (push(scene, &what) == ACT_OK)
		assert_true(++taken < 100);
	assert_true(taken >= 65536 / 1024);
	assert_int_equal(push(scene, &what), ACT_E_BUSY);
	gate_open(&scene->puppet->gate);
	house_settle(scene->house);
	assert_int_equal(push(scene, &what), ACT_OK);
	house_settle(scene->house);
	assert_int_equal(atomic_load(&scene->house->act.pushes_under_way), 0);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(goes_to_one_connection),
		IN_SCENE(goes_to_all_of_a_user),
		IN_SCENE(goes_to_one_device_of_a_user),
		IN_SCENE(goes_to_a_group),
		IN_SCENE(goes_to_all_of_action_endpoints),
		IN_SCENE(leaves_one_out),
		IN_SCENE(everyone_has_it_in_its_own_form),
		IN_SCENE(other_pushes_pass_by_those_that_speak_json),
		IN_SCENE(the_type_is_that_of_the_push),
		IN_SCENE(pushes_come_in_order_and_before_the_answer),
		IN_SCENE(pushes_are_checked),
		IN_SCENE(a_push_that_is_too_long_is_refused),
		IN_SCENE(a_connection_that_went_is_gone),
		IN_SCENE(a_push_without_a_code_is_not_supported),
		IN_SCENE(the_config_gives_it_its_code),
		IN_SCENE(who_is_too_slow_is_closed),
		IN_SCENE(pushes_under_way_have_a_bound),
	};
	return cmocka_run_group_tests_name("host_push", tests, NULL, NULL);
}
