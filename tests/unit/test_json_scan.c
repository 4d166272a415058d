#include "base/json_scan.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* In memory of exactly that size, so that a look beyond the end is seen by the sanitizer. */
static int scan_exact(const char *text, size_t len, struct json_places *places,
                      struct json_fault *fault)
{
	char *copy = malloc(len == 0 ? 1 : len);
	int rc;
	assert_non_null(copy);
	memcpy(copy, text, len);
	rc = json_scan(copy, len, places, fault);
	free(copy);
	return rc;
}

static size_t count_items(const cJSON *item)
{
	size_t count = 1;
	for (const cJSON *child = item->child; child != NULL; child = child->next)
		count += count_items(child);
	return count;
}

/* Good texts: cJSON must take them too, and find as many values. */
static void good_texts(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		" \t\r\n{ } ",
		"null",
		"true",
		"false",
		"0",
		"-0",
		"-1.5e+10",
		"1E5",
		"0.5",
		"\"\"",
		"\"a\"",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\uABcd\"",
		"\"\\uD83D\\uDE00\"",
		"\"好\"",
		"[1,[2,[3]],{\"a\":{\"b\":[4]}}]",
		"{\"a\":1,\"a\":2}",
		"123456789012345678901234567890123456789012345678901234567890",
	};
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct json_places places;
		struct json_fault fault;
		cJSON *tree = cJSON_Parse(texts[i]);
		assert_non_null(tree);
		if (scan_exact(texts[i], strlen(texts[i]), &places, &fault) != 0)
			fail_msg("%s: %s", texts[i], fault.text);
		assert_int_equal(places.count, count_items(tree));
		json_places_free(&places);
		cJSON_Delete(tree);
	}
}

static const struct {
	const char *text;
	size_t offset;
	const char *fault;
} bad[] = {
	{ "", 0, "expected a value, found the end of the text" },
	{ "  ", 2, "expected a value, found the end of the text" },
	{ "{", 1, "expected a key in double quotes or '}', found the end of the text" },
	{ "{a:1}", 1, "expected a key in double quotes or '}', found 'a'" },
	{ "{key:1}", 1, "expected a key in double quotes or '}', found the word key" },
	{ "{'a':1}", 1, "expected a key in double quotes or '}', found '''" },
	{ "{\"a\" 1}", 5, "expected ':' behind the key, found '1'" },
	{ "{\"a\":}", 5, "expected a value, found '}'" },
	{ "{\"a\":1,}", 7, "expected a key in double quotes behind the comma, found '}'" },
	{ "{\"a\":1 \"b\":2}", 7, "expected ',' or '}', found '\"'" },
	{ "{\"a\":1]", 6, "expected ',' or '}', found ']'" },
	{ "[1,]", 3, "expected a value behind the comma, found ']'" },
	{ "[1 2]", 3, "expected ',' or ']', found '2'" },
	{ "[", 1, "expected a value, found the end of the text" },
	{ "[,1]", 1, "expected a value, found ','" },
	{ "{} x", 3, "expected nothing behind the value, found 'x'" },
	{ "{}}", 2, "expected nothing behind the value, found '}'" },
	{ "tru", 0, "expected a value, found the word tru" },
	{ "True", 0, "expected a value, found the word True" },
	{ "truex", 4, "expected nothing behind the value, found 'x'" },
	{ "NaN", 0, "expected a value, found the word NaN" },
	{ "+1", 0, "expected a value, found '+'" },
	{ ".5", 0, "expected a value, found '.'" },
	{ "01", 0, "expected a number without leading zeros, found one" },
	{ "-", 1, "expected a digit, found the end of the text" },
	{ "1.", 2, "expected a digit, found the end of the text" },
	{ "1e", 2, "expected a digit, found the end of the text" },
	{ "1e+x", 3, "expected a digit, found 'x'" },
	{ "0x10", 1, "expected nothing behind the value, found 'x'" },
	{ "1e999", 0, "expected a number that fits a double, found a larger one" },
	{ "1234567890123456789012345678901234567890123456789012345678901", 0,
	  "expected a number of at most 60 characters, found a longer one" },
	{ "\"a", 0, "expected a string that ends on its line, found no closing quote" },
	{ "\"a\nb\"", 0, "expected a string that ends on its line, found no closing quote" },
	{ "\"a\tb\"", 2,
	  "expected control characters in a string as \\uXXXX, found the byte 0x09" },
	{ "\"\\x\"", 2, "expected one of \" \\ / b f n r t u behind a backslash, found 'x'" },
	{ "\"\\", 2,
	  "expected one of \" \\ / b f n r t u behind a backslash, found the end of the text" },
	{ "\"\\u12G4\"", 5, "expected four hex digits behind \\u, found 'G'" },
	{ "\"\\u12", 5, "expected four hex digits behind \\u, found the end of the text" },
	{ "\"a\\u0000\"", 2, "expected a string without NUL, found \\u0000" },
	{ "\"\\uD83D\"", 1, "expected two \\u escapes that make one character, found half of it" },
	{ "\"\\uD83D\\u0041\"", 1,
	  "expected two \\u escapes that make one character, found half of it" },
	{ "\"\\uDE00\"", 1, "expected two \\u escapes that make one character, found half of it" },
	{ "\"\\uD83D\\u", 9, "expected four hex digits behind \\u, found the end of the text" },
	{ "[\"\xC3\"]", 2, "expected UTF-8, found the byte 0xC3" },
	{ "[\"\xED\xA0\x80\"]", 2, "expected UTF-8, found the byte 0xED" },
	{ "好", 0, "expected a value, found '好'" },
	{ "\x01", 0, "expected a value, found the byte 0x01" },
	{ "{\f}", 1, "expected a key in double quotes or '}', found the byte 0x0C" },
};

