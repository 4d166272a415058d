/* What a plugin does to a connection: binds a user, puts it into groups, closes it; from its loop,
 * and from elsewhere. */
#include "fixtures/client.h"
#include "fixtures/puppet.h"

#include <string.h>

enum { CODE = 100, SINGLE = 500 };

struct scene {
	struct house *house;
	struct puppet *puppet;
	struct client *client; /* on loop 0 */
	const act_host *h;
};

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house = house_new("{\"endpoints\": {\"/serv/\": {}}}");
	scene = (struct scene){ .house = house,
		                .puppet = puppet_new(house, "friend", ACT_F_PARALLEL, CODE) };
	puppet_enter(scene.puppet);
	puppet_serve(house);
	scene.client = client_new(house, 0, "/serv/", NULL, NULL);
	scene.h = scene.puppet->host;
	puppet_forget(scene.puppet);
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	house_free(((struct scene *)*state)->house);
	return 0;
}

/* Something that a test does on a loop of its choice. */
struct act_on_loop {
	struct scene *scene;
	act_rc (*run)(struct scene *scene);
	act_rc rc;
};

static void run_on_loop(struct loop *loop, void *context)
{
	struct act_on_loop *act = context;
	(void)loop;
	act->rc = act->run(act->scene);
}

static act_rc on_loop(struct scene *scene, uint32_t loop, act_rc (*run)(struct scene *scene))
{
	struct act_on_loop act = { scene, run, ACT_E_FAIL };
	house_on_loop(scene->house, loop, run_on_loop, &act);
	return act.rc;
}

static act_rc bind_as(struct scene *scene, const char *user, const char *device)
{
	return scene->h->bind_user(scene->h, client_id(scene->client), act_str(user),
	                           act_str(device));
}

/* Who the server takes the connection for; "" for nobody. */
static void is_user(struct client *client, const char *user)
{
	client_send(client, CODE + PUPPET_PRIVATE, "");
	if (user[0] != '\0')
		client_expect(client, CODE + PUPPET_PRIVATE, user);
	else
		client_expect_error(client, CODE + PUPPET_PRIVATE, "not_logged_in", "");
}

/* ---- binding ---- */

static act_rc bind_bob(struct scene *scene)
{
	return bind_as(scene, "bob", NULL);
}

static void a_user_is_bound_from_anywhere(void **state)
{
	struct scene *scene = *state;
	is_user(scene->client, "");
	assert_int_equal(bind_as(scene, "alice", "phone"), ACT_OK);
	is_user(scene->client, "alice");
	assert_int_equal(on_loop(scene, 0, bind_bob), ACT_OK);
	is_user(scene->client, "bob");
	assert_int_equal(bind_as(scene, "", ""), ACT_OK);
	is_user(scene->client, "");
	assert_int_equal(on_loop(scene, 1, bind_bob), ACT_OK);
	is_user(scene->client, "bob");
	puppet_told(scene->puppet, "bound:alice unbound:alice bound:bob unbound:bob bound:bob");
}

static act_rc log_in(struct puppet *puppet, const act_call *call)
{
	const act_host *h = puppet->host;
	if (call->action == PUPPET_PRIVATE)
		return h->reply(h, call->token, 0, call->user);
	act_rc rc = h->bind_user(h, call->conn, call->payload, act_mem(NULL, 0));
	return rc == ACT_OK ? h->reply(h, call->token, 0, act_str("welcome")) : rc;
}

/* The next message was there already when the login was served. */
static void logged_in_before_the_next_message(struct scene *scene, uint32_t login, uint32_t private)
{
	client_send(scene->client, login, "alice");
	client_send(scene->client, private, "");
	client_expect(scene->client, login, "welcome");
	client_expect(scene->client, private, "alice");
}

static void binding_comes_before_the_next_message(void **state)
{
	struct scene *scene = *state;
	scene->puppet->on_call = log_in;
	logged_in_before_the_next_message(scene, CODE + PUPPET_ECHO, CODE + PUPPET_PRIVATE);
	assert_int_equal(bind_as(scene, "", ""), ACT_OK);
	logged_in_before_the_next_message(scene, CODE + PUPPET_BLOCK, CODE + PUPPET_PRIVATE);
}

static void binding_from_another_home_comes_before_it_too(void **state)
{
	struct scene *scene = *state;
	struct puppet *single = puppet_new(scene->house, "single", 0, SINGLE);
	single->on_call = log_in;
	uint32_t home = puppet_enter(single)->home->index;
	puppet_serve(scene->house);
	scene->client = client_new(scene->house, 1 - home, "/serv/", NULL, NULL);
	logged_in_before_the_next_message(scene, SINGLE + PUPPET_ECHO, SINGLE + PUPPET_PRIVATE);
}

