/* A reload leads the users of services to those who provide them now. */
#include "fixtures/reload_scene.h"

/* ---- services ---- */

static void a_provider_is_replaced_under_its_user(void **state)
{
	struct scene *scene = *state;
	put(scene, "giver_a.so", "giver.so");
	put(scene, "taker.so", "taker.so");
	start(scene, HEAD SERV "}");
	struct client *client = connect_to(scene, 0);
	const struct generation *taker = live(scene, "taker");
	client_send(client, ASK, "");
	client_expect(client, ASK, "a");
	put(scene, "giver_b.so", "giver.so");
	again(scene, RELOAD_TAKEN);
	assert_ptr_equal(live(scene, "taker"), taker);
	client_send(client, ASK, "");
	client_expect(client, ASK, "b");
	logged(scene, "plugin taker: unchanged");
	eventually(count_copies(scene) == 2);
}

static void a_provider_that_goes_leaves_its_user_without(void **state)
{
	struct scene *scene = *state;
	put(scene, "giver_a.so", "giver.so");
	put(scene, "taker.so", "taker.so");
	start(scene, HEAD SERV "}");
	struct client *client = connect_to(scene, 0);
	drop(scene, "giver.so");
	again(scene, RELOAD_TAKEN);
	logged(scene, "plugin taker needs act.auth/1, which nobody provides any more");
	client_send(client, ASK, "");
	client_expect_error(client, ASK, "unavailable", "");
	put(scene, "giver_b.so", "giver.so");
	again(scene, RELOAD_TAKEN);
	client_send(client, ASK, "");
	client_expect(client, ASK, "b");
}

/* One file that is bad does not make a second provider of it. */
static void a_bad_twin_of_a_provider_takes_nothing(void **state)
{
	struct scene *scene = *state;
	put(scene, "giver_a.so", "giver.so");
	put(scene, "taker.so", "taker.so");
	start(scene, HEAD SERV "}");
	struct client *client = connect_to(scene, 0);
	put(scene, "giver_b.so", "z_giver.so");
	again(scene, RELOAD_PARTIAL);
	client_send(client, ASK, "");
	client_expect(client, ASK, "a");
}

static void the_gate_asks_the_provider_of_the_moment(void **state)
{
	const struct gate_question question = { "token", "/serv/", "127.0.0.1" };
	struct scene *scene = *state;
	struct gate_answer answer;
	start(scene, HEAD SERV "}");
	act_authenticate(&scene->house->act, &question, &answer);
	assert_int_equal(answer.word, GATE_UNAVAILABLE);
	put(scene, "giver_a.so", "giver.so");
	again(scene, RELOAD_TAKEN);
	act_authenticate(&scene->house->act, &question, &answer);
	assert_int_equal(answer.word, GATE_ALLOW);
	assert_string_equal(answer.user, "a");
	put(scene, "giver_b.so", "giver.so");
	again(scene, RELOAD_TAKEN);
	act_authenticate(&scene->house->act, &question, &answer);
	assert_string_equal(answer.user, "b");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(a_provider_is_replaced_under_its_user),
		IN_SCENE(a_provider_that_goes_leaves_its_user_without),
		IN_SCENE(a_bad_twin_of_a_provider_takes_nothing),
		IN_SCENE(the_gate_asks_the_provider_of_the_moment),
	};
	if (argc > 1 && strcmp(argv[1], "--prove") == 0)
		return prove_main(argc, argv);
	return cmocka_run_group_tests_name("reload_service", tests, NULL, NULL);
}
