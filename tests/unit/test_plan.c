/* What a reload would do with each plugin file. Files are tried in processes of their own, which
 * are this program again. */
#include "fixtures/house.h"

#include "../bad/find.h"
#include "base/mem.h"
#include "reload/plan.h"
#include "reload/prove.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INSTALLED_MAX = 8 };

struct scene {
	struct house *house;
	struct folder folder;
	struct config *config;
	struct plan plan;
	struct plugin installed[INSTALLED_MAX];
	struct module *modules[INSTALLED_MAX];
	struct generation generations[INSTALLED_MAX]; /* only to be pointed at */
	size_t installed_count;
};

static void configure(struct scene *scene, const char *config_text)
{
	config_free(scene->config);
	scene->config = house_config(scene->house, config_text);
}

static int open_scene(void **state)
{
	static struct scene scene;
	struct err why;
	scene = (struct scene){ .house = house_new("{}") };
	configure(&scene, "{\"load_ms\": 50000}");
	assert_int_equal(folder_open(&scene.folder, house_path(scene.house, "state"), &why), 0);
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;
	plan_free(&scene->plan);
	for (size_t i = 0; i < scene->installed_count; i++) {
		module_close(scene->modules[i], NULL);
		plugin_clear(&scene->installed[i]);
	}
	folder_close(&scene->folder);
	config_free(scene->config);
	house_free(scene->house);
	return 0;
}

/* ---- files ---- */

static void put(struct scene *scene, const char *built, const char *file)
{
	char name[128];
	snprintf(name, sizeof name, "plugins/%s", file);
	house_copy(scene->house, bad_path(built), name);
}

static void drop(struct scene *scene, const char *file)
{
	char name[128];
	snprintf(name, sizeof name, "plugins/%s", file);
	assert_int_equal(unlink(house_path(scene->house, name)), 0);
}

static void make(struct scene *scene)
{
	struct err why = { "" };
	plan_free(&scene->plan);
	if (plan_make(&scene->plan, scene->config, &scene->folder, scene->installed,
	              scene->installed_count, &why) != 0)
		fail_msg("%s", why.text);
}

/* As a reload that takes the plan does: what is new is loaded from now on, in place of its old. */
static void install(struct scene *scene)
{
	for (size_t i = 0; i < scene->plan.count; i++) {
		struct plan_entry *entry = &scene->plan.entries[i];
		if (entry->kind != PLAN_NEW)
			continue;
		size_t at = entry->old != NULL ? (size_t)(entry->old - scene->installed)
		                               : scene->installed_count++;
		assert_true(at < INSTALLED_MAX);
		if (entry->old != NULL) {
			module_close(scene->modules[at], NULL);
			plugin_clear(&scene->installed[at]);
		}
		scene->modules[at] = entry->module;
		scene->installed[at] = entry->plugin;
		scene->installed[at].generation = &scene->generations[at];
		entry->module = NULL;
		entry->plugin = (struct plugin){ 0 };
	}
	plan_free(&scene->plan);
}

static const struct plan_entry *entry_of(const struct scene *scene, const char *file)
{
	for (size_t i = 0; i < scene->plan.count; i++) {
		const char *source = scene->plan.entries[i].plugin.source;
		if (strcmp(strrchr(source, '/') + 1, file) == 0)
			return &scene->plan.entries[i];
	}
	fail_msg("there is no entry for %s", file);
	return NULL;
}

static void refused(const struct scene *scene, const char *file, const char *words)
{
	const struct plan_entry *entry = entry_of(scene, file);
	assert_int_equal(entry->kind, PLAN_REFUSED);
	assert_null(entry->module);
	if (strstr(entry->why.text, words) == NULL)
		fail_msg("%s: expected \"%s\", found \"%s\"", file, words, entry->why.text);
}

static size_t count_copies(const struct scene *scene)
{
	return house_count_files(scene->house, "state/run");
}

/* How often a loaded plugin would serve in the next world: more than once must not be. */
static int count_of_old(const struct scene *scene, const struct plugin *old)
{
	int count = 0;
	for (size_t i = 0; i < scene->plan.count; i++)
		count += scene->plan.entries[i].old == old;
	return count;
}

