/* What config_load() says of bad configs, word for word. */
#include "base/config.h"

#include "fixtures/config_file.h"

static const struct {
	const char *text;
	const char *findings;
} bad[] = {
	/* not JSON */
	{ "", "t.json:1:1: expected a value, found the end of the text\n" },
	{ "// nothing\n", "t.json:2:1: expected a value, found the end of the text\n" },
	{ "[]", "t.json:1:1: expected an object {…}, found an empty array\n" },
	{ "\"a\"", "t.json:1:1: expected an object {…}, found the string \"a\"\n" },
	{ "{}\n{}", "t.json:2:1: expected nothing behind the value, found '{'\n" },
	{ "{\r\n  \"workers\": 5,\r\n}\r\n",
	  "t.json:3:1: expected a key in double quotes behind the comma, found '}'\n" },
	{ "{\n\"workers\": 5 /* five\n}",
	  "t.json:2:14: expected */ behind this comment, found the end of the text\n" },
	{ "{/* 好 */ workers: 5}",
	  "t.json:1:12: expected a key in double quotes or '}', found the word workers\n" },
	{ "{\"state_dir\": \"a\\u0000b\"}",
	  "t.json:1:17: expected a string without NUL, found \\u0000\n" },
	{ "{\"state_dir\": \"a\xFF\"}", "t.json:1:17: expected UTF-8, found the byte 0xFF\n" },

	/* keys */
	{ "{\"wrokers\": 5}",
	  "t.json:1:2: wrokers: expected a known key, found another; did you mean \"workers\"?\n" },
	{ "{\"login\": {\"username\": \"x\"}}",
	  "t.json:1:12: login.username: expected a known key, "
	  "found another; known here: header, cookie, query\n" },
	{ "{\"log\": {\"a\\nb\": 1}}", "t.json:1:10: log.a\\x0Ab: expected a known key, found "
	                               "another; known here: level, frames, file\n" },
	{ "{\"workers\": 5,\n \"limits\": {\"connections\": 1,\n\"connections\": 2}}",
	  "t.json:3:1: limits.connections: expected each key once, found it again; it stands at "
	  "t.json:2:13 already\n" },
	{ "{\"plugins\": {\"x\": {\"a\": 1, \"\\u0061\": 2}}}",
	  "t.json:1:28: plugins.x.a: expected each key once, found it again; it stands at "
	  "t.json:1:20 already\n" },

	/* values */
	{ "{\"workers\": \"5\"}", "t.json:1:2: workers: expected a whole number from 1 to 256, "
	                          "found the string \"5\"\n" },
	{ "{\"workers\": 257}",
	  "t.json:1:2: workers: expected a whole number from 1 to 256, found the number 257\n" },
	{ "{\"workers\": -1}",
	  "t.json:1:2: workers: expected a whole number from 1 to 256, found the number -1\n" },
	{ "{\"workers\": 1.5}",
	  "t.json:1:2: workers: expected a whole number from 1 to 256, found the number 1.5\n" },
	{ "{\"workers\": null}",
	  "t.json:1:2: workers: expected a whole number from 1 to 256, found null\n" },
	{ "{\"strict\": 1}", "t.json:1:2: strict: expected true or false, found the number 1\n" },
	{ "{\"auth\": \"any\"}",
	  "t.json:1:2: auth: expected \"none\" or \"token\", found the string \"any\"\n" },
	{ "{\"log\": {\"level\": \"loud\"}}",
	  "t.json:1:10: log.level: expected \"debug\", \"info\", "
	  "\"warn\" or \"error\", found the string \"loud\"\n" },
	{ "{\"limits\": true}", "t.json:1:2: limits: expected an object, found true\n" },
	{ "{\"actions\": {\"1\": false}}",
	  "t.json:1:14: actions.1: expected a string, an object or "
	  "null, found false\n" },
	{ "{\"state_dir\": \"12345678901234567890123456789012345678901234567890123456789012345\","
	  "\"workers\": {}}",
	  "t.json:1:83: workers: expected a whole number from 1 to 256, found an object\n" },

	/* listen */
	{ "{\"listen\": []}", "t.json:1:2: listen: expected a string, a non-empty array of strings "
	                      "or null, found an empty array\n" },
	{ "{\"listen\": [\"*:1\", 5]}",
	  "t.json:1:20: listen[1]: expected a string, found the number 5\n" },
	{ "{\"listen\": \"unix:\"}",
	  "t.json:1:2: listen: expected a socket's path behind unix:, found none\n" },
	{ "{\"listen\": [\"127.0.0.1:80\",\n\"127.0.0.1:80\"]}",
	  "t.json:2:1: listen[1]: expected each address once, found \"127.0.0.1:80\" again; it "
	  "stands at t.json:1:13 already\n" },
	{ "{\"listen\": [\"[::1]:80\", \"[0::1]:80\"]}",
	  "t.json:1:25: listen[1]: expected each address once, found \"[0::1]:80\" again; it "
	  "stands at t.json:1:13 already\n" },
	{ "{\"listen\": [\"unix:a\", \"unix:./a\"]}",
	  "t.json:1:23: listen[1]: expected each address once, found \"unix:./a\" again; it "
	  "stands at t.json:1:13 already\n" },
	{ "{\"auth\": \"none\", \"listen\": [\"127.0.0.1:1\", \"0.0.0.0:1\"]}",
	  "t.json:1:44: listen[1]: expected a loopback address with \"auth\": \"none\", found "
	  "\"0.0.0.0:1\"; use \"auth\": \"token\", or insist with \"auth_anywhere\": true\n" },
	{ "{\"auth\": \"none\", \"listen\": \"*:1\"}",
	  "t.json:1:18: listen: expected a loopback address with \"auth\": \"none\", found "
	  "\"*:1\"; use \"auth\": \"token\", or insist with \"auth_anywhere\": true\n" },

	/* login and origins */
	{ "{\"login\": {\"header\": \"a b\"}}", "t.json:1:12: login.header: expected the name of a "
	                                        "header field, found the string \"a b\"\n" },
	{ "{\"login\": {\"cookie\": \"\"}}",
	  "t.json:1:12: login.cookie: expected the name of a cookie, found the string \"\"\n" },
	{ "{\"login\": {\"query\": \"a=b\"}}", "t.json:1:12: login.query: expected letters, digits "
	                                       "and - . _ ~, found the string \"a=b\"\n" },
	{ "{\"login\": {\"query\": \"\"}}",
	  "t.json:1:12: login.query: expected letters, digits and "
	  "- . _ ~, found the string \"\"\n" },
	{ "{\"origins\": []}",
	  "t.json:1:2: origins: expected a non-empty array of strings or null, "
	  "found an empty array\n" },
	{ "{\"origins\": [\"https://a/\"]}", "t.json:1:14: origins[0]: expected an origin as "
	                                     "\"https://example.org\", found the string "
	                                     "\"https://a/\"\n" },
	{ "{\"origins\": [\"a.example\"]}", "t.json:1:14: origins[0]: expected an origin as "
	                                    "\"https://example.org\", found the string "
	                                    "\"a.example\"\n" },

	/* endpoints */
	{ "{\"endpoints\": {\"/a\": {\"mode\": \"raw\"}}}",
	  "t.json:1:16: endpoints./a: expected \"action\": \"plugin.action\" with \"mode\": "
	  "\"raw\", "
	  "found none\n" },
	{ "{\"endpoints\": {\"/a\": {\"mode\": \"raw\", \"action\": null}}}",
	  "t.json:1:16: endpoints./a: expected \"action\": \"plugin.action\" with \"mode\": "
	  "\"raw\", "
	  "found none\n" },
	{ "{\"endpoints\": {\"/a\": {\"action\": \"echo.raw\"}}}",
	  "t.json:1:23: endpoints./a.action: expected \"mode\": \"raw\" beside it, found "
	  "\"action\": there the messages' codes name the actions\n" },
	{ "{\"endpoints\": {\"/a\": {\"mode\": \"raw\", \"action\": \"raw\"}}}",
	  "t.json:1:38: endpoints./a.action: expected \"plugin.action\" (letters, digits, '_' and "
	  "'-'; at most 31 and 63 of them), found the string \"raw\"\n" },
	{ "{\"endpoints\": {\"/a\": \"raw\"}}",
	  "t.json:1:16: endpoints./a: expected an object, found the string \"raw\"\n" },

	/* actions */
	{ "{\"actions\": {\"1\": {}}}",
	  "t.json:1:14: actions.1: expected \"action\": \"plugin.action\", found none\n" },
	{ "{\"actions\": {\"1\": {\"action\": \"a.b\", \"rate_burst\": 5}}}",
	  "t.json:1:37: actions.1.rate_burst: expected \"rate_per_s\" above 0 beside it, found "
	  "none: "
	  "a burst without a rate bounds nothing\n" },
	{ "{\"actions\": {\"1\": {\"action\": \"a.b\", \"login\": \"none\"}}}",
	  "t.json:1:37: actions.1.login: expected true, false or null, found the string "
	  "\"none\"\n" },
	{ "{\"actions\": {\"110\": \"a.b\",\n\"100-200\": \"a.c\"}}",
	  "t.json:1:14: actions.110: expected each code once, found 110 again; \"100-200\" at "
	  "t.json:2:1 has it already\n" },
	{ "{\"actions\": {\"1-9\": \"a.b\", \"2\": null, \"9-12\": \"a.b\"}}",
	  "t.json:1:28: actions.2: expected each code once, found 2 again; \"1-9\" at t.json:1:14 "
	  "has it already\nt.json:1:39: actions.9-12: expected each code once, found 9 again; "
	  "\"1-9\" at t.json:1:14 has it already\n" },
	{ "{\"actions\": {\"5\": \"a.b\", \"5-5\": \"a.b\"}}",
	  "t.json:1:26: actions.5-5: expected each code once, found 5 again; \"5\" at t.json:1:14 "
	  "has it already\n" },

	{ "{\"actions\": {\"1\": {\"action\": \"a.b\", \"rate_per_s\": -0.5}}}",
	  "t.json:1:37: actions.1.rate_per_s: expected a number from 0 to 1000000, found the "
	  "number "
	  "-0.5\n" },

	/* pushes */
	{ "{\"pushes\": {\"1\": null}}", "t.json:1:13: pushes.1: expected a string, found null\n" },
	{ "{\"pushes\": {\"1-2\": \"a.b\"}}",
	  "t.json:1:13: pushes.1-2: expected a code (\"1110\") of "
	  "1 to 4294967039, found \"1-2\"\n" },
	{ "{\"pushes\": {\"2\": \"a.b\",\n\"1\": \"a.b\"}}",
	  "t.json:1:13: pushes.2: expected one code for a push, found a second for \"a.b\"; it has "
	  "1 "
	  "at t.json:2:1 already\n" },

	/* plugins and services */
	{ "{\"plugins\": {\"a.b\": {}}}", "t.json:1:14: plugins.a.b: expected the name of a plugin "
	                                  "(1 to 31 letters, digits, '_' and "
	                                  "'-'), found \"a.b\"\n" },
	{ "{\"plugins\": {\"a\": {\"disabled\": \"yes\"}}}",
	  "t.json:1:20: plugins.a.disabled: expected true or false, found the string \"yes\"\n" },
	{ "{\"plugins\": {\"a\": 5}}",
	  "t.json:1:14: plugins.a: expected an object, found the number 5\n" },
	{ "{\"services\": {\"act.sql/1\": \"\"}}", "t.json:1:15: services.act.sql/1: expected the "
	                                           "name of a plugin (1 to 31 letters, digits, "
	                                           "'_' and '-'), found \"\"\n" },
	{ "{\"services\": {\"act.sql/1\": {}}}",
	  "t.json:1:15: services.act.sql/1: expected a string, found an object\n" },

	/* limits */
	{ "{\"limits\": {\"outbox_bytes\": 1048639}}",
	  "t.json:1:13: limits.outbox_bytes: expected \"outbox_bytes\" of at least 1048640, as "
	  "\"reply_bytes\" needs it, found 1048639\n" },
	{ "{\"limits\": {\"reply_bytes\": 8000000}}",
	  "t.json:1:13: limits.reply_bytes: expected \"outbox_bytes\" of at least 8000064, as "
	  "\"reply_bytes\" needs it, found 4194304\n" },
	{ "{\"limits\": {\"pending_bytes\": 1048575}}",
	  "t.json:1:13: limits.pending_bytes: expected \"pending_bytes\" of at least 1048576, as "
	  "\"message_bytes\" needs it, found 1048575\n" },
};

