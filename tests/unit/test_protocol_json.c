/* act.json.v1 as the server speaks it, letter for letter: what is passed up, what is answered, and
 * what ends the connection. */
#include "fixtures/one_loop.h"

#include "fixtures/log_file.h"

#include "base/json_text.h"
#include "base/status.h"

static struct wire wire;

/* A connection whose hello was taken already. */
static struct conn *open_json(const char *user)
{
	struct conn *conn = open_speaking(&wire, "/action", &protocol_json, user, 0);
	turn();
	wire.len = 0;
	return conn;
}

static void say(struct conn *conn, const char *text)
{
	conn_message(conn, true, (const uint8_t *)text, strlen(text));
}

/* ---- the greeting ---- */

static void it_begins_with_hello(void **state)
{
	char hello[512];
	(void)state;
	struct conn *conn = open_speaking(&wire, "/action", &protocol_json, NULL, 0);
	snprintf(hello, sizeof hello,
	         "{\"ctrl\":\"hello\",\"version\":1,\"connection\":\"%016lx\","
	         "\"epoch\":\"0123456789abcdef\",\"heartbeat_s\":25,\"max_bytes\":5000,"
	         "\"calls\":4,\"capabilities\":[\"auth\"],\"user\":null,\"expires_in_s\":null}",
	         conn->id);
	wire_says_text(&wire, hello);
}

/* ---- requests ---- */

static void a_request_is_passed_up(void **state)
{
	(void)state;
	struct conn *conn = open_json(NULL);
	say(conn, "{\"action\":110,\"seq\":7,\"data\":{ \"user\" : \"bob\" }}");
	say(conn, " {\"data\":[1],\"deadline_ms\":9,\"trace\":\"t\",\"by\":true,\"seq\":8,"
	          "\"action\":111,\"x\":{}} ");
	say(conn, "{\"action\":112,\"seq\":9}");
	say(conn, "{\"action\":113,\"seq\":10,\"data\":\"我\\u4eec\"}");
	heard_is("110:0:{ \"user\" : \"bob\" }#7/json 111:0:[1]#8/9ms/trace=t/by/json "
	         "112:0:#9/json 113:0:\"我\\u4eec\"#10/json ");
	wire_says(&wire, "", 0);
}

static void without_a_number_no_answer_is_wanted(void **state)
{
	(void)state;
	struct conn *conn = open_json(NULL);
	say(conn, "{\"action\":110,\"data\":1}");
	heard_is("110:0:1/silent/json ");
	wire_says(&wire, "", 0);
}

/* ---- messages that are none ---- */

static void a_bad_request_is_answered(void **state)
{
	(void)state;
	struct conn *conn = open_json(NULL);
	say(conn, "{\"action\":110,\"seq\":7,\"by\":1}");
	wire_says_text(&wire, "{\"action\":110,\"seq\":7,\"error\":{\"code\":400,\"name\":"
	                      "\"bad_frame\",\"message\":\"\\\"by\\\": expected true or false\","
	                      "\"retry\":false}}");
	say(conn, "{\"action\":110,\"seq\":7,\"data\":1,\"data\":2}");
	wire_says_text(&wire, "{\"action\":110,\"seq\":7,\"error\":{\"code\":400,\"name\":"
	                      "\"bad_frame\",\"message\":\"\\\"data\\\" stands twice\","
	                      "\"retry\":false}}");
	heard_is("");
	assert_non_null(conn_find(&loop, conn->id));
	assert_int_equal(loop.counters.messages_bad, 2);
	assert_int_equal(loop.counters.closed_protocol, 0);
}

/* The server's last words before the close. */
static void ends_with(struct conn *conn, uint16_t code, const char *sentence)
{
	char text[512], escaped[256];
	size_t len = json_text_escape(escaped, sizeof escaped, sentence, strlen(sentence));
	snprintf(text, sizeof text,
	         "{\"ctrl\":\"error\",\"error\":{\"code\":400,\"name\":\"bad_frame\","
	         "\"message\":\"%.*s\",\"retry\":false}}",
	         (int)len, escaped);
	heard_is("");
	wire_says_text(&wire, text);
	wire_closes(&wire, code, sentence);
	conn_gone(conn);
	heard_is("- ");
}

