/* The transaction behind the start and behind every SIGHUP, with real plugin files and real
 * connections but for their sockets. Files are tried in processes of their own, which are this
 * program again. */
#include "fixtures/reload_scene.h"

/* ---- the start ---- */

static void the_first_load_takes_what_is_there(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	start(scene, HEAD SERV "}");
	logged(scene, "plugin swap: loaded 1.0 (generation ");
	served_by(connect_to(scene, 0), "a");
	served_by(connect_to(scene, 1), "a");
	assert_int_equal(count_copies(scene), 1);
}

static void a_bad_file_costs_only_itself_at_the_start(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	put(scene, "bad_start.so", "bad.so");
	put(scene, "bad_zero.so", "zero.so");
	assert_int_equal(start_with(scene, HEAD SERV "}"), RELOAD_PARTIAL);
	logged(scene, "plugin bad_start (trial): start: the tide is out");
	logged(scene, "plugin bad_start: refused: start failed (-9)");
	logged(scene, "plugins/zero.so: refused: ");
	served_by(connect_to(scene, 0), "a");
	/* No SIGHUP makes it better. */
	again(scene, RELOAD_PARTIAL);
	served_by(connect_to(scene, 0), "a");
}

static void strict_makes_it_fatal_at_the_start(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	put(scene, "bad_zero.so", "zero.so");
	assert_int_equal(start_with(scene, HEAD ", \"strict\": true}"), RELOAD_REFUSED);
	logged(scene, "\"strict\" is set and a plugin was refused");
	assert_null(live(scene, "swap"));
	assert_int_equal(count_copies(scene), 0);
}

static void strict_does_not_end_a_server_that_runs(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	start(scene, HEAD SERV ", \"strict\": true}");
	put(scene, "bad_zero.so", "zero.so");
	again(scene, RELOAD_PARTIAL);
	served_by(connect_to(scene, 0), "a");
}

static void a_folder_of_another_server_is_left_alone(void **state)
{
	struct scene *scene = *state;
	struct err why = { "" };
	start(scene, HEAD "}");
	struct config *config = house_config(scene->house, HEAD "}");
	struct site *site = site_new(config);
	assert_null(reload_new(&scene->house->act, &scene->source, config, site, &why));
	assert_non_null(strstr(why.text, "is in use by another actd"));
	site_free(site);
	config_free(config);
}

static void the_end_gives_everything_back(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	put(scene, "giver_a.so", "giver.so");
	put(scene, "taker.so", "taker.so");
	start(scene, HEAD "}");
	assert_int_equal(count_copies(scene), 3);
	end_reload(scene);
	assert_int_equal(count_copies(scene), 0);
	assert_int_equal(access(house_path(scene->house, "state/actd.pid"), F_OK), -1);
	assert_int_equal(access(house_path(scene->house, "state/data/swap"), F_OK), 0);
	logged(scene, "plugin taker (generation ");
	logged(scene, "plugin giver (generation ");
}

/* ---- plugins that change ---- */

static void a_new_file_is_served_to_those_who_were_there(void **state)
{
	struct scene *scene = *state;
	start(scene, HEAD SERV "}");
	struct client *client = connect_to(scene, 0);
	client_send(client, SWAP, "hi");
	client_expect_error(client, SWAP, "unknown_action", "");
	put(scene, "good_a.so", "swap.so");
	again(scene, RELOAD_TAKEN);
	served_by(client, "a");
	logged(scene, "plugin swap: loaded 1.0");
	logged(scene, "reload 1 taken: 1 plugins serve");
}

static void a_changed_file_takes_effect_on_the_same_connection(void **state)
{
	struct scene *scene = *state;
	char words[128];
	put(scene, "good_a.so", "swap.so");
	start(scene, HEAD SERV "}");
	struct client *clients[] = { connect_to(scene, 0), connect_to(scene, 1) };
	served_by(clients[0], "a");
	uint64_t before = live(scene, "swap")->number;
	put(scene, "good_b.so", "swap.so");
	again(scene, RELOAD_TAKEN);
	served_by(clients[0], "b");
	served_by(clients[1], "b");
	snprintf(words, sizeof words,
	         "plugin swap: replaced 1.0 (generation %lu) by 1.1 (generation %lu)", before,
	         live(scene, "swap")->number);
	logged(scene, words);
	snprintf(words, sizeof words, "plugin swap (generation %lu): unloaded", before);
	eventually(house_logged(scene->house, words));
	eventually(count_copies(scene) == 1);
}

static void what_is_unchanged_is_left_alone(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	start(scene, HEAD SERV "}");
	const struct generation *generation = live(scene, "swap");
	for (int i = 0; i < 3; i++) {
		put(scene, "good_a.so", "swap.so");
		again(scene, RELOAD_TAKEN);
		assert_ptr_equal(live(scene, "swap"), generation);
	}
	logged(scene, "plugin swap: unchanged");
	logged(scene, "reload 3 taken");
	assert_int_equal(count_copies(scene), 1);
}