static void one_by_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		config_bad(bad[i].text, NULL, bad[i].findings);
}

/* Many values of which each is as wrong as the others: `pattern` has the same place for them. */
static void expect_each(const char *pattern, const char *const *values, const char *findings)
{
	for (; *values != NULL; values++) {
		char text[512], expected[512];
		snprintf(text, sizeof text, pattern, *values);
		snprintf(expected, sizeof expected, findings, *values, *values);
		config_bad(text, NULL, expected);
	}
}

static void addresses(void **state)
{
	static const char *const values[] = {
		"",           "8080",         "localhost:80",   ":80",      "127.0.0.1",
		"127.0.0.1:", "127.0.0.1:-1", "1.2.3.4:65536",  "1.2.3:80", "[::1]",
		"[::1:80",    "::1:80",       "[127.0.0.1]:1",  "[*]:80",   "127.0.0.1:0x1",
		"[]:80",      "1.2.3.4:80 ",  "1.2.3.4:000080", "[::g]:1",  "file:/a",
		NULL,
	};
	(void)state;
	expect_each(
		"{\"listen\": \"%s\"}", values,
		"t.json:1:2: listen: expected a numeric address and a port (\"127.0.0.1:8080\", "
		"\"[::1]:8080\", \"*:8080\") or \"unix:/path\", found the string \"%s\"\n");
}