static void another_bad_message_closes(void **state)
{
	static const struct {
		const char *text, *sentence;
	} table[] = {
		{ "", "expected JSON: at byte 0 expected a value, found the end of the text" },
		{ "hello", "expected JSON: at byte 0 expected a value, found the word hello" },
		{ "[]", "expected a JSON object" },
		{ "{}", "expected a member \"action\" (or \"ctrl\")" },
		{ "{\"seq\":1}", "expected a member \"action\" (or \"ctrl\")" },
		{ "{\"action\":\"x\",\"seq\":1}",
		  "\"action\": expected a whole number, an action's code" },
		{ "{\"action\":1.5,\"seq\":1}",
		  "\"action\": expected a whole number, an action's code" },
		{ "{\"action\":110,\"seq\":0}",
		  "\"seq\": expected a whole number from 1 to 4294967295" },
		{ "{\"action\":110,\"seq\":7.5}",
		  "\"seq\": expected a whole number from 1 to 4294967295" },
		{ "{\"action\":110,\"by\":1}", "\"by\": expected true or false" },
		{ "{\"action\":110,\"seq\":7.5,\"data\":1,\"data\":2}", "\"data\" stands twice" },
		{ "{\"ctrl\":\"hello\"}", "\"ctrl\": expected \"ping\" or \"auth\"" },
		{ "{\"ctrl\":\"ping\",\"seq\":0}",
		  "\"seq\": expected a whole number from 1 to 4294967295" },
		{ "{\"ctrl\":\"auth\",\"seq\":1}",
		  "\"ctrl\": \"auth\": expected a string \"token\"" },
		{ "{\"ctrl\":\"auth\",\"token\":\"ann\"}",
		  "\"ctrl\": \"auth\": expected a \"seq\", so that the answer can be told" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct conn *conn = open_json(NULL);
		say(conn, table[i].text);
		ends_with(conn, CLOSE_PROTOCOL, table[i].sentence);
		assert_int_equal(loop.counters.closed_protocol, i + 1);
	}
}

static void what_is_no_text_closes(void **state)
{
	(void)state;
	struct conn *conn = open_json(NULL);
	conn_message(conn, false, (const uint8_t *)"{\"action\":1}", 12);
	ends_with(conn, CLOSE_UNSUPPORTED, "expected text messages");
	conn = open_json(NULL);
	conn_message(conn, true, NULL, 0);
	ends_with(conn, CLOSE_PROTOCOL,
	          "expected JSON: at byte 0 expected a value, found the end of the text");
}

/* ---- answers ---- */

static void answer(struct conn *conn, const struct outcome *outcome)
{
	const struct ticket ticket = { .code = 110, .seq = 7 };
	conn_answer(conn, &ticket, outcome);
}

static void a_good_answer_bears_action_and_number(void **state)
{
	(void)state;
	struct conn *conn = open_json(NULL);
	answer(conn, &(struct outcome){ .kind = OUTCOME_REPLY, .body = act_str("{ \"a\" : 1 }") });
	wire_says_text(&wire, "{\"action\":110,\"seq\":7,\"data\":{ \"a\" : 1 }}");
	answer(conn, &(struct outcome){ .kind = OUTCOME_REPLY, .body = act_str("7") });
	wire_says_text(&wire, "{\"action\":110,\"seq\":7,\"data\":7}");
	answer(conn,
	       &(struct outcome){ .kind = OUTCOME_REPLY, .body = act_str("[]"), .by = "friend@7" });
	wire_says_text(&wire, "{\"action\":110,\"seq\":7,\"by\":\"friend@7\",\"data\":[]}");
}

static void an_answer_of_nothing_is_null(void **state)
{
	(void)state;
	struct conn *conn = open_json(NULL);
	answer(conn, &(struct outcome){ .kind = OUTCOME_REPLY });
	wire_says_text(&wire, "{\"action\":110,\"seq\":7,\"data\":null}");
	answer(conn, &(struct outcome){ .kind = OUTCOME_NONE, .body = act_str("not sent") });
	wire_says_text(&wire, "{\"action\":110,\"seq\":7,\"data\":null}");
}

static void an_error_says_all_it_knows(void **state)
{
	(void)state;
	struct conn *conn = open_json(NULL);
	answer(conn, &(struct outcome){ .kind = OUTCOME_ERROR,
	                                .status = STATUS_UNKNOWN_ACTION,
	                                .body = act_str("no \"9\"") });
	wire_says_text(&wire, "{\"action\":110,\"seq\":7,\"error\":{\"code\":404,\"name\":"
	                      "\"unknown_action\",\"message\":\"no \\\"9\\\"\",\"retry\":false}}");
	answer(conn, &(struct outcome){ .kind = OUTCOME_ERROR,
	                                .status = STATUS_RATE_LIMITED,
	                                .retry = true,
	                                .retry_after_ms = 501,
	                                .body = act_str("slowly"),
	                                .by = "friend@7" });
	wire_says_text(&wire,
	               "{\"action\":110,\"seq\":7,\"by\":\"friend@7\",\"error\":{\"code\":429,"
	               "\"name\":\"rate_limited\",\"message\":\"slowly\",\"retry\":true,"
	               "\"retry_after_ms\":501}}");
	answer(conn, &(struct outcome){ .kind = OUTCOME_ERROR, .status = 1000 });
	wire_says_text(&wire, "{\"action\":110,\"seq\":7,\"error\":{\"code\":1000,\"name\":"
	                      "\"plugin_error\",\"message\":\"\",\"retry\":false}}");
}

/* What is not JSON would break the message around it. */
static void a_plugin_that_breaks_its_word_is_told_of(void **state)
{
	static const char *const bodies[] = { "plain", "{} {}", "{\"a\":1", "\"\xFF\"", "1}" };
	(void)state;
	struct conn *conn = open_json(NULL);
	log_file_begin(LOG_INFO);
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		answer(conn, &(struct outcome){ .kind = OUTCOME_REPLY,
		                                .body = act_str(bodies[i]),
		                                .by = "f@1" });
		wire_says_text(&wire, "{\"action\":110,\"seq\":7,\"by\":\"f@1\",\"error\":{"
		                      "\"code\":500,\"name\":\"plugin_failed\",\"message\":"
		                      "\"the plugin's answer is not JSON\",\"retry\":false}}");
	}
	assert_non_null(strstr(log_file_text(),
	                       "error net: the answer to action 110 is not JSON, though its plugin "
	                       "says so: expected a value, found the word plain\n"));
	log_file_end();
}

