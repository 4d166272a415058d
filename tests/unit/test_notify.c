/* What plugins are told of connections: to whom, where, and in which order. */
#include "fixtures/client.h"
#include "fixtures/puppet.h"

#include "act/park.h"

#include <string.h>

enum { CODE = 100, SINGLE = 500 };

struct scene {
	struct house *house;
	struct puppet *puppet; /* parallel */
	struct puppet *single; /* not */
};

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house = house_new("{\"endpoints\": {\"/serv/\": {}}}");
	scene = (struct scene){ .house = house,
		                .puppet = puppet_new(house, "friend", ACT_F_PARALLEL, CODE),
		                .single = puppet_new(house, "single", 0, SINGLE) };
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	house_free(((struct scene *)*state)->house);
	return 0;
}

static void enter(struct scene *scene)
{
	puppet_enter(scene->puppet);
	puppet_enter(scene->single);
	puppet_serve(scene->house);
	puppet_forget(scene->puppet);
	puppet_forget(scene->single);
}

static uint32_t home_of(const struct scene *scene)
{
	return scene->single->generation->home->index;
}

static act_rc bind_user(struct scene *scene, struct client *client, const char *user)
{
	const act_host *h = scene->puppet->host;
	return h->bind_user(h, client_id(client), act_str(user), act_str(NULL));
}

static void all_are_told_of_a_life(void **state)
{
	static const char story[] =
		"open:alice:phone:/serv/ unbound:alice bound:bob unbound:bob close";
	struct scene *scene = *state;
	enter(scene);
	for (uint32_t loop = 0; loop < HOUSE_LOOPS; loop++) {
		struct client *client = client_new(scene->house, loop, "/serv/", "alice", "phone");
		assert_int_equal(bind_user(scene, client, "bob"), ACT_OK);
		assert_int_equal(bind_user(scene, client, ""), ACT_OK);
		house_settle(scene->house);
		client_drop(client);
		house_settle(scene->house);
		puppet_told(scene->puppet, story);
		puppet_told(scene->single, story);
	}
}

static void who_comes_without_a_name_has_none(void **state)
{
	struct scene *scene = *state;
	enter(scene);
	client_new(scene->house, 0, "/serv/deep/below", NULL, NULL);
	puppet_told(scene->puppet, "open:::/serv/");
}

static void the_same_user_again_is_no_news(void **state)
{
	struct scene *scene = *state;
	enter(scene);
	struct client *client = client_new(scene->house, 0, "/serv/", "alice", "phone");
	assert_int_equal(bind_user(scene, client, "alice"), ACT_OK);
	house_settle(scene->house);
	puppet_told(scene->puppet, "open:alice:phone:/serv/");
	bind_user(scene, client, "");
	bind_user(scene, client, "");
	house_settle(scene->house);
	puppet_told(scene->puppet, "unbound:alice");
}

/* ---- where ---- */

static void note_where(void *self, const act_peer *peer)
{
	struct puppet *puppet = self;
	const struct loop *loop = loop_self();
	(void)peer;
	puppet_note(puppet, "open@%d", loop != NULL ? (int)loop->index : -1);
}

static void is_told_where_it_lives(void **state)
{
	struct scene *scene = *state;
	scene->puppet->table.conn_open = note_where;
	scene->single->table.conn_open = note_where;
	enter(scene);
	char home[32];
	snprintf(home, sizeof home, "open@%u open@%u", home_of(scene), home_of(scene));
	client_new(scene->house, 0, "/serv/", NULL, NULL);
	client_new(scene->house, 1, "/serv/", NULL, NULL);
	house_settle(scene->house);
	puppet_told(scene->puppet, "open@0 open@1");
	puppet_told(scene->single, home);
}

static act_rc note_call(struct puppet *puppet, const act_call *call)
{
	puppet_note(puppet, "call:%.*s", ACT_FMT(call->user));
	return puppet->host->reply(puppet->host, call->token, 0, call->payload);
}

static void is_told_before_the_calls_that_follow(void **state)
{
	struct scene *scene = *state;
	scene->puppet->on_call = note_call;
	scene->single->on_call = note_call;
	enter(scene);
	struct client *client = client_new(scene->house, 1 - home_of(scene), "/serv/", NULL, NULL);
	client_send(client, SINGLE + PUPPET_ECHO, "");
	client_expect(client, SINGLE + PUPPET_ECHO, "");
	bind_user(scene, client, "alice");
	client_send(client, SINGLE + PUPPET_ECHO, "");
	client_expect(client, SINGLE + PUPPET_ECHO, "");
	client_send(client, CODE + PUPPET_ECHO, "");
	client_expect(client, CODE + PUPPET_ECHO, "");
	puppet_told(scene->single, "open:::/serv/ call: bound:alice call:alice");
	puppet_told(scene->puppet, "open:::/serv/ bound:alice call:alice");
}

