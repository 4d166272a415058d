/* The state of one generation goes to the next, or all stays as it was. */
#include "fixtures/client.h"
#include "fixtures/puppet_state.h"

#include "act/park.h"
#include "reload/handover.h"

#include <string.h>

enum { CODE = 100, SOON_MS = 50 };

struct scene {
	struct house *house;
	struct puppet_state *old, *new;
	struct generation *from, *to;
	struct client *client;
	struct err why;
};

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house = house_new("{\"endpoints\": {\"/serv/\": {}}}");
	scene = (struct scene){ .house = house,
		                .old = puppet_state_new(house, "keeper", ACT_F_PARALLEL, CODE, 1),
		                .new = puppet_state_new(house, "keeper", ACT_F_PARALLEL, CODE, 2) };
	scene.from = puppet_enter(scene.old->puppet);
	puppet_serve(house);
	scene.to = puppet_generation(scene.new->puppet);
	assert_int_equal(generation_step(scene.to, STEP_CREATE, EVENTUALLY_MS), ACT_OK);
	scene.client = client_new(house, 0, "/serv/", NULL, NULL);
	scene.old->saves = "seven";
	puppet_forget(scene.old->puppet);
	puppet_forget(scene.new->puppet);
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	house_free(((struct scene *)*state)->house);
	return 0;
}

static act_rc make(struct scene *scene, uint32_t load_ms)
{
	return handover_make(scene->from, scene->to, load_ms, &scene->why);
}

/* It is refused with these words, and the old one serves as before. */
static void refused(struct scene *scene, uint32_t load_ms, act_rc rc, const char *words)
{
	assert_int_equal(make(scene, load_ms), rc);
	if (strstr(scene->why.text, words) == NULL)
		fail_msg("expected \"%s\", found \"%s\"", words, scene->why.text);
	assert_false(park_is_on(scene->from));
	client_send(scene->client, CODE + PUPPET_ECHO, "goes on");
	client_expect(scene->client, CODE + PUPPET_ECHO, "goes on");
}

/* As a reload does when the hand-over has been made. */
static void take(struct scene *scene)
{
	struct house *house = scene->house;
	assert_int_equal(generation_step(scene->to, STEP_START, EVENTUALLY_MS), ACT_OK);
	house->live[house->live_count++] = scene->to;
	puppet_leave(scene->old->puppet);
	puppet_serve(house);
	handover_end(scene->from, true);
	house_settle(house);
}

/* ---- wanted ---- */

static void both_must_be_made_for_it(void **state)
{
	struct scene *scene = *state;
	assert_true(handover_wanted(scene->from, scene->to));
	scene->old->without = true;
	assert_false(handover_wanted(scene->from, scene->to));
	scene->old->without = false;
	scene->new->without = true;
	assert_false(handover_wanted(scene->from, scene->to));
}

static void providers_do_not_hand_over(void **state)
{
	struct scene *scene = *state;
	scene->from->manifest.provide_count = 1;
	assert_false(handover_wanted(scene->from, scene->to));
	scene->from->manifest.provide_count = 0;
	scene->to->manifest.provide_count = 1;
	assert_false(handover_wanted(scene->from, scene->to));
	scene->to->manifest.provide_count = 0;
}

/* ---- made ---- */

static void the_next_one_has_what_was_saved(void **state)
{
	struct scene *scene = *state;
	assert_int_equal(make(scene, EVENTUALLY_MS), ACT_OK);
	assert_true(park_is_on(scene->from));
	assert_string_equal(scene->new->loaded, "seven");
	assert_int_equal(scene->new->format, 1);
	client_send(scene->client, CODE + PUPPET_ECHO, "waits");
	house_settle(scene->house);
	client_expect_nothing(scene->client);
	take(scene);
	client_expect(scene->client, CODE + PUPPET_ECHO, "waits");
	assert_int_equal(atomic_load(&scene->new->puppet->calls[PUPPET_ECHO]), 1);
	puppet_told(scene->old->puppet, "save");
	puppet_told(scene->new->puppet, "load start activate");
	assert_null(scene->from->bag);
	assert_null(scene->to->bag);
}

static void given_back_the_old_one_serves_what_waits(void **state)
{
	struct scene *scene = *state;
	assert_int_equal(make(scene, EVENTUALLY_MS), ACT_OK);
	client_send(scene->client, CODE + PUPPET_ECHO, "waits");
	house_settle(scene->house);
	handover_end(scene->from, false);
	client_expect(scene->client, CODE + PUPPET_ECHO, "waits");
	assert_int_equal(atomic_load(&scene->old->puppet->calls[PUPPET_ECHO]), 1);
	assert_false(park_is_on(scene->from));
}

/* ---- coming to rest ---- */

static void answer_when_asked(struct puppet *puppet, act_token call, act_rc why)
{
	if (why == ACT_E_BUSY)
		puppet_reply(puppet, call, "in time");
}

