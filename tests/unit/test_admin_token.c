/* The token of the admin listener: which files are taken, and who is let in. */
#include "fixtures/cmocka_all.h"

#include "admin/token.h"
#include "fixtures/log_file.h"

#include <sys/stat.h>

static char path[64];

static int make_file(void **state)
{
	(void)state;
	strcpy(path, "/tmp/actd-token-XXXXXX");
	int fd = mkstemp(path);
	return fd >= 0 ? close(fd) : -1;
}

static int drop_file(void **state)
{
	(void)state;
	return unlink(path);
}

static void write_bytes(const char *bytes, size_t len)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void load(struct token *token, const char *text)
{
	struct err why = { "" };
	write_bytes(text, strlen(text));
	if (token_load(token, path, &why) != 0)
		fail_msg("%s", why.text);
}

static void refused(const char *bytes, size_t len, const char *words)
{
	struct token token;
	struct err why = { "" };
	write_bytes(bytes, len);
	assert_int_equal(token_load(&token, path, &why), -1);
	if (strstr(why.text, words) == NULL || strstr(why.text, path) == NULL)
		fail_msg("expected \"%s\", found: %s", words, why.text);
}

static void the_right_one_is_let_in(void **state)
{
	static const char *const files[] = { "0123456789abcdef", "0123456789abcdef\n",
		                             "0123456789abcdef\r\n" };
	struct token token;
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		load(&token, files[i]);
		assert_true(token_admits(&token, "Bearer 0123456789abcdef"));
		assert_true(token_admits(&token, "bearer  0123456789abcdef"));
	}
}

static void others_are_not(void **state)
{
	static const char *const headers[] = {
		"",
		"Bearer",
		"Bearer ",
		"0123456789abcdef",
		"Basic 0123456789abcdef",
		"Bearer 0123456789abcde",
		"Bearer 0123456789abcdef ",
		"Bearer 0123456789abcdefg",
		"Bearer 0123456789abcdeF",
		"Bearer 0123456789abcdef, Bearer 0123456789abcdef",
	};
	struct token token;
	(void)state;
	load(&token, "0123456789abcdef");
	assert_false(token_admits(&token, NULL));
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
		assert_false(token_admits(&token, headers[i]));
}

static void a_file_has_to_hold_a_token(void **state)
{
	char long_one[TOKEN_BYTES_MAX + 2];
	struct token token;
	(void)state;
	refused("", 0, "expected 16 to 1024 bytes, found 0");
	refused("0123456789abcde\n", 16, "found 15");
	refused("0123456789abcdef\n\n", 18, "the byte 0x0a at 16");
	refused("0123456789 abcdef", 17, "the byte 0x20 at 10");
	refused("0123456789abcde\0f", 17, "the byte 0x00 at 15");
	refused("0123456789abcde\xC3\xBC", 17, "the byte 0xc3 at 15");
	memset(long_one, 'x', sizeof long_one);
	refused(long_one, sizeof long_one, "expected 16 to 1024 bytes, found at least 1026");
	long_one[TOKEN_BYTES_MAX] = '\0';
	load(&token, long_one);
}

static void a_file_has_to_be_there(void **state)
{
	struct token token;
	struct err why;
	(void)state;
	assert_int_equal(token_load(&token, "/nowhere/token", &why), -1);
	assert_string_equal(why.text,
	                    "admin.token_file: /nowhere/token: No such file or directory");
	assert_int_equal(token_load(&token, "/tmp", &why), -1);
	assert_string_equal(why.text, "admin.token_file: /tmp: Is a directory");
}

static void an_open_file_is_warned_of(void **state)
{
	static const struct {
		mode_t mode;
		const char *words;
	} cases[] = { { 0600, NULL },
		      { 0640, NULL },
		      { 0644, "others may read" },
		      { 0602, "others may change" } };
	struct token token;
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(chmod(path, cases[i].mode), 0);
		log_file_begin(LOG_WARN);
		load(&token, "0123456789abcdef");
		if (cases[i].words == NULL)
			assert_string_equal(log_file_text(), "");
		else
			assert_non_null(strstr(log_file_text(), cases[i].words));
		log_file_end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_right_one_is_let_in),
		cmocka_unit_test(others_are_not),
		cmocka_unit_test(a_file_has_to_hold_a_token),
		cmocka_unit_test(a_file_has_to_be_there),
		cmocka_unit_test(an_open_file_is_warned_of),
	};
	return cmocka_run_group_tests_name("admin token", tests, make_file, drop_file);
}
