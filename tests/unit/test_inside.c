/* Which call of which plugin a thread is in. */
#include "fixtures/client.h"
#include "fixtures/puppet.h"

#include "act/inside.h"

#include <string.h>

enum { CODE = 100, HOMELY = 500 };

struct scene {
	struct house *house;
	struct puppet *puppet;
	struct puppet *homely; /* runs on its home loop alone */
	uint32_t home;
	struct client *client; /* on the other loop, which therefore never waits */
};

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house = house_new("{\"endpoints\": {\"/serv/\": {}}}");
	scene = (struct scene){ .house = house,
		                .puppet = puppet_new(house, "friend", ACT_F_PARALLEL, CODE),
		                .homely = puppet_new(house, "homely", 0, HOMELY) };
	puppet_enter(scene.puppet);
	scene.home = puppet_enter(scene.homely)->home->index;
	puppet_serve(house);
	scene.client = client_new(house, 1 - scene.home, "/serv/", NULL, NULL);
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	house_free(((struct scene *)*state)->house);
	return 0;
}

static void is_in(const struct inside *cell, const struct generation *generation,
                  enum inside_what what, uint32_t code, act_conn conn)
{
	assert_ptr_equal(cell->self, generation);
	assert_int_equal(INSIDE_GET(cell, generation), generation == NULL ? 0 : generation->number);
	assert_int_equal(INSIDE_GET(cell, what), what);
	assert_int_equal(INSIDE_GET(cell, code), code);
	assert_int_equal(INSIDE_GET(cell, conn), conn);
}

/* ---- one thread ---- */

static void a_thread_is_in_what_it_entered(void **state)
{
	const struct scene *scene = *state;
	const struct generation *generation = scene->puppet->generation;
	struct inside_before outside =
		inside_enter_call(generation, INSIDE_HANDLE, PUPPET_HOLD, 7, 77);
	assert_non_null(inside_own);
	is_in(inside_own, generation, INSIDE_HANDLE, 7, 77);
	assert_int_equal(INSIDE_GET(inside_own, action), PUPPET_HOLD);
	inside_leave(&outside);
	is_in(inside_own, NULL, INSIDE_NOTHING, 0, 0);
}

/* A service is entered in the middle of a call, and does not forget whose. */
static void a_service_keeps_the_call_that_it_serves(void **state)
{
	const struct scene *scene = *state;
	const struct generation *user = scene->puppet->generation;
	struct puppet *other = puppet_new(scene->house, "giver", ACT_F_PARALLEL, 0);
	const struct generation *giver = puppet_enter(other);
	struct inside_before outside = inside_enter_call(user, INSIDE_HANDLE, PUPPET_ECHO, 7, 77);
	struct inside_before call = inside_enter(giver, INSIDE_SERVICE);
	is_in(inside_own, giver, INSIDE_SERVICE, 7, 77);
	inside_leave(&call);
	is_in(inside_own, user, INSIDE_HANDLE, 7, 77);
	inside_leave(&outside);
	is_in(inside_own, NULL, INSIDE_NOTHING, 0, 0);
	struct inside_before alone = inside_enter(giver, INSIDE_EXTENSION);
	is_in(inside_own, giver, INSIDE_EXTENSION, 0, 0);
	inside_leave(&alone);
}

/* The watch takes what has the same number for the same stay. */
static void only_coming_in_from_outside_is_a_stay(void **state)
{
	const struct scene *scene = *state;
	const struct generation *generation = scene->puppet->generation;
	struct inside_before outside = inside_enter(generation, INSIDE_STOP);
	uint64_t stays = INSIDE_GET(inside_own, stays);
	struct inside_before nested = inside_enter(generation, INSIDE_SERVICE);
	assert_int_equal(INSIDE_GET(inside_own, stays), stays);
	inside_leave(&nested);
	inside_leave(&outside);
	assert_int_equal(INSIDE_GET(inside_own, stays), stays);
	outside = inside_enter(generation, INSIDE_STOP);
	assert_int_equal(INSIDE_GET(inside_own, stays), stays + 1);
	inside_leave(&outside);
}

