/* The messages of act.json.v1: what is read, what is refused, and what is written. */
#include "net/actjson.h"

#include "base/json_scan.h"
#include "base/status.h"
#include "fixtures/cmocka_all.h"
#include "fixtures/dies.h"

#include <stdlib.h>
#include <string.h>

/* In memory of exactly its size, so that a look beyond the end is seen by the sanitizer. The runs
 * of the message must not be looked at. */
static int read_exact(const char *text, size_t len, struct actjson_message *message,
                      struct actjson_fault *fault)
{
	char *copy = malloc(len == 0 ? 1 : len);
	assert_non_null(copy);
	memcpy(copy, text, len);
	memset(message, 0xA5, sizeof *message);
	int rc = actjson_read(copy, len, message, fault);
	free(copy);
	return rc;
}

static struct actjson_message good(const char *text)
{
	struct actjson_message message;
	struct actjson_fault fault;
	read_exact(text, strlen(text), &message, &fault);
	if (actjson_read(text, strlen(text), &message, &fault) != 0)
		fail_msg("%s was refused: %s", text, fault.text);
	return message;
}

static void bad(const char *text, uint32_t action, uint32_t seq, const char *words)
{
	struct actjson_message message;
	struct actjson_fault fault = { "" };
	if (read_exact(text, strlen(text), &message, &fault) != -1)
		fail_msg("%s was taken; expected: %s", text, words);
	assert_string_equal(fault.text, words);
	assert_int_equal(message.action, action);
	assert_int_equal(message.seq, seq);
}

static void run_is(struct json_run run, const char *text)
{
	if (text == NULL) {
		assert_null(run.at);
		return;
	}
	assert_int_equal(run.len, strlen(text));
	assert_memory_equal(run.at, text, run.len);
}

/* ---- requests ---- */

static void a_request_is_read(void **state)
{
	struct actjson_message m = good("{\"action\":110,\"seq\":7,\"data\":{\"user\":\"bob\"}}");
	(void)state;
	assert_int_equal(m.kind, ACTJSON_REQUEST);
	assert_int_equal(m.action, 110);
	assert_int_equal(m.seq, 7);
	run_is(m.data, "{\"user\":\"bob\"}");
	assert_int_equal(m.deadline_ms, 0);
	assert_false(m.ask_by);
	assert_string_equal(m.trace, "");
	run_is(m.token, NULL);
}

static void all_but_the_action_may_be_missing(void **state)
{
	struct actjson_message m = good("{\"action\":1}");
	(void)state;
	assert_int_equal(m.action, 1);
	assert_int_equal(m.seq, 0);
	run_is(m.data, NULL);
}

static void every_member_is_read_in_any_order(void **state)
{
	struct actjson_message m =
		good(" {\"by\":true,\"data\":[1, 2],\"trace\":\"t\\u0031\",\"deadline_ms\":250,"
	             "\"seq\":4294967295,\"action\":4294967295} ");
	(void)state;
	assert_int_equal(m.action, UINT32_MAX);
	assert_int_equal(m.seq, UINT32_MAX);
	assert_int_equal(m.deadline_ms, 250);
	assert_string_equal(m.trace, "t1");
	assert_true(m.ask_by);
	run_is(m.data, "[1, 2]");
	m = good("{\"action\":1,\"by\":false}");
	assert_false(m.ask_by);
	m = good("{\"action\":1,\"seq\":1,\"deadline_ms\":1}");
	assert_int_equal(m.seq, 1);
	assert_int_equal(m.deadline_ms, 1);
	m = good("{\"action\":1,\"deadline_ms\":4294967295}");
	assert_int_equal(m.deadline_ms, UINT32_MAX);
}

/* A plugin gets the very bytes. */
static void data_is_what_was_written(void **state)
{
	static const char *const values[] = {
		"null",
		"true",
		"0",
		"-1.50e3",
		"\"\"",
		"\"\\u0041\"",
		"{ \"a\" : [ 1 , 2 ] }",
		"[\n\t1\r\n]",
		"\"}\"",
	};
	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		char text[128];
		snprintf(text, sizeof text, "{\"action\":1,\"data\": %s ,\"x\":0}", values[i]);
		run_is(good(text).data, values[i]);
		snprintf(text, sizeof text, "{\"data\":%s,\"action\":1}", values[i]);
		run_is(good(text).data, values[i]);
	}
}