static void who_wants_no_answer_gets_none(void **state)
{
	const struct ticket ticket = { .code = 110, .silent = true };
	const struct outcome outcomes[] = {
		{ .kind = OUTCOME_REPLY, .body = act_str("{}") },
		{ .kind = OUTCOME_ERROR, .status = STATUS_FORBIDDEN, .body = act_str("no") },
		{ .kind = OUTCOME_NONE },
	};
	(void)state;
	struct conn *conn = open_json(NULL);
	for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++)
		conn_answer(conn, &ticket, &outcomes[i]);
	wire_says_text(&wire, "");
}

static void several_are_open_at_once(void **state)
{
	(void)state;
	struct conn *conn = open_json(NULL);
	above.keep_open = true;
	for (int seq = 1; seq <= ONE_LOOP_CALLS + 1; seq++) {
		char text[64];
		snprintf(text, sizeof text, "{\"action\":1,\"seq\":%d}", seq);
		say(conn, text);
	}
	heard_is("1:0:#1/json 1:0:#2/json 1:0:#3/json 1:0:#4/json ");
	conn_call_ended(conn);
	turn();
	heard_is("1:0:#5/json ");
}

/* What becomes no call does not wait for calls to end; but it stays behind what came before it. */
static void a_control_message_needs_no_call(void **state)
{
	(void)state;
	struct conn *conn = open_json(NULL);
	above.keep_open = true;
	config.limits.calls = 1;
	say(conn, "{\"action\":1,\"seq\":1}");
	say(conn, "{\"ctrl\":\"ping\",\"seq\":2}");
	wire_says_text(&wire, "{\"ctrl\":\"ping\",\"seq\":2}");
	say(conn, "{\"ctrl\":\"auth\",\"seq\":3,\"token\":\"ann\"}");
	wire_says_text(&wire,
	               "{\"ctrl\":\"auth\",\"seq\":3,\"user\":\"ann\",\"expires_in_s\":null}");
	say(conn, "{\"action\":1,\"seq\":4}");
	say(conn, "{\"ctrl\":\"ping\"}");
	wire_says_text(&wire, "");
	heard_is("1:0:#1/json ?/action:192.0.2.7 bind:ann@ ");
	conn_call_ended(conn);
	wire_says_text(&wire, "{\"ctrl\":\"ping\"}");
	heard_is("1:0:#4/json ");
}

