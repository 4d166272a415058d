/* What config_load() makes of good configs. */
#include "base/config.h"

#include "fixtures/config_file.h"

#include <sched.h>

static void every_default(void **state)
{
	struct config *c = config_good("{}", NULL);
	cpu_set_t cores;
	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof cores, &cores), 0);
	assert_string_equal(c->path, CONFIG_FILE);
	assert_int_equal(c->listen_count, 1);
	assert_string_equal(c->listen[0].text, "127.0.0.1:8080");
	assert_string_equal(c->listen[0].host, "127.0.0.1");
	assert_null(c->listen[0].unix_path);
	assert_int_equal(c->listen[0].port, 8080);
	assert_int_equal(c->listen[0].place.line, 0);
	assert_int_equal(c->threads, CPU_COUNT(&cores));
	assert_int_equal(c->workers, 8);
	assert_false(c->strict);
	assert_int_equal(c->auth, CONFIG_AUTH_TOKEN);
	assert_false(c->auth_anywhere);
	assert_string_equal(c->login_header, "authorization");
	assert_string_equal(c->login_cookie, "token");
	assert_string_equal(c->login_query, "token");
	assert_null(c->origins);
	assert_int_equal(c->origin_count, 0);
	assert_int_equal(c->endpoint_count, 0);
	assert_int_equal(c->action_count, 0);
	assert_int_equal(c->push_count, 0);
	assert_int_equal(c->plugin_count, 0);
	assert_int_equal(c->service_count, 0);
	config_free(c);
}

static void every_default_number(void **state)
{
	struct config *c = config_good("{\"limits\": {}, \"log\": {}}", NULL);
	(void)state;
	assert_int_equal(c->limits.connections, 16384);
	assert_int_equal(c->limits.handshakes, 1024);
	assert_int_equal(c->limits.message_bytes, 1048576);
	assert_int_equal(c->limits.reply_bytes, 1048576);
	assert_int_equal(c->limits.outbox_bytes, 4194304);
	assert_int_equal(c->limits.pending_messages, 256);
	assert_int_equal(c->limits.pending_bytes, 4194304);
	assert_int_equal(c->limits.worker_queue, 4096);
	assert_int_equal(c->limits.home_queue, 4096);
	assert_int_equal(c->limits.push_queue_bytes, 64 << 20);
	assert_int_equal(c->limits.kv_bytes, 64 << 20);
	assert_int_equal(c->limits.kv_entries, 65536);
	assert_false(c->deflate.enabled);
	assert_int_equal(c->deflate.min_bytes, 256);
	assert_int_equal(c->deflate.level, 1);
	assert_int_equal(c->log.level, 1);
	assert_false(c->log.frames);
	assert_null(c->log.file);
	assert_int_equal(c->ping_s, 25);
	assert_int_equal(c->pong_s, 10);
	assert_int_equal(c->handshake_ms, 10000);
	assert_int_equal(c->close_ms, 5000);
	assert_int_equal(c->deadline_ms, 10000);
	assert_int_equal(c->load_ms, 10000);
	assert_int_equal(c->drain_ms, 10000);
	config_free(c);
}

static void values_are_read(void **state)
{
	struct config *c = config_good(
		"{\"threads\": 3, \"workers\": 1, \"strict\": true, \"auth\": \"none\",\n"
		"\"login\": {\"header\": \"X-Token\", \"cookie\": null, \"query\": \"t\"},\n"
		"\"origins\": [\"https://a.example\", \"null\"],\n"
		"\"limits\": {\"connections\": 1e3, \"worker_queue\": 1},\n"
		"\"log\": {\"level\": \"error\", \"frames\": true}, \"ping_s\": 0,\n"
		"\"drain_ms\": 0}",
		NULL);
	(void)state;
	assert_int_equal(c->threads, 3);
	assert_int_equal(c->workers, 1);
	assert_true(c->strict);
	assert_int_equal(c->auth, CONFIG_AUTH_NONE);
	assert_string_equal(c->login_header, "x-token");
	assert_null(c->login_cookie);
	assert_string_equal(c->login_query, "t");
	assert_int_equal(c->origin_count, 2);
	assert_string_equal(c->origins[0], "https://a.example");
	assert_string_equal(c->origins[1], "null");
	assert_int_equal(c->limits.connections, 1000);
	assert_int_equal(c->limits.worker_queue, 1);
	assert_int_equal(c->limits.handshakes, 1024);
	assert_int_equal(c->log.level, 3);
	assert_true(c->log.frames);
	assert_int_equal(c->ping_s, 0);
	assert_int_equal(c->drain_ms, 0);
	config_free(c);
}

