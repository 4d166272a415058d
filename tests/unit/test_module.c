/* Loading and unloading shared objects, and what is said of those that are unfit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../bad/find.h"
#include "act/module.h"

static void read_manifest(const char *path, struct manifest *m)
{
	struct err why = { "" };
	if (manifest_read_path(path, m, &why) != 0)
		fail_msg("%s: %s", path, why.text);
}

static struct module *open_good(const char *file)
{
	struct manifest m;
	struct module *module = NULL;
	struct err why = { "" };
	const char *path = bad_path(file);
	read_manifest(path, &m);
	if (module_open(path, &m, &module, &why) != 0)
		fail_msg("%s: %s", file, why.text);
	assert_non_null(module);
	return module;
}

static int count_mappings(const char *file)
{
	char line[8192];
	int count = 0;
	FILE *maps = fopen("/proc/self/maps", "r");
	assert_non_null(maps);
	while (fgets(line, sizeof line, maps) != NULL)
		count += strstr(line, file) != NULL;
	fclose(maps);
	return count;
}

static void two_builds_are_loaded_at_once(void **state)
{
	struct module *a = open_good("good_a.so"), *b = open_good("good_b.so");
	struct err why = { "" };
	(void)state;
	assert_string_equal(module_table(a)->name, "swap");
	assert_string_equal(module_table(a)->version, "1.0");
	assert_string_equal(module_table(b)->version, "1.1");
	assert_ptr_not_equal(module_table(a), module_table(b));
	assert_true(module_close(b, &why));
	assert_string_equal(module_table(a)->version, "1.0");
	assert_true(module_close(a, &why));
	assert_string_equal(why.text, "");
	assert_int_equal(count_mappings("good_a.so") + count_mappings("good_b.so"), 0);
}

static void can_be_loaded_many_times(void **state)
{
	int i;
	(void)state;
	for (i = 0; i < 200; i++) {
		struct module *module = open_good("good_a.so");
		assert_true(count_mappings("good_a.so") > 0);
		assert_true(module_close(module, NULL));
		assert_int_equal(count_mappings("good_a.so"), 0);
	}
}

static void names_what_is_wrong(void **state)
{
	static const struct {
		const char *file, *expected;
	} cases[] = {
		{ "bad_undefined.so", "undefined symbol: bad_missing_function; link it with" },
		{ "bad_no_symbol.so", "it does not export act_plugin_v1" },
		{ "bad_symbol.so", "its act_plugin_v1 is not data" },
		{ "bad_borrowed.so", "comes from a library that it is linked with" },
		{ "bad_size.so", "its table says that it has 4096 bytes, but act_plugin_v1 has" },
		{ "bad_name.so",
		  "act_plugin.name is \"somebody\", its manifest says \"bad_name\"" },
		{ "bad_twice.so", "actions number 0 and 1 are both named which" },
		{ "bad_blocking.so", "action which is ACT_A_BLOCKING" },
		{ "bad_raw_code.so", "action which is ACT_A_RAW and has the code 2001" },
		{ "bad_flags.so", "act_plugin.flags is 0x80000000" },
	};
	size_t i;
	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *path = bad_path(cases[i].file);
		struct manifest m;
		struct module *module = NULL;
		struct err why = { "" };
		read_manifest(path, &m);
		assert_int_equal(module_open(path, &m, &module, &why), -1);
		assert_null(module);
		if (strstr(why.text, cases[i].expected) == NULL)
			fail_msg("%s: expected \"…%s…\", found \"%s\"", cases[i].file,
			         cases[i].expected, why.text);
		if (strstr(why.text, path) != NULL)
			fail_msg("%s: the path of the copy tells nobody anything: %s",
			         cases[i].file, why.text);
		/* Refused is also unloaded. */
		assert_int_equal(count_mappings(cases[i].file), 0);
	}
}

static void a_manifest_of_another_file_is_refused(void **state)
{
	struct manifest m;
	struct module *module = NULL;
	struct err why = { "" };
	(void)state;
	read_manifest(bad_path("good_a.so"), &m);
	assert_int_equal(module_open(bad_path("good_b.so"), &m, &module, &why), -1);
	assert_non_null(strstr(why.text, "act_plugin.version is \"1.1\""));
}

static void names_what_stays(void **state)
{
	static const struct {
		const char *file, *expected;
	} cases[] = {
		{ "bad_nodelete.so", "it was linked with -z nodelete" },
		{ "bad_unique.so", "GNU_UNIQUE" },
		{ "bad_thread_local.so", "thread_local with a destructor" },
	};
	size_t i;
	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct module *module = open_good(cases[i].file);
		struct err why = { "" };
		if (module_close(module, &why))
			fail_msg("%s: expected it to stay in memory", cases[i].file);
		if (strstr(why.text, cases[i].expected) == NULL)
			fail_msg("%s: expected \"…%s…\", found \"%s\"", cases[i].file,
			         cases[i].expected, why.text);
		assert_true(count_mappings(cases[i].file) > 0);
	}
}

static void a_path_in_memory_is_not_loaded_again(void **state)
{
	struct manifest m;
	struct module *first = open_good("good_a.so"), *second = NULL;
	struct err why = { "" };
	(void)state;
	read_manifest(bad_path("good_a.so"), &m);
	assert_int_equal(module_open(bad_path("good_a.so"), &m, &second, &why), -1);
	assert_non_null(strstr(why.text, "is in memory already"));
	assert_true(module_close(first, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_builds_are_loaded_at_once),
		cmocka_unit_test(can_be_loaded_many_times),
		cmocka_unit_test(names_what_is_wrong),
		cmocka_unit_test(a_manifest_of_another_file_is_refused),
		cmocka_unit_test(names_what_stays),
		cmocka_unit_test(a_path_in_memory_is_not_loaded_again),
	};
	return cmocka_run_group_tests_name("module", tests, NULL, NULL);
}
