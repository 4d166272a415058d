/* The payloads of the plugins friend and profile (plugins/common): what is refused, in which words.
 * Tried with friend.add and friend.list; the list of keys is all that differs between actions. */
#include "people.h"

static int setup(void **state)
{
	static struct people people;
	people_open(&people, "friend", NULL);
	*state = &people;
	return 0;
}

static int teardown(void **state)
{
	people_close(*state);
	return 0;
}

/* A payload that is refused, and the whole sentence; ' stands for " in both. */
struct refusal {
	const char *action;
	const char *payload;
	const char *sentence;
};

static void check_refusal(struct people *people, const struct refusal *row, act_bytes payload)
{
	const struct fake_answer *answer =
		fake_call_bytes(people->host, row->action, 1, "alice", ACT_HOW_BINARY, payload);
	assert_int_equal(answer->rc, ACT_OK);
	assert_int_equal(answer->status, ACT_S_PAYLOAD_REFUSED);
	assert_string_equal(answer->body, people_json(row->sentence));
	assert_int_equal(act_utf8_span(answer->body, answer->len), answer->len);
	assert_int_equal(fake_count(people->host, FAKE_PUSH), 0);
}

static void check_refusals(struct people *people, const struct refusal *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		print_message("%s %s\n", rows[i].action, rows[i].payload);
		check_refusal(people, &rows[i], act_str(people_json(rows[i].payload)));
	}
}
#define CHECK_REFUSALS(people, rows) check_refusals(people, rows, sizeof(rows) / sizeof((rows)[0]))

#define BAD "the payload cannot be read as a JSON object: "

static void what_is_no_json_is_refused(void **state)
{
	static const struct refusal rows[] = {
		{ "add", "我们都好",
		  BAD "expected an object, that is '{', found '我' at byte 0 of 12" },
		{ "add", " [1]", BAD "expected an object, that is '{', found '[' at byte 1 of 4" },
		{ "add", " ", BAD "expected an object, that is '{', found the end at byte 1 of 1" },
		{ "add", "{", BAD "expected a key in quotes, found the end at byte 1 of 1" },
		{ "add", "{user", BAD "expected a key in quotes, found 'u' at byte 1 of 5" },
		{ "add", "{'a'1}", BAD "expected ':', found '1' at byte 4 of 6" },
		{ "add", "{'a':}", BAD "expected a value, found '}' at byte 5 of 6" },
		{ "add", "{'a':1", BAD "expected ',' or '}', found the end at byte 6 of 6" },
		{ "add", "{'a':1,}", BAD "expected a key in quotes, found '}' at byte 7 of 8" },
		{ "add", "{'a':[1;]}", BAD "expected ',' or ']', found ';' at byte 7 of 10" },
		{ "add", "{'a':[1,]}", BAD "expected a value, found ']' at byte 8 of 10" },
		{ "add", "{} x", BAD "expected the end, found 'x' at byte 3 of 4" },
		{ "add", "{}{}", BAD "expected the end, found '{' at byte 2 of 4" },
		{ "add", "{'a':nul}", BAD "expected a value, found 'n' at byte 5 of 9" },
		{ "add", "{'a':True}", BAD "expected a value, found 'T' at byte 5 of 10" },
		{ "add", "\xEF\xBB\xBF{}",
		  BAD "expected an object, that is '{', found '\xEF\xBB\xBF' at byte 0 of 5" },
	};
	/* In these sentences ' is itself: the payload's quotes are all that is turned. */
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct fake_answer *answer =
			people_call(*state, "alice", rows[i].action, rows[i].payload);
		assert_int_equal(answer->status, ACT_S_PAYLOAD_REFUSED);
		assert_string_equal(answer->body, rows[i].sentence);
	}
}

static void numbers_are_as_the_standard_has_them(void **state)
{
	static const char *const bad[] = { "01",  "-",   "1.",  ".5",   "+1",  "1e",
		                           "1e+", "0x1", "--1", "1.e1", "NaN", "-Infinity" };
	static const char *const good[] = { "0",   "-0",    "1.5",  "-1.5e+3",
		                            "1E2", "1e400", "1e-9", "12345678901234567890" };
	char payload[128];
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(payload, sizeof payload, "{'user':%s}", bad[i]);
		const struct fake_answer *answer = people_call(*state, "alice", "add", payload);
		assert_int_equal(answer->status, ACT_S_PAYLOAD_REFUSED);
		assert_non_null(strstr(answer->body, "cannot be read as a JSON object"));
	}
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		snprintf(payload, sizeof payload, "{'user':%s}", good[i]);
		const struct fake_answer *answer = people_call(*state, "alice", "add", payload);
		assert_int_equal(answer->status, ACT_S_PAYLOAD_REFUSED);
		assert_non_null(strstr(answer->body, "expected a string of 1 to 255 bytes, found"));
		assert_non_null(strstr(answer->body, good[i]));
	}
}

