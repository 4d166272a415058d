/* The one table of what goes wrong, and the JSON of it. */
#include "base/status.h"

#include <act/easy.h> /* before cmocka, whose fail() is a macro */

#include "fixtures/dies.h"

#include <cjson/cJSON.h>

static void is_the_table_of_the_protocol(void **state)
{
	/* docs/protocol.md; these numbers never change. */
	static const struct {
		uint32_t status, code;
		const char *name;
		bool retry;
	} table[] = {
		{ 1, 404, "unknown_action", false }, { 2, 400, "bad_frame", false },
		{ 3, 401, "not_logged_in", false },  { 4, 403, "forbidden", false },
		{ 5, 429, "rate_limited", true },    { 6, 504, "deadline", true },
		{ 7, 503, "overloaded", true },      { 8, 502, "unavailable", true },
		{ 9, 413, "too_large", false },      { 10, 401, "token_expired", false },
		{ 11, 503, "draining", true },       { 12, 409, "duplicate", false },
		{ 13, 410, "gap", false },           { 14, 422, "payload_refused", false },
		{ 15, 500, "plugin_failed", false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		const struct status_info *info = status_info(table[i].status);
		assert_non_null(info);
		assert_int_equal(info->code, table[i].code);
		assert_string_equal(info->name, table[i].name);
		assert_int_equal(info->retry, table[i].retry);
	}
	assert_null(status_info(STATUS_OK));
	assert_null(status_info(16));
	assert_null(status_info(STATUS_OWN));
	assert_null(status_info(UINT32_MAX));
}

static void a_return_code_has_its_status(void **state)
{
	(void)state;
	assert_int_equal(status_of_rc(ACT_E_LATE), STATUS_DEADLINE);
	assert_int_equal(status_of_rc(ACT_E_BUSY), STATUS_OVERLOADED);
	assert_int_equal(status_of_rc(ACT_E_NOMEM), STATUS_OVERLOADED);
	assert_int_equal(status_of_rc(ACT_E_GONE), STATUS_UNAVAILABLE);
	assert_int_equal(status_of_rc(ACT_E_TOOBIG), STATUS_TOO_LARGE);
	assert_int_equal(status_of_rc(ACT_E_INVAL), STATUS_PAYLOAD_REFUSED);
	assert_int_equal(status_of_rc(ACT_E_FAIL), STATUS_PLUGIN_FAILED);
	assert_int_equal(status_of_rc(ACT_E_NOSUPP), STATUS_PLUGIN_FAILED);
	assert_int_equal(status_of_rc(-12345), STATUS_PLUGIN_FAILED);
	assert_int_equal(status_of_rc(77), STATUS_PLUGIN_FAILED);
}

static void json_is(const char *message, size_t len, const char *expected)
{
	char json[512];
	size_t n = status_json(json, sizeof json, STATUS_OVERLOADED, true, message, len);
	assert_string_equal(json, expected);
	assert_int_equal(n, strlen(expected));
}

#define HEAD "{\"error\":{\"code\":503,\"name\":\"overloaded\",\"message\":\""
#define TAIL "\",\"retry\":true}}"

static void writes_json(void **state)
{
	(void)state;
	json_is("come again", 10, HEAD "come again" TAIL);
	json_is("come again", 4, HEAD "come" TAIL);
	json_is(NULL, 0, HEAD TAIL);
}

static void escapes(void **state)
{
	(void)state;
	json_is("a \"b\" \\ / \n\t\x01\x1F\x7F", 15,
	        HEAD "a \\\"b\\\" \\\\ / \\u000a\\u0009\\u0001\\u001f\x7F" TAIL);
	json_is("a\0b", 3, HEAD "a\\u0000b" TAIL);
	json_is("é我𝄞", 9, HEAD "é我𝄞" TAIL);
}

/* What is not UTF-8 ends where it goes wrong, and the answer stays JSON. */
static void ends_at_bad_utf8(void **state)
{
	static const char *const wrong[] = {
		"\xFF",         "\x80",     "\xC3",         "\xE6\x88",
		"\xF0\x9D\x84", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
	};
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		char text[16];
		size_t len = (size_t)snprintf(text, sizeof text, "ok%s", wrong[i]);
		json_is(text, len, HEAD "ok" TAIL);
	}
}

static void says_the_plugins_own_number(void **state)
{
	char json[512];
	(void)state;
	status_json(json, sizeof json, 4711, false, "no", 2);
	assert_string_equal(json, "{\"error\":{\"code\":4711,\"name\":\"plugin_error\","
	                          "\"message\":\"no\",\"retry\":false}}");
	status_json_named(json, sizeof json, 404, "not_found", false, "no", 2);
	assert_string_equal(json, "{\"error\":{\"code\":404,\"name\":\"not_found\","
	                          "\"message\":\"no\",\"retry\":false}}");
}

/* In any room it is whole JSON with as much of the message as fits, cut between characters. */
static void is_cut_between_characters(void **state)
{
	static const char message[] =
		"我们都好 \"quoted\" \n\n\n\n \\\\\\\\ 𝄞𝄞𝄞𝄞 ééééé end of the message";
	(void)state;
	size_t len = sizeof message - 1, longest = 0;
	for (size_t room = STATUS_JSON_MIN; room < STATUS_JSON_MIN + 160; room++) {
		char *json = malloc(room); /* so that a sanitizer sees what is beyond it */
		size_t n = status_json(json, room, STATUS_UNKNOWN_ACTION, false, message, len);
		assert_true(n < room);
		assert_int_equal(strlen(json), n);
		assert_int_equal(act_utf8_span(json, n), n);
		cJSON *parsed = cJSON_Parse(json);
		const cJSON *error = cJSON_GetObjectItemCaseSensitive(parsed, "error");
		const char *text =
			cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(error, "message"));
		assert_non_null(text);
		assert_memory_equal(text, message, strlen(text));
		assert_true(strlen(text) >= longest);
		longest = strlen(text);
		cJSON_Delete(parsed);
		free(json);
	}
	assert_int_equal(longest, len);
}

/* The longest text of a plugin fits as a whole, however much each character grows. */
static void the_longest_room_is_enough(void **state)
{
	char message[STATUS_TEXT_MAX], json[STATUS_JSON_MAX];
	(void)state;
	memset(message, 1, sizeof message);
	size_t n = status_json(json, sizeof json, UINT32_MAX, false, message, sizeof message);
	assert_int_equal(n, strlen("{\"error\":{\"code\":4294967295,\"name\":\"plugin_error\","
	                           "\"message\":\"\",\"retry\":false}}") +
	                            6 * sizeof message);
}

static void tell_of_success(void)
{
	char json[STATUS_JSON_MIN];
	status_json(json, sizeof json, STATUS_OK, false, "", 0);
}

static void tell_in_no_room(void)
{
	char json[STATUS_JSON_MIN - 1];
	status_json(json, sizeof json, STATUS_GAP, false, "", 0);
}

static void faults_stop_the_program(void **state)
{
	(void)state;
	assert_dies(tell_of_success, "status >= STATUS_OWN does not hold");
	assert_dies(tell_in_no_room, "room >= STATUS_JSON_MIN");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_the_table_of_the_protocol),
		cmocka_unit_test(a_return_code_has_its_status),
		cmocka_unit_test(writes_json),
		cmocka_unit_test(escapes),
		cmocka_unit_test(ends_at_bad_utf8),
		cmocka_unit_test(says_the_plugins_own_number),
		cmocka_unit_test(is_cut_between_characters),
		cmocka_unit_test(the_longest_room_is_enough),
		cmocka_unit_test(faults_stop_the_program),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