static void unknown_members_are_passed_over(void **state)
{
	struct actjson_message m = good("{\"x\":1,\"x\":2,\"ACTION\":3,\"\":4,\"action\":5,"
	                                "\"token\":6,\"error\":{\"action\":7},\"push\":8}");
	(void)state;
	assert_int_equal(m.kind, ACTJSON_REQUEST);
	assert_int_equal(m.action, 5);
	run_is(m.token, NULL);
	assert_int_equal(good("{\"\\u0061ction\":9}").action, 9);
	m = good("{\"a-member-that-is-longer-than-all-that-are-known\":1,\"action\":1,"
	         "\"\\u0064\\u0065\\u0061\\u0064\\u006c\\u0069\\u006e\\u0065\\u005f\\u006d\\u0073\""
	         ":7,"
	         "\"deadline_msdeadline_ms\":8}");
	assert_int_equal(m.deadline_ms, 7);
}

static void a_trace_has_its_lengths(void **state)
{
	char text[256], trace[ACTJSON_TRACE_MAX + 2];
	(void)state;
	memset(trace, 't', sizeof trace);
	trace[ACTJSON_TRACE_MAX + 1] = '\0';
	snprintf(text, sizeof text, "{\"action\":1,\"seq\":2,\"trace\":\"%s\"}", trace);
	bad(text, 1, 2, "\"trace\": expected a string of 1 to 64 bytes");
	trace[ACTJSON_TRACE_MAX] = '\0';
	snprintf(text, sizeof text, "{\"action\":1,\"seq\":2,\"trace\":\"%s\"}", trace);
	assert_string_equal(good(text).trace, trace);
	bad("{\"action\":1,\"seq\":2,\"trace\":\"\"}", 1, 2,
	    "\"trace\": expected a string of 1 to 64 bytes");
	bad("{\"action\":1,\"seq\":2,\"trace\":7}", 1, 2,
	    "\"trace\": expected a string of 1 to 64 bytes");
}

/* ---- control messages ---- */

static void a_ping_may_have_a_number(void **state)
{
	struct actjson_message m = good("{\"ctrl\":\"ping\"}");
	(void)state;
	assert_int_equal(m.kind, ACTJSON_PING);
	assert_int_equal(m.seq, 0);
	m = good("{\"seq\":3,\"ctrl\":\"ping\"}");
	assert_int_equal(m.kind, ACTJSON_PING);
	assert_int_equal(m.seq, 3);
}

static void a_login_brings_its_token(void **state)
{
	struct actjson_message m = good("{\"ctrl\":\"auth\",\"seq\":4,\"token\":\"a.b\\u0063\"}");
	(void)state;
	assert_int_equal(m.kind, ACTJSON_AUTH);
	assert_int_equal(m.seq, 4);
	run_is(m.token, "\"a.b\\u0063\"");
}

/* ---- faults ---- */

static void what_is_no_request_is_told(void **state)
{
	(void)state;
	bad("", 0, 0, "expected JSON: at byte 0 expected a value, found the end of the text");
	bad("{\"action\":1,\"seq\":2", 0, 0,
	    "expected JSON: at byte 19 expected ',' or '}', found the end of the text");
	bad("{\"action\":1,\"data\":\"\\u0000\"}", 0, 0,
	    "expected JSON: at byte 20 expected a string without NUL, found \\u0000");
	bad("[{\"action\":1,\"seq\":2}]", 0, 0, "expected a JSON object");
	bad("\"action\"", 0, 0, "expected a JSON object");
	bad("{}", 0, 0, "expected a member \"action\" (or \"ctrl\")");
	bad("{\"seq\":2,\"data\":{}}", 0, 2, "expected a member \"action\" (or \"ctrl\")");
}