static act_rc bind_twice_and_read(struct puppet *puppet, const act_call *call)
{
	const act_host *h = puppet->host;
	h->bind_user(h, call->conn, act_str("carol"), act_str("tablet"));
	h->bind_user(h, call->conn, act_str(""), act_str(""));
	/* What was lent for the call is good until its end. */
	return h->reply(h, call->token, 0, call->user);
}

static void a_name_that_was_lent_outlives_its_binding(void **state)
{
	struct scene *scene = *state;
	struct client *alice = client_new(scene->house, 0, "/serv/", "alice", "phone");
	scene->puppet->on_call = bind_twice_and_read;
	client_send(alice, CODE + PUPPET_ECHO, "");
	client_expect(alice, CODE + PUPPET_ECHO, "alice");
}

static void ids_are_checked(void **state)
{
	struct scene *scene = *state;
	const act_host *h = scene->h;
	act_conn conn = client_id(scene->client);
	char longest[256], longer[257];
	memset(longest, 'u', sizeof longest);
	memset(longer, 'u', sizeof longer);
	longest[255] = longer[256] = '\0';
	assert_int_equal(bind_as(scene, longer, ""), ACT_E_INVAL);
	assert_int_equal(bind_as(scene, "alice", longer), ACT_E_INVAL);
	assert_int_equal(bind_as(scene, "al\xFFice", ""), ACT_E_INVAL);
	assert_int_equal(bind_as(scene, "alice", "\xC3"), ACT_E_INVAL);
	/* With a zero byte it would be taken for somebody else, or for nobody, further on. */
	assert_int_equal(h->bind_user(h, conn, act_mem("alice\0x", 7), act_str("")), ACT_E_INVAL);
	assert_int_equal(h->bind_user(h, conn, act_mem("", 1), act_str("")), ACT_E_INVAL);
	assert_int_equal(h->bind_user(h, conn, act_mem(NULL, 3), act_str("")), ACT_E_INVAL);
	assert_int_equal(h->group_join(h, conn, act_str("")), ACT_E_INVAL);
	assert_int_equal(h->group_join(h, conn, act_str(longer)), ACT_E_INVAL);
	assert_int_equal(h->group_join(h, conn, act_mem(NULL, 3)), ACT_E_INVAL);
	assert_int_equal(h->group_leave(h, conn, act_str("\xFF")), ACT_E_INVAL);
	is_user(scene->client, "");
	assert_int_equal(bind_as(scene, longest, longest), ACT_OK);
	is_user(scene->client, longest);
}

static void connections_that_are_not_there_are_gone(void **state)
{
	struct scene *scene = *state;
	const act_host *h = scene->h;
	act_conn gone = client_id(scene->client);
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	const act_conn wrong[] = { 0,
		                   1,
		                   UINT64_MAX,
		                   puppet_token(scene->puppet, 0),
		                   gone ^ (uint64_t)1 << 32,
		                   gone | (uint64_t)0xFF << 24,
		                   gone };
	client_drop(scene->client);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_int_equal(h->bind_user(h, wrong[i], act_str("alice"), act_str("")),
		                 ACT_E_GONE);
		assert_int_equal(h->group_join(h, wrong[i], act_str("g")), ACT_E_GONE);
		assert_int_equal(h->group_leave(h, wrong[i], act_str("g")), ACT_E_GONE);
		assert_int_equal(h->close_conn(h, wrong[i], 1000, act_str("")), ACT_E_GONE);
	}
}

/* ---- groups ---- */

static void push_to_group(struct scene *scene, const char *group, const char *body)
{
	act_push push = { .size = sizeof push,
		          .to = ACT_TO_GROUP,
		          .pushing = PUPPET_NEWS,
		          .id = act_str(group),
		          .body = act_str(body) };
	assert_int_equal(scene->h->push(scene->h, &push), ACT_OK);
}

static act_rc join_from_loop(struct scene *scene)
{
	return scene->h->group_join(scene->h, client_id(scene->client), act_str("chess"));
}

static void a_group_is_joined_and_left(void **state)
{
	struct scene *scene = *state;
	const act_host *h = scene->h;
	act_conn conn = client_id(scene->client);
	assert_int_equal(h->group_join(h, conn, act_str("chess")), ACT_OK);
	/* Twice is once, wherever it comes from. */
	assert_int_equal(on_loop(scene, 0, join_from_loop), ACT_OK);
	assert_int_equal(on_loop(scene, 1, join_from_loop), ACT_OK);
	push_to_group(scene, "chess", "one");
	push_to_group(scene, "go", "of others");
	push_to_group(scene, "chess", "two");
	client_expect(scene->client, CODE + 1000, "one");
	client_expect(scene->client, CODE + 1000, "two");
	assert_int_equal(h->group_leave(h, conn, act_str("chess")), ACT_OK);
	assert_int_equal(h->group_leave(h, conn, act_str("chess")), ACT_OK);
	push_to_group(scene, "chess", "three");
	client_send(scene->client, CODE + PUPPET_ECHO, "the end");
	client_expect(scene->client, CODE + PUPPET_ECHO, "the end");
}