static act_rc bind_in_call(struct puppet *puppet, const act_call *call)
{
	const act_host *h = puppet->host;
	puppet_note(puppet, "in");
	h->bind_user(h, call->conn, call->payload, act_mem(NULL, 0));
	puppet_note(puppet, "out");
	return h->reply(h, call->token, 0, act_str("bound"));
}

/* The server never enters a plugin from inside a call that the plugin made. */
static void is_never_told_inside_its_own_call(void **state)
{
	struct scene *scene = *state;
	scene->puppet->on_call = bind_in_call;
	enter(scene);
	struct client *client = client_new(scene->house, 0, "/serv/", NULL, NULL);
	puppet_forget(scene->puppet);
	client_send(client, CODE + PUPPET_ECHO, "alice");
	client_send(client, CODE + PUPPET_ECHO, "bob");
	client_expect(client, CODE + PUPPET_ECHO, "bound");
	client_expect(client, CODE + PUPPET_ECHO, "bound");
	house_settle(scene->house);
	puppet_told(scene->puppet, "in out bound:alice in out unbound:alice bound:bob");
}

/* ---- who ---- */

static void who_does_not_ask_is_not_told(void **state)
{
	struct scene *scene = *state;
	scene->puppet->table.conn_open = NULL;
	scene->puppet->table.user_unbound = NULL;
	scene->single->table.size = (uint32_t)offsetof(act_plugin, conn_close);
	enter(scene);
	struct client *client = client_new(scene->house, 0, "/serv/", "alice", NULL);
	bind_user(scene, client, "bob");
	house_settle(scene->house);
	client_drop(client);
	house_settle(scene->house);
	puppet_told(scene->puppet, "bound:bob close");
	puppet_told(scene->single, "open:alice::/serv/");
}

/* Opens are not replayed; the end is told to whoever is live then. */
static void the_one_that_is_live_is_told(void **state)
{
	struct scene *scene = *state;
	struct puppet *next = puppet_new(scene->house, "friend", ACT_F_PARALLEL, CODE);
	enter(scene);
	struct client *client = client_new(scene->house, 0, "/serv/", NULL, NULL);
	puppet_enter(next);
	puppet_leave(scene->puppet);
	puppet_serve(scene->house);
	client_drop(client);
	puppet_told(scene->puppet, "open:::/serv/");
	puppet_told(next, "create start activate close");
}

struct holding {
	struct post post;
	struct gate *gate;
};

static void on_hold(struct post *post)
{
	gate_pass(((struct holding *)post)->gate);
}

/* It was live when it happened: the notice waits for its home loop, and pins it. */
static void a_notice_on_its_way_pins(void **state)
{
	struct scene *scene = *state;
	struct holding holding = { { .run = on_hold }, &scene->single->gate };
	enter(scene);
	gate_shut(&scene->single->gate);
	loop_post(&scene->house->net.loops[home_of(scene)], &holding.post);
	client_new(scene->house, 1 - home_of(scene), "/serv/", NULL, NULL);
	assert_int_equal(atomic_load(&scene->single->generation->pins), 1);
	puppet_told(scene->single, "");
	gate_open(&scene->single->gate);
	house_settle(scene->house);
	puppet_told(scene->single, "open:::/serv/");
	assert_int_equal(atomic_load(&scene->single->generation->pins), 0);
}

/* ---- while its state is handed over ---- */

static void a_parked_one_is_told_afterwards_in_order(void **state)
{
	struct scene *scene = *state;
	enter(scene);
	park_begin(scene->puppet->generation);
	park_begin(scene->single->generation);
	struct client *client = client_new(scene->house, 1, "/serv/", NULL, NULL);
	bind_user(scene, client, "alice");
	house_settle(scene->house);
	client_drop(client);
	house_settle(scene->house);
	puppet_told(scene->puppet, "");
	puppet_told(scene->single, "");
	assert_int_equal(atomic_load(&scene->puppet->generation->pins), 0);
	park_end(scene->puppet->generation, false);
	house_settle(scene->house);
	puppet_told(scene->puppet, "open:::/serv/ bound:alice close");
	puppet_told(scene->single, ""); /* is parked still */
	park_end(scene->single->generation, false);
	house_settle(scene->house);
	puppet_told(scene->single, "open:::/serv/ bound:alice close");
	puppet_told(scene->puppet, "");
}

