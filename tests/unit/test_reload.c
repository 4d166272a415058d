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
	};
	if (argc > 1 && strcmp(argv[1], "--prove") == 0)
		return prove_main(argc, argv);
	return cmocka_run_group_tests_name("reload", tests, NULL, NULL);
}
