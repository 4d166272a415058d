/* The members of a JSON object as runs of its text. */
#include "base/json_members.h"

#include "base/json_scan.h"
#include "fixtures/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

/* A text in memory of exactly its size, so that a look beyond the end is seen by the sanitizer. It
 * must be JSON: nothing else may be walked. */
static char *exact(const char *text)
{
	struct json_fault fault;
	size_t len = strlen(text);
	char *copy = malloc(len == 0 ? 1 : len);
	assert_non_null(copy);
	memcpy(copy, text, len);
	if (json_scan(copy, len, NULL, &fault) != 0)
		fail_msg("%s: %s", text, fault.text);
	return copy;
}

/* The walk through `text` finds these members: "key=value;key=value;". */
static void walks(const char *text, const char *expected)
{
	char found[1024] = "";
	struct json_members members;
	struct json_run key, value;
	char *copy = exact(text);
	assert_true(json_members_begin(&members, copy, strlen(text)));
	while (json_members_next(&members, &key, &value)) {
		size_t n = strlen(found);
		snprintf(found + n, sizeof found - n, "%.*s=%.*s;", (int)key.len, key.at,
		         (int)value.len, value.at);
	}
	assert_string_equal(found, expected);
	assert_false(json_members_next(&members, &key, &value)); /* and it stays so */
	free(copy);
}

/* ---- walking ---- */

static void members_come_in_their_order(void **state)
{
	(void)state;
	walks("{}", "");
	walks(" \t\r\n{ \t\r\n} \t\r\n", "");
	walks("{\"a\":1}", "\"a\"=1;");
	walks("{\"b\":1,\"a\":2,\"b\":3}", "\"b\"=1;\"a\"=2;\"b\"=3;");
	walks("{\"\":0}", "\"\"=0;");
	walks("\n{ \"a\" : 1 , \"b\"\t:\r\n2 }\n", "\"a\"=1;\"b\"=2;");
}

static void a_value_is_what_was_written(void **state)
{
	(void)state;
	walks("{\"a\":-1.50e+3,\"b\":true,\"c\":null,\"d\":false}",
	      "\"a\"=-1.50e+3;\"b\"=true;\"c\"=null;\"d\"=false;");
	walks("{\"a\":\"\",\"b\":\"x\"}", "\"a\"=\"\";\"b\"=\"x\";");
	walks("{\"a\":[],\"b\":{},\"c\":0}", "\"a\"=[];\"b\"={};\"c\"=0;");
	walks("{\"a\":{ \"x\" : [1, {\"y\":2}] } ,\"b\":1}",
	      "\"a\"={ \"x\" : [1, {\"y\":2}] };\"b\"=1;");
	walks("{\"a\":12\t,\"b\":12\n,\"c\":12\r,\"d\":12 }",
	      "\"a\"=12;\"b\"=12;\"c\"=12;\"d\"=12;");
}

/* Brackets, commas and quotes inside of strings mean nothing. */
static void strings_hide_what_they_hold(void **state)
{
	(void)state;
	walks("{\"a}\":\"]},\",\"b\":1}", "\"a}\"=\"]},\";\"b\"=1;");
	walks("{\"a\":[\"]\",\"\\\"]\"],\"b\":1}", "\"a\"=[\"]\",\"\\\"]\"];\"b\"=1;");
	walks("{\"a\":\"\\\"\",\"b\":\"\\\\\",\"c\":1}", "\"a\"=\"\\\"\";\"b\"=\"\\\\\";\"c\"=1;");
	walks("{\"a\":{\"k\\\"}\":\"\\\\\"},\"b\":1}", "\"a\"={\"k\\\"}\":\"\\\\\"};\"b\"=1;");
	walks("{\"a\\\",\\\"b\":1}", "\"a\\\",\\\"b\"=1;");
}

static void what_is_no_object_has_no_members(void **state)
{
	static const char *const texts[] = { "[]", "[{\"a\":1}]", "\"{}\"", "1",
		                             "-1", "true",        "null",   " [1]" };
	struct json_members members;
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		char *copy = exact(texts[i]);
		assert_false(json_members_begin(&members, copy, strlen(texts[i])));
		free(copy);
	}
	assert_false(json_members_begin(&members, "", 0));
	assert_false(json_members_begin(&members, "  ", 2));
}

/* ---- strings ---- */

static struct json_run run_of(const char *text)
{
	return (struct json_run){ text, strlen(text) };
}

static void strings_are_decoded(void **state)
{
	static const struct {
		const char *json, *text;
	} table[] = {
		{ "\"\"", "" },
		{ "\"seq\"", "seq" },
		{ "\"我们\"", "我们" },
		{ "\"a\\\"\\\\\\/b\"", "a\"\\/b" },
		{ "\"\\b\\f\\n\\r\\t\"", "\b\f\n\r\t" },
		{ "\"\\u0041\\u00e4\\u6211\"", "Aä我" },
		{ "\"\\ud83d\\ude00\"", "😀" },
	};
	char room[64];
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		memset(room, '#', sizeof room);
		assert_int_equal(json_run_string(run_of(table[i].json), room, sizeof room),
		                 strlen(table[i].text));
		assert_string_equal(room, table[i].text);
	}
}

static void a_string_needs_its_room(void **state)
{
	static const char *const texts[] = { "\"1234567\"", "\"123456\\n\"", "\"\\u0031234567\"" };
	char room[9];
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		memset(room, '#', sizeof room);
		assert_int_equal(json_run_string(run_of(texts[i]), room, 8), 7);
		assert_int_equal(room[7], '\0');
		assert_int_equal(room[8], '#');
		assert_int_equal(json_run_string(run_of(texts[i]), room, 7), -1);
		assert_int_equal(json_run_string(run_of(texts[i]), room, 1), -1);
		assert_int_equal(json_run_string(run_of(texts[i]), room, 0), -1);
	}
	assert_int_equal(json_run_string(run_of("\"\""), room, 1), 0);
	assert_int_equal(json_run_string(run_of("\"\""), room, 0), -1);
}

