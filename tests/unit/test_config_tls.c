/* The part "tls" of a config. */
#include "base/keypair.h"
#include "fixtures/config_file.h"
#include "fixtures/pem.h"

static int enter(void **state)
{
	if (config_folder_make(state) != 0)
		return -1;
	pem_pair("a");
	pem_pair("b");
	return 0;
}

static int leave(void **state)
{
	static const char *const files[] = { "a.pem", "a.key", "b.pem", "b.key" };
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		unlink(files[i]);
	return config_folder_drop(state);
}

static void without_it_there_is_none(void **state)
{
	static const char *const texts[] = {
		"{}", "{\"tls\": {}}",
		"{\"tls\": {\"listen\": \"\", \"cert\": \"\", \"key\": \"\"}}"
	};
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct config *config = config_good(texts[i], NULL);
		assert_int_equal(config->listen_count, 1);
		assert_false(config->listen[0].tls);
		assert_int_equal(config->tls.listen_count, 0);
		assert_null(config->tls.cert);
		assert_null(config->tls.key);
		assert_null(config->tls.pair);
		config_free(config);
	}
}

static void addresses_and_files(void **state)
{
	(void)state;
	struct config *config =
		config_good("{\"tls\": {\"listen\": [\"127.0.0.1:8443\", "
	                    "\"unix:s\"], \"cert\": \"a.pem\", \"key\": \"a.key\"}}",
	                    NULL);
	char *folder = realpath(".", NULL), expected[256];
	assert_int_equal(config->listen_count, 1);
	assert_int_equal(config->tls.listen_count, 2);
	assert_int_equal(config->tls.listen[0].port, 8443);
	assert_true(config->tls.listen[0].tls);
	assert_true(config->tls.listen[1].tls);
	snprintf(expected, sizeof expected, "%s/s", folder);
	assert_string_equal(config->tls.listen[1].unix_path, expected);
	snprintf(expected, sizeof expected, "%s/a.pem", folder);
	assert_string_equal(config->tls.cert, expected);
	snprintf(expected, sizeof expected, "%s/a.key", folder);
	assert_string_equal(config->tls.key, expected);
	assert_non_null(config->tls.pair);
	assert_null(keypair_warning(config->tls.pair));
	free(folder);
	config_free(config);
}

static void files_alone_are_looked_at_too(void **state)
{
	(void)state;
	struct config *config =
		config_good("{\"tls\": {\"cert\": \"a.pem\", \"key\": \"a.key\"}}", NULL);
	assert_int_equal(config->tls.listen_count, 0);
	assert_non_null(config->tls.pair);
	config_free(config);
}

static void with_tls_alone(void **state)
{
	(void)state;
	struct config *config = config_good("{\"listen\": null, \"tls\": {\"listen\": \"*:443\", "
	                                    "\"cert\": \"a.pem\", \"key\": \"a.key\"}}",
	                                    NULL);
	assert_int_equal(config->listen_count, 0);
	assert_int_equal(config->tls.listen_count, 1);
	config_free(config);
	config_bad("{\"listen\": null}", NULL,
	           "t.json:1:2: listen: expected an address here or in \"tls.listen\", found "
	           "none\n");
	config_bad("{\"listen\": null, \"tls\": {\"listen\": \"\"}}", NULL,
	           "t.json:1:2: listen: expected an address here or in \"tls.listen\", found "
	           "none\n");
}

static void what_belongs_together(void **state)
{
	(void)state;
	config_bad("{\"tls\": {\"listen\": \"*:443\"}}", NULL,
	           "t.json:1:10: tls.listen: expected \"cert\" beside it, found none\n"
	           "t.json:1:10: tls.listen: expected \"key\" beside it, found none\n");
	config_bad("{\"tls\": {\"listen\": \"*:443\", \"cert\": \"a.pem\"}}", NULL,
	           "t.json:1:10: tls.listen: expected \"key\" beside it, found none\n");
	config_bad("{\"tls\": {\"cert\": \"a.pem\"}}", NULL,
	           "t.json:1:10: tls.cert: expected \"key\" beside it, found none\n");
	config_bad("{\"tls\": {\"key\": \"a.key\"}}", NULL,
	           "t.json:1:10: tls.key: expected \"cert\" beside it, found none\n");
}

static void a_file_that_is_not_good(void **state)
{
	char *folder = realpath(".", NULL), expected[512];
	(void)state;
	snprintf(expected, sizeof expected,
	         "t.json:1:10: tls.cert: %s/none cannot be read: No such file or directory\n",
	         folder);
	config_bad("{\"tls\": {\"cert\": \"none\", \"key\": \"a.key\"}}", NULL, expected);
	snprintf(
		expected, sizeof expected,
		"t.json:1:27: tls.key: expected the key of the first certificate in %s/a.pem, "
		"found "
		"another; the server's own certificate comes first, then those that vouch for it\n",
		folder);
	config_bad("{\"tls\": {\"cert\": \"a.pem\", \"key\": \"b.key\"}}", NULL, expected);
	snprintf(expected, sizeof expected,
	         "-o tls.key=none: tls.key: %s/none cannot be read: No such file or directory\n",
	         folder);
	config_bad("{\"tls\": {\"cert\": \"a.pem\", \"key\": \"a.key\"}}", "tls.key=none",
	           expected);
	free(folder);
}

static void each_address_once_over_both(void **state)
{
	(void)state;
	config_bad("{\"listen\": \"127.0.0.1:80\",\n\"tls\": {\"cert\": \"a.pem\", \"key\": "
	           "\"a.key\", \"listen\": \"127.0.0.1:80\"}}",
	           NULL,
	           "t.json:2:42: tls.listen: expected each address once, found \"127.0.0.1:80\" "
	           "again; it stands at t.json:1:2 already\n");
}

static void nobody_elses_with_auth_none(void **state)
{
	(void)state;
	config_bad("{\"auth\": \"none\",\n\"tls\": {\"cert\": \"a.pem\", \"key\": \"a.key\", "
	           "\"listen\": [\"127.0.0.1:1\", \"*:1\"]}}",
	           NULL,
	           "t.json:2:68: tls.listen[1]: expected a loopback address with \"auth\": "
	           "\"none\", found \"*:1\"; use \"auth\": \"token\", or insist with "
	           "\"auth_anywhere\": true\n");
}

static void of_another_type(void **state)
{
	(void)state;
	config_bad("{\"tls\": true}", NULL, "t.json:1:2: tls: expected an object, found true\n");
	config_bad("{\"tls\": {\"listen\": 443, \"cert\": null, \"key\": []}}", NULL,
	           "t.json:1:10: tls.listen: expected a string or a non-empty array of strings, "
	           "found the number 443\n"
	           "t.json:1:25: tls.cert: expected a string, found null\n"
	           "t.json:1:39: tls.key: expected a string, found an empty array\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_it_there_is_none),
		cmocka_unit_test(addresses_and_files),
		cmocka_unit_test(files_alone_are_looked_at_too),
		cmocka_unit_test(with_tls_alone),
		cmocka_unit_test(what_belongs_together),
		cmocka_unit_test(a_file_that_is_not_good),
		cmocka_unit_test(each_address_once_over_both),
		cmocka_unit_test(nobody_elses_with_auth_none),
		cmocka_unit_test(of_another_type),
	};
	return cmocka_run_group_tests(tests, enter, leave);
}