/* ---- new files ---- */

static void a_new_file_is_copied_and_loaded(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	make(scene);
	assert_int_equal(scene->plan.count, 1);
	const struct plan_entry *entry = &scene->plan.entries[0];
	assert_int_equal(entry->kind, PLAN_NEW);
	assert_null(entry->old);
	assert_string_equal(entry->plugin.name, "swap");
	assert_string_equal(entry->plugin.settings, "{}");
	assert_string_equal(entry->manifest.version, "1.0");
	assert_non_null(entry->module);
	assert_string_equal(entry->plugin.source, house_path(scene->house, "plugins/swap.so"));
	assert_memory_equal(entry->plugin.copy, scene->folder.run_dir,
	                    strlen(scene->folder.run_dir));
	assert_int_equal(access(entry->plugin.copy, R_OK), 0);
	/* What nobody took over is unloaded, and its copy goes. */
	plan_free(&scene->plan);
	assert_int_equal(count_copies(scene), 0);
}

static void only_plugin_files_are_looked_at(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", ".swap.so");
	put(scene, "good_a.so", "swap.so.old");
	put(scene, "good_a.so", ".so");
	make(scene);
	assert_int_equal(scene->plan.count, 0);
	put(scene, "good_a.so", "b.so");
	put(scene, "bad_create.so", "a.so");
	make(scene);
	assert_int_equal(scene->plan.count, 2);
	assert_string_equal(scene->plan.entries[0].plugin.name, "bad_create");
	assert_string_equal(scene->plan.entries[1].plugin.name, "swap");
}

static void a_folder_that_cannot_be_read_is_named(void **state)
{
	struct scene *scene = *state;
	struct err why = { "" };
	assert_int_equal(rmdir(house_path(scene->house, "plugins")), 0);
	assert_int_equal(plan_make(&scene->plan, scene->config, &scene->folder, NULL, 0, &why), -1);
	assert_non_null(
		strstr(why.text, "plugin_dir: expected a folder that can be read, found /"));
	assert_non_null(strstr(why.text, "/plugins: No such file"));
}

static void settings_are_those_of_the_config(void **state)
{
	struct scene *scene = *state;
	configure(scene, "{\"load_ms\": 50000, \"plugins\": {\"swap\": {\"disabled\": false,"
	                 "\"speed\": 7}}}");
	put(scene, "good_a.so", "swap.so");
	make(scene);
	assert_string_equal(scene->plan.entries[0].plugin.settings, "{\"speed\":7}");
}

static void one_that_is_switched_off_is_not_loaded(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	make(scene);
	install(scene);
	configure(scene, "{\"plugins\": {\"swap\": {\"disabled\": true}}}");
	make(scene);
	const struct plan_entry *entry = entry_of(scene, "swap.so");
	assert_int_equal(entry->kind, PLAN_OFF);
	assert_ptr_equal(entry->old, &scene->installed[0]);
	assert_null(entry->module);
	assert_int_equal(count_copies(scene), 1); /* that of the one which is loaded */
}

/* ---- files that are loaded ---- */

static void an_unchanged_file_is_left_alone(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	make(scene);
	install(scene);
	/* Its bytes count: not when they were written, nor by whom. */
	put(scene, "good_a.so", "swap.so");
	make(scene);
	const struct plan_entry *entry = entry_of(scene, "swap.so");
	assert_int_equal(entry->kind, PLAN_KEEP);
	assert_ptr_equal(entry->old, &scene->installed[0]);
	assert_null(entry->module);
	assert_int_equal(count_copies(scene), 1);
}

static void a_changed_file_is_a_new_generation(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	make(scene);
	install(scene);
	put(scene, "good_b.so", "swap.so");
	make(scene);
	const struct plan_entry *entry = entry_of(scene, "swap.so");
	assert_int_equal(entry->kind, PLAN_NEW);
	assert_ptr_equal(entry->old, &scene->installed[0]);
	assert_string_equal(entry->manifest.version, "1.1");
}