static void addresses_have_a_largest_number(void **state)
{
	char text[1024] = "{\"listen\": [";
	(void)state;
	for (int i = 0; i < 65; i++)
		strcat(text, i == 0 ? "\"*:0\"" : ",\"*:0\"");
	strcat(text, "]}");
	config_bad(text, NULL, "t.json:1:2: listen: expected at most 64 addresses, found 65\n");
}

static void paths_of_endpoints(void **state)
{
	static const char *const values[] = { "",    "a",    "echo/", "/a b", "/a?b",
		                              "/a#", "/%41", "/好",   NULL };
	(void)state;
	expect_each("{\"endpoints\": {\"%s\": {}}}", values,
	            "t.json:1:16: endpoints.%s: expected a path that begins with '/' (at most 255 "
	            "visible ASCII characters without ? # %% \" \\), found \"%s\"\n");
}

static void codes(void **state)
{
	static const char *const values[] = { "0",     "",           "a",          "-1",
		                              "01",    "4294967040", "4294967295", "99999999999",
		                              "1.5",   "0x6E",       "5-",         "5-4",
		                              "5-6-7", "5 - 6",      "0-5",        "1-4294967040",
		                              " 1",    NULL };
	(void)state;
	expect_each("{\"actions\": {\"%s\": \"a.b\"}}", values,
	            "t.json:1:14: actions.%s: expected a code (\"110\") or a range "
	            "(\"2000-2099\") of 1 to 4294967039, found \"%s\"\n");
}

