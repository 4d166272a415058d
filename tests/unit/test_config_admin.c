/* The part "admin" of a config. */
#include "fixtures/config_file.h"

static void without_it_there_is_no_tcp(void **state)
{
	static const char *const texts[] = {
		"{}", "{\"admin\": {}}", "{\"admin\": {\"listen\": \"\", \"token_file\": \"\"}}"
	};
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct config *config = config_good(texts[i], NULL);
		assert_null(config->admin.listen.text);
		assert_null(config->admin.token_file);
		config_free(config);
	}
}

static void an_address_and_a_token_file(void **state)
{
	(void)state;
	struct config *config = config_good("{\"admin\": {\"listen\": \"[::1]:9090\", "
	                                    "\"token_file\": \"/run/token\"}}",
	                                    NULL);
	assert_string_equal(config->admin.listen.text, "[::1]:9090");
	assert_string_equal(config->admin.listen.host, "::1");
	assert_int_equal(config->admin.listen.port, 9090);
	assert_string_equal(config->admin.token_file, "/run/token");
	config_free(config);
}

static void a_relative_file_lies_beside_the_config(void **state)
{
	(void)state;
	struct config *config = config_good("{\"admin\": {\"token_file\": \"token\"}}", NULL);
	char *folder = realpath(".", NULL), expected[256];
	snprintf(expected, sizeof expected, "%s/token", folder);
	assert_string_equal(config->admin.token_file, expected);
	assert_null(config->admin.listen.text);
	free(folder);
	config_free(config);
}

static void an_address_takes_a_token(void **state)
{
	(void)state;
	config_bad("{\"admin\": {\"listen\": \"127.0.0.1:9090\"}}", NULL,
	           "t.json:1:12: admin.listen: expected \"token_file\" beside it, found none; "
	           "whoever reaches the address could otherwise reload the server\n");
	config_bad(
		"{}", "admin.listen=127.0.0.1:9090",
		"-o admin.listen=127.0.0.1:9090: admin.listen: expected \"token_file\" beside it, "
		"found none; whoever reaches the address could otherwise reload the server\n");
}

static void an_address_is_numeric_and_tcp(void **state)
{
	(void)state;
	config_bad("{\"admin\": {\"token_file\": \"t\", \"listen\": \"localhost:9090\"}}", NULL,
	           "t.json:1:31: admin.listen: expected a numeric address and a port "
	           "(\"127.0.0.1:8080\", \"[::1]:8080\", \"*:8080\") or \"unix:/path\", found the "
	           "string \"localhost:9090\"\n");
	config_bad(
		"{\"admin\": {\"token_file\": \"t\", \"listen\": \"unix:/run/a\"}}", NULL,
		"t.json:1:31: admin.listen: expected a numeric address and a port "
		"(\"127.0.0.1:9090\"), found a unix socket; there is one in state_dir already\n");
	config_bad("{\"admin\": {\"lisen\": \"127.0.0.1:1\"}}", NULL,
	           "t.json:1:12: admin.lisen: expected a known key, found another; did you mean "
	           "\"listen\"?\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_it_there_is_no_tcp),
		cmocka_unit_test(an_address_and_a_token_file),
		cmocka_unit_test(a_relative_file_lies_beside_the_config),
		cmocka_unit_test(an_address_takes_a_token),
		cmocka_unit_test(an_address_is_numeric_and_tcp),
	};
	return cmocka_run_group_tests_name("config admin", tests, config_folder_make,
	                                   config_folder_drop);
}