static act_rc join_too_many(struct scene *scene)
{
	act_rc rc = ACT_OK;
	char group[16];
	for (int i = 0; i < HUB_GROUPS_MAX && rc == ACT_OK; i++) {
		snprintf(group, sizeof group, "g%d", i);
		rc = scene->h->group_join(scene->h, client_id(scene->client), act_str(group));
	}
	return rc != ACT_OK ? ACT_E_FAIL : join_from_loop(scene);
}

static void a_connection_is_in_so_many_groups_at_most(void **state)
{
	struct scene *scene = *state;
	assert_int_equal(on_loop(scene, 0, join_too_many), ACT_E_BUSY);
}

/* ---- closing ---- */

static void close_codes_are_those_that_may_be_sent(void **state)
{
	static const uint16_t right[] = { 1000, 1001, 1003, 1007, 1008, 1009,
		                          1011, 1012, 1013, 3000, 4000, 4999 };
	static const uint16_t wrong[] = { 0,    999,  1002, 1004, 1005, 1006,
		                          1010, 1014, 1015, 2999, 5000, 65535 };
	struct scene *scene = *state;
	const act_host *h = scene->h;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(h->close_conn(h, client_id(scene->client), wrong[i], act_str("")),
		                 ACT_E_INVAL);
	for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
		struct client *client = client_new(scene->house, i % 2, "/serv/", NULL, NULL);
		assert_int_equal(h->close_conn(h, client_id(client), right[i], act_str("bye")),
		                 ACT_OK);
		client_expect_close(client, right[i]);
	}
}

static void a_reason_fits_a_close_frame(void **state)
{
	struct scene *scene = *state;
	const act_host *h = scene->h;
	act_conn conn = client_id(scene->client);
	char reason[125];
	memset(reason, 'r', sizeof reason);
	assert_int_equal(h->close_conn(h, conn, 4000, act_mem(reason, 124)), ACT_E_INVAL);
	assert_int_equal(h->close_conn(h, conn, 4000, act_str("\xFF")), ACT_E_INVAL);
	assert_int_equal(h->close_conn(h, conn, 4000, act_mem(NULL, 2)), ACT_E_INVAL);
	assert_int_equal(h->close_conn(h, conn, 4000, act_mem(reason, 123)), ACT_OK);
	client_expect_close(scene->client, 4000);
}

static act_rc say_and_close(struct puppet *puppet, const act_call *call)
{
	const act_host *h = puppet->host;
	act_push push = { .size = sizeof push,
		          .to = ACT_TO_CONN,
		          .pushing = PUPPET_NEWS,
		          .conn = call->conn,
		          .body = act_str("a last word") };
	h->push(h, &push);
	act_rc rc = h->reply(h, call->token, 0, act_str("goodbye"));
	puppet_note(puppet, "close:%d", h->close_conn(h, call->conn, 4500, act_str("kicked")));
	/* It is as good as gone, and takes nothing any more. */
	puppet_note(puppet, "again:%d", h->close_conn(h, call->conn, 1000, act_str("")));
	puppet_note(puppet, "bind:%d", h->bind_user(h, call->conn, act_str("u"), act_str("")));
	return rc;
}

static void what_was_said_before_a_close_arrives(void **state)
{
	struct scene *scene = *state;
	scene->puppet->on_call = say_and_close;
	client_send(scene->client, CODE + PUPPET_ECHO, "");
	client_expect(scene->client, CODE + 1000, "a last word");
	client_expect(scene->client, CODE + PUPPET_ECHO, "goodbye");
	client_expect_close(scene->client, 4500);
	puppet_told(scene->puppet, "close:0 again:-1 bind:-1");
	/* Messages that came meanwhile are nobody's. */
	client_send(scene->client, CODE + PUPPET_ECHO, "");
	assert_int_equal(atomic_load(&scene->puppet->calls[PUPPET_ECHO]), 1);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(a_user_is_bound_from_anywhere),
		IN_SCENE(binding_comes_before_the_next_message),
		IN_SCENE(binding_from_another_home_comes_before_it_too),
		IN_SCENE(a_name_that_was_lent_outlives_its_binding),
		IN_SCENE(ids_are_checked),
		IN_SCENE(connections_that_are_not_there_are_gone),
		IN_SCENE(a_group_is_joined_and_left),
		IN_SCENE(a_connection_is_in_so_many_groups_at_most),
		IN_SCENE(close_codes_are_those_that_may_be_sent),
		IN_SCENE(a_reason_fits_a_close_frame),
		IN_SCENE(what_was_said_before_a_close_arrives),
	};
	return cmocka_run_group_tests_name("host_conn", tests, NULL, NULL);
}
