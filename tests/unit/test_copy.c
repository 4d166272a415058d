/* Private copies: their names, their hash, sources that change, folders that are unfit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

/* Each reading of a source goes through here, so that a test can change it in between. */
static ssize_t read_source(int fd, void *to, size_t size, off_t offset);
#define pread read_source
#include "reload/copy.c"
#undef pread

#include <dirent.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>

static char folder[] = "/tmp/actd_copy_XXXXXX"; /* the copies */
static char source[sizeof folder + 16];         /* beside them, not among them */

/* What happens to the source after each whole reading (a reading of nothing tells its end). */
static void (*after_reading)(int reading);
static int readings;

static ssize_t read_source(int fd, void *to, size_t size, off_t offset)
{
	ssize_t got = pread(fd, to, size, offset);
	if (got == 0 && after_reading != NULL)
		after_reading(++readings);
	return got;
}

static void write_source(const void *bytes, size_t size)
{
	int fd = open(source, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), (ssize_t)size);
	close(fd);
}

static int count_files(const char *directory)
{
	DIR *dir = opendir(directory);
	int count = 0;
	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count - 2;
}

static int make_folder(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(source, sizeof source, "%s.source", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(source);
	return rmdir(folder);
}

static int begin(void **state)
{
	(void)state;
	after_reading = NULL;
	readings = 0;
	write_source("abc", 3);
	return 0;
}

/* The example of FIPS 180-4. */
static const uint8_t sha_of_abc[PLUGIN_HASH_SIZE] = {
	0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
	0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
	0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
};

static void copies_under_a_name_of_its_own(void **state)
{
	struct plugin_copy one, two;
	struct err why = { "" };
	struct stat st;
	char text[8] = "";
	int fd;
	(void)state;
	assert_int_equal(plugin_copy(source, folder, "echo", &one, &why), 0);
	assert_int_equal(plugin_copy(source, folder, "echo", &two, &why), 0);
	assert_string_not_equal(one.path, two.path);
	assert_memory_equal(one.path, folder, strlen(folder));
	assert_memory_equal(one.path + strlen(folder), "/echo.", 6);
	assert_non_null(strstr(one.path, ".ba7816bf8f01cfea.so"));
	assert_memory_equal(one.sha, sha_of_abc, sizeof sha_of_abc);
	assert_int_equal(one.size, 3);
	assert_int_equal(stat(one.path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0500);
	fd = open(one.path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, text, sizeof text), 3);
	assert_string_equal(text, "abc");
	close(fd);
	unlink(one.path);
	unlink(two.path);
	assert_int_equal(count_files(folder), 0);
}

static void copies_more_than_a_block(void **state)
{
	size_t size = 3 * BLOCK + 17, i;
	unsigned char *bytes = malloc(size), *back = malloc(size);
	struct plugin_copy copy;
	struct err why = { "" };
	uint8_t sha[PLUGIN_HASH_SIZE];
	int fd;
	(void)state;
	for (i = 0; i < size; i++)
		bytes[i] = (unsigned char)(i * 31 >> 3);
	write_source(bytes, size);
	assert_int_equal(plugin_copy(source, folder, "large", &copy, &why), 0);
	assert_int_equal(plugin_hash(source, sha, &why), 0);
	assert_memory_equal(sha, copy.sha, sizeof sha);
	fd = open(copy.path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, back, size), (ssize_t)size);
	assert_memory_equal(bytes, back, size);
	close(fd);
	unlink(copy.path);
	free(bytes);
	free(back);
}

static void hashes(void **state)
{
	uint8_t sha[PLUGIN_HASH_SIZE];
	struct err why = { "" };
	(void)state;
	assert_int_equal(plugin_hash(source, sha, &why), 0);
	assert_memory_equal(sha, sha_of_abc, sizeof sha);
	assert_int_equal(plugin_hash("/nowhere/at/all.so", sha, &why), -1);
	assert_non_null(strstr(why.text, "cannot be opened: No such file"));
	assert_int_equal(plugin_hash(folder, sha, &why), -1);
	assert_non_null(strstr(why.text, "expected a file, found a folder"));
}

static void leaves_names_of_others_alone(void **state)
{
	struct plugin_copy taken = { .sha = { 0 } }, copy;
	struct err why = { "" };
	uint64_t next = atomic_load(&copies_made);
	int fd;
	(void)state;
	memcpy(taken.sha, sha_of_abc, sizeof sha_of_abc);
	assert_int_equal(name_copy(folder, "echo", &taken, &why), 0);
	fd = open(taken.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	atomic_store(&copies_made, next);
	assert_int_equal(plugin_copy(source, folder, "echo", &copy, &why), 0);
	assert_string_not_equal(copy.path, taken.path);
	unlink(copy.path);
	assert_int_equal(unlink(taken.path), 0);
}

static void refuses_what_is_too_large(void **state)
{
	struct plugin_copy copy;
	struct err why = { "" };
	(void)state;
	assert_int_equal(truncate(source, (off_t)PLUGIN_FILE_MAX + 1), 0);
	assert_int_equal(plugin_copy(source, folder, "huge", &copy, &why), -1);
	assert_non_null(strstr(why.text, "the file has 268435457 bytes, expected at most"));
	assert_int_equal(count_files(folder), 0);
}

static void refuses_a_folder_that_is_not_there(void **state)
{
	struct plugin_copy copy;
	struct err why = { "" };
	char longer[PATH_MAX];
	(void)state;
	assert_int_equal(plugin_copy(source, "/nowhere/at/all", "echo", &copy, &why), -1);
	assert_non_null(strstr(why.text, "cannot be made in /nowhere/at/all: No such file"));
	assert_non_null(strstr(why.text, "state_dir"));
	memset(longer, 'x', sizeof longer);
	longer[0] = '/';
	longer[sizeof longer - 1] = '\0';
	assert_int_equal(plugin_copy(source, longer, "echo", &copy, &why), -1);
	assert_non_null(strstr(why.text, "shorter path"));
}

/* ---- a source that is written to while it is read ---- */

static void grow_always(int reading)
{
	char more[16];
	int len = snprintf(more, sizeof more, "%d", reading);
	int fd = open(source, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, more, (size_t)len), len);
	close(fd);
}