static void changed_settings_are_a_new_generation(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	make(scene);
	install(scene);
	configure(scene, "{\"load_ms\": 50000, \"plugins\": {\"swap\": {\"speed\": 8}}}");
	make(scene);
	assert_int_equal(entry_of(scene, "swap.so")->kind, PLAN_NEW);
	assert_ptr_equal(entry_of(scene, "swap.so")->old, &scene->installed[0]);
	install(scene);
	configure(scene, "{\"plugins\": {\"swap\": { \"speed\" : 8 }, \"other\": {}}}");
	make(scene);
	assert_int_equal(entry_of(scene, "swap.so")->kind, PLAN_KEEP);
}

static void a_renamed_file_is_the_same_plugin(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	make(scene);
	install(scene);
	drop(scene, "swap.so");
	put(scene, "good_a.so", "renamed.so");
	make(scene);
	assert_int_equal(scene->plan.count, 1);
	assert_int_equal(entry_of(scene, "renamed.so")->kind, PLAN_NEW);
	assert_ptr_equal(entry_of(scene, "renamed.so")->old, &scene->installed[0]);
}

static void a_file_that_is_gone_has_no_entry(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	make(scene);
	install(scene);
	drop(scene, "swap.so");
	make(scene);
	assert_int_equal(scene->plan.count, 0);
}

/* ---- bad files ---- */

static void a_bad_file_costs_only_itself(void **state)
{
	static const struct {
		const char *file, *words;
	} cases[] = {
		{ "bad_zero.so", "begins with zero bytes" },
		{ "bad_truncated.so", "" },
		{ "bad_machine.so", "" },
		{ "bad_empty.so", "" },
		{ "bad_text.so", "" },
		{ "bad_abi_major.so", "built for ABI 9.0" },
		{ "bad_no_manifest.so", "" },
		{ "bad_no_symbol.so", "it does not export act_plugin_v1" },
		{ "bad_undefined.so", "undefined symbol: bad_missing_function" },
		{ "bad_ctor_abort.so", "signal 6" },
		{ "bad_ctor_exit.so", "it ended the process" },
		{ "bad_twice.so", "are both named which" },
	};
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		put(scene, cases[i].file, cases[i].file);
	make(scene);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		refused(scene, cases[i].file, cases[i].words);
		assert_true(entry_of(scene, cases[i].file)->why.text[0] != '\0');
	}
	assert_int_equal(entry_of(scene, "swap.so")->kind, PLAN_NEW);
	assert_int_equal(count_copies(scene), 1);
}

static void a_damaged_file_leaves_the_old_one(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	make(scene);
	install(scene);
	put(scene, "bad_zero.so", "swap.so");
	make(scene);
	refused(scene, "swap.so", "begins with zero bytes");
	assert_ptr_equal(entry_of(scene, "swap.so")->old, &scene->installed[0]);
	assert_int_equal(count_copies(scene), 1);
}

static void an_entry_may_be_refused_after_all(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	make(scene);
	plan_refuse(&scene->plan.entries[0], "not on a %s", "Monday");
	refused(scene, "swap.so", "not on a Monday");
	assert_int_equal(count_copies(scene), 0);
}

/* ---- two files of one plugin ---- */

static void of_two_new_files_the_first_has_the_plugin(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "a.so");
	put(scene, "good_b.so", "b.so");
	make(scene);
	assert_int_equal(entry_of(scene, "a.so")->kind, PLAN_NEW);
	refused(scene, "b.so", "a second file of plugin swap: ");
	refused(scene, "b.so", "/plugins/a.so is the first");
	assert_int_equal(count_copies(scene), 1);
}