/* ---- pushes ---- */

static void a_push_stands_in_text(void **state)
{
	(void)state;
	struct conn *conn = open_json(NULL);
	push(conn, "{\"user\":\"alice\"}");
	wire_says_text(&wire, "{\"push\":1110,\"data\":{\"user\":\"alice\"}}");
}

static void other_pushes_are_not_for_it(void **state)
{
	struct push binary = { .code = 1110, .body = { "\0", 1 } };
	(void)state;
	struct conn *conn = open_json(NULL);
	conn_push(conn, &binary);
	push_clear(&binary);
	push(conn, "not JSON, whatever its plugin says");
	wire_says_text(&wire, "");
	assert_non_null(conn_find(&loop, conn->id));
}

/* ---- control messages ---- */

static void a_ping_comes_back(void **state)
{
	(void)state;
	struct conn *conn = open_json(NULL);
	say(conn, "{\"ctrl\":\"ping\"}");
	wire_says_text(&wire, "{\"ctrl\":\"ping\"}");
	say(conn, "{\"seq\":4294967295,\"ctrl\":\"ping\",\"x\":1}");
	wire_says_text(&wire, "{\"ctrl\":\"ping\",\"seq\":4294967295}");
	heard_is("");
}

static void a_token_is_answered(void **state)
{
	(void)state;
	struct conn *conn = open_json(NULL);
	above.expires_at = utc_ms / 1000 + 3600;
	say(conn, "{\"ctrl\":\"auth\",\"seq\":4,\"token\":\"ann@ph\\u006fne\"}");
	heard_is("?/action:192.0.2.7 bind:ann@phone ");
	wire_says_text(&wire,
	               "{\"ctrl\":\"auth\",\"seq\":4,\"user\":\"ann\",\"expires_in_s\":3600}");
	above.expires_at = 0;
	say(conn, "{\"token\":\"\\\"bob\\\"\",\"seq\":5,\"ctrl\":\"auth\"}");
	wire_says_text(&wire, "{\"ctrl\":\"auth\",\"seq\":5,\"user\":\"\\\"bob\\\"\","
	                      "\"expires_in_s\":null}");
}

static void a_bad_token_is_answered_and_changes_nothing(void **state)
{
	static const struct {
		const char *token, *error;
	} table[] = {
		{ "!deny", "\"code\":401,\"name\":\"not_logged_in\",\"message\":\"never seen\","
		           "\"retry\":false" },
		{ "!forbid", "\"code\":403,\"name\":\"forbidden\",\"message\":\"not at this hour\","
		             "\"retry\":false" },
		{ "!busy", "\"code\":502,\"name\":\"unavailable\",\"message\":"
		           "\"the token could not be checked: no provider\",\"retry\":true" },
		{ "!late", "\"code\":401,\"name\":\"token_expired\",\"message\":\"it ended at "
		           "noon\",\"retry\":false" },
		{ "", "\"code\":401,\"name\":\"not_logged_in\",\"message\":\"expected a token of 1 "
		      "to 8191 bytes, found 0 bytes\",\"retry\":false" },
	};
	(void)state;
	struct conn *conn = open_json("ann");
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		char text[256];
		snprintf(text, sizeof text, "{\"ctrl\":\"auth\",\"seq\":4,\"token\":\"%s\"}",
		         table[i].token);
		say(conn, text);
		snprintf(text, sizeof text, "{\"ctrl\":\"auth\",\"seq\":4,\"error\":{%s}}",
		         table[i].error);
		wire_says_text(&wire, text);
		assert_string_equal(conn->user, "ann");
	}
}