/* The same size, and the same time of change: only the bytes tell. */
static void change_silently(int reading)
{
	struct stat st;
	char text[] = "ab0";
	int fd = open(source, O_WRONLY | O_CLOEXEC);
	text[2] = (char)('a' + reading % 26);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(write(fd, text, 3), 3);
	assert_int_equal(futimens(fd, (struct timespec[]){ st.st_atim, st.st_mtim }), 0);
	close(fd);
}

static void touch_always(int reading)
{
	struct timespec times[2] = { { 1000 + reading, 0 }, { 1000 + reading, 0 } };
	assert_int_equal(utimensat(AT_FDCWD, source, times, 0), 0);
}

static void grow_once(int reading)
{
	if (reading == 2)
		grow_always(7);
}

static void gives_up_on_a_source_that_keeps_changing(void **state)
{
	static void (*const changes[])(int) = { grow_always, change_silently, touch_always };
	size_t i;
	(void)state;
	for (i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		struct plugin_copy copy;
		struct err why = { "" };
		after_reading = changes[i];
		readings = 0;
		assert_int_equal(plugin_copy(source, folder, "busy", &copy, &why), -1);
		assert_non_null(strstr(why.text, "the file changed each of the 5 times"));
		assert_true(readings >= TRIES);
		assert_int_equal(count_files(folder), 0);
	}
}

static void tries_again_after_one_change(void **state)
{
	struct plugin_copy copy;
	struct err why = { "" };
	uint8_t sha[PLUGIN_HASH_SIZE];
	(void)state;
	after_reading = grow_once;
	assert_int_equal(plugin_copy(source, folder, "busy", &copy, &why), 0);
	assert_int_equal(copy.size, 4);
	assert_int_equal(count_files(folder), 1);
	after_reading = NULL;
	assert_int_equal(plugin_hash(source, sha, &why), 0);
	assert_memory_equal(sha, copy.sha, sizeof sha);
	unlink(copy.path);
}

static void hash_gives_up_too(void **state)
{
	uint8_t sha[PLUGIN_HASH_SIZE];
	struct err why = { "" };
	(void)state;
	after_reading = grow_always;
	assert_int_equal(plugin_hash(source, sha, &why), -1);
	assert_non_null(strstr(why.text, "write the new one beside it and rename it"));
	assert_int_equal(readings, TRIES);
}

/* ---- a folder on a file system that is unfit; in mounts that only this process sees ---- */

static int mount_on_folder(unsigned long flags, const char *options)
{
	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return -1;
	return mount("none", folder, "tmpfs", flags, options);
}

static void names_a_folder_without_execution(void **state)
{
	struct plugin_copy copy;
	struct err why = { "" };
	(void)state;
	if (mount_on_folder(MS_NOEXEC, "size=1m") != 0) {
		print_message("SKIPPED: a mount of its own needs root: %s\n", strerror(errno));
		skip();
	}
	assert_int_equal(plugin_copy(source, folder, "echo", &copy, &why), -1);
	assert_non_null(strstr(why.text, folder));
	assert_non_null(strstr(why.text, "does not allow code to be run from it"));
	assert_non_null(strstr(why.text, "state_dir"));
	assert_int_equal(count_files(folder), 0);
	assert_int_equal(umount(folder), 0);
}

static void names_a_folder_that_is_full(void **state)
{
	size_t size = 128 * 1024;
	char *bytes = calloc(1, size);
	struct plugin_copy copy;
	struct err why = { "" };
	(void)state;
	if (mount_on_folder(0, "size=64k") != 0) {
		free(bytes);
		print_message("SKIPPED: a mount of its own needs root: %s\n", strerror(errno));
		skip();
	}
	write_source(bytes, size);
	free(bytes);
	assert_int_equal(plugin_copy(source, folder, "echo", &copy, &why), -1);
	assert_non_null(strstr(why.text, "cannot be written: No space left"));
	assert_int_equal(count_files(folder), 0);
	assert_int_equal(umount(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(copies_under_a_name_of_its_own, begin),
		cmocka_unit_test_setup(copies_more_than_a_block, begin),
		cmocka_unit_test_setup(hashes, begin),
		cmocka_unit_test_setup(leaves_names_of_others_alone, begin),
		cmocka_unit_test_setup(refuses_what_is_too_large, begin),
		cmocka_unit_test_setup(refuses_a_folder_that_is_not_there, begin),
		cmocka_unit_test_setup(gives_up_on_a_source_that_keeps_changing, begin),
		cmocka_unit_test_setup(tries_again_after_one_change, begin),
		cmocka_unit_test_setup(hash_gives_up_too, begin),
		cmocka_unit_test_setup(names_a_folder_without_execution, begin),
		cmocka_unit_test_setup(names_a_folder_that_is_full, begin),
	};
	return cmocka_run_group_tests_name("copy", tests, make_folder, remove_folder);
}