/* ---- the threads of the server ---- */

static act_rc wait_at_the_gate(struct puppet *puppet, const act_call *call)
{
	gate_pass(&puppet->gate);
	return puppet->host->reply(puppet->host, call->token, 0, call->payload);
}

/* The place of the thread that is in this puppet; INSIDE_THREADS: none is. */
static uint32_t find(const struct puppet *puppet, struct inside_view *out)
{
	uint32_t thread = 0;
	while (thread < INSIDE_THREADS &&
	       (inside_look(thread, out), out->generation != puppet->generation->number))
		thread++;
	return thread;
}

/* A call of this puppet that waits at its gate is seen at one of these places. */
static void a_call_is_seen_at(const struct scene *scene, struct puppet *puppet,
                              enum puppet_action action, uint32_t first, uint32_t count)
{
	uint32_t code = puppet->actions[action].code;
	struct inside_view view;
	gate_shut(&puppet->gate);
	client_send(scene->client, code, "hi");
	eventually(gate_waiting(&puppet->gate) == 1);
	uint32_t thread = find(puppet, &view);
	assert_in_range(thread, first, first + count - 1);
	assert_int_equal(view.what, INSIDE_HANDLE);
	assert_int_equal(view.action, action);
	assert_int_equal(view.code, code);
	assert_int_equal(view.conn, client_id(scene->client));
	assert_true(inside_look(thread, &view) > 0);
	gate_open(&puppet->gate);
	client_expect(scene->client, code, "hi");
	eventually(find(puppet, &view) == INSIDE_THREADS);
}

static void a_loop_is_found_at_its_place(void **state)
{
	const struct scene *scene = *state;
	scene->homely->on_call = wait_at_the_gate;
	a_call_is_seen_at(scene, scene->homely, PUPPET_ECHO, inside_of_loop(scene->home), 1);
}

static void a_worker_is_found_at_its_place(void **state)
{
	const struct scene *scene = *state;
	a_call_is_seen_at(scene, scene->puppet, PUPPET_BLOCK, inside_of_worker(0), HOUSE_THREADS);
}

/* ---- words ---- */

static void the_functions_have_the_names_of_the_table(void **state)
{
	(void)state;
	assert_string_equal(inside_word(INSIDE_CREATE), "create");
	assert_string_equal(inside_word(INSIDE_HANDLE), "handle");
	assert_string_equal(inside_word(INSIDE_WORK_DONE), "work_done");
	assert_string_equal(inside_word(INSIDE_SERVICE), "a function of its service");
	assert_string_equal(inside_word(INSIDE_COUNT), inside_word(INSIDE_NOTHING));
	for (int i = 0; i < INSIDE_COUNT; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(inside_word((enum inside_what)i),
			                        inside_word((enum inside_what)k));
}

static void name_is(uint32_t thread, const char *expected)
{
	char name[16];
	inside_thread_name(thread, name, sizeof name);
	assert_string_equal(name, expected);
}

static void threads_have_the_names_that_the_system_shows(void **state)
{
	(void)state;
	name_is(inside_of_loop(0), "loop-0");
	name_is(inside_of_loop(CONFIG_THREADS_MAX - 1), "loop-63");
	name_is(inside_of_worker(0), "worker-0");
	name_is(inside_of_worker(3), "worker-3");
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(a_thread_is_in_what_it_entered),
		IN_SCENE(a_service_keeps_the_call_that_it_serves),
		IN_SCENE(only_coming_in_from_outside_is_a_stay),
		IN_SCENE(a_loop_is_found_at_its_place),
		IN_SCENE(a_worker_is_found_at_its_place),
		cmocka_unit_test(the_functions_have_the_names_of_the_table),
		cmocka_unit_test(threads_have_the_names_that_the_system_shows),
	};
	return cmocka_run_group_tests_name("inside", tests, NULL, NULL);
}