static void open_calls_are_asked_to_hurry(void **state)
{
	struct scene *scene = *state;
	char asked[32];
	scene->old->puppet->on_cancel = answer_when_asked;
	client_send(scene->client, CODE + PUPPET_HOLD, "");
	puppet_token(scene->old->puppet, 0);
	snprintf(asked, sizeof asked, "cancel:%d save", ACT_E_BUSY);
	assert_int_equal(make(scene, 2000), ACT_OK);
	client_expect(scene->client, CODE + PUPPET_HOLD, "in time");
	puppet_told(scene->old->puppet, asked);
	take(scene);
}

static void calls_that_do_not_end_refuse_it(void **state)
{
	struct scene *scene = *state;
	struct client *holder = client_new(scene->house, 1, "/serv/", NULL, NULL);
	client_send(holder, CODE + PUPPET_HOLD, "");
	act_token token = puppet_token(scene->old->puppet, 0);
	refused(scene, SOON_MS, ACT_E_FAIL, "1 calls or tasks of the one before did not end");
	assert_false(puppet_heard(scene->old->puppet, "save"));
	puppet_told(scene->new->puppet, "");
	puppet_reply(scene->old->puppet, token, "late");
	client_expect(holder, CODE + PUPPET_HOLD, "late");
	assert_int_equal(make(scene, EVENTUALLY_MS), ACT_OK); /* the next attempt */
	take(scene);
}

static void a_worker_that_is_in_it_is_waited_for(void **state)
{
	struct scene *scene = *state;
	gate_shut(&scene->old->puppet->gate);
	client_send(scene->client, CODE + PUPPET_BLOCK, "x");
	eventually(gate_waiting(&scene->old->puppet->gate) == 1);
	assert_int_equal(make(scene, SOON_MS), ACT_E_FAIL);
	gate_open(&scene->old->puppet->gate);
	client_expect(scene->client, CODE + PUPPET_BLOCK, "x");
	assert_int_equal(make(scene, EVENTUALLY_MS), ACT_OK);
	take(scene);
}

/* ---- failing ---- */

static void a_save_that_fails(void **state)
{
	struct scene *scene = *state;
	scene->old->save_rc = ACT_E_TOOBIG;
	refused(scene, EVENTUALLY_MS, ACT_E_FAIL, "save() of the one before failed");
	puppet_told(scene->new->puppet, "");
	scene->old->save_rc = ACT_OK;
	assert_int_equal(make(scene, EVENTUALLY_MS), ACT_OK);
	assert_string_equal(scene->new->loaded, "seven");
	take(scene);
}

/* The worker in it comes back later; what it wrote belongs to nobody else. */
static void a_save_that_hangs(void **state)
{
	struct scene *scene = *state;
	gate_shut(&scene->old->save_gate);
	refused(scene, SOON_MS, ACT_E_FAIL, "save() of the one before did not end within load_ms");
	puppet_told(scene->new->puppet, "");
	gate_open(&scene->old->save_gate);
	eventually(atomic_load(&scene->house->act.steps_lost) == 0);
	eventually(atomic_load(&scene->from->pins) == 0);
	assert_int_equal(make(scene, EVENTUALLY_MS), ACT_OK);
	assert_string_equal(scene->new->loaded, "seven");
	take(scene);
}

static void a_load_that_fails(void **state)
{
	struct scene *scene = *state;
	scene->new->load_rc = ACT_E_INVAL;
	refused(scene, EVENTUALLY_MS, ACT_E_FAIL, "on 5 bytes of state in format 1");
	puppet_told(scene->new->puppet, "load");
}

static void a_format_that_is_not_known(void **state)
{
	struct scene *scene = *state;
	scene->new->load_rc = ACT_E_NOSUPP;
	refused(scene, EVENTUALLY_MS, ACT_E_FAIL, "load() does not know format 1");
}

static void a_load_that_hangs(void **state)
{
	struct scene *scene = *state;
	gate_shut(&scene->new->load_gate);
	refused(scene, SOON_MS, ACT_E_LATE, "load() did not end within load_ms");
	assert_non_null(scene->to->bag); /* it is read still */
	gate_open(&scene->new->load_gate);
	eventually(atomic_load(&scene->to->pins) == 0);
	assert_string_equal(scene->new->loaded, "seven");
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(both_must_be_made_for_it),
		IN_SCENE(providers_do_not_hand_over),
		IN_SCENE(the_next_one_has_what_was_saved),
		IN_SCENE(given_back_the_old_one_serves_what_waits),
		IN_SCENE(open_calls_are_asked_to_hurry),
		IN_SCENE(calls_that_do_not_end_refuse_it),
		IN_SCENE(a_worker_that_is_in_it_is_waited_for),
		IN_SCENE(a_save_that_fails),
		IN_SCENE(a_save_that_hangs),
		IN_SCENE(a_load_that_fails),
		IN_SCENE(a_format_that_is_not_known),
		IN_SCENE(a_load_that_hangs),
	};
	return cmocka_run_group_tests_name("handover", tests, NULL, NULL);
}
