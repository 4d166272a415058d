/* Which calls are open, as the loops tell it when they are asked, and the one that hangs. */
#include "fixtures/client.h"
#include "fixtures/puppet.h"

#include "act/park.h"
#include "act/survey.h"

enum { CODE = 100, OTHER = 500 };

struct scene {
	struct house *house;
	struct survey *survey;
	struct puppet *puppet, *other;
};

static int open_scene(void **state)
{
	static struct scene scene;
	struct house *house = house_new("{\"endpoints\": {\"/serv/\": {}}}");
	scene = (struct scene){ .house = house,
		                .survey = house->act.survey,
		                .puppet = puppet_new(house, "friend", ACT_F_PARALLEL, CODE),
		                .other = puppet_new(house, "other", ACT_F_PARALLEL, OTHER) };
	puppet_enter(scene.puppet);
	puppet_enter(scene.other);
	puppet_serve(house);
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;
	gate_open(&scene->puppet->gate);
	house_free(scene->house);
	return 0;
}

static struct client *come(struct scene *scene, uint32_t loop)
{
	return client_new(scene->house, loop, "/serv/", NULL, NULL);
}

/* Asks, and waits for all. */
static struct survey_of ask(struct scene *scene, const struct puppet *puppet)
{
	struct survey_of of;
	survey_take(scene->survey, EVENTUALLY_MS);
	for (uint32_t i = 0; i < HOUSE_LOOPS; i++)
		assert_true(survey_answered(scene->survey, i));
	survey_find(scene->survey, puppet->generation->number, &of);
	return of;
}

static void where_nothing_is_open_nothing_is_told(void **state)
{
	struct survey_of of = ask(*state, ((struct scene *)*state)->puppet);
	assert_int_equal(of.listed, 0);
	assert_int_equal(of.parked, 0);
}

static void each_call_is_told_with_its_connection(void **state)
{
	struct scene *scene = *state;
	struct client *clients[] = { come(scene, 0), come(scene, 1) };
	struct client *elsewhere = come(scene, 0);
	client_send(elsewhere, OTHER + PUPPET_HOLD, "");
	act_token token = puppet_token(scene->other, 0);
	client_send(clients[0], CODE + PUPPET_HOLD, "");
	act_token first = puppet_token(scene->puppet, 0);
	client_send(clients[1], CODE + PUPPET_HOLD, "");
	act_token second = puppet_token(scene->puppet, first);
	struct survey_of of = ask(scene, scene->puppet);
	assert_int_equal(of.listed, 2);
	assert_true(of.oldest[0].begun_ns <= of.oldest[1].begun_ns);
	assert_int_equal(of.oldest[0].token, first);
	assert_int_equal(of.oldest[1].token, second);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(of.oldest[i].conn, client_id(clients[i]));
		assert_int_equal(of.oldest[i].code, CODE + PUPPET_HOLD);
		assert_int_equal(of.oldest[i].action, PUPPET_HOLD);
		assert_int_equal(of.oldest[i].where, SURVEY_DEFERRED);
	}
	of = ask(scene, scene->other);
	assert_int_equal(of.listed, 1);
	assert_int_equal(of.oldest[0].token, token);
	/* What is answered is told no more. */
	assert_int_equal(puppet_reply(scene->puppet, first, "a"), ACT_OK);
	client_expect(clients[0], CODE + PUPPET_HOLD, "a");
	of = ask(scene, scene->puppet);
	assert_int_equal(of.listed, 1);
	assert_int_equal(of.oldest[0].token, second);
}

static void the_oldest_are_told_whatever_their_loop(void **state)
{
	struct scene *scene = *state;
	act_token tokens[SURVEY_LISTED + 4], last = 0;
	for (size_t i = 0; i < SURVEY_LISTED + 4; i++) {
		client_send(come(scene, i % HOUSE_LOOPS), CODE + PUPPET_HOLD, "");
		tokens[i] = last = puppet_token(scene->puppet, last);
	}
	struct survey_of of = ask(scene, scene->puppet);
	assert_int_equal(of.listed, SURVEY_LISTED);
	for (size_t i = 0; i < SURVEY_LISTED; i++)
		assert_int_equal(of.oldest[i].token, tokens[i]);
}

