/* To whom a connection belongs, and until when. */
#include "fixtures/one_loop.h"

#include "fixtures/log_file.h"

static struct wire wire;

/* ---- binding ---- */

static int reached;

static void reach(struct conn *conn, void *context)
{
	(void)conn;
	(void)context;
	reached++;
}

static int reach_user(const char *user)
{
	reached = 0;
	hub_each(&loop.hub, HUB_USER, act_str(user), reach, NULL);
	return reached;
}

static void a_user_may_be_bound_anew(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	assert_true(conn_bind(conn, act_str("ann"), act_str("phone")));
	const char *lent = conn->user;
	assert_int_equal(reach_user("ann"), 1);
	assert_false(conn_bind(conn, act_str("ann"), act_str("tablet")));
	assert_string_equal(conn->device, "tablet");
	assert_true(conn_bind(conn, act_str("bob"), act_str("")));
	assert_string_equal(lent, "ann"); /* as long as the turn lasts */
	assert_int_equal(reach_user("ann"), 0);
	assert_int_equal(reach_user("bob"), 1);
	assert_null(conn->device);
	assert_true(conn_bind(conn, act_str(""), act_str("")));
	assert_null(conn->user);
	assert_int_equal(reach_user("bob"), 0);
	assert_false(conn_bind(conn, act_str(""), act_str("")));
	turn();
}

/* A plugin may hand back the very name that it was lent. */
static void a_name_may_be_bound_to_itself(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", "ann");
	conn_bind(conn, act_str("ann"), act_str("phone"));
	conn_bind(conn, act_str(conn->device), act_str(conn->user));
	turn();
	assert_string_equal(conn->user, "phone");
	assert_string_equal(conn->device, "ann");
}

/* ---- the end of a login ---- */

static int64_t in_s(int64_t seconds)
{
	return utc_ms / 1000 + seconds;
}

static void closes_at_its_end(struct conn *conn, uint64_t in_ms)
{
	pass_ms(in_ms - WHEEL_TICK_MS);
	assert_int_equal(wire.closes, 0);
	assert_non_null(conn_find(&loop, conn->id));
	pass_ms(WHEEL_TICK_MS);
	wire_closes(&wire, CLOSE_EXPIRED, "the token has expired");
}

/* Also with those protocols that have no word for it. */
static void a_login_ends_on_time(void **state)
{
	static const struct {
		const char *path;
		const struct protocol *protocol;
	} table[] = {
		{ "/raw", &protocol_raw },
		{ "/action", &protocol_base },
		{ "/action", &protocol_v1 },
		{ "/action", &protocol_json },
	};
	(void)state;
	config.ping_s = 0;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct conn *conn =
			open_speaking(&wire, table[i].path, table[i].protocol, "ann", in_s(3600));
		assert_int_equal(conn_expires_in_s(conn), 3600);
		closes_at_its_end(conn, 3600000);
		conn_gone(conn);
		heard_is("- ");
	}
}

static void the_notice_comes_once_and_in_time(void **state)
{
	(void)state;
	config.ping_s = 0;
	struct conn *conn = open_speaking(&wire, "/action", &protocol_json, "ann", in_s(60) + 1);
	turn();
	wire.len = 0;
	pass_ms(1000 - WHEEL_TICK_MS);
	wire_says_text(&wire, "");
	pass_ms(WHEEL_TICK_MS);
	wire_says_text(&wire, "{\"ctrl\":\"auth\",\"user\":\"ann\",\"expires_in_s\":60}");
	closes_at_its_end(conn, 60000);
	wire_says_text(&wire, "{\"ctrl\":\"error\",\"error\":{\"code\":401,\"name\":"
	                      "\"token_expired\",\"message\":\"the token has expired\","
	                      "\"retry\":false}}");
}

/* Who logs in for no longer than the notice was told so in the greeting. */
static void a_short_login_needs_no_notice(void **state)
{
	(void)state;
	config.ping_s = 0;
	struct conn *conn = open_speaking(&wire, "/action", &protocol_json, "ann", in_s(60));
	turn();
	wire.len = 0;
	pass_ms(60000 - WHEEL_TICK_MS);
	wire_says_text(&wire, "");
	assert_non_null(conn_find(&loop, conn->id));
	pass_ms(WHEEL_TICK_MS);
	wire_closes(&wire, CLOSE_EXPIRED, "the token has expired");
}

