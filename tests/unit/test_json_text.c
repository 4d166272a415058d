#include "base/json_text.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

/* ---- comments ------------------------------------------------------------------------------ */

/* In memory of exactly that size, so that a look beyond the end is seen by the sanitizer. */
static void expect_blanked(const char *text, const char *expected)
{
	size_t len = strlen(text);
	char *copy = malloc(len == 0 ? 1 : len);
	struct json_fault fault;
	assert_non_null(copy);
	memcpy(copy, text, len);
	assert_int_equal(json_text_blank(copy, len, &fault), 0);
	assert_int_equal(strlen(expected), len);
	assert_memory_equal(copy, expected, len);
	free(copy);
}

static void comments_become_spaces(void **state)
{
	(void)state;
	expect_blanked("", "");
	expect_blanked("{}", "{}");
	expect_blanked("{} // end", "{}       ");
	expect_blanked("{/* a */}", "{       }");
	expect_blanked("{/**/}", "{    }");
	expect_blanked("{/***/}", "{     }");
	expect_blanked("/* // */1", "        1");
	expect_blanked("// /* \n1", "      \n1");
	expect_blanked("1 // a // b", "1          ");
	expect_blanked("[1/*a*/,/*b*/2]", "[1     ,     2]");
	expect_blanked("/*\"*/1/*\"*/", "     1     ");
}

static void line_ends_stay(void **state)
{
	(void)state;
	expect_blanked("// a\r\n1", "    \r\n1");
	expect_blanked("/* a\n\r\n b */1", "    \n\r\n     1");
}

static void characters_of_several_bytes_become_several_spaces(void **state)
{
	(void)state;
	expect_blanked("/*好*/1", "       1");
}

static void strings_are_left_alone(void **state)
{
	(void)state;
	expect_blanked("\"//\"", "\"//\"");
	expect_blanked("\"/* a */\"", "\"/* a */\"");
	expect_blanked("\"\\\"//\"", "\"\\\"//\"");
	expect_blanked("\"\\\\\"//", "\"\\\\\"  ");
	expect_blanked("\"http://a\" // b", "\"http://a\"     ");
}

static void halves_of_comments_are_no_comments(void **state)
{
	(void)state;
	expect_blanked("/", "/");
	expect_blanked("1 / 2", "1 / 2");
	expect_blanked("*/ 1", "*/ 1");
	expect_blanked("\"", "\"");
	expect_blanked("\"\\", "\"\\");
}

/* Otherwise one missing quote would turn every later comment into text. */
static void a_string_that_is_not_ended_ends_with_its_line(void **state)
{
	(void)state;
	expect_blanked("\"a\n// b", "\"a\n    ");
}

static void a_byte_order_mark_becomes_spaces(void **state)
{
	(void)state;
	expect_blanked("\xEF\xBB\xBF{}", "   {}");
	expect_blanked("\xEF\xBB", "\xEF\xBB");
}

static void a_comment_without_end_is_told(void **state)
{
	static const char *const texts[] = { "{ /* a", "{ /*", "{ /*/", "{ /* *\n" };
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		size_t len = strlen(texts[i]);
		char *copy = malloc(len);
		struct json_fault fault;
		assert_non_null(copy);
		memcpy(copy, texts[i], len);
		assert_int_equal(json_text_blank(copy, len, &fault), -1);
		assert_int_equal(fault.offset, 2);
		assert_string_equal(fault.text,
		                    "expected */ behind this comment, found the end of the text");
		free(copy);
	}
}

/* ---- positions ----------------------------------------------------------------------------- */

static void expect_position(const char *text, size_t offset, int line, int column)
{
	int found_line, found_column;
	json_text_position(text, strlen(text), offset, &found_line, &found_column);
	assert_int_equal(found_line, line);
	assert_int_equal(found_column, column);
}

static void positions_count_lines_and_bytes(void **state)
{
	(void)state;
	expect_position("", 0, 1, 1);
	expect_position("abc", 2, 1, 3);
	expect_position("abc", 3, 1, 4);
	expect_position("a\nb\nc", 4, 3, 1);
	expect_position("a\n", 1, 1, 2);
	expect_position("a\n", 2, 2, 1);
	expect_position("a\r\nb", 3, 2, 1);
	expect_position("好b", 3, 1, 4);
}

/* ---- escapes ------------------------------------------------------------------------------- */

/* `text` is written so, with room for just that, and not a byte more is touched. */
static void expect_escaped(const char *text, size_t len, const char *expected)
{
	char to[256];
	size_t room = strlen(expected);
	memset(to, '#', sizeof to);
	assert_int_equal(json_text_escape(to, room, text, len), room);
	assert_memory_equal(to, expected, room);
	assert_int_equal(to[room], '#');
}

static void what_must_be_escaped_is(void **state)
{
	(void)state;
	expect_escaped("", 0, "");
	expect_escaped(NULL, 0, "");
	expect_escaped("plain /text'", 12, "plain /text'");
	expect_escaped("a\"b", 3, "a\\\"b");
	expect_escaped("\\", 1, "\\\\");
	expect_escaped("\0\1\x1F ", 4, "\\u0000\\u0001\\u001f ");
	expect_escaped("\b\f\n\r\t", 5, "\\u0008\\u000c\\u000a\\u000d\\u0009");
	expect_escaped("\x7F", 1, "\x7F");
}

static void other_characters_stay_as_they_are(void **state)
{
	(void)state;
	expect_escaped("ä", 2, "ä");
	expect_escaped("我", 3, "我");
	expect_escaped("😀", 4, "😀");
	expect_escaped("\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", 16,
	               "\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
}

/* Neither a character nor an escape is cut; what follows it is not tried. */
static void it_stops_before_what_does_not_fit(void **state)
{
	static const char text[] = "aä我\1\"z";
	static const size_t written[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 6, 6, 12, 12, 14, 15, 15 };
	static const char all[] = "aä我\\u0001\\\"z";
	(void)state;
	for (size_t room = 0; room < sizeof written / sizeof written[0]; room++) {
		char to[32];
		memset(to, '#', sizeof to);
		assert_int_equal(json_text_escape(to, room, text, sizeof text - 1), written[room]);
		assert_memory_equal(to, all, written[room]);
		for (size_t i = written[room]; i < sizeof to; i++)
			assert_int_equal(to[i], '#');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comments_become_spaces),
		cmocka_unit_test(line_ends_stay),
		cmocka_unit_test(characters_of_several_bytes_become_several_spaces),
		cmocka_unit_test(strings_are_left_alone),
		cmocka_unit_test(halves_of_comments_are_no_comments),
		cmocka_unit_test(a_string_that_is_not_ended_ends_with_its_line),
		cmocka_unit_test(a_byte_order_mark_becomes_spaces),
		cmocka_unit_test(a_comment_without_end_is_told),
		cmocka_unit_test(positions_count_lines_and_bytes),
		cmocka_unit_test(what_must_be_escaped_is),
		cmocka_unit_test(other_characters_stay_as_they_are),
		cmocka_unit_test(it_stops_before_what_does_not_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