static void strings_are_as_the_standard_has_them(void **state)
{
	static const struct {
		const char *payload;
		const char *part;
	} rows[] = {
		{ "{\"user\":\"bob", "that ends the string, found the end at byte 12 of 12" },
		{ "{\"user\":\"a\tb\"}", "expected an escape for a control character, such as \\n, "
		                         "found U+0009 at byte 10" },
		{ "{\"user\":\"\\x\"}", "after a backslash, found 'x' at byte 10" },
		{ "{\"user\":\"\\u12\"}", "expected \\u and four hexadecimal digits" },
		{ "{\"user\":\"\\u00g0\"}", "expected \\u and four hexadecimal digits" },
		{ "{\"user\":\"bob\\u0000\"}",
		  "expected a character other than U+0000, found '\\u0000' at byte 12 of 20" },
		{ "{\"us\\u0000er\":\"bob\"}", "expected a character other than U+0000" },
		{ "{\"user\":\"\\ud83d\"}",
		  "expected both halves of a surrogate pair, found '\\ud83d' at byte 9" },
		{ "{\"user\":\"\\ud83dxxxxxx\"}", "expected both halves of a surrogate pair" },
		{ "{\"user\":\"\\ud83d\\u0041\"}", "expected both halves of a surrogate pair" },
		{ "{\"user\":\"\\ude00\"}",
		  "the first half of a surrogate pair before the second" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct fake_answer *answer = fake_call(((struct people *)*state)->host, "add",
		                                             1, "alice", rows[i].payload);
		assert_int_equal(answer->status, ACT_S_PAYLOAD_REFUSED);
		if (strstr(answer->body, rows[i].part) == NULL)
			fail_msg("%s: %s", rows[i].payload, answer->body);
	}
}

static void what_is_not_utf8_is_refused(void **state)
{
	static const char bytes[] = "{\"user\":\"b\xC3\"}";
	static const struct refusal row = {
		"add", "",
		"the payload is not UTF-8: expected a whole character, found 0xC3 at byte 10 of 13"
	};
	static const char nul[] = "{\"user\":\"b\0\"}";
	static const struct refusal nul_row = {
		"add", "",
		BAD "expected an escape for a control character, such as \\n, found U+0000 at byte "
		    "10 of 13"
	};
	check_refusal(*state, &row, act_mem(bytes, sizeof bytes - 1));
	check_refusal(*state, &nul_row, act_mem(nul, sizeof nul - 1));
}

static void keys_are_checked(void **state)
{
	static const struct refusal rows[] = {
		{ "add", "{}",
		  "'user': expected a string of 1 to 255 bytes, found nothing: the key is "
		  "missing" },
		{ "add", "",
		  "'user': expected a string of 1 to 255 bytes, found nothing: the key is "
		  "missing" },
		{ "add", "{'user':'bob','nota':'hi'}",
		  "unknown key 'nota' at byte 15: expected 'user' or 'note'" },
		{ "add", "{'User':'bob'}",
		  "unknown key 'User' at byte 2: expected 'user' or 'note'" },
		{ "add", "{'user':'bob','user':'eve'}",
		  "the key 'user' is there twice: expected it once, found it at byte 2 and at byte "
		  "15" },
		{ "add", "{'user':'bob','\\u0075ser':'eve'}",
		  "the key '\\u0075ser' is there twice: expected it once, found it at byte 2 and "
		  "at "
		  "byte 15" },
		{ "list", "{'user':'bob'}",
		  "unknown key 'user' at byte 2: expected 'list', 'limit' or 'after'" },
		{ "remove", "{'':1}", "unknown key '' at byte 2: expected 'user'" },
		{ "remove", "{'0123456789012345678901234567890123456789X':1}",
		  "unknown key '0123456789012345678901234567890123456789…' at byte 2: expected "
		  "'user'" },
		{ "remove", "{'我我我我我我我我我我我我我我':1}",
		  "unknown key '我我我我我我我我我我我我我…' at byte 2: expected 'user'" },
	};
	CHECK_REFUSALS(*state, rows);
}

#define ID_EXPECTED "'user': expected a string of 1 to 255 bytes, found "
#define LIMIT_EXPECTED "'limit': expected a whole number from 1 to 200, found "
#define LIST_EXPECTED "'list': expected 'friends' or 'blocked', found "
static void types_and_ranges_are_checked(void **state)
{
	static const struct refusal rows[] = {
		{ "add", "{'user':7}", ID_EXPECTED "7 at byte 8" },
		{ "add", "{ 'user' : true }", ID_EXPECTED "true at byte 11" },
		{ "add", "{'user':null}", ID_EXPECTED "null at byte 8" },
		{ "add", "{'user':['bob']}", ID_EXPECTED "an array at byte 8" },
		{ "add", "{'user':{'id':'bob'}}", ID_EXPECTED "an object at byte 8" },
		{ "add", "{'user':''}", ID_EXPECTED "one of 0 at byte 8" },
		{ "add", "{'user':'bob','note':7}",
		  "'note': expected a string of 0 to 300 characters, found 7 at byte 21" },
		{ "add", "{'user':'bob','note':'a\\u0007'}",
		  "'note': expected a string of 0 to 300 characters, found one with the control "
		  "character "
		  "U+0007 at byte 21" },
		{ "add", "{'user':'bob','note':'\\u0085'}",
		  "'note': expected a string of 0 to 300 characters, found one with the control "
		  "character "
		  "U+0085 at byte 21" },
		{ "answer", "{'user':'bob','accept':'yes'}",
		  "'accept': expected true or false, found a string at byte 23" },
		{ "answer", "{'user':'bob','accept':1}",
		  "'accept': expected true or false, found 1 at byte 23" },
		{ "answer", "{'user':'bob'}",
		  "'accept': expected true or false, found nothing: the key is missing" },
		{ "list", "{'limit':0}", LIMIT_EXPECTED "0 at byte 9" },
		{ "list", "{'limit':201}", LIMIT_EXPECTED "201 at byte 9" },
		{ "list", "{'limit':-1}", LIMIT_EXPECTED "-1 at byte 9" },
		{ "list", "{'limit':1.5}", LIMIT_EXPECTED "1.5 at byte 9" },
		{ "list", "{'limit':1e400}", LIMIT_EXPECTED "1e400 at byte 9" },
		{ "list", "{'limit':99999999999999999999}",
		  LIMIT_EXPECTED "99999999999999999999 at byte 9" },
		{ "list", "{'limit':'10'}", LIMIT_EXPECTED "a string at byte 9" },
		{ "list", "{'list':'foes'}", LIST_EXPECTED "'foes' at byte 8" },
		{ "list", "{'list':1}", LIST_EXPECTED "1 at byte 8" },
		{ "list", "{'after':''}",
		  "'after': expected a string of 1 to 255 bytes, found one of 0 at byte 9" },
	};
	CHECK_REFUSALS(*state, rows);
}

/* `count` times `piece`, between two texts. */
static const char *repeat(const char *before, const char *piece, size_t count, const char *after)
{
	static char text[8192];
	size_t used = (size_t)snprintf(text, sizeof text, "%s", before);
	for (size_t i = 0; i < count && used < sizeof text; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "%s", piece);
	used += (size_t)snprintf(text + used, sizeof text - used, "%s", after);
	assert_true(used < sizeof text);
	return text;
}

static void check_length(struct people *people, const char *payload, const char *refused)
{
	const struct fake_answer *answer = people_call(people, "alice", "add", payload);
	if (refused == NULL) {
		assert_int_not_equal(answer->status, ACT_S_PAYLOAD_REFUSED);
		return;
	}
	assert_int_equal(answer->status, ACT_S_PAYLOAD_REFUSED);
	if (strstr(answer->body, refused) == NULL)
		fail_msg("expected %s, found %s", refused, answer->body);
}

static void lengths_are_checked(void **state)
{
	check_length(*state, repeat("{'user':'", "x", 255, "'}"), NULL);
	check_length(*state, repeat("{'user':'", "x", 256, "'}"), "found one of 256 at byte 8");
	check_length(*state, repeat("{'user':'", "我", 85, "'}"), NULL);
	check_length(*state, repeat("{'user':'", "我", 86, "'}"), "found one of 258 at byte 8");
	check_length(*state, repeat("{'user':'bob','note':'", "我", 300, "'}"), NULL);
	check_length(*state, repeat("{'user':'bob','note':'", "我", 301, "'}"),
	             "found one of 301 at byte 21");
	check_length(*state, repeat("{'user':'bob','note':'", "\\ud83d\\ude00", 300, "'}"), NULL);
	check_length(*state, repeat("{'user':", "[", 15, "}"), "expected a value, found '}'");
	check_length(*state, repeat("{'user':", "[", 16, "}"),
	             "expected at most 16 levels of nesting, found '[' at byte 23");
	check_length(*state, repeat("{'a':1", ",'a':1", 16, "}"),
	             "expected at most 16 keys, found '\"' at byte 97");
	check_length(*state, repeat("{'user':", "1", 60, "}"), "bytes, found 1111");
	check_length(*state, repeat("{'user':", "1", 61, "}"),
	             "expected a number of at most 60 characters, found '1111");
}

static void white_space_and_escapes_are_taken(void **state)
{
	static const struct people_step steps[] = {
		{ "alice", "add",
		  " {\r\n\t'user' : 'c\\u0061rol' , 'note' : '\\ud83d\\ude00\\/' } ", 0,
		  "{'state':'requested'}", "requested to carol: {'user':'alice','note':'😀/'}" },
		{ "alice", "list", "{'limit':2e2}", 0, "{'friends':[]}", NULL },
		{ "alice", "list", "{'limit':1.0}", 0, "{'friends':[]}", NULL },
		{ "alice", "list", "", 0, "{'friends':[]}", NULL },
	};
	PEOPLE_RUN(*state, steps);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(what_is_no_json_is_refused),
		TEST(numbers_are_as_the_standard_has_them),
		TEST(strings_are_as_the_standard_has_them),
		TEST(what_is_not_utf8_is_refused),
		TEST(keys_are_checked),
		TEST(types_and_ranges_are_checked),
		TEST(lengths_are_checked),
		TEST(white_space_and_escapes_are_taken),
	};
	return cmocka_run_group_tests_name("friend payload", tests, setup, teardown);
}