static void members_of_another_kind_are_told(void **state)
{
	static const char seq[] = "\"seq\": expected a whole number from 1 to 4294967295";
	static const char action[] = "\"action\": expected a whole number, an action's code";
	static const char ms[] = "\"deadline_ms\": expected a whole number of milliseconds above 0";
	static const char by[] = "\"by\": expected true or false";
	(void)state;
	bad("{\"action\":\"1\",\"seq\":2}", 0, 2, action);
	bad("{\"action\":-1,\"seq\":2}", 0, 2, action);
	bad("{\"action\":1.5,\"seq\":2}", 0, 2, action);
	bad("{\"action\":4294967296,\"seq\":2}", 0, 2, action);
	bad("{\"action\":null,\"seq\":2}", 0, 2, action);
	bad("{\"action\":1,\"seq\":0}", 0, 0, seq);
	bad("{\"action\":1,\"seq\":-7}", 0, 0, seq);
	bad("{\"action\":1,\"seq\":4294967296}", 0, 0, seq);
	bad("{\"action\":1,\"seq\":\"7\"}", 0, 0, seq);
	bad("{\"action\":1,\"seq\":null}", 0, 0, seq);
	bad("{\"action\":1,\"seq\":2,\"deadline_ms\":0}", 1, 2, ms);
	bad("{\"action\":1,\"seq\":2,\"deadline_ms\":4294967296}", 1, 2, ms);
	bad("{\"action\":1,\"seq\":2,\"deadline_ms\":\"9\"}", 1, 2, ms);
	bad("{\"action\":1,\"seq\":2,\"by\":1}", 1, 2, by);
	bad("{\"action\":1,\"seq\":2,\"by\":null}", 1, 2, by);
	bad("{\"action\":1,\"seq\":2,\"by\":\"true\"}", 1, 2, by);
}

/* Which of the two is meant nobody can know; what can be answered is. */
static void a_member_stands_once(void **state)
{
	static const char *const members[] = { "\"action\":1",      "\"seq\":2",  "\"data\":{}",
		                               "\"deadline_ms\":9", "\"by\":1",   "\"trace\":\"t\"",
		                               "\"ctrl\":\"ping\"", "\"token\":1" };
	(void)state;
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		char text[128], words[64];
		int name = (int)(strchr(members[i], ':') - members[i]);
		snprintf(text, sizeof text, "{%s,%s%s%s}", members[i],
		         i == 0 ? "" : "\"action\":1,", i == 1 ? "" : "\"seq\":2,", members[i]);
		snprintf(words, sizeof words, "%.*s stands twice", name, members[i]);
		bad(text, 1, 2, words);
	}
	bad("{\"action\":1,\"\\u0061ction\":3,\"seq\":2}", 3, 2, "\"action\" stands twice");
	bad("{\"data\":1,\"data\":2,\"action\":\"x\",\"seq\":0}", 0, 0, "\"data\" stands twice");
}

static void control_messages_are_whole(void **state)
{
	(void)state;
	bad("{\"ctrl\":\"hello\",\"action\":1,\"seq\":2}", 0, 2,
	    "\"ctrl\": expected \"ping\" or \"auth\"");
	bad("{\"ctrl\":1}", 0, 0, "\"ctrl\": expected \"ping\" or \"auth\"");
	bad("{\"ctrl\":null}", 0, 0, "\"ctrl\": expected \"ping\" or \"auth\"");
	bad("{\"ctrl\":\"ping\",\"seq\":0}", 0, 0,
	    "\"seq\": expected a whole number from 1 to 4294967295");
	bad("{\"ctrl\":\"auth\",\"seq\":2}", 0, 2,
	    "\"ctrl\": \"auth\": expected a string \"token\"");
	bad("{\"ctrl\":\"auth\",\"seq\":2,\"token\":7}", 0, 2,
	    "\"ctrl\": \"auth\": expected a string \"token\"");
	bad("{\"ctrl\":\"auth\",\"token\":\"t\"}", 0, 0,
	    "\"ctrl\": \"auth\": expected a \"seq\", so that the answer can be told");
}

/* ---- writing ---- */

static void head_is(const char *head, size_t len, const char *expected)
{
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(head, expected, len);
}

static void heads_are_written(void **state)
{
	char to[ACTJSON_HEAD_MAX], by[101], longest[ACTJSON_HEAD_MAX];
	(void)state;
	head_is(to, actjson_reply_head(to, 110, 7, NULL), "{\"action\":110,\"seq\":7,");
	head_is(to, actjson_reply_head(to, 110, 7, "friend@7"),
	        "{\"action\":110,\"seq\":7,\"by\":\"friend@7\",");
	head_is(to, actjson_push_head(to, 1110), "{\"push\":1110,");
	head_is(to, actjson_push_head(to, UINT32_MAX), "{\"push\":4294967295,");
	memset(by, 'b', sizeof by - 1);
	by[100] = '\0';
	snprintf(longest, sizeof longest,
	         "{\"action\":4294967295,\"seq\":4294967295,\"by\":\"%.63s\",", by);
	head_is(to, actjson_reply_head(to, UINT32_MAX, UINT32_MAX, by), longest);
	assert_true(strlen(longest) < ACTJSON_HEAD_MAX);
}

