/* The first protocol, byte for byte: it is frozen, and clients rely on each of them. */
#include "fixtures/one_loop.h"

#include "base/status.h"

static struct wire wire;

static void an_action_is_code_and_payload(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/action", NULL);
	wire_says(&wire, "", 0); /* nothing is said first */
	conn_message(conn, false, (const uint8_t *)"\0\0\0\x6E{}", 6);
	conn_message(conn, false, (const uint8_t *)"\xFF\xFE\xFD\xFC", 4);
	conn_message(conn, false, (const uint8_t *)"\0\0\0\0x", 5);
	heard_is("110:0:{} 4294901244:0: 0:0:x ");
	assert_int_equal(loop.counters.messages_in, 3);
	assert_int_equal(loop.counters.bytes_in, 15);
}

/* The codes of act.v1's own frames mean nothing here. */
static void reserved_codes_are_passed_up(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/action", NULL);
	conn_message(conn, false, (const uint8_t *)"\xFF\xFF\xFF\1", 4);
	conn_message(conn, false, (const uint8_t *)"\xFF\xFF\xFF\2ann", 7);
	heard_is("4294967041:0: 4294967042:0:ann ");
	wire_says(&wire, "", 0);
	assert_null(conn->user);
}

static void what_is_no_message_closes(void **state)
{
	static const struct {
		bool text;
		const char *bytes;
		size_t len;
		uint16_t code;
		const char *reason;
	} table[] = {
		{ true, "\0\0\0\1", 4, CLOSE_UNSUPPORTED, "expected binary messages" },
		{ true, "", 0, CLOSE_UNSUPPORTED, "expected binary messages" },
		{ false, "\0\0\1", 3, CLOSE_PROTOCOL, "expected 4 bytes of action code" },
		{ false, "", 0, CLOSE_PROTOCOL, "expected 4 bytes of action code" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct conn *conn = open_conn(&wire, "/action", NULL);
		conn_message(conn, table[i].text, (const uint8_t *)table[i].bytes, table[i].len);
		heard_is("");
		assert_int_equal(loop.counters.closed_protocol, i + 1);
		wire_closes(&wire, table[i].code, table[i].reason);
		wire_says(&wire, "", 0);
		conn_gone(conn);
		heard_is("- ");
	}
}

/* ---- answers ---- */

static void a_reply_begins_with_its_code(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/action", NULL);
	reply(conn, 110, ACT_HOW_BINARY, act_str("{}"));
	reply(conn, 0xFFFEFDFC, ACT_HOW_BINARY, act_mem(NULL, 0));
	wire_says(&wire, "\x82\6\0\0\0\x6E{}\x82\4\xFF\xFE\xFD\xFC", 14);
}

static void answer(struct conn *conn, const struct outcome *outcome)
{
	const struct ticket ticket = { .code = 110, .how = ACT_HOW_BINARY };
	conn_answer(conn, &ticket, outcome);
}

static void an_error_is_json_behind_the_code(void **state)
{
	static const char no[] =
		"\x82\x55\0\0\0\x6E{\"error\":{\"code\":404,"
		"\"name\":\"unknown_action\",\"message\":\"no \\\"9\\\"\",\"retry\":false}}";
	static const char yes[] =
		"\x82\x50\0\0\0\x6E{\"error\":{\"code\":2000,"
		"\"name\":\"plugin_error\",\"message\":\"later\",\"retry\":true}}";
	(void)state;
	struct conn *conn = open_conn(&wire, "/action", NULL);
	answer(conn, &(struct outcome){ .kind = OUTCOME_ERROR,
	                                .status = STATUS_UNKNOWN_ACTION,
	                                .body = act_str("no \"9\"") });
	wire_says(&wire, no, sizeof no - 1);
	/* It has no word for when, nor for who. */
	answer(conn, &(struct outcome){ .kind = OUTCOME_ERROR,
	                                .status = 2000,
	                                .retry = true,
	                                .retry_after_ms = 7,
	                                .body = act_str("later"),
	                                .by = "friend@7" });
	wire_says(&wire, yes, sizeof yes - 1);
	assert_int_equal(wire.closes, 0);
}

static void where_none_is_owed_none_is_sent(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/action", NULL);
	answer(conn, &(struct outcome){ .kind = OUTCOME_NONE });
	wire_says(&wire, "", 0);
}

/* ---- what comes unasked ---- */

static void a_push_looks_like_a_reply(void **state)
{
	const struct push other = { .code = 1111, .body = { "\0\xFF", 2 } };
	struct push binary = other;
	(void)state;
	struct conn *conn = open_conn(&wire, "/action", NULL);
	push(conn, "{}");
	conn_push(conn, &binary);
	push_clear(&binary);
	wire_says(&wire, "\x82\6\0\0\4\x56{}\x82\6\0\0\4\x57\0\xFF", 16);
}

static void a_close_is_all_it_hears(void **state)
{
	static const uint16_t codes[] = { CLOSE_TOO_BIG, CLOSE_OVERLOAD, CLOSE_EXPIRED };
	(void)state;
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		struct conn *conn = open_conn(&wire, "/action", NULL);
		conn_close(conn, codes[i], "because");
		wire_closes(&wire, codes[i], "because");
		wire_says(&wire, "", 0);
		conn_gone(conn);
		heard_is("- ");
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, one_loop_begin, one_loop_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_action_is_code_and_payload),    TEST(reserved_codes_are_passed_up),
		TEST(what_is_no_message_closes),        TEST(a_reply_begins_with_its_code),
		TEST(an_error_is_json_behind_the_code), TEST(where_none_is_owed_none_is_sent),
		TEST(a_push_looks_like_a_reply),        TEST(a_close_is_all_it_hears),
	};
	return cmocka_run_group_tests_name("protocol_base", tests, NULL, NULL);
}