static void the_notice_may_be_switched_off(void **state)
{
	(void)state;
	config.ping_s = config.expiry_notice_s = 0;
	struct conn *conn = open_speaking(&wire, "/action", &protocol_json, "ann", in_s(600));
	turn();
	wire.len = 0;
	pass_ms(600000 - WHEEL_TICK_MS);
	wire_says_text(&wire, "");
	assert_non_null(conn_find(&loop, conn->id));
	pass_ms(WHEEL_TICK_MS);
	wire_closes(&wire, CLOSE_EXPIRED, "the token has expired");
}

/* A token that has just expired, or long ago, or at no time that there ever was. */
static void a_login_that_is_over_ends_at_once(void **state)
{
	const int64_t times[] = { in_s(0), in_s(-1), in_s(-100000), 1, -1, INT64_MIN };
	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		struct conn *conn =
			open_speaking(&wire, "/action", &protocol_base, "ann", times[i]);
		assert_int_equal(conn_expires_in_s(conn), 0);
		assert_non_null(conn_find(&loop, conn->id));
		pass_ms(WHEEL_TICK_MS);
		wire_closes(&wire, CLOSE_EXPIRED, "the token has expired");
		conn_gone(conn);
		heard_is("- ");
	}
}

/* The last second that is counted, and those beyond it. */
static void a_login_may_be_for_ever(void **state)
{
	const int64_t times[] = { in_s(UINT32_MAX) + 1, in_s(UINT32_MAX) + 100000, INT64_MAX, 0 };
	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		struct conn *conn =
			open_speaking(&wire, "/action", &protocol_base, "ann", times[i]);
		assert_null(conn->expiry);
		conn_gone(conn);
		heard_is("- ");
	}
	struct conn *conn =
		open_speaking(&wire, "/action", &protocol_base, "ann", in_s(UINT32_MAX));
	assert_int_equal(conn_expires_in_s(conn), UINT32_MAX);
	assert_true(wheel_is_set(&conn->expiry->timer));
}

/* The time of day has milliseconds, a token has none. */
static void a_login_ends_at_its_second(void **state)
{
	(void)state;
	utc_ms += 950;
	struct conn *conn = open_speaking(&wire, "/action", &protocol_base, "ann", in_s(10));
	assert_int_equal(conn_expires_in_s(conn), 9);
	closes_at_its_end(conn, 9050);
}

/* Whom a plugin binds does not expire; a device alone changes nothing of the login. */
static void a_plugin_binds_for_ever(void **state)
{
	static const char *const users[] = { "bob", "" };
	(void)state;
	for (size_t i = 0; i < sizeof users / sizeof users[0]; i++) {
		struct conn *conn =
			open_speaking(&wire, "/action", &protocol_base, "ann", in_s(10));
		conn_bind(conn, act_str(users[i]), act_str(""));
		assert_null(conn->expiry);
		pass_ms(20000);
		assert_int_equal(wire.closes, 0);
		conn_gone(conn);
		heard_is("- ");
	}
}

static void another_device_keeps_the_end(void **state)
{
	(void)state;
	struct conn *conn = open_speaking(&wire, "/action", &protocol_base, "ann", in_s(10));
	conn_bind(conn, act_str("ann"), act_str("tablet"));
	closes_at_its_end(conn, 10000);
}

static void a_connection_takes_its_timer_along(void **state)
{
	(void)state;
	struct conn *conn = open_speaking(&wire, "/action", &protocol_v1, "ann", in_s(3600));
	assert_int_equal(loop.wheel.count, 2);
	conn_gone(conn);
	assert_int_equal(loop.wheel.count, 0);
	pass_ms(3700000); /* the sanitizers see what would be touched */
}

/* One that is being closed hears neither of the notice nor of the end. */
static void a_closing_one_is_left_alone(void **state)
{
	(void)state;
	config.close_ms = 1000000;
	struct conn *conn = open_speaking(&wire, "/action", &protocol_v1, "ann", in_s(100));
	turn();
	wire.len = 0;
	conn_close(conn, CLOSE_NORMAL, "bye");
	wire_closes(&wire, CLOSE_NORMAL, "bye");
	pass_ms(200000);
	wire_says(&wire, "", 0);
	wire_closes(&wire, CLOSE_NORMAL, "bye");
}

