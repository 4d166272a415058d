/* In what a config differs from the one before, in words. */
#include "fixtures/config_file.h"

#include "base/config_changes.h"

static char told[2048];

static void tell(void *context, const char *section, const char *sentence)
{
	size_t len = strlen(told);
	assert_ptr_equal(context, told);
	snprintf(told + len, sizeof told - len, "%s: %s\n", section, sentence);
}

static void are(const char *before, const char *after, const char *expected)
{
	struct config *one = config_good(before, NULL), *two = config_good(after, NULL);
	told[0] = '\0';
	config_changes(one, two, tell, told);
	assert_string_equal(told, expected);
	config_free(one);
	config_free(two);
}

static void none_where_nothing_means_another(void **state)
{
	(void)state;
	are("{}", "{}", "");
	are("{\"limits\": {\"calls\": 5, \"connections\": 7}}",
	    "{ // another order\n\"limits\": {\"connections\": 7, \"calls\": 5}}", "");
}

static void values_are_shown(void **state)
{
	(void)state;
	are("{\"limits\": {\"calls\": 5}, \"ping_s\": 20}",
	    "{\"limits\": {\"calls\": 6, \"connections\": 7}, \"log\": {\"level\": \"debug\"}}",
	    "limits: calls 6 instead of 5, connections 7 instead of the default; in force\n"
	    "log: level \"debug\" instead of the default; in force\n"
	    "ping_s: the default instead of 20; in force\n");
}

static void members_come_go_and_change(void **state)
{
	(void)state;
	are("{\"plugins\": {\"a\": {\"settings\": {\"key\": \"secret\"}}, \"b\": {}}}",
	    "{\"plugins\": {\"a\": {\"settings\": {\"key\": \"other\"}}, \"c\": {}}}",
	    "plugins: a has changed, c is new, b is gone; in force\n");
}

static void some_take_a_restart(void **state)
{
	(void)state;
	are("{\"threads\": 1, \"listen\": \"127.0.0.1:1\"}",
	    "{\"threads\": 2, \"listen\": [\"127.0.0.1:1\", \"127.0.0.1:2\"]}",
	    "threads: 2 instead of 1; takes effect with a restart\n"
	    "listen: has changed; takes effect with a restart\n");
	are("{}", "{\"admin\": {\"listen\": \"127.0.0.1:9\", \"token_file\": \"/t\"}}",
	    "admin: listen \"127.0.0.1:9\" instead of the default, token_file \"/t\" instead of "
	    "the default; takes effect with a restart\n");
}

static void a_long_list_is_cut(void **state)
{
	(void)state;
	are("{}",
	    "{\"limits\": {\"calls\": 5, \"connections\": 7, \"handshakes\": 8, "
	    "\"worker_queue\": 9, \"home_queue\": 10, \"pending_messages\": 11, "
	    "\"kv_entries\": 12, \"kv_bytes\": 13000000}}",
	    "limits: calls 5 instead of the default, connections 7 instead of the default, "
	    "handshakes 8 instead of the default, worker_queue 9 instead of the default, "
	    "home_queue 10 instead of the default, pending_messages 11 instead of the default "
	    "and 2 more; in force\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_where_nothing_means_another),
		cmocka_unit_test(values_are_shown),
		cmocka_unit_test(members_come_go_and_change),
		cmocka_unit_test(some_take_a_restart),
		cmocka_unit_test(a_long_list_is_cut),
	};
	return cmocka_run_group_tests(tests, config_folder_make, config_folder_drop);
}
