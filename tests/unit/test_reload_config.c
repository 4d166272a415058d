/* What a reload takes from the config, and what of it refuses the whole. */
#include "fixtures/reload_scene.h"

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
		IN_SCENE(a_wrong_config_changes_nothing),
		IN_SCENE(a_circle_of_services_changes_nothing),
		IN_SCENE(codes_move_with_the_config),
		IN_SCENE(limits_are_in_force_at_once),
		IN_SCENE(what_needs_a_restart_is_named),
		IN_SCENE(many_reloads_leave_one_plugin),
	};
	if (argc > 1 && strcmp(argv[1], "--prove") == 0)
		return prove_main(argc, argv);
	return cmocka_run_group_tests_name("reload_config", tests, NULL, NULL);
}