static void bad_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct json_places places;
		struct json_fault fault;
		if (scan_exact(bad[i].text, strlen(bad[i].text), &places, &fault) == 0)
			fail_msg("%s was taken; expected: %s", bad[i].text, bad[i].fault);
		assert_string_equal(fault.text, bad[i].fault);
		assert_int_equal(fault.offset, bad[i].offset);
		assert_null(places.offset);
	}
}

static void a_nul_byte_is_no_end(void **state)
{
	struct json_fault fault;
	(void)state;
	assert_int_equal(scan_exact("{}\0", 3, NULL, &fault), -1);
	assert_string_equal(fault.text, "expected nothing behind the value, found the byte 0x00");
	assert_int_equal(scan_exact("\"a\0b\"", 5, NULL, &fault), -1);
	assert_string_equal(fault.text,
	                    "expected control characters in a string as \\uXXXX, found the byte "
	                    "0x00");
	assert_int_equal(scan_exact("\"\\\0\"", 4, NULL, &fault), -1);
	assert_string_equal(fault.text, "expected one of \" \\ / b f n r t u behind a backslash, "
	                                "found the byte 0x00");
}

static void nesting_has_a_bound(void **state)
{
	char text[2 * (JSON_SCAN_DEPTH_MAX + 1)];
	size_t deepest = JSON_SCAN_DEPTH_MAX;
	struct json_fault fault;
	(void)state;
	memset(text, '[', deepest + 1);
	memset(text + deepest + 1, ']', deepest + 1);
	assert_int_equal(scan_exact(text + 1, 2 * deepest, NULL, &fault), 0);
	assert_int_equal(scan_exact(text, 2 * (deepest + 1), NULL, &fault), -1);
	assert_int_equal(fault.offset, deepest);
	assert_string_equal(fault.text, "expected at most 64 levels of nesting, found one more");
}

static void places_are_in_the_order_of_the_tree(void **state)
{
	static const char text[] = " {\"a\": [10, {\"b\": null}], \"c\" : \"x\"}";
	/* the object, a, 10, the inner object, b, c */
	static const size_t expected[] = { 1, 2, 8, 12, 13, 26 };
	struct json_places places;
	struct json_fault fault;
	(void)state;
	assert_int_equal(scan_exact(text, sizeof text - 1, &places, &fault), 0);
	assert_int_equal(places.count, 6);
	assert_memory_equal(places.offset, expected, sizeof expected);
	json_places_free(&places);
	assert_null(places.offset);
}

static void many_places(void **state)
{
	enum { COUNT = 5000 };
	char *text = malloc(2 * COUNT + 1);
	struct json_places places;
	struct json_fault fault;
	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < COUNT; i++)
		memcpy(text + 2 * i, i == 0 ? "[0" : ",0", 2);
	text[2 * COUNT] = ']';
	assert_int_equal(scan_exact(text, 2 * COUNT + 1, &places, &fault), 0);
	assert_int_equal(places.count, COUNT + 1);
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(places.offset[i + 1], 2 * i + 1);
	json_places_free(&places);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_texts),
		cmocka_unit_test(bad_texts),
		cmocka_unit_test(a_nul_byte_is_no_end),
		cmocka_unit_test(nesting_has_a_bound),
		cmocka_unit_test(places_are_in_the_order_of_the_tree),
		cmocka_unit_test(many_places),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
