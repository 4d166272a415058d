/* The last line of a process is put together without stdio and without the heap. */
#include "../../core/act/fatal_text.c" /* its calendar */

#include "fixtures/cmocka_all.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const char *as_string(struct fatal_text *text)
{
	assert_true(text->len < sizeof text->bytes);
	text->bytes[text->len] = '\0';
	return text->bytes;
}

static void number_is(uint64_t number, const char *expected)
{
	struct fatal_text text = { .len = 0 };
	fatal_put_number(&text, number);
	assert_string_equal(as_string(&text), expected);
}

static void hex_is(uintptr_t number, const char *expected)
{
	struct fatal_text text = { .len = 0 };
	fatal_put_hex(&text, number);
	assert_string_equal(as_string(&text), expected);
}

static void numbers_are_those_of_printf(void **state)
{
	(void)state;
	number_is(0, "0");
	number_is(7, "7");
	number_is(1000, "1000");
	number_is(UINT64_MAX, "18446744073709551615");
	hex_is(0, "0x0");
	hex_is(0xABCDEF, "0xabcdef");
	hex_is(UINTPTR_MAX, "0xffffffffffffffff");
}

static void words_follow_one_another(void **state)
{
	struct fatal_text text = { .len = 0 };
	(void)state;
	fatal_put(&text, "signal ");
	fatal_put_number(&text, 11);
	fatal_put(&text, "");
	fatal_put(&text, " (SIGSEGV)");
	assert_string_equal(as_string(&text), "signal 11 (SIGSEGV)");
}

static void what_does_not_fit_is_left_out(void **state)
{
	struct {
		struct fatal_text text;
		char behind[8];
	} room = { .behind = "behind" };
	char words[sizeof room.text.bytes];
	(void)state;
	memset(words, 'a', sizeof words - 1);
	words[sizeof words - 1] = '\0';
	fatal_put(&room.text, words);
	fatal_put_number(&room.text, 123456);
	fatal_put(&room.text, words);
	assert_int_equal(room.text.len, sizeof room.text.bytes);
	assert_int_equal(room.text.bytes[sizeof room.text.bytes - 2], 'a');
	assert_int_equal(room.text.bytes[sizeof room.text.bytes - 1], '1');
	assert_string_equal(room.behind, "behind");
}

/* The C library's idea of the same second, which may be over by the time that it is asked. */
static void the_head_is_that_of_the_log(void **state)
{
	(void)state;
	struct fatal_text text = { .len = 0 };
	char before[32], after[32];
	struct tm parts;
	time_t now = time(NULL);
	strftime(before, sizeof before, "%Y-%m-%dT%H:%M:%S.", gmtime_r(&now, &parts));
	fatal_put_head(&text);
	now = time(NULL);
	strftime(after, sizeof after, "%Y-%m-%dT%H:%M:%S.", gmtime_r(&now, &parts));
	const char *line = as_string(&text);
	size_t len = strlen(before);
	assert_true(strncmp(line, before, len) >= 0);
	assert_true(strncmp(line, after, len) <= 0);
	assert_int_equal(strspn(line + len, "0123456789"), 3);
	assert_string_equal(line + len + 3, "Z error fatal: ");
}

/* 200 years, with a century that is a leap year and one that is not. */
static void the_calendar_is_that_of_the_c_library(void **state)
{
	enum { DAYS = 200 * 366, DAY_SECONDS = 86400 };
	(void)state;
	for (uint64_t day = 0; day < DAYS; day++) {
		struct fatal_text text = { .len = 0 };
		const time_t seconds = (time_t)(day * DAY_SECONDS);
		char expected[32];
		struct tm parts;
		strftime(expected, sizeof expected, "%Y-%m-%d", gmtime_r(&seconds, &parts));
		put_date(&text, day);
		assert_string_equal(as_string(&text), expected);
	}
}

static void the_file_of_an_address_is_named(void **state)
{
	char program[PATH_MAX] = "", expected[PATH_MAX + 64];
	struct fatal_text text = { .len = 0 };
	(void)state;
	assert_true(readlink("/proc/self/exe", program, sizeof program - 1) > 0);
	fatal_put_code(&text, (uintptr_t)&numbers_are_those_of_printf);
	snprintf(expected, sizeof expected, "; in the code of %s + 0x", program);
	const char *said = as_string(&text);
	if (strncmp(said, expected, strlen(expected)) != 0)
		fail_msg("expected \"%s…\", found \"%s\"", expected, said);
	assert_true(strtoul(said + strlen(expected), NULL, 16) > 0);
}

/* The offset is that in the file, wherever its pages were put. */
static void the_offset_is_that_in_the_file(void **state)
{
	char path[] = "/tmp/actd-text-XXXXXX", expected[96];
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct fatal_text text = { .len = 0 };
	(void)state;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)(3 * page)), 0);
	char *second = mmap(NULL, page, PROT_READ, MAP_PRIVATE, fd, (off_t)page);
	assert_ptr_not_equal(second, MAP_FAILED);
	fatal_put_code(&text, (uintptr_t)(second + 17));
	munmap(second, page);
	close(fd);
	unlink(path);
	snprintf(expected, sizeof expected, "; in the code of %s + 0x%zx", path, page + 17);
	assert_string_equal(as_string(&text), expected);
}

static void an_address_without_a_file_is_not_named(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct fatal_text text = { .len = 0 };
	(void)state;
	void *nameless = mmap(NULL, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(nameless, MAP_FAILED);
	fatal_put_code(&text, (uintptr_t)nameless);
	fatal_put_code(&text, 16); /* nothing is ever mapped there */
	munmap(nameless, page);
	assert_int_equal(text.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_those_of_printf),
		cmocka_unit_test(words_follow_one_another),
		cmocka_unit_test(what_does_not_fit_is_left_out),
		cmocka_unit_test(the_head_is_that_of_the_log),
		cmocka_unit_test(the_calendar_is_that_of_the_c_library),
		cmocka_unit_test(the_file_of_an_address_is_named),
		cmocka_unit_test(the_offset_is_that_in_the_file),
		cmocka_unit_test(an_address_without_a_file_is_not_named),
	};
	return cmocka_run_group_tests_name("fatal_text", tests, NULL, NULL);
}
