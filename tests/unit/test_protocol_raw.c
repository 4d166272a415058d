/* Raw endpoints: whole messages in both directions, and a close where an error would be. */
#include "fixtures/one_loop.h"

#include "base/status.h"

static struct wire wire;

static void message(struct conn *conn, bool text, const char *bytes, size_t len)
{
	conn_message(conn, text, (const uint8_t *)bytes, len);
}

static void a_message_is_passed_up_whole(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	wire_says(&wire, "", 0); /* nothing is said first */
	message(conn, true, "我们", 6);
	message(conn, false, "a\xFF", 2);
	message(conn, true, NULL, 0);
	message(conn, false, "\0\0\0\1", 4);
	heard_is("0:1:我们 0:0:a\xFF 0:1: 0:0: ");
}

static void an_answer_has_the_type_of_its_question(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	reply(conn, 110, ACT_HOW_BINARY, act_str("b"));
	reply(conn, 110, ACT_HOW_TEXT, act_str("t"));
	reply(conn, 110, ACT_HOW_TEXT, act_mem(NULL, 0));
	wire_says(&wire, "\x82\1b\x81\1t\x81\0", 8);
}

static void where_none_is_owed_none_is_sent(void **state)
{
	const struct ticket ticket = { .how = ACT_HOW_TEXT };
	const struct outcome none = { .kind = OUTCOME_NONE };
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	conn_answer(conn, &ticket, &none);
	wire_says(&wire, "", 0);
	assert_int_equal(wire.closes, 0);
}

static void fail_with(struct conn *conn, uint32_t status, bool retry, act_bytes words)
{
	const struct ticket ticket = { .how = ACT_HOW_BINARY };
	const struct outcome outcome = {
		.kind = OUTCOME_ERROR, .status = status, .retry = retry, .body = words
	};
	conn_answer(conn, &ticket, &outcome);
}

static void an_error_closes(void **state)
{
	static const struct {
		uint32_t status;
		bool retry;
		uint16_t code;
	} table[] = {
		{ STATUS_TOO_LARGE, false, CLOSE_TOO_BIG },
		{ STATUS_TOO_LARGE, true, CLOSE_TOO_BIG },
		{ STATUS_OVERLOADED, true, CLOSE_OVERLOAD },
		{ STATUS_DEADLINE, true, CLOSE_OVERLOAD },
		{ STATUS_PLUGIN_FAILED, false, CLOSE_FAULT },
		{ 1000, false, CLOSE_FAULT },
		{ 1000, true, CLOSE_OVERLOAD },
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct conn *conn = open_conn(&wire, "/raw", NULL);
		reply(conn, 0, ACT_HOW_TEXT, act_str("before"));
		fail_with(conn, table[i].status, table[i].retry, act_str("because"));
		reply(conn, 0, ACT_HOW_TEXT, act_str("after"));
		wire_closes(&wire, table[i].code, "because");
		wire_says(&wire, "\x81\6before", 8);
		conn_gone(conn);
		heard_is("- ");
	}
}

/* A control frame holds 123 bytes of reason, and a character is not cut. */
static void a_reason_is_cut_between_characters(void **state)
{
	char words[200], expected[124];
	(void)state;
	for (size_t len = 121; len <= 125; len++) {
		struct conn *conn = open_conn(&wire, "/raw", NULL);
		memset(words, 'x', sizeof words);
		memcpy(words + len - 2, "我", 3); /* ends at len + 1 */
		fail_with(conn, STATUS_PLUGIN_FAILED, false, act_mem(words, 150));
		size_t kept = len + 1 <= 123 ? 123 : len < 125 ? len - 2 : 123;
		snprintf(expected, sizeof expected, "%.*s", (int)kept, words);
		wire_closes(&wire, CLOSE_FAULT, expected);
		conn_gone(conn);
		heard_is("- ");
	}
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	fail_with(conn, STATUS_PLUGIN_FAILED, false, act_str("good\xFF, then bad"));
	wire_closes(&wire, CLOSE_FAULT, "good");
}

static void a_reason_may_be_empty(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	fail_with(conn, STATUS_PLUGIN_FAILED, false, act_mem(NULL, 0));
	wire_closes(&wire, CLOSE_FAULT, "");
}

static void a_push_is_not_for_it(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	push(conn, "{}");
	wire_says(&wire, "", 0);
	assert_non_null(conn_find(&loop, conn->id));
}

/* There is no word for anything but the close. */
static void a_close_is_all_it_hears(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	conn_close(conn, CLOSE_TOO_BIG, "the message is too long");
	wire_closes(&wire, CLOSE_TOO_BIG, "the message is too long");
	wire_says(&wire, "", 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, one_loop_begin, one_loop_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_message_is_passed_up_whole),
		TEST(an_answer_has_the_type_of_its_question),
		TEST(where_none_is_owed_none_is_sent),
		TEST(an_error_closes),
		TEST(a_reason_is_cut_between_characters),
		TEST(a_reason_may_be_empty),
		TEST(a_push_is_not_for_it),
		TEST(a_close_is_all_it_hears),
	};
	return cmocka_run_group_tests_name("protocol_raw", tests, NULL, NULL);
}
