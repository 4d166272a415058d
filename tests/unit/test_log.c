/* Lines of the log: their form, what cannot forge one, and the change of files. */
#include "fixtures/log_file.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

static int begin(void **state)
{
	(void)state;
	log_file_begin(LOG_INFO);
	return 0;
}

static int end(void **state)
{
	(void)state;
	log_file_end();
	return 0;
}

/* The line without its time, of which the form is held against "2026-01-31T12:34:56.789Z ". */
static const char *after_stamp(const char *line)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ ";
	for (size_t i = 0; i < LOG_FILE_STAMP; i++) {
		bool fits = form[i] == 'd' ? line[i] >= '0' && line[i] <= '9' : line[i] == form[i];
		if (!fits)
			fail_msg("expected a line like %s…, found: %s", form, line);
	}
	return line + LOG_FILE_STAMP;
}

static void has_time_level_and_room(void **state)
{
	(void)state;
	log_error("plugin friend", "%d of %s", 3, "them");
	assert_string_equal(after_stamp(log_file_text()), "error plugin friend: 3 of them\n");
}

static void keeps_to_its_level(void **state)
{
	(void)state;
	log_debug("net", "not wanted");
	assert_string_equal(log_file_text(), "");
	assert_false(log_wants(LOG_DEBUG));
	assert_true(log_wants(LOG_INFO));
	assert_int_equal(log_open(log_file_path, LOG_ERROR), 0);
	log_warn("net", "not wanted");
	assert_string_equal(log_file_text(), "");
	assert_int_equal(log_open(log_file_path, LOG_DEBUG), 0);
	log_debug("net", "wanted");
	assert_string_equal(after_stamp(log_file_text()), "debug net: wanted\n");
}

static void no_text_forges_a_line(void **state)
{
	(void)state;
	log_error("frames", "%s", "a\n2026-01-01T00:00:00.000Z error net: b\r\t\x1B[31m\x7F");
	assert_string_equal(after_stamp(log_file_text()),
	                    "error frames: a\\x0A2026-01-01T00:00:00.000Z error net: b\\x0D\\x09"
	                    "\\x1B[31m\\x7F\n");
}

static void leaves_other_text_alone(void **state)
{
	(void)state;
	log_error("frames", "%s", "我们都好 \"\\ ~");
	assert_string_equal(after_stamp(log_file_text()), "error frames: 我们都好 \"\\ ~\n");
}

/* What grows on the way, since each byte becomes four, stays one line all the same. */
static void cuts_what_is_too_long(void **state)
{
	char text[10000];
	(void)state;
	for (char filling = 'x'; filling != 0; filling = filling == 'x' ? '\n' : 0) {
		memset(text, filling, sizeof text - 1);
		text[sizeof text - 1] = '\0';
		log_error("frames", "%s", text);
	}
	const char *first = log_file_text(), *second = strchr(first, '\n') + 1;
	const char *end_of_second = strchr(second, '\n');
	assert_memory_equal(after_stamp(first), "error frames: xxx", 17);
	assert_memory_equal(after_stamp(second), "error frames: \\x0A\\x0A", 22);
	assert_memory_equal(end_of_second - 4, "\\x0A\n", 6);
	assert_in_range(end_of_second - second, 2000, 4095);
}

/* Rotation: somebody renames the file, and the log is opened anew. */
static void opens_its_file_anew(void **state)
{
	char old[sizeof log_file_path + 4];
	(void)state;
	snprintf(old, sizeof old, "%s.old", log_file_path);
	assert_int_equal(rename(log_file_path, old), 0);
	log_error("net", "before");
	assert_int_equal(log_open(log_file_path, LOG_INFO), 0);
	log_error("net", "after");
	assert_string_equal(after_stamp(log_file_read(old)), "error net: before\n");
	assert_string_equal(after_stamp(log_file_text()), "error net: after\n");
	assert_int_equal(unlink(old), 0);
}

static void stays_where_it_was(void **state)
{
	(void)state;
	assert_int_equal(log_open("/tmp/no/such/folder/log", LOG_DEBUG), -ENOENT);
	assert_false(log_wants(LOG_DEBUG));
	log_error("net", "still here");
	assert_string_equal(after_stamp(log_file_text()), "error net: still here\n");
}

static void goes_to_stderr_without_a_file(void **state)
{
	(void)state;
	int before = dup(STDERR_FILENO);
	FILE *file = fopen(log_file_path, "w");
	assert_non_null(file);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	assert_int_equal(log_open(NULL, LOG_INFO), 0);
	log_error("net", "to stderr");
	dup2(before, STDERR_FILENO);
	close(before);
	fclose(file);
	assert_string_equal(after_stamp(log_file_text()), "error net: to stderr\n");
}

enum { THREADS = 4, LINES = 200 };

static void *write_lines(void *arg)
{
	for (int i = 0; i < LINES; i++)
		log_error("net", "%s", (const char *)arg);
	return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
	static char texts[THREADS][8] = { "aaaaaaa", "bbbbbbb", "ccccccc", "ddddddd" };
	pthread_t threads[THREADS];
	int count = 0;
	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_lines, texts[i]), 0);
	for (int i = 0; i < 20; i++) /* rotation under way */
		assert_int_equal(log_open(log_file_path, LOG_INFO), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (const char *at = log_file_text(); *at != '\0'; count++) {
		const char *text = after_stamp(at) + strlen("error net: ");
		assert_in_range(*text, 'a', 'd');
		assert_memory_equal(text, texts[*text - 'a'], 7);
		assert_int_equal(text[7], '\n');
		at = text + 8;
	}
	assert_int_equal(count, THREADS * LINES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(has_time_level_and_room, begin, end),
		cmocka_unit_test_setup_teardown(keeps_to_its_level, begin, end),
		cmocka_unit_test_setup_teardown(no_text_forges_a_line, begin, end),
		cmocka_unit_test_setup_teardown(leaves_other_text_alone, begin, end),
		cmocka_unit_test_setup_teardown(cuts_what_is_too_long, begin, end),
		cmocka_unit_test_setup_teardown(opens_its_file_anew, begin, end),
		cmocka_unit_test_setup_teardown(stays_where_it_was, begin, end),
		cmocka_unit_test_setup_teardown(goes_to_stderr_without_a_file, begin, end),
		cmocka_unit_test_setup_teardown(lines_of_threads_do_not_mix, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
