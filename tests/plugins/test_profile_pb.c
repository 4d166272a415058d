/* The action profile.get_pb: what it takes and gives, byte for byte. (The bytes are written by hand
 * here, so that no library of the plugin's own says what is right.) */
#include "people.h"

static int setup(void **state)
{
	static struct people people;
	people_open(&people, "profile", NULL);
	*state = &people;
	return 0;
}

static int teardown(void **state)
{
	people_close(*state);
	return 0;
}

/* A literal with zeros in it, as an argument and in a table. */
#define BYTES(literal) act_mem(literal, sizeof(literal) - 1)
#define ROW(literal)                                                                               \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

/* Fields: a byte for the number and the type (2, a string), the length, the text. */
#define USER(len, text) "\x0A" len text
#define NAME(len, text) "\x12" len text
#define BIO(len, text) "\x1A" len text
#define AVATAR(len, text) "\x22" len text
#define SINCE "\x2A\x18" /* and 24 characters */
enum { SINCE_SIZE = 2 + 24 };

#define ASK_BOB USER("\x03", "bob")
#define ASK_BOB_AT_LENGTH "\x8A\x80\x00\x83\x80\x00\x62ob" /* numbers of three bytes */
#define ALICE BYTES(USER("\x05", "alice") NAME("\x05", "alice"))
#define BOB BYTES(USER("\x03", "bob") NAME("\x03", "bob"))

/* A field that no message has, in every type that there is: 3, 9, 5 and 5 bytes. */
#define UNKNOWN UNKNOWN_VARINT UNKNOWN_64 UNKNOWN_STRING UNKNOWN_32
#define UNKNOWN_VARINT "\x48\x96\x01"
#define UNKNOWN_64 "\x49........"
#define UNKNOWN_STRING "\x4A\x03..."
#define UNKNOWN_32 "\x4D...."

static const struct fake_answer *ask(struct people *people, const char *user, act_bytes payload)
{
	const struct fake_answer *answer =
		fake_call_bytes(people->host, "get_pb", 1, user, ACT_HOW_BINARY, payload);
	assert_int_equal(answer->rc, ACT_OK);
	assert_true(answer->answered);
	return answer;
}

/* The reply is `expected`, and behind it the time of the first login. */
static void check_profile(struct people *people, const char *user, act_bytes payload,
                          act_bytes expected)
{
	const struct fake_answer *answer = ask(people, user, payload);
	if (answer->status != 0)
		fail_msg("%s: %s", user, answer->body);
	assert_int_equal(answer->len, expected.len + SINCE_SIZE);
	assert_memory_equal(answer->body, expected.ptr, expected.len);
	assert_memory_equal(answer->body + expected.len, SINCE, strlen(SINCE));
	people_check_time(answer->body + expected.len + strlen(SINCE));
}

static void check_refused(struct people *people, act_bytes payload, const char *sentence)
{
	const struct fake_answer *answer = ask(people, "alice", payload);
	print_message("%zu bytes -> %u %s\n", payload.len, answer->status, answer->body);
	assert_int_equal(answer->status, ACT_S_PAYLOAD_REFUSED);
	assert_string_equal(answer->body, people_json(sentence));
}

static void gives_oneself_or_another(void **state)
{
	check_profile(*state, "alice", BYTES(""), ALICE);
	check_profile(*state, "alice", BYTES(USER("\x05", "alice")), ALICE);
	check_profile(*state, "alice", BYTES(ASK_BOB), BOB);
	check_profile(*state, "newcomer", BYTES(""),
	              BYTES(USER("\x08", "newcomer") NAME("\x08", "newcomer")));
}