static void names_of_actions(void **state)
{
	static const char *const values[] = {
		"",
		"a",
		".",
		"a.",
		".b",
		"a.b.c",
		"a b.c",
		"a.好",
		"a/b.c",
		"a2345678901234567890123456789012.b",
		"a.b234567890123456789012345678901234567890123456789012345678901234",
		NULL
	};
	(void)state;
	for (const char *const *value = values; *value != NULL; value++) {
		char text[256], expected[512];
		snprintf(text, sizeof text, "{\"actions\": {\"1\": \"%s\"}}", *value);
		snprintf(expected, sizeof expected,
		         "t.json:1:14: actions.1: expected \"plugin.action\" (letters, digits, '_' "
		         "and '-'; at most 31 and 63 of them), found the string \"%.64s%s\"\n",
		         *value, strlen(*value) > 64 ? "…" : "");
		config_bad(text, NULL, expected);
	}
}

static void names_of_services(void **state)
{
	static const char *const values[] = { "act.sql", "act.sql/", "/1",    "act sql/1", "a/0",
		                              "a/01",    "a/x",      "a/1/2", NULL };
	(void)state;
	expect_each("{\"services\": {\"%s\": \"x\"}}", values,
	            "t.json:1:15: services.%s: expected a service as \"act.sql/1\" (at most 63 "
	            "letters, digits, '.', '_' and '-', then '/' and its revision), found "
	            "\"%s\"\n");
}