static void a_bad_file_leaves_the_old_one(void **state)
{
	static const struct {
		const char *file, *words;
	} cases[] = {
		{ "bad_zero.so", "begins with zero bytes" },
		{ "bad_abi_minor.so", "built for ABI 0.99, this server has 0.10" },
		{ "twin_undefined.so", "undefined symbol" },
		{ "twin_create.so", "create failed (-9)" },
		{ "twin_start.so", "start failed (-9)" },
	};
	struct scene *scene = *state;
	char words[256];
	put(scene, "good_a.so", "swap.so");
	start(scene, HEAD SERV "}");
	struct client *client = connect_to(scene, 0);
	const struct generation *generation = live(scene, "swap");
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		put(scene, cases[i].file, "swap.so");
		again(scene, RELOAD_PARTIAL);
		served_by(client, "a");
		assert_ptr_equal(live(scene, "swap"), generation);
		assert_int_equal(count_copies(scene), 1);
		logged(scene, cases[i].words);
		snprintf(words, sizeof words, "reload %zu partial: 1 plugins serve", i + 1);
		logged(scene, words);
	}
	logged(scene, "; the one before goes on: 1.0");
	put(scene, "good_b.so", "swap.so");
	again(scene, RELOAD_TAKEN);
	served_by(client, "b");
}

/* A second file with the plugin's name, bad or good, changes nothing of who serves. */
static void a_second_file_of_a_plugin_is_refused(void **state)
{
	static const char *const second[] = { "good_b.so", "twin_undefined.so", "twin_create.so" };
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	start(scene, HEAD SERV "}");
	struct client *client = connect_to(scene, 0);
	for (size_t i = 0; i < sizeof second / sizeof second[0]; i++) {
		put(scene, second[i], "a_copy.so");
		again(scene, RELOAD_PARTIAL);
		assert_int_equal(world_now(&scene->house->act)->live_count, 1);
		served_by(client, "a");
	}
	logged(scene, "a second file of plugin swap: ");
	drop(scene, "swap.so");
	put(scene, "good_b.so", "a_copy.so");
	again(scene, RELOAD_TAKEN);
	served_by(client, "b");
}

static void a_file_that_is_gone_retires_its_plugin(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	start(scene, HEAD SERV ", \"actions\": {\"7\": \"swap.which\"}}");
	struct client *client = connect_to(scene, 0);
	drop(scene, "swap.so");
	again(scene, RELOAD_TAKEN);
	logged(scene, "plugin swap: retired: its file is gone");
	client_send(client, 7, "hi");
	client_expect_error(client, 7, "unavailable", "swap.which is not available now");
	eventually(count_copies(scene) == 0);
	put(scene, "good_b.so", "swap.so");
	again(scene, RELOAD_TAKEN);
	client_send(client, 7, "hi");
	client_expect(client, 7, "b:hi");
}

static void one_that_is_switched_off_retires(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	start(scene, HEAD SERV "}");
	struct client *client = connect_to(scene, 0);
	write_config(scene, HEAD SERV ", \"plugins\": {\"swap\": {\"disabled\": true}}}");
	again(scene, RELOAD_TAKEN);
	logged(scene, "plugin swap: switched off in the config");
	client_send(client, SWAP, "hi");
	client_expect_error(client, SWAP, "unknown_action", "");
	eventually(count_copies(scene) == 0);
	write_config(scene, HEAD SERV "}");
	again(scene, RELOAD_TAKEN);
	served_by(client, "a");
}

/* ---- what refuses the whole ---- */

static void nothing_has_changed(struct scene *scene, struct client *client,
                                const struct generation *generation)
{
	assert_ptr_equal(live(scene, "swap"), generation);
	assert_int_equal(count_copies(scene), 1);
	served_by(client, "a");
	logged(scene, "refused: nothing has changed");
}

static void a_wrong_config_changes_nothing(void **state)
{
	static const char *const wrong[] = {
		"{",
		HEAD SERV ", \"no_such_key\": 1}",
		HEAD SERV ", \"actions\": {\"5\": \"swap.fly\"}}",
		HEAD SERV ", \"pushes\": {\"5\": \"swap.fly\"}}",
		HEAD SERV ", \"services\": {\"act.sql/1\": \"swap\"}}",
		HEAD
		", \"endpoints\": {\"/raw\": {\"mode\": \"raw\", \"action\": \"swap.which\"}}}",
		HEAD SERV ", \"plugin_dir\": \"nowhere\"}",
	};
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	start(scene, HEAD SERV "}");
	struct client *client = connect_to(scene, 0);
	const struct generation *generation = live(scene, "swap");
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		/* Also where a new build was made already. */
		put(scene, "good_b.so", "swap.so");
		write_config(scene, wrong[i]);
		again(scene, RELOAD_REFUSED);
		nothing_has_changed(scene, client, generation);
	}
	logged(scene, "actions.5: expected an action of plugin swap (which), found \"fly\"");
	logged(scene, "pushes.5: expected a push of plugin swap (it has none), found \"fly\"");
	logged(scene, "services.act.sql/1: expected a plugin that provides it, found \"swap\"");
	logged(scene, "endpoints./raw: expected a raw action of plugin swap (it has none), found "
	              "\"which\", which is served under a code");
	write_config(scene, HEAD SERV "}");
	again(scene, RELOAD_TAKEN);
	served_by(client, "b");
}

