/* What the server says of itself and of the login, letter for letter. */
#include "fixtures/one_loop.h"

#include "base/json_scan.h"
#include "net/greeting.h"

static struct wire wire;

static struct conn *open_for(const char *user, int64_t expires_at)
{
	return open_speaking(&wire, "/action", &protocol_base, user, expires_at);
}

static void hello_is(const struct conn *conn, const char *rest)
{
	char text[GREETING_MAX], expected[GREETING_MAX];
	size_t len = greeting_hello(conn, text);
	snprintf(expected, sizeof expected, "\"version\":1,\"connection\":\"%016lx\",%s", conn->id,
	         rest);
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(text, expected, len);
}

static void login_is(const struct conn *conn, const char *expected)
{
	char text[GREETING_MAX];
	size_t len = greeting_login(conn, text);
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(text, expected, len);
}

static void it_says_what_a_client_needs(void **state)
{
	(void)state;
	hello_is(open_for(NULL, 0),
	         "\"epoch\":\"0123456789abcdef\",\"heartbeat_s\":25,\"max_bytes\":5000,"
	         "\"calls\":4,\"capabilities\":[\"auth\"],\"user\":null,\"expires_in_s\":null");
}

static void it_says_what_the_config_says_now(void **state)
{
	(void)state;
	const struct conn *conn = open_for("ann", utc_ms / 1000 + 1);
	config.ping_s = 0;
	config.limits.message_bytes = UINT32_MAX;
	config.limits.calls = 1;
	net.epoch = 7;
	hello_is(conn, "\"epoch\":\"0000000000000007\",\"heartbeat_s\":0,\"max_bytes\":4294967295,"
	               "\"calls\":1,\"capabilities\":[\"auth\"],\"user\":\"ann\","
	               "\"expires_in_s\":1");
}

static void the_login_is_told(void **state)
{
	(void)state;
	struct conn *conn = open_for("ann", 0);
	login_is(conn, "\"user\":\"ann\",\"expires_in_s\":null");
	conn_bind(conn, act_str("a\"\\\n我"), act_str(""));
	login_is(conn, "\"user\":\"a\\\"\\\\\\u000a我\",\"expires_in_s\":null");
	conn_bind(conn, act_str(""), act_str(""));
	login_is(conn, "\"user\":null,\"expires_in_s\":null");
	turn();
}

/* Whole seconds, of which none is promised that there is not. */
static void seconds_are_whole(void **state)
{
	(void)state;
	config.ping_s = 0;
	const struct conn *conn = open_for("ann", utc_ms / 1000 + 3600);
	login_is(conn, "\"user\":\"ann\",\"expires_in_s\":3600");
	pass_ms(WHEEL_TICK_MS);
	login_is(conn, "\"user\":\"ann\",\"expires_in_s\":3599");
	pass_ms(3599000 - WHEEL_TICK_MS);
	login_is(conn, "\"user\":\"ann\",\"expires_in_s\":1");
	pass_ms(WHEEL_TICK_MS);
	login_is(conn, "\"user\":\"ann\",\"expires_in_s\":0");
	pass_ms(1000); /* and it is being closed */
	login_is(conn, "\"user\":\"ann\",\"expires_in_s\":0");
}

/* The longest name, of letters that are written as six: it is whole, and JSON. */
static void the_longest_one_has_its_room(void **state)
{
	char name[GATE_ID_MAX + 1], text[1 + GREETING_MAX + 2];
	struct json_fault fault;
	(void)state;
	memset(name, '\1', GATE_ID_MAX);
	name[GATE_ID_MAX] = '\0';
	const struct conn *conn = open_for(name, utc_ms / 1000 + UINT32_MAX);
	config.ping_s = config.limits.message_bytes = config.limits.calls = UINT32_MAX;
	memset(text, '#', sizeof text);
	text[0] = '{';
	size_t len = greeting_hello(conn, text + 1);
	assert_in_range(len, 6 * GATE_ID_MAX, GREETING_MAX);
	text[1 + len] = '}';
	if (json_scan(text, len + 2, NULL, &fault) != 0)
		fail_msg("%s", fault.text);
	assert_non_null(strstr(text, "\\u0001\",\"expires_in_s\":4294967295}"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, one_loop_begin, one_loop_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_says_what_a_client_needs),
		TEST(it_says_what_the_config_says_now),
		TEST(the_login_is_told),
		TEST(seconds_are_whole),
		TEST(the_longest_one_has_its_room),
	};
	return cmocka_run_group_tests_name("greeting", tests, NULL, NULL);
}