static void the_one_that_is_loaded_keeps_its_place(void **state)
{
	struct scene *scene = *state;
	put(scene, "good_a.so", "b.so");
	make(scene);
	install(scene);
	put(scene, "good_b.so", "a.so");
	make(scene);
	assert_int_equal(entry_of(scene, "b.so")->kind, PLAN_KEEP);
	refused(scene, "a.so", "/plugins/b.so is the first");
	assert_int_equal(count_of_old(scene, &scene->installed[0]), 1);
	/* Also when it is changed itself. */
	put(scene, "good_b.so", "b.so");
	put(scene, "good_a.so", "a.so");
	make(scene);
	assert_int_equal(entry_of(scene, "b.so")->kind, PLAN_NEW);
	refused(scene, "a.so", "/plugins/b.so is the first");
	assert_int_equal(count_of_old(scene, &scene->installed[0]), 1);
}

/* The names of the files decide nothing then: a.so comes before and z.so behind. */
static void a_bad_second_file_does_not_speak_for_the_plugin(void **state)
{
	static const char *const second[] = { "a.so", "z.so" };
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	make(scene);
	install(scene);
	for (size_t i = 0; i < 2; i++) {
		/* It bears the name of the plugin, and cannot be loaded. */
		put(scene, "twin_undefined.so", second[i]);
		make(scene);
		assert_int_equal(entry_of(scene, "swap.so")->kind, PLAN_KEEP);
		assert_ptr_equal(entry_of(scene, "swap.so")->old, &scene->installed[0]);
		refused(scene, second[i], "undefined symbol");
		assert_null(entry_of(scene, second[i])->old);
		drop(scene, second[i]);
	}
}

static void a_bad_first_file_leaves_the_plugin_to_the_second(void **state)
{
	static const char *const second[] = { "a.so", "z.so" };
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	make(scene);
	install(scene);
	for (size_t i = 0; i < 2; i++) {
		put(scene, "bad_zero.so", "swap.so");
		put(scene, "good_b.so", second[i]);
		make(scene);
		refused(scene, "swap.so", "begins with zero bytes");
		assert_int_equal(entry_of(scene, second[i])->kind, PLAN_NEW);
		assert_ptr_equal(entry_of(scene, second[i])->old, &scene->installed[0]);
		assert_int_equal(count_of_old(scene, &scene->installed[0]), 1);
		drop(scene, second[i]);
	}
}

static void of_two_bad_files_its_own_speaks_for_the_plugin(void **state)
{
	static const char *const second[] = { "a.so", "z.so" };
	struct scene *scene = *state;
	put(scene, "good_a.so", "swap.so");
	make(scene);
	install(scene);
	for (size_t i = 0; i < 2; i++) {
		put(scene, "bad_zero.so", "swap.so");
		put(scene, "twin_undefined.so", second[i]);
		make(scene);
		assert_ptr_equal(entry_of(scene, "swap.so")->old, &scene->installed[0]);
		assert_null(entry_of(scene, second[i])->old);
		drop(scene, second[i]);
	}
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(a_new_file_is_copied_and_loaded),
		IN_SCENE(only_plugin_files_are_looked_at),
		IN_SCENE(a_folder_that_cannot_be_read_is_named),
		IN_SCENE(settings_are_those_of_the_config),
		IN_SCENE(one_that_is_switched_off_is_not_loaded),
		IN_SCENE(an_unchanged_file_is_left_alone),
		IN_SCENE(a_changed_file_is_a_new_generation),
		IN_SCENE(changed_settings_are_a_new_generation),
		IN_SCENE(a_renamed_file_is_the_same_plugin),
		IN_SCENE(a_file_that_is_gone_has_no_entry),
		IN_SCENE(a_bad_file_costs_only_itself),
		IN_SCENE(a_damaged_file_leaves_the_old_one),
		IN_SCENE(an_entry_may_be_refused_after_all),
		IN_SCENE(of_two_new_files_the_first_has_the_plugin),
		IN_SCENE(the_one_that_is_loaded_keeps_its_place),
		IN_SCENE(a_bad_second_file_does_not_speak_for_the_plugin),
		IN_SCENE(a_bad_first_file_leaves_the_plugin_to_the_second),
		IN_SCENE(of_two_bad_files_its_own_speaks_for_the_plugin),
	};
	if (argc > 1 && strcmp(argv[1], "--prove") == 0)
		return prove_main(argc, argv);
	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