/* Six characters may make one byte, no more than that. */
static void escapes_may_make_a_long_text_short(void **state)
{
	char json[6 * 64 + 3] = "\"", room[65], expected[65];
	(void)state;
	for (int i = 0; i < 64; i++)
		strcat(json, "\\u0041");
	strcat(json, "\"");
	memset(expected, 'A', 64);
	expected[64] = '\0';
	assert_int_equal(json_run_string(run_of(json), room, 65), 64);
	assert_string_equal(room, expected);
	assert_int_equal(json_run_string(run_of(json), room, 64), -1);
	assert_int_equal(json_run_string(run_of(json), room, 63), -1);
}

static void what_is_no_string_is_not_decoded(void **state)
{
	static const char *const texts[] = { "1", "true", "null", "{}", "[\"a\"]" };
	char room[8];
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		assert_int_equal(json_run_string(run_of(texts[i]), room, sizeof room), -1);
		assert_false(json_run_is(run_of(texts[i]), texts[i]));
	}
	assert_int_equal(json_run_string((struct json_run){ 0 }, room, sizeof room), -1);
}

static void a_name_is_told_however_it_is_written(void **state)
{
	char longer[71];
	(void)state;
	assert_true(json_run_is(run_of("\"action\""), "action"));
	assert_true(json_run_is(run_of("\"\\u0061ction\""), "action"));
	assert_true(
		json_run_is(run_of("\"\\u0061\\u0063\\u0074\\u0069\\u006f\\u006e\""), "action"));
	assert_false(json_run_is(run_of("\"Action\""), "action"));
	assert_false(json_run_is(run_of("\"actions\""), "action"));
	assert_false(json_run_is(run_of("\"actio\""), "action"));
	assert_false(json_run_is(run_of("\"\""), "action"));
	assert_false(json_run_is((struct json_run){ 0 }, "action"));
	memset(longer, 'a', sizeof longer);
	longer[0] = longer[69] = '"';
	longer[70] = '\0';
	assert_false(json_run_is(run_of(longer), "a"));
}

/* ---- numbers ---- */

static void whole_numbers_are_read(void **state)
{
	static const struct {
		const char *json;
		uint32_t value;
	} table[] = {
		{ "0", 0 },
		{ "-0", 0 },
		{ "7", 7 },
		{ "7.0", 7 },
		{ "7e0", 7 },
		{ "70E-1", 7 },
		{ "0.7e1", 7 },
		{ "4294967295", 4294967295 },
		{ "4294967295.000", 4294967295 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		uint32_t value = 99;
		if (!json_run_whole(run_of(table[i].json), 0, UINT32_MAX, &value))
			fail_msg("%s was refused", table[i].json);
		assert_int_equal(value, table[i].value);
	}
}

static void what_is_no_whole_number_is_told(void **state)
{
	static const char *const texts[] = {
		"-1",   "0.5",   "7.5",    "1e-1",        "4294967296", "4294967295.5",
		"1e10", "1e300", "\"7\"",  "true",        "null",       "{}",
		"[7]",  "\"\"",  "-1e300", "-4294967295", "false",
	};
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		uint32_t value = 99;
		if (json_run_whole(run_of(texts[i]), 0, UINT32_MAX, &value))
			fail_msg("%s was taken for %u", texts[i], value);
		assert_int_equal(value, 99); /* left alone */
	}
	uint32_t value;
	assert_false(json_run_whole((struct json_run){ 0 }, 0, UINT32_MAX, &value));
}

static void both_ends_of_a_range_belong_to_it(void **state)
{
	uint32_t value;
	(void)state;
	assert_false(json_run_whole(run_of("9"), 10, 20, &value));
	assert_true(json_run_whole(run_of("10"), 10, 20, &value));
	assert_int_equal(value, 10);
	assert_true(json_run_whole(run_of("20"), 10, 20, &value));
	assert_int_equal(value, 20);
	assert_false(json_run_whole(run_of("21"), 10, 20, &value));
}

/* A number ends where its run ends, whatever stands behind it. */
static void a_run_ends_where_it_ends(void **state)
{
	uint32_t value;
	char room[8];
	(void)state;
	assert_true(json_run_whole((struct json_run){ "1234", 2 }, 0, 100, &value));
	assert_int_equal(value, 12);
	assert_int_equal(json_run_string((struct json_run){ "\"ab\"cd\"", 4 }, room, sizeof room),
	                 2);
	assert_string_equal(room, "ab");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_come_in_their_order),
		cmocka_unit_test(a_value_is_what_was_written),
		cmocka_unit_test(strings_hide_what_they_hold),
		cmocka_unit_test(what_is_no_object_has_no_members),
		cmocka_unit_test(strings_are_decoded),
		cmocka_unit_test(a_string_needs_its_room),
		cmocka_unit_test(escapes_may_make_a_long_text_short),
		cmocka_unit_test(what_is_no_string_is_not_decoded),
		cmocka_unit_test(a_name_is_told_however_it_is_written),
		cmocka_unit_test(whole_numbers_are_read),
		cmocka_unit_test(what_is_no_whole_number_is_told),
		cmocka_unit_test(both_ends_of_a_range_belong_to_it),
		cmocka_unit_test(a_run_ends_where_it_ends),
	};
	return cmocka_run_group_tests_name("json_members", tests, NULL, NULL);
}