static void what_waited_is_told_to_the_next_one(void **state)
{
	struct scene *scene = *state;
	struct puppet *next = puppet_new(scene->house, "friend", ACT_F_PARALLEL, CODE);
	enter(scene);
	park_begin(scene->puppet->generation);
	next->on_call = note_call;
	next->table.conn_close = NULL; /* which it does not ask for */
	struct client *client = client_new(scene->house, 0, "/serv/", "alice", NULL);
	struct client *gone = client_new(scene->house, 1, "/serv/", "bob", NULL);
	client_send(client, CODE + PUPPET_ECHO, "");
	house_settle(scene->house);
	client_drop(gone);
	puppet_enter(next);
	puppet_leave(scene->puppet);
	puppet_serve(scene->house);
	puppet_forget(next);
	park_end(scene->puppet->generation, true);
	client_expect(client, CODE + PUPPET_ECHO, "");
	house_settle(scene->house);
	assert_true(puppet_heard(next, "open:bob::/serv/"));
	assert_false(puppet_heard(next, "close"));
	char journal[PUPPET_JOURNAL_MAX];
	snprintf(journal, sizeof journal, "%s", next->journal);
	const char *opened = strstr(journal, "open:alice"), *called = strstr(journal, "call:alice");
	assert_true(opened != NULL && called != NULL && opened < called);
	puppet_told(scene->puppet, "");
}

/* Between the moment at which the next one serves and the one at which what waited is taken up. */
static void what_comes_meanwhile_is_told_and_served_behind_it(void **state)
{
	struct scene *scene = *state;
	struct puppet *next = puppet_new(scene->house, "friend", ACT_F_PARALLEL, CODE);
	enter(scene);
	park_begin(scene->puppet->generation);
	next->on_call = note_call;
	struct client *client = client_new(scene->house, 0, "/serv/", "alice", NULL);
	struct client *gone = client_new(scene->house, 1, "/serv/", "bob", NULL);
	puppet_enter(next);
	park_heir(scene->puppet->generation, next->generation);
	puppet_leave(scene->puppet);
	puppet_serve(scene->house);
	puppet_forget(next);
	client_send(client, CODE + PUPPET_ECHO, "");
	client_drop(gone);
	struct client *late = client_new(scene->house, 1, "/serv/", "carol", NULL);
	client_send(late, CODE + PUPPET_ECHO, "");
	house_settle(scene->house);
	client_expect_nothing(client);
	client_expect_nothing(late);
	puppet_told(next, "");
	park_end(scene->puppet->generation, true);
	client_expect(client, CODE + PUPPET_ECHO, "");
	client_expect(late, CODE + PUPPET_ECHO, "");
	house_settle(scene->house);
	assert_true(puppet_heard(next, "open:bob::/serv/"));
	assert_true(puppet_heard(next, "close"));
	char journal[PUPPET_JOURNAL_MAX];
	snprintf(journal, sizeof journal, "%s", next->journal);
	assert_true(strstr(journal, "open:alice") < strstr(journal, "call:alice"));
	assert_true(strstr(journal, "open:bob") < strstr(journal, "close"));
	assert_true(strstr(journal, "open:carol") < strstr(journal, "call:carol"));
	/* That is over: it is entered at once. */
	client_send(late, CODE + PUPPET_ECHO, "x");
	client_expect(late, CODE + PUPPET_ECHO, "x");
}

static void nobody_is_told_where_the_plugin_is_gone(void **state)
{
	struct scene *scene = *state;
	enter(scene);
	park_begin(scene->puppet->generation);
	client_new(scene->house, 0, "/serv/", NULL, NULL);
	puppet_leave(scene->puppet);
	park_end(scene->puppet->generation, true);
	house_settle(scene->house);
	puppet_told(scene->puppet, "");
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(all_are_told_of_a_life),
		IN_SCENE(who_comes_without_a_name_has_none),
		IN_SCENE(the_same_user_again_is_no_news),
		IN_SCENE(is_told_where_it_lives),
		IN_SCENE(is_told_before_the_calls_that_follow),
		IN_SCENE(is_never_told_inside_its_own_call),
		IN_SCENE(who_does_not_ask_is_not_told),
		IN_SCENE(the_one_that_is_live_is_told),
		IN_SCENE(a_notice_on_its_way_pins),
		IN_SCENE(a_parked_one_is_told_afterwards_in_order),
		IN_SCENE(what_waited_is_told_to_the_next_one),
		IN_SCENE(what_comes_meanwhile_is_told_and_served_behind_it),
		IN_SCENE(nobody_is_told_where_the_plugin_is_gone),
	};
	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