/* The longest token that is taken, and one that is a letter longer. */
static void a_token_has_its_length(void **state)
{
	static char text[GATE_TOKEN_MAX + 64];
	(void)state;
	for (int over = 0; over <= 1; over++) {
		struct conn *conn = open_json(NULL);
		int len = snprintf(text, sizeof text,
		                   "{\"ctrl\":\"auth\",\"seq\":4,\"token\":\"%0*d\"}",
		                   GATE_TOKEN_MAX - 1 + over, 0);
		conn_message(conn, true, (const uint8_t *)text, (size_t)len);
		turn();
		if (over == 0)
			assert_non_null(strstr(above.heard, "bind:0000"));
		else
			wire_says_text(&wire,
			               "{\"ctrl\":\"auth\",\"seq\":4,\"error\":{\"code\":401,"
			               "\"name\":\"not_logged_in\",\"message\":\"expected a token "
			               "of 1 to 8191 bytes, found 8192 bytes\",\"retry\":false}}");
		above.heard[0] = '\0';
		conn_gone(conn);
		heard_is("- ");
	}
}

static void the_end_of_a_login_is_announced(void **state)
{
	(void)state;
	config.ping_s = 0;
	open_speaking(&wire, "/action", &protocol_json, "ann", utc_ms / 1000 + 100);
	turn();
	wire.len = 0;
	pass_ms(40000 - WHEEL_TICK_MS);
	wire_says_text(&wire, "");
	pass_ms(WHEEL_TICK_MS);
	wire_says_text(&wire, "{\"ctrl\":\"auth\",\"user\":\"ann\",\"expires_in_s\":60}");
}

static void a_close_for_a_fault_is_preceded_by_words(void **state)
{
	static const struct {
		uint16_t code;
		const char *error; /* NULL: the close frame says it all */
	} table[] = {
		{ CLOSE_TOO_BIG, "\"code\":413,\"name\":\"too_large\",\"message\":\"because\","
		                 "\"retry\":false" },
		{ CLOSE_OVERLOAD, "\"code\":503,\"name\":\"overloaded\",\"message\":\"because\","
		                  "\"retry\":true" },
		{ CLOSE_EXPIRED, "\"code\":401,\"name\":\"token_expired\",\"message\":\"because\","
		                 "\"retry\":false" },
		{ CLOSE_RESTART, NULL },
		{ CLOSE_TOO_SLOW, NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		char text[256] = "";
		struct conn *conn = open_json(NULL);
		conn_close(conn, table[i].code, "because");
		if (table[i].error != NULL)
			snprintf(text, sizeof text, "{\"ctrl\":\"error\",\"error\":{%s}}",
			         table[i].error);
		wire_says_text(&wire, text);
		wire_closes(&wire, table[i].code, "because");
		conn_gone(conn);
		heard_is("- ");
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, one_loop_begin, one_loop_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_begins_with_hello),
		TEST(a_request_is_passed_up),
		TEST(without_a_number_no_answer_is_wanted),
		TEST(a_bad_request_is_answered),
		TEST(another_bad_message_closes),
		TEST(what_is_no_text_closes),
		TEST(a_good_answer_bears_action_and_number),
		TEST(an_answer_of_nothing_is_null),
		TEST(an_error_says_all_it_knows),
		TEST(a_plugin_that_breaks_its_word_is_told_of),
		TEST(who_wants_no_answer_gets_none),
		TEST(several_are_open_at_once),
		TEST(a_control_message_needs_no_call),
		TEST(a_push_stands_in_text),
		TEST(other_pushes_are_not_for_it),
		TEST(a_ping_comes_back),
		TEST(a_token_is_answered),
		TEST(a_bad_token_is_answered_and_changes_nothing),
		TEST(a_token_has_its_length),
		TEST(the_end_of_a_login_is_announced),
		TEST(a_close_for_a_fault_is_preceded_by_words),
	};
	return cmocka_run_group_tests_name("protocol_json", tests, NULL, NULL);
}
