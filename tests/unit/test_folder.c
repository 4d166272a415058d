/* The state folder: made, locked, swept; and the folders of the plugins in it. */
#include "fixtures/house.h"

#include "reload/folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct scene {
	struct house *house; /* for its folder alone */
	struct folder folder;
	char state_dir[512];
};

static int open_scene(void **state)
{
	static struct scene scene;
	scene = (struct scene){ .house = house_new("{}"), .folder.lock_fd = -1 };
	snprintf(scene.state_dir, sizeof scene.state_dir, "%s/deep/below", scene.house->folder);
	*state = &scene;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;
	folder_close(&scene->folder);
	house_free(scene->house);
	return 0;
}

static void open_good(struct scene *scene, struct folder *folder)
{
	struct err why = { "" };
	if (folder_open(folder, scene->state_dir, &why) != 0)
		fail_msg("%s", why.text);
}

static void refused(struct folder *folder, const char *state_dir, const char *words)
{
	struct err why = { "" };
	assert_int_equal(folder_open(folder, state_dir, &why), -1);
	if (strstr(why.text, words) == NULL)
		fail_msg("expected \"%s\", found \"%s\"", words, why.text);
}

static void write_file(const char *path)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
}

static void makes_what_is_missing(void **state)
{
	struct scene *scene = *state;
	struct stat st;
	open_good(scene, &scene->folder);
	assert_string_equal(scene->folder.state_dir, scene->state_dir);
	assert_int_equal(stat(scene->folder.run_dir, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_memory_equal(scene->folder.run_dir, scene->state_dir, strlen(scene->state_dir));
	assert_string_equal(scene->folder.run_dir + strlen(scene->state_dir), "/run");
}

static void names_the_process(void **state)
{
	struct scene *scene = *state;
	char number[32] = "";
	open_good(scene, &scene->folder);
	FILE *file = fopen(house_path(scene->house, "deep/below/actd.pid"), "r");
	assert_non_null(file);
	assert_non_null(fgets(number, sizeof number, file));
	fclose(file);
	assert_int_equal(strtol(number, NULL, 10), getpid());
}

static void is_for_one_at_a_time(void **state)
{
	struct scene *scene = *state;
	struct folder second;
	char words[128];
	open_good(scene, &scene->folder);
	snprintf(words, sizeof words, "in use by another actd (process %d)", (int)getpid());
	refused(&second, scene->state_dir, words);
	refused(&second, scene->state_dir, "give this one a folder of its own");
	assert_int_equal(second.lock_fd, -1);
	folder_close(&second); /* which has nothing, and takes nothing from the first */
	refused(&second, scene->state_dir, "in use by another actd");
	folder_close(&scene->folder);
	open_good(scene, &second);
	folder_close(&second);
}

/* A shorter number takes the place of a longer one that a server which was killed left behind. */
static void an_old_number_is_no_lock(void **state)
{
	struct scene *scene = *state;
	char number[64] = "";
	open_good(scene, &scene->folder);
	folder_close(&scene->folder);
	FILE *file = fopen(house_path(scene->house, "deep/below/actd.pid"), "w");
	assert_non_null(file);
	fputs("123456789012345678901234567890\n", file);
	fclose(file);
	open_good(scene, &scene->folder);
	file = fopen(house_path(scene->house, "deep/below/actd.pid"), "r");
	assert_non_null(file);
	size_t len = fread(number, 1, sizeof number - 1, file);
	fclose(file);
	assert_int_equal(strcspn(number, "\n"), len - 1);
	assert_int_equal(strtol(number, NULL, 10), getpid());
}

static void copies_of_before_are_swept(void **state)
{
	struct scene *scene = *state;
	open_good(scene, &scene->folder);
	write_file(house_path(scene->house, "deep/below/run/echo.1.so"));
	write_file(house_path(scene->house, "deep/below/run/echo.2.so"));
	folder_close(&scene->folder);
	assert_int_equal(house_count_files(scene->house, "deep/below/run"), 0);
	write_file(house_path(scene->house, "deep/below/run/echo.3.so"));
	open_good(scene, &scene->folder);
	assert_int_equal(house_count_files(scene->house, "deep/below/run"), 0);
}

static void closing_leaves_the_data(void **state)
{
	struct scene *scene = *state;
	char path[PATH_MAX];
	struct err why;
	open_good(scene, &scene->folder);
	assert_int_equal(folder_data_dir(&scene->folder, "friend", path, &why), 0);
	folder_close(&scene->folder);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(access(house_path(scene->house, "deep/below/actd.pid"), F_OK), -1);
	folder_close(&scene->folder);
}

static void a_plugin_has_a_folder_of_its_own(void **state)
{
	struct scene *scene = *state;
	char path[PATH_MAX], again[PATH_MAX], expected[PATH_MAX];
	struct err why;
	struct stat st;
	open_good(scene, &scene->folder);
	snprintf(expected, sizeof expected, "%s/data/friend", scene->state_dir);
	assert_int_equal(folder_data_dir(&scene->folder, "friend", path, &why), 0);
	assert_string_equal(path, expected);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	/* It is there still, with what is in it. */
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(folder_data_dir(&scene->folder, "friend", again, &why), 0);
	assert_string_equal(again, path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void says_what_is_in_the_way(void **state)
{
	struct scene *scene = *state;
	struct err why;
	char path[PATH_MAX], longer[PATH_MAX];
	write_file(house_path(scene->house, "deep"));
	refused(&scene->folder, scene->state_dir,
	        "cannot be made: Not a directory (see state_dir)");
	refused(&scene->folder, scene->state_dir, scene->house->folder);
	memset(longer, 'x', sizeof longer);
	longer[0] = '/';
	longer[sizeof longer - 1] = '\0';
	refused(&scene->folder, longer, "state_dir: the path is longer than");
	unlink(house_path(scene->house, "deep"));
	open_good(scene, &scene->folder);
	write_file(house_path(scene->house, "deep/below/data"));
	assert_int_equal(folder_data_dir(&scene->folder, "friend", path, &why), -1);
	assert_non_null(strstr(why.text, "data/friend cannot be made: Not a directory"));
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(makes_what_is_missing),
		IN_SCENE(names_the_process),
		IN_SCENE(is_for_one_at_a_time),
		IN_SCENE(an_old_number_is_no_lock),
		IN_SCENE(copies_of_before_are_swept),
		IN_SCENE(closing_leaves_the_data),
		IN_SCENE(a_plugin_has_a_folder_of_its_own),
		IN_SCENE(says_what_is_in_the_way),
	};
	return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}