static void errors_are_written(void **state)
{
	char to[STATUS_JSON_MAX + 32];
	(void)state;
	head_is(to,
	        actjson_error(to, sizeof to, STATUS_UNKNOWN_ACTION, false, 0,
	                      act_str("there is no action \"9\"")),
	        "{\"code\":404,\"name\":\"unknown_action\","
	        "\"message\":\"there is no action \\\"9\\\"\",\"retry\":false}");
	head_is(to, actjson_error(to, sizeof to, STATUS_RATE_LIMITED, true, 501, act_str("slowly")),
	        "{\"code\":429,\"name\":\"rate_limited\",\"message\":\"slowly\",\"retry\":true,"
	        "\"retry_after_ms\":501}");
	head_is(to, actjson_error(to, sizeof to, 65535, true, UINT32_MAX, act_str(NULL)),
	        "{\"code\":65535,\"name\":\"plugin_error\",\"message\":\"\",\"retry\":true,"
	        "\"retry_after_ms\":4294967295}");
}

/* However long the sentence and short the room: it is JSON, and stays inside. */
static void an_error_fits_its_room(void **state)
{
	enum { LEAST = STATUS_JSON_MIN + 32, MOST = STATUS_JSON_MAX + 32 };
	static char sentence[STATUS_TEXT_MAX + 1], to[MOST + 1];
	struct json_fault fault;
	(void)state;
	memset(sentence, '\1', sizeof sentence - 1); /* each is written as six */
	for (size_t room = LEAST; room <= MOST; room += room < LEAST + 20 ? 1 : 617) {
		memset(to, '#', sizeof to);
		size_t len = actjson_error(to, room, STATUS_RATE_LIMITED, true, UINT32_MAX,
		                           act_str(sentence));
		assert_true(len <= room);
		assert_int_equal(to[room], '#');
		if (json_scan(to, len, NULL, &fault) != 0)
			fail_msg("room %zu: %s: %.*s", room, fault.text, (int)len, to);
		assert_non_null(strstr(to, "\"retry_after_ms\":4294967295}"));
	}
}

/* With the room that its callers give, no sentence of the longest kind is cut. */
static void the_longest_sentence_has_its_room(void **state)
{
	static char sentence[STATUS_TEXT_MAX + 1], to[STATUS_JSON_MAX + 32];
	(void)state;
	memset(sentence, '\1', sizeof sentence - 1);
	size_t len = actjson_error(to, sizeof to, STATUS_RATE_LIMITED, true, UINT32_MAX,
	                           act_str(sentence));
	assert_true(len > 6 * STATUS_TEXT_MAX);
	size_t escapes = 0;
	for (const char *at = to; (at = strstr(at, "\\u0001")) != NULL; at++)
		escapes++;
	assert_int_equal(escapes, STATUS_TEXT_MAX);
}

static void ask_for_too_little(void)
{
	char to[STATUS_JSON_MIN + 32];
	actjson_error(to, sizeof to - 1, STATUS_BAD_FRAME, false, 0, act_str(""));
}

static void faults_stop_the_program(void **state)
{
	(void)state;
	assert_dies(ask_for_too_little, "room >= STATUS_JSON_MIN + 32 does not hold");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_read),
		cmocka_unit_test(all_but_the_action_may_be_missing),
		cmocka_unit_test(every_member_is_read_in_any_order),
		cmocka_unit_test(data_is_what_was_written),
		cmocka_unit_test(unknown_members_are_passed_over),
		cmocka_unit_test(a_trace_has_its_lengths),
		cmocka_unit_test(a_ping_may_have_a_number),
		cmocka_unit_test(a_login_brings_its_token),
		cmocka_unit_test(what_is_no_request_is_told),
		cmocka_unit_test(members_of_another_kind_are_told),
		cmocka_unit_test(a_member_stands_once),
		cmocka_unit_test(control_messages_are_whole),
		cmocka_unit_test(heads_are_written),
		cmocka_unit_test(errors_are_written),
		cmocka_unit_test(an_error_fits_its_room),
		cmocka_unit_test(the_longest_sentence_has_its_room),
		cmocka_unit_test(faults_stop_the_program),
	};
	return cmocka_run_group_tests_name("actjson", tests, NULL, NULL);
}