static void a_circle_of_services_changes_nothing(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	start(scene, HEAD SERV "}");
	struct client *client = connect_to(scene, 0);
	const struct generation *generation = live(scene, "swap");
	put(scene, "left.so", "left.so");
	put(scene, "right.so", "right.so");
	again(scene, RELOAD_REFUSED);
	nothing_has_changed(scene, client, generation);
	logged(scene, "services: a circle: plugin left needs, through others");
	drop(scene, "right.so");
	again(scene, RELOAD_PARTIAL);
	logged(scene, "plugin left: refused: it needs act.auth/1, which no loaded plugin provides");
}

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

/* ---- the config ---- */

static void codes_move_with_the_config(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	start(scene, HEAD SERV "}");
	struct client *client = connect_to(scene, 0);
	const struct generation *generation = live(scene, "swap");
	write_config(scene, HEAD SERV ", \"actions\": {\"10-19\": \"swap.which\"}}");
	again(scene, RELOAD_TAKEN);
	assert_ptr_equal(live(scene, "swap"), generation);
	client_send(client, 15, "hi");
	client_expect(client, 15, "a:hi");
	client_send(client, SWAP, "hi");
	client_expect_error(client, SWAP, "unknown_action", "");
}

static void limits_are_in_force_at_once(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	start(scene, HEAD SERV "}");
	const struct act *act = &scene->house->act;
	assert_int_equal(atomic_load(&act->reply_bytes), 1048576);
	write_config(scene, HEAD SERV ", \"limits\": {\"reply_bytes\": 2048, \"home_queue\": 5}}");
	again(scene, RELOAD_TAKEN);
	assert_int_equal(atomic_load(&act->reply_bytes), 2048);
	assert_int_equal(atomic_load(&act->home_queue), 5);
}

static void what_needs_a_restart_is_named(void **state)
{
	struct scene *scene = *state;
	start(scene, HEAD ", \"threads\": 2}");
	write_config(scene, HEAD ", \"threads\": 3, \"workers\": 2}");
	again(scene, RELOAD_TAKEN);
	logged(scene, "threads: it is another than at the start");
	logged(scene, "workers: it is another than at the start");
	assert_false(house_logged(scene->house, "listen: it is another"));
}

/* A reload costs no memory, no descriptor and no file, however many there were. */
static void many_reloads_leave_one_plugin(void **state)
{
	static const char *const builds[] = { "good_a.so", "good_b.so" };
	struct scene *scene = *state;
	start(scene, HEAD SERV "}");
	struct client *client = connect_to(scene, 1);
	for (int i = 0; i < 10; i++) {
		put(scene, builds[i % 2], "swap.so");
		again(scene, RELOAD_TAKEN);
		served_by(client, i % 2 == 0 ? "a" : "b");
	}
	eventually(count_copies(scene) == 1);
	assert_int_equal(world_now(&scene->house->act)->live_count, 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(the_first_load_takes_what_is_there),
		IN_SCENE(a_bad_file_costs_only_itself_at_the_start),
		IN_SCENE(strict_makes_it_fatal_at_the_start),
		IN_SCENE(strict_does_not_end_a_server_that_runs),
		IN_SCENE(a_folder_of_another_server_is_left_alone),
		IN_SCENE(the_end_gives_everything_back),
		IN_SCENE(a_new_file_is_served_to_those_who_were_there),
		IN_SCENE(a_changed_file_takes_effect_on_the_same_connection),
		IN_SCENE(what_is_unchanged_is_left_alone),
		IN_SCENE(a_bad_file_leaves_the_old_one),
		IN_SCENE(a_second_file_of_a_plugin_is_refused),
		IN_SCENE(a_file_that_is_gone_retires_its_plugin),
		IN_SCENE(one_that_is_switched_off_retires),
		IN_SCENE(a_wrong_config_changes_nothing),
		IN_SCENE(a_circle_of_services_changes_nothing),
		IN_SCENE(a_provider_is_replaced_under_its_user),
		IN_SCENE(a_provider_that_goes_leaves_its_user_without),
		IN_SCENE(a_bad_twin_of_a_provider_takes_nothing),
		IN_SCENE(the_gate_asks_the_provider_of_the_moment),
		IN_SCENE(codes_move_with_the_config),
		IN_SCENE(limits_are_in_force_at_once),
		IN_SCENE(what_needs_a_restart_is_named),
		IN_SCENE(many_reloads_leave_one_plugin),
	};
	if (argc > 1 && strcmp(argv[1], "--prove") == 0)
		return prove_main(argc, argv);
	return cmocka_run_group_tests_name("reload", tests, NULL, NULL);
}