/* ---- a token in band ---- */

static void says(struct login *login, uint32_t status, const char *why)
{
	assert_int_equal(login->status, status);
	assert_string_equal(login->why, why);
}

static struct login log_in(struct conn *conn, const char *token)
{
	struct login login;
	memset(&login, 0xA5, sizeof login);
	conn_login(conn, act_str(token), &login);
	return login;
}

static void a_good_token_binds(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/action", NULL);
	above.expires_at = in_s(3600);
	assert_int_equal(log_in(conn, "ann@phone").status, STATUS_OK);
	heard_is("?/action:192.0.2.7 bind:ann@phone ");
	assert_string_equal(conn->user, "ann");
	assert_string_equal(conn->device, "phone");
	assert_int_equal(reach_user("ann"), 1);
	assert_int_equal(conn_expires_in_s(conn), 3600);
	above.expires_at = 0;
	assert_int_equal(log_in(conn, "bob").status, STATUS_OK);
	assert_string_equal(conn->user, "bob");
	assert_null(conn->device);
	assert_int_equal(reach_user("ann"), 0);
	assert_null(conn->expiry);
}

/* A token of the same user: nothing changes but the end. */
static void a_login_is_renewed(void **state)
{
	(void)state;
	config.ping_s = 0;
	struct conn *conn = open_speaking(&wire, "/action", &protocol_base, "ann", in_s(100));
	pass_ms(99000);
	above.expires_at = in_s(200);
	assert_int_equal(log_in(conn, "ann").status, STATUS_OK);
	closes_at_its_end(conn, 200000);
}

/* What was lent to a plugin is told of first: before the connection's next message. */
static struct post notice;

static void on_notice(struct post *post)
{
	assert_ptr_equal(post, &notice);
	hear("notice ");
}

static void bind_and_tell(struct conn *conn, act_bytes user, act_bytes device)
{
	(void)conn_bind(conn, user, device);
	notice.run = on_notice;
	loop_later(conn->loop, &notice);
}

static void plugins_hear_of_it_first(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/action", NULL);
	net.up.bind = bind_and_tell;
	assert_int_equal(log_in(conn, "ann").status, STATUS_OK);
	heard_is("?/action:192.0.2.7 notice ");
}

static void a_bad_token_changes_nothing(void **state)
{
	static const struct {
		const char *token;
		uint32_t status;
		const char *why;
	} table[] = {
		{ "!deny", STATUS_NOT_LOGGED_IN, "never seen" },
		{ "!late", STATUS_TOKEN_EXPIRED, "it ended at noon" },
		{ "!forbid", STATUS_FORBIDDEN, "not at this hour" },
		{ "!busy", STATUS_UNAVAILABLE, "the token could not be checked: no provider" },
	};
	(void)state;
	struct conn *conn = open_speaking(&wire, "/action", &protocol_base, "ann", in_s(3600));
	log_file_begin(LOG_DEBUG);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct login login = log_in(conn, table[i].token);
		says(&login, table[i].status, table[i].why);
		heard_is("?/action:192.0.2.7 ");
		assert_string_equal(conn->user, "ann");
		assert_int_equal(conn_expires_in_s(conn), 3600);
	}
	assert_non_null(strstr(log_file_text(), "debug net: 192.0.2.7: a token in band was "
	                                        "refused: never seen\n"));
	assert_null(strstr(log_file_text(), "!deny"));
	log_file_end();
	assert_int_equal(conn->bad_tokens, 3); /* "busy" is not its fault */
}

static void nobody_logs_in_where_no_login_is(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/none", NULL);
	struct login login = log_in(conn, "ann");
	says(&login, STATUS_FORBIDDEN, "nobody logs in at this endpoint");
	heard_is("");
	assert_null(conn->user);
	/* What counts is the config in force. */
	conn = open_conn(&wire, "/action", NULL);
	config_endpoints[1].login = CONFIG_LOGIN_NONE;
	struct site *next = site_new(&config);
	config_endpoints[1].login = CONFIG_LOGIN_OPTIONAL;
	atomic_store(&net.site, next);
	login = log_in(conn, "ann");
	says(&login, STATUS_FORBIDDEN, "nobody logs in at this endpoint");
	atomic_store(&net.site, site);
	site_free(next);
	assert_int_equal(log_in(conn, "ann").status, STATUS_OK);
}