static void what_waits_for_a_worker_is_told_apart(void **state)
{
	struct scene *scene = *state;
	gate_shut(&scene->puppet->gate);
	for (uint32_t i = 0; i < HOUSE_WORKERS; i++)
		client_send(come(scene, 0), CODE + PUPPET_BLOCK, "");
	eventually(gate_waiting(&scene->puppet->gate) == HOUSE_WORKERS);
	struct client *waiting = come(scene, 1);
	client_send(waiting, CODE + PUPPET_BLOCK, "late");
	house_settle(scene->house);
	struct survey_of of = ask(scene, scene->puppet);
	assert_int_equal(of.listed, HOUSE_WORKERS + 1);
	for (uint32_t i = 0; i < HOUSE_WORKERS; i++)
		assert_int_equal(of.oldest[i].where, SURVEY_WORKER);
	assert_int_equal(of.oldest[HOUSE_WORKERS].where, SURVEY_QUEUED);
	assert_int_equal(of.oldest[HOUSE_WORKERS].conn, client_id(waiting));
	gate_open(&scene->puppet->gate);
	client_expect(waiting, CODE + PUPPET_BLOCK, "late");
}

static void what_is_parked_is_counted(void **state)
{
	struct scene *scene = *state;
	struct client *clients[] = { come(scene, 0), come(scene, 1) };
	park_begin(scene->puppet->generation);
	client_send(clients[0], CODE + PUPPET_ECHO, "waits");
	client_send(clients[1], CODE + PUPPET_ECHO, "waits");
	client_send(come(scene, 1), OTHER + PUPPET_HOLD, "");
	puppet_token(scene->other, 0);
	house_settle(scene->house);
	/* The notices of the third connection wait too. */
	uint64_t parked = ask(scene, scene->puppet).parked;
	assert_in_range(parked, 2, 3);
	assert_int_equal(ask(scene, scene->other).parked, 0);
	park_end(scene->puppet->generation, false);
	for (int i = 0; i < 2; i++)
		client_expect(clients[i], CODE + PUPPET_ECHO, "waits");
	assert_int_equal(ask(scene, scene->puppet).parked, 0);
}

static struct gate loop_gate;

static void hang(struct post *post)
{
	(void)post;
	gate_pass(&loop_gate);
}

static void a_loop_that_hangs_is_not_waited_for(void **state)
{
	struct scene *scene = *state;
	struct post post = { .run = hang };
	struct client *well = come(scene, 1), *stuck = come(scene, 0);
	struct survey_of of;
	client_send(well, CODE + PUPPET_HOLD, "");
	act_token token = puppet_token(scene->puppet, 0);
	client_send(stuck, CODE + PUPPET_HOLD, "");
	puppet_token(scene->puppet, token);
	gate_init(&loop_gate);
	gate_shut(&loop_gate);
	loop_post(&scene->house->net.loops[0], &post);
	eventually(gate_waiting(&loop_gate) == 1);
	/* It is asked once, however often somebody wants to know. */
	for (int i = 0; i < 3; i++) {
		eventually((survey_take(scene->survey, 20), survey_answered(scene->survey, 1)));
		assert_false(survey_answered(scene->survey, 0));
		survey_find(scene->survey, scene->puppet->generation->number, &of);
		assert_int_equal(of.listed, 1);
		assert_int_equal(of.oldest[0].token, token);
	}
	gate_open(&loop_gate);
	house_settle(scene->house);
	assert_int_equal(ask(scene, scene->puppet).listed, 2);
	gate_free(&loop_gate);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(where_nothing_is_open_nothing_is_told),
		IN_SCENE(each_call_is_told_with_its_connection),
		IN_SCENE(the_oldest_are_told_whatever_their_loop),
		IN_SCENE(what_waits_for_a_worker_is_told_apart),
		IN_SCENE(what_is_parked_is_counted),
		IN_SCENE(a_loop_that_hangs_is_not_waited_for),
	};
	return cmocka_run_group_tests_name("survey", tests, NULL, NULL);
}