static void addresses(void **state)
{
	struct config *c = config_good("{\"listen\": [\"127.0.0.1:0\", \"127.0.0.1:0\",\n"
	                               "\"[0:0::1]:65535\", \"*:80\", \"0.0.0.0:81\"]}",
	                               NULL);
	(void)state;
	assert_int_equal(c->listen_count, 5);
	assert_int_equal(c->listen[0].port, 0); /* another free port each time */
	assert_int_equal(c->listen[1].port, 0);
	assert_string_equal(c->listen[2].text, "[0:0::1]:65535");
	assert_string_equal(c->listen[2].host, "::1");
	assert_int_equal(c->listen[2].port, 65535);
	assert_int_equal(c->listen[2].place.line, 2);
	assert_int_equal(c->listen[2].place.column, 1);
	assert_string_equal(c->listen[3].host, "*");
	config_free(c);
}

static void loopback_addresses_need_no_login(void **state)
{
	config_free(config_good("{\"auth\": \"none\", \"listen\": [\"127.8.9.1:1\", \"[::1]:1\",\n"
	                        "\"[::ffff:127.0.0.1]:1\", \"unix:s\"]}",
	                        NULL));
	config_free(config_good("{\"auth\": \"none\", \"listen\": \"*:1\",\n"
	                        "\"auth_anywhere\": true}",
	                        NULL));
	(void)state;
}

static void endpoints(void **state)
{
	struct config *c = config_good("{\"endpoints\": {\"/\": {}, \"/e\": {\"mode\": \"raw\", "
	                               "\"action\": \"echo.raw\",\n"
	                               "\"login\": \"none\"},\n \"/s/\": {\"mode\": \"action\", "
	                               "\"login\": \"required\"}}}",
	                               NULL);
	(void)state;
	assert_int_equal(c->endpoint_count, 3);
	assert_string_equal(c->endpoints[0].path, "/");
	assert_int_equal(c->endpoints[0].mode, CONFIG_MODE_ACTION);
	assert_int_equal(c->endpoints[0].login, CONFIG_LOGIN_OPTIONAL);
	assert_null(c->endpoints[0].action);
	assert_int_equal(c->endpoints[1].mode, CONFIG_MODE_RAW);
	assert_int_equal(c->endpoints[1].login, CONFIG_LOGIN_NONE);
	assert_string_equal(c->endpoints[1].action, "echo.raw");
	assert_int_equal(c->endpoints[2].login, CONFIG_LOGIN_REQUIRED);
	assert_int_equal(c->endpoints[2].place.line, 3);
	assert_int_equal(c->endpoints[2].place.column, 2);
	config_free(c);
}

static void actions_are_sorted(void **state)
{
	struct config *c = config_good("{\"actions\": {\"4294967039\": \"a.b\",\n"
	                               "\"2000-2099\": \"g.play\", \"110\": null,\n"
	                               "\"1\": \"a.b\"}}",
	                               NULL);
	const struct config_action *a = c->actions;
	(void)state;
	assert_int_equal(c->action_count, 4);
	assert_int_equal(a[0].code_first, 1);
	assert_int_equal(a[0].code_last, 1);
	assert_int_equal(a[0].place.line, 3);
	assert_int_equal(a[1].code_first, 110);
	assert_null(a[1].plugin);
	assert_null(a[1].action);
	assert_int_equal(a[2].code_first, 2000);
	assert_int_equal(a[2].code_last, 2099);
	assert_string_equal(a[2].plugin, "g");
	assert_string_equal(a[2].action, "play");
	assert_int_equal(a[3].code_first, 0xFFFFFEFF);
	config_free(c);
}