static void everything_wrong_is_listed(void **state)
{
	(void)state;
	config_bad(
		"{\"workers\": 0,\n\"thread\": 1,\n\"limits\": {\"connections\": \"many\"},\n"
		"\"endpoints\": {\"a\": {\"mode\": \"raw\"}}}",
		"conections=1",
		"t.json:1:2: workers: expected a whole number from 1 to 256, found the number 0\n"
		"t.json:2:1: thread: expected a known key, found another; did you mean "
		"\"threads\"?\n"
		"t.json:3:12: limits.connections: expected a whole number from 1 to 1000000, "
		"found the string \"many\"\n"
		"-o conections=1: conections: expected a known key, found another; known here: "
		"listen, tls, threads, workers, plugin_dir, state_dir, strict, check, auth, "
		"auth_anywhere, "
		"login, origins, endpoints, actions, pushes, plugins, services, limits, deflate, "
		"admin, "
		"log, "
		"hold_s, canary_percent, rollback, "
		"ping_s, pong_s, expiry_notice_s, handshake_ms, close_ms, deadline_ms, load_ms, "
		"stuck_ms, drain_ms\n"
		"t.json:4:15: endpoints.a: expected a path that begins with '/' (at most 255 "
		"visible ASCII characters without ? # % \" \\), found \"a\"\n"
		"t.json:4:15: endpoints.a: expected \"action\": \"plugin.action\" with "
		"\"mode\": \"raw\", found none\n");
}

static void a_nul_byte_in_the_file(void **state)
{
	(void)state;
	config_bad_n("{\"workers\": 5}\0{}", 17, NULL,
	             "t.json:1:15: expected nothing behind the value, found the byte 0x00\n");
}

static void long_values_are_cut_between_characters(void **state)
{
	/* 64 bytes end within the 22nd. */
	static const char long_name[] = "\"我们我们我们我们我们我们我们我们我们我们我们\"";
	char text[128];
	(void)state;
	snprintf(text, sizeof text, "{\"workers\": %s}", long_name);
	config_bad(text, NULL,
	           "t.json:1:2: workers: expected a whole number from 1 to 256, found the string "
	           "\"我们我们我们我们我们我们我们我们我们我们我…\"\n");
	snprintf(text, sizeof text, "{\"pushes\": {%s: \"a.b\"}}", long_name);
	config_bad(text, NULL,
	           "t.json:1:13: pushes.我们我们我们我们我们我们我们我们我们我们我们: expected a "
	           "code (\"1110\") of 1 to 4294967039, found "
	           "\"我们我们我们我们我们我们我们我们我们我们我\"\n");
}

static void many_findings_have_a_bound(void **state)
{
	enum { COUNT = 2000 };
	char *text = malloc(COUNT * 16);
	struct config *config;
	struct config_errors errors;
	size_t len = 0, lines = 0;
	(void)state;
	assert_non_null(text);
	for (int i = 0; i < COUNT; i++)
		len += (size_t)sprintf(text + len, "%s\"x%d\":0", i == 0 ? "{" : ",", i);
	text[len++] = '}';
	config_write(text, len);
	free(text);
	assert_int_equal(config_load(CONFIG_FILE, NULL, 0, &config, &errors), -1);
	assert_int_equal(errors.count, COUNT);
	for (const char *at = errors.text; *at != '\0'; at++)
		lines += *at == '\n';
	assert_int_equal(lines, 1000);
	assert_non_null(strstr(errors.text, "more is wrong than can be listed"));
	config_errors_free(&errors);
	assert_null(errors.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_by_one),
		cmocka_unit_test(addresses),
		cmocka_unit_test(addresses_have_a_largest_number),
		cmocka_unit_test(paths_of_endpoints),
		cmocka_unit_test(codes),
		cmocka_unit_test(names_of_actions),
		cmocka_unit_test(names_of_services),
		cmocka_unit_test(everything_wrong_is_listed),
		cmocka_unit_test(a_nul_byte_in_the_file),
		cmocka_unit_test(long_values_are_cut_between_characters),
		cmocka_unit_test(many_findings_have_a_bound),
	};
	return cmocka_run_group_tests(tests, config_folder_make, config_folder_drop);
}
