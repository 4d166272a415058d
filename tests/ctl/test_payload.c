/* How payloads are shown to people and to programs, and what does nothing to a terminal. */
#include "payload.h"
#include "say.h"

#include <act/easy.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(text) ((act_bytes){ (text), sizeof(text) - 1 })

static void text_or_not(void **state)
{
	(void)state;
	assert_true(payload_is_text(BYTES("")));
	assert_true(payload_is_text(BYTES("plain\tand\r\nlines")));
	assert_true(payload_is_text(BYTES("\xe6\x88\x91\xe4\xbb\xac")));
	assert_false(payload_is_text(BYTES("\xff")));
	assert_false(payload_is_text(BYTES("cut \xe6\x88")));
	assert_false(payload_is_text(BYTES("a\0b")));
	assert_false(payload_is_text(BYTES("\x1b[31m")));
	assert_false(payload_is_text(BYTES("\x7f")));
	assert_false(payload_is_text(BYTES("\xc2\x9b"
	                                   "31m")));
	assert_true(payload_is_text(BYTES("\xc2\xa0")));
}

/* What a function writes; the caller frees it. */
static char *written(void (*print)(FILE *to, act_bytes payload), act_bytes payload)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	assert_non_null(to);
	print(to, payload);
	assert_int_equal(fclose(to), 0);
	return text;
}

static void prints(void (*print)(FILE *to, act_bytes payload), act_bytes payload,
                   const char *expected)
{
	char *text = written(print, payload);
	assert_string_equal(text, expected);
	free(text);
}

static void for_people(void **state)
{
	(void)state;
	prints(payload_print, BYTES(""), "");
	prints(payload_print, BYTES("x"), "x\n");
	prints(payload_print, BYTES("x\n"), "x\n");
	prints(payload_print, BYTES("\0A"),
	       "00000000  00 41                                             |.A|\n");
	prints(payload_print, BYTES("\x80 23456789abcdefG"),
	       "00000000  80 20 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |. 23456789abcdef|\n"
	       "00000010  47                                                |G|\n");
	prints(payload_print_line, BYTES("a\nb\r\n"), "a\\nb\\r\\n");
	prints(payload_print_line, BYTES("\0\xff"), "hex 00ff");
}

static void cut(FILE *to, act_bytes payload)
{
	payload_dump(to, "> ", payload, 16);
}

static void a_dump_that_is_cut(void **state)
{
	(void)state;
	prints(cut, BYTES("0123456789abcdefXYZ"),
	       "> 00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  "
	       "|0123456789abcdef|\n> … and 3 bytes more\n");
}

static void adds(act_bytes payload, const char *expected)
{
	cJSON *object = cJSON_CreateObject();
	payload_add(object, payload);
	char *text = cJSON_PrintUnformatted(object);
	assert_string_equal(text, expected);
	cJSON_free(text);
	cJSON_Delete(object);
}

static void for_programs(void **state)
{
	(void)state;
	adds(BYTES("{ \"a\" : [ 1.50, 12345678901234567890 ] }"),
	     "{\"data\":{\"a\":[1.50,12345678901234567890]}}");
	adds(BYTES("\"a  // b\""), "{\"data\":\"a  // b\"}");
	adds(BYTES("{\"a\":1} x"), "{\"text\":\"{\\\"a\\\":1} x\"}");
	adds(BYTES("{\"a\":1} // x"), "{\"text\":\"{\\\"a\\\":1} // x\"}");
	adds(BYTES(""), "{\"text\":\"\"}");
	adds(BYTES("\0\xff"), "{\"hex\":\"00ff\"}");
}

static void what_others_wrote(void **state)
{
	char text[] = "a\x1b[31m\x07\x7f\n\xc2\x9b.\xc3\xa4";
	char end[] = "\xc2";
	(void)state;
	say_clean(text);
	assert_string_equal(text, "a?[31m?????.\xc3\xa4");
	say_clean(end);
	assert_string_equal(end, "\xc2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_or_not),        cmocka_unit_test(for_people),
		cmocka_unit_test(a_dump_that_is_cut), cmocka_unit_test(for_programs),
		cmocka_unit_test(what_others_wrote),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