/* An endpoint that the config does not name any more: its connections may go on. */
static void an_endpoint_may_be_gone(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/action", NULL);
	config.endpoint_count = 1;
	struct site *next = site_new(&config);
	atomic_store(&net.site, next);
	assert_int_equal(log_in(conn, "ann").status, STATUS_OK);
	heard_is("?/action:192.0.2.7 bind:ann@ ");
	atomic_store(&net.site, site);
	site_free(next);
}

static void without_tokens_none_is_looked_at(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/action", NULL);
	config.auth = CONFIG_AUTH_NONE;
	struct login login = log_in(conn, "ann");
	says(&login, STATUS_FORBIDDEN,
	     "\"auth\" is \"none\" here: no token is looked at, ?user=NAME names the user");
	heard_is("");
}

static void a_token_has_its_form(void **state)
{
	static char token[GATE_TOKEN_MAX];
	struct login login;
	(void)state;
	struct conn *conn = open_conn(&wire, "/action", NULL);
	memset(token, 't', sizeof token);
	conn_login(conn, act_mem(NULL, 0), &login);
	says(&login, STATUS_NOT_LOGGED_IN, "expected a token of 1 to 8191 bytes, found 0 bytes");
	conn_login(conn, act_mem(token, GATE_TOKEN_MAX), &login);
	says(&login, STATUS_NOT_LOGGED_IN, "expected a token of 1 to 8191 bytes, found 8192 bytes");
	conn_login(conn, act_mem("ann\0bob", 7), &login);
	assert_int_equal(login.status, STATUS_NOT_LOGGED_IN);
	heard_is("");
	assert_int_equal(conn->bad_tokens, 3);
	conn_login(conn, act_mem(token, GATE_TOKEN_MAX - 1), &login);
	assert_int_equal(login.status, STATUS_OK);
	conn_login(conn, act_mem("bob", 1), &login); /* needs no end */
	assert_int_equal(login.status, STATUS_OK);
	assert_string_equal(conn->user, "b");
}

static void too_many_bad_tokens_close(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/action", NULL);
	for (int i = 0; i < 7; i++)
		assert_int_equal(log_in(conn, "!deny").status, STATUS_NOT_LOGGED_IN);
	assert_int_equal(log_in(conn, "ann").status, STATUS_OK); /* a good one makes up for them */
	for (int i = 0; i < 8; i++)
		assert_int_equal(log_in(conn, "!deny").status, STATUS_NOT_LOGGED_IN);
	assert_int_equal(wire.closes, 0);
	above.heard[0] = '\0';
	struct login login = log_in(conn, "ann"); /* is not looked at any more */
	says(&login, STATUS_RATE_LIMITED, "too many tokens that are not good");
	heard_is("");
	wire_closes(&wire, CLOSE_POLICY, "too many tokens that are not good");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, one_loop_begin, one_loop_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_user_may_be_bound_anew),
		TEST(a_name_may_be_bound_to_itself),
		TEST(a_login_ends_on_time),
		TEST(the_notice_comes_once_and_in_time),
		TEST(a_short_login_needs_no_notice),
		TEST(the_notice_may_be_switched_off),
		TEST(a_login_that_is_over_ends_at_once),
		TEST(a_login_may_be_for_ever),
		TEST(a_login_ends_at_its_second),
		TEST(a_plugin_binds_for_ever),
		TEST(another_device_keeps_the_end),
		TEST(a_connection_takes_its_timer_along),
		TEST(a_closing_one_is_left_alone),
		TEST(a_good_token_binds),
		TEST(a_login_is_renewed),
		TEST(plugins_hear_of_it_first),
		TEST(a_bad_token_changes_nothing),
		TEST(nobody_logs_in_where_no_login_is),
		TEST(an_endpoint_may_be_gone),
		TEST(without_tokens_none_is_looked_at),
		TEST(a_token_has_its_form),
		TEST(too_many_bad_tokens_close),
	};
	return cmocka_run_group_tests_name("conn_login", tests, NULL, NULL);
}
