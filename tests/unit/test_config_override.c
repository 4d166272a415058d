/* The -o settings: how a path is read, what a value is, what it does to the file's. */
#include "base/config.h"

#include "fixtures/config_file.h"

static struct config *load(const char *text, const char *const *overrides, size_t count)
{
	struct config *config;
	struct config_errors errors;
	config_write(text, strlen(text));
	if (config_load(CONFIG_FILE, overrides, count, &config, &errors) != 0)
		fail_msg("refused: %s", errors.text);
	return config;
}

static void numbers_words_and_booleans(void **state)
{
	static const char *const overrides[] = { "workers=5",         "log.level=warn",
		                                 "log.frames=true",   "limits.connections=7",
		                                 "login.cookie=null", "listen=127.0.0.1:99" };
	struct config *c = load("{\"workers\": 2, \"limits\": {\"handshakes\": 3}}", overrides, 6);
	(void)state;
	assert_int_equal(c->workers, 5);
	assert_int_equal(c->log.level, 2);
	assert_true(c->log.frames);
	assert_int_equal(c->limits.connections, 7);
	assert_int_equal(c->limits.handshakes, 3);
	assert_null(c->login_cookie);
	assert_int_equal(c->listen[0].port, 99);
	assert_int_equal(c->listen[0].place.line, 0);
	config_free(c);
}

static void the_last_one_counts(void **state)
{
	static const char *const overrides[] = { "workers=5", "workers=6", "limits={}",
		                                 "limits.connections=8", "limits.connections=9" };
	struct config *c = load("{\"limits\": {\"handshakes\": 3}}", overrides, 5);
	(void)state;
	assert_int_equal(c->workers, 6);
	assert_int_equal(c->limits.connections, 9);
	assert_int_equal(c->limits.handshakes, 1024); /* the whole object was replaced */
	config_free(c);
}

static void an_address_with_a_bracket_is_a_string(void **state)
{
	struct config *c = config_good("{}", "listen=[::1]:8080");
	(void)state;
	assert_string_equal(c->listen[0].host, "::1");
	config_free(c);
	c = config_good("{}", "listen=[\"[::1]:1\", \"*:2\"]");
	assert_int_equal(c->listen_count, 2);
	config_free(c);
}

static void the_first_equals_sign_ends_the_path(void **state)
{
	struct config *c = config_good("{}", "plugins.x.filter=a=b");
	(void)state;
	assert_string_equal(c->plugins[0].settings, "{\"filter\":\"a=b\"}");
	config_free(c);
	c = config_good("{}", "plugins.x.filter=");
	assert_string_equal(c->plugins[0].settings, "{\"filter\":\"\"}");
	config_free(c);
}

static void endpoints_have_dots(void **state)
{
	static const char *const overrides[] = { "endpoints./echo.login=none",
		                                 "endpoints./v1.0/.login=required",
		                                 "endpoints./a.b={\"login\":\"none\"}" };
	struct config *c =
		load("{\"endpoints\": {\"/echo\": {\"login\": \"required\"}}}", overrides, 3);
	(void)state;
	assert_int_equal(c->endpoint_count, 3);
	assert_string_equal(c->endpoints[0].path, "/echo");
	assert_int_equal(c->endpoints[0].login, CONFIG_LOGIN_NONE);
	assert_int_equal(c->endpoints[0].place.line, 1);
	assert_string_equal(c->endpoints[1].path, "/v1.0/");
	assert_int_equal(c->endpoints[1].login, CONFIG_LOGIN_REQUIRED);
	assert_int_equal(c->endpoints[1].place.line, 0);
	assert_string_equal(c->endpoints[2].path, "/a.b");
	assert_int_equal(c->endpoints[2].login, CONFIG_LOGIN_NONE);
	config_free(c);
}

/* "/a" and "/a.mode" are both there: the longer one that fits is meant. */
static void the_longest_member_is_taken(void **state)
{
	static const char text[] = "{\"endpoints\": {\"/a\": {}, \"/a.mode\": {}}}";
	struct config *c = config_good(text, "endpoints./a.mode.login=none");
	(void)state;
	assert_int_equal(c->endpoints[0].login, CONFIG_LOGIN_OPTIONAL);
	assert_int_equal(c->endpoints[1].login, CONFIG_LOGIN_NONE);
	config_free(c);
	c = config_good(text, "endpoints./a.login=none");
	assert_int_equal(c->endpoints[0].login, CONFIG_LOGIN_NONE);
	assert_int_equal(c->endpoints[1].login, CONFIG_LOGIN_OPTIONAL);
	config_free(c);
}

static void services_have_dots_and_slashes(void **state)
{
	static const char *const overrides[] = { "services.act.sql/1=postgres",
		                                 "services.act.auth/1=session" };
	struct config *c = load("{\"services\": {\"act.sql/1\": \"sqlite\"}}", overrides, 2);
	(void)state;
	assert_int_equal(c->service_count, 2);
	assert_string_equal(c->services[0].id, "act.sql/1");
	assert_string_equal(c->services[0].plugin, "postgres");
	assert_string_equal(c->services[1].id, "act.auth/1");
	assert_string_equal(c->services[1].plugin, "session");
	config_free(c);
}

