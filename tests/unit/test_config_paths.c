/* Where files and folders of the config lie; and files that cannot be read. */
#include "base/config_paths.c"

#include "fixtures/config_file.h"

/* The current folder of this program, as config_folder_make() left it. */
static char *here(void)
{
	char *folder = realpath(".", NULL);
	assert_non_null(folder);
	return folder;
}

static void expect_below(const char *path, const char *folder, const char *rest)
{
	char *expected = mem_format("%s%s", folder, rest);
	assert_string_equal(path, expected);
	free(expected);
}

static void in_the_file_from_its_folder(void **state)
{
	struct config *config;
	struct config_errors errors;
	char *folder = here();
	static const char text[] = "{\"plugin_dir\": \"p\", \"state_dir\": \"../s\", \"log\": "
				   "{\"file\": \"./l.log\"},\n"
				   "\"listen\": [\"unix:s.sock\", \"unix:/run/a.sock\"]}";
	(void)state;
	assert_int_equal(mkdir("conf", 0700), 0);
	assert_int_equal(chdir("conf"), 0);
	config_write(text, strlen(text));
	assert_int_equal(chdir(".."), 0);
	assert_int_equal(config_load("conf/" CONFIG_FILE, NULL, 0, &config, &errors), 0);
	expect_below(config->plugin_dir, folder, "/conf/p");
	expect_below(config->state_dir, folder, "/s");
	expect_below(config->log.file, folder, "/conf/l.log");
	expect_below(config->listen[0].unix_path, folder, "/conf/s.sock");
	assert_null(config->listen[0].host);
	assert_string_equal(config->listen[1].unix_path, "/run/a.sock");
	config_free(config);
	assert_int_equal(unlink("conf/" CONFIG_FILE), 0);
	assert_int_equal(rmdir("conf"), 0);
	free(folder);
}

static void from_the_command_line_from_the_current_folder(void **state)
{
	static const char *const overrides[] = { "plugin_dir=p", "state_dir=/a/../b",
		                                 "log.file=../l", "listen=unix:s" };
	struct config *config;
	struct config_errors errors;
	char *folder = here(), *conf;
	(void)state;
	config_write("{}", 2);
	conf = mem_format("%s/%s", folder, CONFIG_FILE);
	assert_int_equal(chdir("/usr"), 0);
	assert_int_equal(config_load(conf, overrides, 4, &config, &errors), 0);
	assert_int_equal(chdir(folder), 0);
	assert_string_equal(config->path, conf);
	assert_string_equal(config->plugin_dir, "/usr/p");
	assert_string_equal(config->state_dir, "/a/../b"); /* as given: ".." may follow a link */
	assert_string_equal(config->log.file, "/l");
	assert_string_equal(config->listen[0].unix_path, "/usr/s");
	config_free(config);
	free(conf);
	free(folder);
}

static void joining(void **state)
{
	static const char *const cases[][3] = {
		{ "/a/b", "c", "/a/b/c" },
		{ "/a/b", "../c", "/a/c" },
		{ "/a/b", "../../../c", "/c" },
		{ "/a/b", "./c/./d", "/a/b/c/./d" },
		{ "/a/b", "c/../d", "/a/b/c/../d" },
		{ "/", "c", "/c" },
		{ "/a", "..", "/" },
		{ "/a/b", "..c", "/a/b/..c" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *joined = join(cases[i][0], cases[i][1]);
		assert_string_equal(joined, cases[i][2]);
		free(joined);
	}
}

static void plugins_beside_the_program(void **state)
{
	char *folder = here();
	char *exe = mem_format("%s/bin/actd", folder);
	char *dir;
	(void)state;
	assert_int_equal(mkdir("bin", 0700), 0);
	dir = default_plugin_dir(exe);
	assert_string_equal(dir, ACTD_DEFAULT_PLUGIN_DIR);
	free(dir);
	assert_int_equal(mkdir("plugins", 0700), 0);
	dir = default_plugin_dir(exe);
	expect_below(dir, folder, "/plugins");
	free(dir);
	assert_int_equal(rmdir("plugins"), 0);
	assert_int_equal(rmdir("bin"), 0);
	free(exe);
	free(folder);
}

static void the_state_folder(void **state)
{
	static const char *const cases[][2] = { { "/var/lib/a", "/var/lib/a" },
		                                { "/var/lib/a:/var/lib/b", "/var/lib/a" },
		                                { "", "/var/lib/actd" } };
	struct config *config;
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(setenv("STATE_DIRECTORY", cases[i][0], 1), 0);
		config = config_good("{\"state_dir\": \"\"}", NULL);
		assert_string_equal(config->state_dir, cases[i][1]);
		config_free(config);
	}
	assert_int_equal(unsetenv("STATE_DIRECTORY"), 0);
	config = config_good("{}", NULL);
	assert_string_equal(config->state_dir, "/var/lib/actd");
	config_free(config);
}

static void long_paths_of_sockets(void **state)
{
	char text[256], expected[512], name[120] = "/";
	(void)state;
	memset(name + 1, 'a', 106);
	snprintf(text, sizeof text, "{\"listen\": \"unix:%s\"}", name);
	config_free(config_good(text, NULL));
	name[107] = 'a';
	snprintf(text, sizeof text, "{\"listen\": \"unix:%s\"}", name);
	snprintf(expected, sizeof expected,
	         "t.json:1:2: listen: expected a socket's path of at most 107 bytes, found 108; "
	         "unix(7) allows no more\n");
	config_bad(text, NULL, expected);
}

/* ---- files that are no config --------------------------------------------------------------- */

static void expect_unreadable(const char *path, const char *findings)
{
	struct config *config;
	struct config_errors errors;
	assert_int_equal(config_load(path, NULL, 0, &config, &errors), -1);
	assert_null(config);
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.text, findings);
	config_errors_free(&errors);
}

static void files_that_cannot_be_read(void **state)
{
	(void)state;
	expect_unreadable("none.json",
	                  "none.json: the config cannot be read: No such file or directory\n");
	expect_unreadable("/dev/null/x",
	                  "/dev/null/x: the config cannot be read: Not a directory\n");
	expect_unreadable(".", ".: expected a file, found a folder\n");
	expect_unreadable("/dev/null", "/dev/null: expected a file, found a pipe or a device\n");
	assert_int_equal(mkfifo("fifo", 0600), 0);
	expect_unreadable("fifo", "fifo: expected a file, found a pipe or a device\n");
	assert_int_equal(unlink("fifo"), 0);
}

static void files_have_a_largest_size(void **state)
{
	enum { MAX = 1048576 };
	char *text = malloc(MAX + 1);
	struct config *config;
	struct config_errors errors;
	(void)state;
	assert_non_null(text);
	memset(text, ' ', MAX + 1);
	memcpy(text, "{}", 2);
	config_write(text, MAX);
	assert_int_equal(config_load(CONFIG_FILE, NULL, 0, &config, &errors), 0);
	config_free(config);
	config_write(text, MAX + 1);
	expect_unreadable(CONFIG_FILE, "t.json: expected at most 1048576 bytes, found more\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_the_file_from_its_folder),
		cmocka_unit_test(from_the_command_line_from_the_current_folder),
		cmocka_unit_test(joining),
		cmocka_unit_test(plugins_beside_the_program),
		cmocka_unit_test(the_state_folder),
		cmocka_unit_test(long_paths_of_sockets),
		cmocka_unit_test(files_that_cannot_be_read),
		cmocka_unit_test(files_have_a_largest_size),
	};
	return cmocka_run_group_tests(tests, config_folder_make, config_folder_drop);
}