static void gives_what_was_set(void **state)
{
	cJSON_Delete(people_reply(*state, "bob", "set",
	                          "{'name':'我','bio':'Tea.\\n','avatar':'http://a/b'}"));
	check_profile(*state, "alice", BYTES(ASK_BOB),
	              BYTES(USER("\x03", "bob") NAME("\x03", "我") BIO("\x05", "Tea.\n")
	                            AVATAR("\x0A", "http://a/b")));
	/* A text that is empty is there, one that was taken back is not. */
	cJSON_Delete(people_reply(*state, "bob", "set", "{'bio':'','avatar':null,'name':null}"));
	check_profile(*state, "bob", BYTES(""),
	              BYTES(USER("\x03", "bob") NAME("\x03", "bob") BIO("\x00", "")));
}

static void gives_the_longest(void **state)
{
	char payload[4096], bio[2001];
	for (size_t i = 0; i < 500; i++)
		memcpy(bio + 4 * i, "\U0001F600", 4);
	bio[2000] = '\0';
	snprintf(payload, sizeof payload, "{'bio':'%s'}", bio);
	cJSON_Delete(people_reply(*state, "bob", "set", payload));
	const struct fake_answer *answer = ask(*state, "bob", BYTES(""));
	assert_int_equal(answer->len, BOB.len + 3 + 2000 + SINCE_SIZE);
	assert_memory_equal(answer->body + BOB.len, BIO("\xD0\x0F", ""), 3);
	assert_memory_equal(answer->body + BOB.len + 3, bio, 2000);
}

static void passes_over_what_it_does_not_know(void **state)
{
	check_profile(*state, "alice", BYTES(UNKNOWN), ALICE);
	check_profile(*state, "alice", BYTES(UNKNOWN ASK_BOB UNKNOWN), BOB);
	check_profile(*state, "alice", BYTES("\xF8\xFF\xFF\xFF\x0F\x00"), ALICE);
}

static void takes_what_other_writers_may_write(void **state)
{
	check_profile(*state, "alice", BYTES(ASK_BOB_AT_LENGTH), BOB);
	/* Of a field that is there twice the last one counts. */
	check_profile(*state, "alice", BYTES(USER("\x03", "eve") ASK_BOB), BOB);
}

static void refuses_unknown_users(void **state)
{
	const struct fake_answer *answer = ask(*state, "alice", BYTES(USER("\x03", "Bob")));
	assert_int_equal(answer->status, 1001);
	assert_string_equal(answer->body,
	                    "unknown user \"Bob\": nobody of that id has logged in yet");
}

static void refuses_nobody(void **state)
{
	const struct fake_answer *answer = ask(*state, NULL, BYTES(ASK_BOB));
	assert_int_equal(answer->status, ACT_S_FORBIDDEN);
}

static void refuses_users_that_are_no_ids(void **state)
{
	char id[256 + 1], payload[3 + 256 + 1];
	memset(id, 'x', sizeof id);
	id[255] = '\0';
	people_login(*state, id);
	snprintf(payload, sizeof payload, USER("\xFF\x01", "%s"), id);
	assert_int_equal(ask(*state, "alice", act_str(payload))->status, 0);
	id[255] = 'x';
	id[256] = '\0';
	snprintf(payload, sizeof payload, USER("\x80\x02", "%s"), id);
	check_refused(*state, act_str(payload),
	              "'user': expected a string of 1 to 255 bytes, found one of 256");
	check_refused(*state, BYTES(USER("\x00", "")),
	              "'user': expected a string of 1 to 255 bytes, found one of 0");
}