static void settings_of_actions(void **state)
{
	struct config *c = config_good(
		"{\"actions\": {\"1\": \"a.b\", \"2\": {\"action\": \"a.b\", \"payload_max\": 0,\n"
		"\"deadline_ms\": 5, \"rate_per_s\": 0.5, \"in_flight\": 7, \"login\": false},\n"
		"\"3\": {\"action\": \"a.b\", \"rate_per_s\": 2.5, \"login\": true},\n"
		"\"4\": {\"action\": \"a.b\", \"rate_per_s\": 2, \"rate_burst\": 9,\n"
		"\"payload_max\": null, \"login\": null}}}",
		NULL);
	const struct config_action *a = c->actions;
	(void)state;
	assert_int_equal(a[0].payload_max, -1);
	assert_int_equal(a[0].deadline_ms, -1);
	assert_true(a[0].rate_per_s == 0);
	assert_int_equal(a[0].rate_burst, 0);
	assert_int_equal(a[0].in_flight, 0);
	assert_int_equal(a[0].login, -1);
	assert_int_equal(a[1].payload_max, 0);
	assert_int_equal(a[1].deadline_ms, 5);
	assert_true(a[1].rate_per_s == 0.5);
	assert_int_equal(a[1].rate_burst, 1);
	assert_int_equal(a[1].in_flight, 7);
	assert_int_equal(a[1].login, 0);
	assert_int_equal(a[2].rate_burst, 3);
	assert_int_equal(a[2].login, 1);
	assert_int_equal(a[3].rate_burst, 9);
	assert_int_equal(a[3].payload_max, -1);
	assert_int_equal(a[3].login, -1);
	config_free(c);
}

static void pushes_are_sorted(void **state)
{
	struct config *c = config_good("{\"pushes\": {\"1112\": \"friend.answered\",\n"
	                               " \"1110\": \"friend.requested\"}}",
	                               NULL);
	(void)state;
	assert_int_equal(c->push_count, 2);
	assert_int_equal(c->pushes[0].code, 1110);
	assert_string_equal(c->pushes[0].plugin, "friend");
	assert_string_equal(c->pushes[0].push, "requested");
	assert_int_equal(c->pushes[0].place.line, 2);
	assert_int_equal(c->pushes[0].place.column, 2);
	assert_int_equal(c->pushes[1].code, 1112);
	config_free(c);
}

static void plugins_and_services(void **state)
{
	struct config *c = config_good(
		"{\"plugins\": {\"a\": {}, \"b\": {\"disabled\": true, \"x\": [1, 2.5],\n"
		"\"y\": {\"disabled\": \"kept\", \"z\": 12345678901234}}},\n"
		"\"services\": {\"act.sql/1\": \"sqlite\"}}",
		NULL);
	(void)state;
	assert_int_equal(c->plugin_count, 2);
	assert_string_equal(c->plugins[0].name, "a");
	assert_string_equal(c->plugins[0].settings, "{}");
	assert_false(c->plugins[0].disabled);
	assert_string_equal(c->plugins[1].name, "b");
	assert_string_equal(c->plugins[1].settings,
	                    "{\"x\":[1,2.5],\"y\":{\"disabled\":\"kept\",\"z\":12345678901234}}");
	assert_true(c->plugins[1].disabled);
	assert_int_equal(c->service_count, 1);
	assert_string_equal(c->services[0].id, "act.sql/1");
	assert_string_equal(c->services[0].plugin, "sqlite");
	assert_int_equal(c->services[0].place.line, 3);
	config_free(c);
}

static void comments_in_odd_places(void **state)
{
	struct config *c =
		config_good("\xEF\xBB\xBF// first\r\n{//\r\n/**/\"workers\"/* a */:// b\r\n"
	                    "5/* { \" */,\"services\":{\"act.sql/1\"// \"x\"\r\n"
	                    ":\"sqlite\"}}// last",
	                    NULL);
	(void)state;
	assert_int_equal(c->workers, 5);
	assert_string_equal(c->services[0].plugin, "sqlite");
	assert_int_equal(c->services[0].place.line, 4);
	assert_int_equal(c->services[0].place.column, 24);
	config_free(c);
}

/* Escapes in keys mean the characters that they stand for. */
static void escaped_keys(void **state)
{
	struct config *c = config_good("{\"work\\u0065rs\": 5}", NULL);
	(void)state;
	assert_int_equal(c->workers, 5);
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_default),
		cmocka_unit_test(every_default_number),
		cmocka_unit_test(values_are_read),
		cmocka_unit_test(addresses),
		cmocka_unit_test(loopback_addresses_need_no_login),
		cmocka_unit_test(endpoints),
		cmocka_unit_test(actions_are_sorted),
		cmocka_unit_test(settings_of_actions),
		cmocka_unit_test(pushes_are_sorted),
		cmocka_unit_test(plugins_and_services),
		cmocka_unit_test(comments_in_odd_places),
		cmocka_unit_test(escaped_keys),
	};
	return cmocka_run_group_tests(tests, config_folder_make, config_folder_drop);
}