static void settings_of_plugins(void **state)
{
	static const char *const overrides[] = { "plugins.sqlite.file=x", "plugins.sqlite.a.b=[1]",
		                                 "plugins.sqlite.c.d.e=2", "plugins.new.on=true" };
	struct config *c = load("{\"plugins\": {\"sqlite\": {\"c.d\": {}}}}", overrides, 4);
	(void)state;
	assert_int_equal(c->plugin_count, 2);
	assert_string_equal(c->plugins[0].settings,
	                    "{\"c.d\":{\"e\":2},\"file\":\"x\",\"a\":{\"b\":[1]}}");
	assert_string_equal(c->plugins[1].name, "new");
	assert_string_equal(c->plugins[1].settings, "{\"on\":true}");
	config_free(c);
}

static void actions_are_added_changed_and_switched_off(void **state)
{
	static const char *const overrides[] = { "actions.200=echo.echo", "actions.111=null",
		                                 "actions.110.rate_per_s=5" };
	struct config *c = load("{\"actions\": {\"110\": \"friend.add\",\n"
	                        "\"111\": \"profile.get\"}}",
	                        overrides, 3);
	(void)state;
	assert_int_equal(c->action_count, 3);
	assert_string_equal(c->actions[0].action, "add"); /* the short form was opened */
	assert_true(c->actions[0].rate_per_s == 5);
	assert_int_equal(c->actions[0].place.line, 1);
	assert_null(c->actions[1].plugin);
	assert_int_equal(c->actions[1].place.line, 0);
	assert_int_equal(c->actions[2].code_first, 200);
	config_free(c);
}

/* A file that is wrong in a value is right when -o replaces it. */
static void a_wrong_value_is_replaced(void **state)
{
	struct config *c = config_good("{\"workers\": \"many\"}", "workers=3");
	(void)state;
	assert_int_equal(c->workers, 3);
	config_free(c);
}

static const struct {
	const char *override;
	const char *findings;
} bad[] = {
	{ "workers", "-o workers: expected key.path=value, found no '='\n" },
	{ "=5", "-o =5: expected key.path=value, found no key\n" },
	{ "workers=\xFF", "-o workers=\\xFF: expected UTF-8, found other bytes\n" },
	{ "workers\xFF", "-o workers\\xFF: expected key.path=value, found no '='\n" },
	{ "workers=0",
	  "-o workers=0: workers: expected a whole number from 1 to 256, found the number 0\n" },
	{ "workers=many", "-o workers=many: workers: expected a whole number from 1 to 256, found "
	                  "the string \"many\"\n" },
	{ "wrokers=5", "-o wrokers=5: wrokers: expected a known key, found another; did you mean "
	               "\"workers\"?\n" },
	{ "limits.conections=5", "-o limits.conections=5: limits.conections: expected a known key, "
	                         "found another; did you mean \"connections\"?\n" },
	{ "workers.x=5", "-o workers.x=5: expected an object under \"workers\" to set a key in, "
	                 "found the number 2\n" },
	{ "limits={\"connections\":1,\"connections\":2}",
	  "-o limits={\"connections\":1,\"connections\":2}: limits.connections: expected each key "
	  "once, found it again; it stands at -o limits={\"connections\":1,\"connections\":2} "
	  "already\n" },
	{ "actions.5=echo.echo",
	  "-o actions.5=echo.echo: actions.5: expected each code once, found 5 again; \"1-9\" at "
	  "t.json:1:28 has it already\n" },
	{ "endpoints./a.lgoin=none", "-o endpoints./a.lgoin=none: endpoints./a.lgoin: expected an "
	                             "object, found the string \"none\"\n" },
	{ "plugins.1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.21.22.23.24.25.26.27.28.29."
	  "30.31.32=x",
	  "-o plugins.1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.21.22.23.24.25.26.27.28."
	  "29.30.31.32=x: expected at most 32 names in the path, found more\n" },
};

static void bad_settings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		config_bad("{\"workers\": 2, \"actions\": {\"1-9\": \"a.b\"}}", bad[i].override,
		           bad[i].findings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_words_and_booleans),
		cmocka_unit_test(the_last_one_counts),
		cmocka_unit_test(an_address_with_a_bracket_is_a_string),
		cmocka_unit_test(the_first_equals_sign_ends_the_path),
		cmocka_unit_test(endpoints_have_dots),
		cmocka_unit_test(the_longest_member_is_taken),
		cmocka_unit_test(services_have_dots_and_slashes),
		cmocka_unit_test(settings_of_plugins),
		cmocka_unit_test(actions_are_added_changed_and_switched_off),
		cmocka_unit_test(a_wrong_value_is_replaced),
		cmocka_unit_test(bad_settings),
	};
	return cmocka_run_group_tests(tests, config_folder_make, config_folder_drop);
}