static void refuses_what_cannot_be_read(void **state)
{
	static const struct {
		act_bytes payload;
		const char *expected, *found;
	} rows[] = {
		{ ROW("\x0A"), "a length", "the end at byte 1 of 1" },
		{ ROW("\x8A"), "the number and type of a field", "the end at byte 1 of 1" },
		{ ROW(USER("\x04", "bob")), "a value of 4 bytes", "3 at byte 2 of 5" },
		{ ROW(USER("\xFF\xFF\xFF\xFF\x0F", "bob")), "a value of 4294967295 bytes",
		  "3 at byte 6 of 9" },
		{ ROW(USER("\x80\x80\x80\x80\x80\x01", ".")), "a length",
		  "a number of more than 5 bytes at byte 1 of 8" },
		{ ROW("\xFF\xFF\xFF\xFF\xFF\x01"), "the number and type of a field",
		  "a number of more than 5 bytes at byte 0 of 6" },
		{ ROW("\xF8\xFF\xFF\xFF\x1F\x00"), "a field number from 1 to 536870911",
		  "1073741823 at byte 0 of 6" },
		{ ROW("\x02\x00"), "a field number from 1 to 536870911", "0 at byte 0 of 2" },
		{ ROW("\x48\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), "a number",
		  "a number of more than 10 bytes at byte 1 of 12" },
		{ ROW("\x4B\x4C"), "a field of wire type 0, 1, 2 or 5", "3 at byte 0 of 2" },
		{ ROW("\x4F"), "a field of wire type 0, 1, 2 or 5", "7 at byte 0 of 1" },
		{ ROW("{\"user\":\"bob\"}"), "a field of wire type 0, 1, 2 or 5",
		  "3 at byte 0 of 14" },
		{ ROW("\x08\x07"), "a string (wire type 2) as 'user'",
		  "wire type 0 at byte 0 of 2" },
		{ ROW(USER("\x04", "bob\xFF")), "UTF-8 in 'user'", "0xFF at byte 5 of 6" },
		{ ROW(USER("\x03", "bo\xE6\x88\x91")), "UTF-8 in 'user'", "0xE6 at byte 4 of 7" },
		{ ROW(USER("\x05", "bob\0x")), "a character other than U+0000 in 'user'",
		  "it at byte 5 of 7" },
	};
	char sentence[512];
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		snprintf(sentence, sizeof sentence,
		         "the payload cannot be read as a message GetProfile: "
		         "expected %s, found %s",
		         rows[i].expected, rows[i].found);
		check_refused(*state, rows[i].payload, sentence);
	}
}

/* The bound of what reading a payload may take. */
static void refuses_too_many_fields(void **state)
{
	char payload[2 * 17];
	for (size_t i = 0; i < sizeof payload; i += 2)
		memcpy(payload + i, "\x48\x01", 2);
	check_profile(*state, "alice", act_mem(payload, 2 * 16), ALICE);
	check_refused(*state, act_mem(payload, 2 * 17),
	              "the payload cannot be read as a message GetProfile: "
	              "expected at most 16 fields, found one more at byte 32 of 34");
}

/* What is cut off between two fields is a shorter message, everywhere else it is none. */
static void answers_truncations(void **state)
{
	static const char whole[] = ASK_BOB UNKNOWN;
	static const size_t ends[] = { 0, 5, 5 + 3, 5 + 3 + 9, 5 + 3 + 9 + 5, 5 + 3 + 9 + 5 + 5 };
	const size_t *end = ends;
	for (size_t len = 0; len < sizeof whole; len++) {
		const bool good = len == *end;
		const struct fake_answer *answer = ask(*state, "alice", act_mem(whole, len));
		assert_int_equal(answer->status, good ? 0 : ACT_S_PAYLOAD_REFUSED);
		if (good && len < sizeof whole - 1)
			end++;
	}
	assert_ptr_equal(end, &ends[5]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(gives_oneself_or_another),
		TEST(gives_what_was_set),
		TEST(gives_the_longest),
		TEST(passes_over_what_it_does_not_know),
		TEST(takes_what_other_writers_may_write),
		TEST(refuses_unknown_users),
		TEST(refuses_nobody),
		TEST(refuses_users_that_are_no_ids),
		TEST(refuses_what_cannot_be_read),
		TEST(refuses_too_many_fields),
		TEST(answers_truncations),
	};
	return cmocka_run_group_tests_name("profile in Protocol Buffers", tests, NULL, NULL);
}
