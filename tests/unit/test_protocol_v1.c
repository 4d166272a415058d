/* act.v1 as the server speaks it, byte for byte: what is passed up, what is answered, and what ends
 * the connection. */
#include "fixtures/one_loop.h"

#include "base/status.h"
#include "net/actv1.h"

#define BYTES(literal) (literal), sizeof(literal) - 1

static struct wire wire;

/* A connection whose HELLO was taken already. */
static struct conn *open_v1(const char *user)
{
	struct conn *conn = open_speaking(&wire, "/action", &protocol_v1, user, 0);
	turn();
	wire.len = 0;
	return conn;
}

static void say(struct conn *conn, const char *bytes, size_t len)
{
	conn_message(conn, false, (const uint8_t *)bytes, len);
}

/* One frame is sent: this head, and behind it this text. */
static void frame_comes(const char *head, size_t head_len, const char *text)
{
	uint8_t frame[2048];
	size_t len = head_len + strlen(text), n = frame_header(frame, FRAME_BINARY, len);
	memcpy(frame + n, head, head_len);
	memcpy(frame + n + head_len, text, strlen(text));
	wire_says(&wire, frame, n + len);
}

/* ---- the greeting ---- */

static void it_begins_with_hello(void **state)
{
	char hello[512];
	(void)state;
	struct conn *conn = open_speaking(&wire, "/action", &protocol_v1, "ann", 0);
	snprintf(hello, sizeof hello,
	         "{\"version\":1,\"connection\":\"%016lx\",\"epoch\":\"0123456789abcdef\","
	         "\"heartbeat_s\":25,\"max_bytes\":5000,\"calls\":4,\"capabilities\":[\"auth\"],"
	         "\"user\":\"ann\",\"expires_in_s\":null}",
	         conn->id);
	frame_comes(BYTES("\xFF\xFF\xFF\0\x14\0\0\0\0\0\0\0"), hello);
}

/* ---- requests ---- */

static void a_request_is_passed_up(void **state)
{
	(void)state;
	struct conn *conn = open_v1(NULL);
	say(conn, BYTES("\0\0\0\x6E\x10\0\0\0\0\0\0\7{\"uid\":42}"));
	say(conn, BYTES("\0\0\0\x6E\x10\0\0\0\xFF\xFF\xFF\xFF"));
	say(conn,
	    BYTES("\xFF\xFF\xFF\1\x10\0\0\0\0\0\0\1")); /* no action has it: not for us to say */
	heard_is("110:0:{\"uid\":42}#7 110:0:#4294967295 4294967041:0:#1 ");
	wire_says(&wire, "", 0);
}

static void what_ext_says_is_passed_up(void **state)
{
	(void)state;
	struct conn *conn = open_v1(NULL);
	say(conn, BYTES("\0\0\0\1\x10\x40\0\0\0\0\0\1\0\xD\1\3abc\2\4\0\0\0\x9\4\0p"));
	say(conn, BYTES("\0\0\0\1\x13\x40\0\0\0\0\0\0\0\x8\1\1t\xFF\3xyzq"));
	say(conn, BYTES("\0\0\0\1\x10\x40\0\0\0\0\0\2\0\0"));
	heard_is("1:0:p#1/9ms/trace=abc/by 1:0:q/trace=t/silent 1:0:#2 ");
}

static void a_notice_wants_no_answer(void **state)
{
	(void)state;
	struct conn *conn = open_v1(NULL);
	say(conn, BYTES("\0\0\0\x6E\x13\0\0\0\0\0\0\0news"));
	heard_is("110:0:news/silent ");
	wire_says(&wire, "", 0);
}

/* ---- frames that are none ---- */

/* What is wrong with a request that tells its number is said in its answer, and that is all. */
static void a_bad_request_is_answered(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *sentence;
	} table[] = {
		{ BYTES("\0\0\0\x6E\x10\1\0\0\0\0\0\7"),
		  "flags: a client may set 40 (EXT) and no other" },
		{ BYTES("\0\0\0\x6E\x10\2\0\0\0\0\0\7"),
		  "flags: a client may set 40 (EXT) and no other" },
		{ BYTES("\0\0\0\x6E\x10\4\0\0\0\0\0\7"),
		  "flags: a client may set 40 (EXT) and no other" },
		{ BYTES("\0\0\0\x6E\x10\x8\0\0\0\0\0\7"
		        "\0\0\0\1\0\0\0\0\0\0\0\1"),
		  "flags: a client may set 40 (EXT) and no other" },
		{ BYTES("\0\0\0\x6E\x10\x10\0\0\0\0\0\7"),
		  "flags: a client may set 40 (EXT) and no other" },
		{ BYTES("\0\0\0\x6E\x10\x20\0\0\0\0\0\7"),
		  "flags: a client may set 40 (EXT) and no other" },
		{ BYTES("\0\0\0\x6E\x10\x80\0\0\0\0\0\7"), "flag 80: expected it to be zero" },
		{ BYTES("\0\0\0\x6E\x10\0\0\1\0\0\0\7"), "expected status 0" },
		{ BYTES("\0\0\0\x6E\x10\0\1\0\0\0\0\7"), "expected status 0" },
		{ BYTES("\0\0\0\x6E\x10\x8\0\0\0\0\0\7"),
		  "flag 08 (STREAM): expected 12 bytes of stream and offset" },
		{ BYTES("\0\0\0\x6E\x10\x40\0\0\0\0\0\7"),
		  "flag 40 (EXT): ext is longer than the frame" },
		{ BYTES("\0\0\0\x6E\x10\x40\0\0\0\0\0\7\0\2\2\4xx"),
		  "ext: a value ends behind the length that ext gives" },
		{ BYTES("\0\0\0\x6E\x10\x40\0\0\0\0\0\7\0\2\1\0"),
		  "the trace id in ext: expected 1 to 64 bytes" },
		{ BYTES("\0\0\0\x6E\x10\x40\0\0\0\0\0\7\0\4\1\2\xC3x"),
		  "the trace id in ext: expected UTF-8 without a zero byte" },
		{ BYTES("\0\0\0\x6E\x10\x40\0\0\0\0\0\7\0\4\1\2x\0"),
		  "the trace id in ext: expected UTF-8 without a zero byte" },
		{ BYTES("\0\0\0\x6E\x10\x40\0\0\0\0\0\7\0\5\2\3\0\0\1"),
		  "the deadline in ext: expected 4 bytes, a number of milliseconds above 0" },
		{ BYTES("\0\0\0\x6E\x10\x40\0\0\0\0\0\7\0\6\2\4\0\0\0\0"),
		  "the deadline in ext: expected 4 bytes, a number of milliseconds above 0" },
		{ BYTES("\0\0\0\x6E\x10\x40\0\0\0\0\0\7\0\xA\4\x8"
		        "friend@7"),
		  "plugin@generation in ext: expected it empty, the server fills it in" },
	};
	(void)state;
	struct conn *conn = open_v1(NULL);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		say(conn, table[i].bytes, table[i].len);
		heard_is("");
		frame_comes(BYTES("\0\0\0\x6E\x11\1\0\2\0\0\0\7"), table[i].sentence);
	}
	assert_non_null(conn_find(&loop, conn->id));
	assert_int_equal(loop.counters.messages_bad, sizeof table / sizeof table[0]);
	assert_int_equal(loop.counters.closed_protocol, 0);
}

/* What cannot be answered ends the connection: first in words, then with the close. */
static void another_bad_frame_closes(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *sentence;
	} table[] = {
		{ BYTES(""), "expected a frame of at least 12 bytes" },
		{ BYTES("\0\0\0\x6E\x10\0\0\0\0\0\0"), "expected a frame of at least 12 bytes" },
		{ BYTES("\0\0\0\x6E{\"uid\":42}"),
		  "expected version 1 in the upper half of byte 4" },
		{ BYTES("\0\0\0\x6E\x20\0\0\0\0\0\0\7"),
		  "expected version 1 in the upper half of byte 4" },
		{ BYTES("\0\0\0\x6E\0\0\0\0\0\0\0\7"),
		  "expected version 1 in the upper half of byte 4" },
		{ BYTES("\0\0\0\x6E\x15\0\0\0\0\0\0\7"),
		  "expected a type from 0 to 4 in the lower half of byte 4" },
		{ BYTES("\0\0\0\x6E\x11\0\0\0\0\0\0\7"),
		  "expected REQ, NOTIFY or CTRL: RES and PUSH are the server's" },
		{ BYTES("\0\0\0\x6E\x12\0\0\0\0\0\0\0"),
		  "expected REQ, NOTIFY or CTRL: RES and PUSH are the server's" },
		{ BYTES("\0\0\0\x6E\x11\1\0\2\0\0\0\7"),
		  "flags: a client may set 40 (EXT) and no other" },
		{ BYTES("\0\0\0\x6E\x10\0\0\0\0\0\0\0"), "REQ: expected a seq that is not 0" },
		{ BYTES("\0\0\0\x6E\x10\1\0\0\0\0\0\0"),
		  "flags: a client may set 40 (EXT) and no other" },
		{ BYTES("\0\0\0\x6E\x13\0\0\0\0\0\0\7"),
		  "NOTIFY: expected seq 0: no answer is owed" },
		{ BYTES("\0\0\0\x6E\x13\x20\0\0\0\0\0\0"),
		  "flags: a client may set 40 (EXT) and no other" },
		{ BYTES("\0\0\0\x6E\x13\0\0\7\0\0\0\0"), "expected status 0" },
		{ BYTES("\0\0\0\x6E\x13\x40\0\0\0\0\0\0"),
		  "flag 40 (EXT): ext is longer than the frame" },
		{ BYTES("\xFF\xFF\xFF\1\x14\0\0\0\0\0\0\7x"), "PING: expected no payload" },
		{ BYTES("\xFF\xFF\xFF\2\x14\0\0\0\0\0\0\0ann"),
		  "AUTH: expected a seq that is not 0" },
		{ BYTES("\xFF\xFF\xFF\2\x14\1\0\0\0\0\0\7ann"),
		  "flags: a client may set 40 (EXT) and no other" },
		{ BYTES("\xFF\xFF\xFF\0\x14\0\0\0\0\0\0\0"),
		  "CTRL: expected FFFFFF01 (PING) or FFFFFF02 (AUTH)" },
		{ BYTES("\xFF\xFF\xFF\3\x14\0\0\0\0\0\0\7"),
		  "CTRL: expected FFFFFF01 (PING) or FFFFFF02 (AUTH)" },
		{ BYTES("\xFF\xFF\xFF\6\x14\0\0\0\0\0\0\7"),
		  "CTRL: expected FFFFFF01 (PING) or FFFFFF02 (AUTH)" },
		{ BYTES("\0\0\0\x6E\x14\0\0\0\0\0\0\7"),
		  "CTRL: expected FFFFFF01 (PING) or FFFFFF02 (AUTH)" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct conn *conn = open_v1(NULL);
		say(conn, table[i].bytes, table[i].len);
		say(conn, BYTES("\0\0\0\x6E\x10\0\0\0\0\0\0\7")); /* too late */
		heard_is("");
		frame_comes(BYTES("\xFF\xFF\xFF\6\x14\1\0\2\0\0\0\0"), table[i].sentence);
		wire_closes(&wire, CLOSE_PROTOCOL, table[i].sentence);
		assert_int_equal(loop.counters.closed_protocol, i + 1);
		conn_gone(conn);
		heard_is("- ");
	}
}

static void text_closes(void **state)
{
	(void)state;
	struct conn *conn = open_v1(NULL);
	conn_message(conn, true, (const uint8_t *)"{}", 2);
	heard_is("");
	frame_comes(BYTES("\xFF\xFF\xFF\6\x14\1\0\2\0\0\0\0"), "expected binary messages");
	wire_closes(&wire, CLOSE_UNSUPPORTED, "expected binary messages");
}

/* ---- answers ---- */

static void answer(struct conn *conn, uint32_t seq, const struct outcome *outcome)
{
	const struct ticket ticket = { .code = 110, .seq = seq };
	conn_answer(conn, &ticket, outcome);
}

static void a_good_answer_bears_code_and_number(void **state)
{
	(void)state;
	struct conn *conn = open_v1(NULL);
	answer(conn, 7, &(struct outcome){ .kind = OUTCOME_REPLY, .body = act_str("{\"a\":1}") });
	frame_comes(BYTES("\0\0\0\x6E\x11\0\0\0\0\0\0\7"), "{\"a\":1}");
	answer(conn, 0x01020304, &(struct outcome){ .kind = OUTCOME_REPLY });
	frame_comes(BYTES("\0\0\0\x6E\x11\0\0\0\1\2\3\4"), "");
	/* Whatever the bytes are. */
	answer(conn, 8, &(struct outcome){ .kind = OUTCOME_REPLY, .body = act_mem("\0\xFF", 2) });
	wire_says(&wire, BYTES("\x82\xE\0\0\0\x6E\x11\0\0\0\0\0\0\x8\0\xFF"));
}

static void what_was_served_is_answered_though_none_is_owed(void **state)
{
	(void)state;
	struct conn *conn = open_v1(NULL);
	answer(conn, 7, &(struct outcome){ .kind = OUTCOME_NONE, .body = act_str("not sent") });
	frame_comes(BYTES("\0\0\0\x6E\x11\0\0\0\0\0\0\7"), "");
}

static void an_error_has_a_status_and_a_sentence(void **state)
{
	(void)state;
	struct conn *conn = open_v1(NULL);
	answer(conn, 7,
	       &(struct outcome){ .kind = OUTCOME_ERROR,
	                          .status = STATUS_UNKNOWN_ACTION,
	                          .body = act_str("there is no action 110") });
	frame_comes(BYTES("\0\0\0\x6E\x11\1\0\1\0\0\0\7"), "there is no action 110");
	answer(conn, 7,
	       &(struct outcome){ .kind = OUTCOME_ERROR,
	                          .status = 65535,
	                          .retry = true,
	                          .body = act_str("\"later\"") });
	frame_comes(BYTES("\0\0\0\x6E\x11\3\xFF\xFF\0\0\0\7"), "\"later\"");
	answer(conn, 7,
	       &(struct outcome){ .kind = OUTCOME_ERROR,
	                          .status = STATUS_RATE_LIMITED,
	                          .retry = true,
	                          .retry_after_ms = 501,
	                          .body = act_str("slowly") });
	frame_comes(BYTES("\0\0\0\x6E\x11\x43\0\5\0\0\0\7\0\6\5\4\0\0\1\xF5"), "slowly");
	answer(conn, 7, &(struct outcome){ .kind = OUTCOME_ERROR, .status = 1000 });
	frame_comes(BYTES("\0\0\0\x6E\x11\1\3\xE8\0\0\0\7"), "");
	/* A sentence is text: it ends where it goes wrong. */
	answer(conn, 7,
	       &(struct outcome){ .kind = OUTCOME_ERROR,
	                          .status = STATUS_PLUGIN_FAILED,
	                          .body = act_str("good\xFFworse") });
	frame_comes(BYTES("\0\0\0\x6E\x11\1\0\xF\0\0\0\7"), "good");
}

static void who_answers_is_said_where_it_is_asked(void **state)
{
	(void)state;
	struct conn *conn = open_v1(NULL);
	answer(conn, 7,
	       &(struct outcome){ .kind = OUTCOME_REPLY, .body = act_str("{}"), .by = "friend@7" });
	frame_comes(BYTES("\0\0\0\x6E\x11\x40\0\0\0\0\0\7\0\xA\4\x8"
	                  "friend@7"),
	            "{}");
	answer(conn, 7,
	       &(struct outcome){ .kind = OUTCOME_ERROR,
	                          .status = STATUS_DEADLINE,
	                          .retry = true,
	                          .retry_after_ms = 1,
	                          .by = "f@1" });
	frame_comes(BYTES("\0\0\0\x6E\x11\x43\0\6\0\0\0\7\0\xB\4\3f@1\5\4\0\0\0\1"), "");
}

static void who_wants_no_answer_gets_none(void **state)
{
	const struct ticket ticket = { .code = 110, .silent = true };
	const struct outcome outcomes[] = {
		{ .kind = OUTCOME_REPLY, .body = act_str("{}") },
		{ .kind = OUTCOME_ERROR, .status = STATUS_FORBIDDEN, .body = act_str("no") },
		{ .kind = OUTCOME_NONE },
	};
	(void)state;
	struct conn *conn = open_v1(NULL);
	for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++)
		conn_answer(conn, &ticket, &outcomes[i]);
	wire_says(&wire, "", 0);
}

/* ---- several at once ---- */

static void request(struct conn *conn, uint32_t seq)
{
	uint8_t bytes[ACTV1_HEAD];
	const struct actv1_frame frame = { .code = 1, .seq = seq };
	assert_int_equal(actv1_head(bytes, &frame), sizeof bytes);
	conn_message(conn, false, bytes, sizeof bytes);
}

static void so_many_calls_are_open_at_once(void **state)
{
	(void)state;
	struct conn *conn = open_v1(NULL);
	above.keep_open = true;
	for (uint32_t seq = 1; seq <= ONE_LOOP_CALLS + 2; seq++)
		request(conn, seq);
	heard_is("1:0:#1 1:0:#2 1:0:#3 1:0:#4 ");
	assert_int_equal(conn->calls, ONE_LOOP_CALLS);
	conn_call_ended(conn);
	turn();
	heard_is("1:0:#5 ");
	conn_call_ended(conn);
	conn_call_ended(conn);
	turn();
	heard_is("1:0:#6 ");
	wire_says(&wire, "", 0);
}

/* What becomes no call does not wait for calls to end; but it stays behind what came before it. */
static void a_control_frame_needs_no_call(void **state)
{
	(void)state;
	struct conn *conn = open_v1(NULL);
	above.keep_open = true;
	for (uint32_t seq = 1; seq <= ONE_LOOP_CALLS; seq++)
		request(conn, seq);
	above.heard[0] = '\0';
	say(conn, BYTES("\xFF\xFF\xFF\1\x14\0\0\0\0\0\0\7"));
	frame_comes(BYTES("\xFF\xFF\xFF\1\x14\0\0\0\0\0\0\7"), "");
	say(conn, BYTES("\xFF\xFF\xFF\2\x14\0\0\0\0\0\0\x8"
	                "ann"));
	heard_is("?/action:192.0.2.7 bind:ann@ ");
	frame_comes(BYTES("\xFF\xFF\xFF\2\x14\0\0\0\0\0\0\x8"),
	            "{\"user\":\"ann\",\"expires_in_s\":null}");
	request(conn, 5);
	say(conn, BYTES("\xFF\xFF\xFF\1\x14\0\0\0\0\0\0\x9"));
	wire_says(&wire, "", 0);
	conn_call_ended(conn);
	heard_is("");
	turn();
	heard_is("1:0:#5 ");
	assert_int_equal(conn->calls, ONE_LOOP_CALLS);
	frame_comes(BYTES("\xFF\xFF\xFF\1\x14\0\0\0\0\0\0\x9"), "");
}

/* But for what does not read its answers there is no room for more of them. */
static void a_control_frame_waits_for_room(void **state)
{
	static const char big[1001] = "";
	(void)state;
	struct conn *conn = open_v1(NULL);
	wire.blocked = true;
	conn_answer(conn, &(struct ticket){ .code = 1, .seq = 1 },
	            &(struct outcome){ .kind = OUTCOME_REPLY, .body = { big, sizeof big } });
	say(conn, BYTES("\xFF\xFF\xFF\1\x14\0\0\0\0\0\0\7"));
	assert_int_equal(conn->pending_count, 1);
	wire.blocked = false;
	conn_writable(conn);
	turn();
	assert_int_equal(conn->pending_count, 0);
	assert_int_equal(wire.len, 4 + ACTV1_HEAD + sizeof big + 2 + ACTV1_HEAD);
}

/* The number is that of the config in force. */
static void the_number_of_calls_may_change(void **state)
{
	(void)state;
	struct conn *conn = open_v1(NULL);
	above.keep_open = true;
	config.limits.calls = 1;
	request(conn, 1);
	request(conn, 2);
	heard_is("1:0:#1 ");
	config.limits.calls = 2;
	conn_in_turn(conn);
	turn();
	heard_is("1:0:#2 ");
	request(conn, 3);
	heard_is("");
}

/* ---- pushes ---- */

static void a_push_has_its_code(void **state)
{
	struct push binary = { .code = 0x01020304, .body = { "\0\xFF", 2 } };
	(void)state;
	struct conn *conn = open_v1(NULL);
	push(conn, "{}");
	frame_comes(BYTES("\0\0\4\x56\x12\0\0\0\0\0\0\0"), "{}");
	conn_push(conn, &binary);
	push_clear(&binary);
	wire_says(&wire, BYTES("\x82\xE\1\2\3\4\x12\0\0\0\0\0\0\0\0\xFF"));
}

/* ---- control frames ---- */

static void a_ping_comes_back(void **state)
{
	(void)state;
	struct conn *conn = open_v1(NULL);
	say(conn, BYTES("\xFF\xFF\xFF\1\x14\0\0\0\0\0\0\0"));
	frame_comes(BYTES("\xFF\xFF\xFF\1\x14\0\0\0\0\0\0\0"), "");
	say(conn, BYTES("\xFF\xFF\xFF\1\x14\0\0\0\xFE\xDC\xBA\x98"));
	frame_comes(BYTES("\xFF\xFF\xFF\1\x14\0\0\0\xFE\xDC\xBA\x98"), "");
	/* With an ext that says nothing to us; the answer goes without. */
	say(conn, BYTES("\xFF\xFF\xFF\1\x14\x40\0\0\0\0\0\1\0\3\1\1t"));
	frame_comes(BYTES("\xFF\xFF\xFF\1\x14\0\0\0\0\0\0\1"), "");
	heard_is("");
}

static void a_token_is_answered(void **state)
{
	(void)state;
	struct conn *conn = open_v1(NULL);
	above.expires_at = utc_ms / 1000 + 3600;
	say(conn, BYTES("\xFF\xFF\xFF\2\x14\0\0\0\0\0\0\7ann@phone"));
	heard_is("?/action:192.0.2.7 bind:ann@phone ");
	frame_comes(BYTES("\xFF\xFF\xFF\2\x14\0\0\0\0\0\0\7"),
	            "{\"user\":\"ann\",\"expires_in_s\":3600}");
	above.expires_at = 0;
	say(conn, BYTES("\xFF\xFF\xFF\2\x14\0\0\0\0\0\0\x8"
	                "bob"));
	frame_comes(BYTES("\xFF\xFF\xFF\2\x14\0\0\0\0\0\0\x8"),
	            "{\"user\":\"bob\",\"expires_in_s\":null}");
}

static void a_bad_token_is_answered_and_changes_nothing(void **state)
{
	static const struct {
		const char *frame, *head, *sentence;
	} table[] = {
		{ "!deny", "\xFF\xFF\xFF\2\x14\1\0\3\0\0\0\7", "never seen" },
		{ "!forbid", "\xFF\xFF\xFF\2\x14\1\0\4\0\0\0\7", "not at this hour" },
		{ "!busy", "\xFF\xFF\xFF\2\x14\3\0\x8\0\0\0\7",
		  "the token could not be checked: no provider" },
		{ "!late", "\xFF\xFF\xFF\2\x14\1\0\xA\0\0\0\7", "it ended at noon" },
	};
	(void)state;
	struct conn *conn = open_v1("ann");
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		char bytes[64] = "\xFF\xFF\xFF\2\x14\0\0\0\0\0\0\7";
		strcpy(bytes + ACTV1_HEAD, table[i].frame);
		say(conn, bytes, ACTV1_HEAD + strlen(table[i].frame));
		heard_is("?/action:192.0.2.7 ");
		frame_comes(table[i].head, ACTV1_HEAD, table[i].sentence);
		assert_string_equal(conn->user, "ann");
	}
}

/* The close says why; nothing goes in front of it. */
static void too_many_bad_tokens_close(void **state)
{
	(void)state;
	struct conn *conn = open_v1("ann");
	for (int i = 0; i < 8; i++) {
		say(conn, BYTES("\xFF\xFF\xFF\2\x14\0\0\0\0\0\0\7!deny"));
		frame_comes(BYTES("\xFF\xFF\xFF\2\x14\1\0\3\0\0\0\7"), "never seen");
	}
	say(conn, BYTES("\xFF\xFF\xFF\2\x14\0\0\0\0\0\0\7ann"));
	wire_says(&wire, "", 0);
	wire_closes(&wire, CLOSE_POLICY, "too many tokens that are not good");
}

static void the_end_of_a_login_is_announced(void **state)
{
	(void)state;
	config.ping_s = 0;
	open_speaking(&wire, "/action", &protocol_v1, "ann", utc_ms / 1000 + 100);
	turn();
	wire.len = 0;
	pass_ms(40000 - WHEEL_TICK_MS);
	wire_says(&wire, "", 0);
	pass_ms(WHEEL_TICK_MS);
	frame_comes(BYTES("\xFF\xFF\xFF\2\x14\0\0\0\0\0\0\0"),
	            "{\"user\":\"ann\",\"expires_in_s\":60}");
}

static void a_close_for_a_fault_is_preceded_by_words(void **state)
{
	static const struct {
		uint16_t code;
		const char *head; /* NULL: the close frame says it all */
	} table[] = {
		{ CLOSE_PROTOCOL, "\xFF\xFF\xFF\6\x14\1\0\2\0\0\0\0" },
		{ CLOSE_UNSUPPORTED, "\xFF\xFF\xFF\6\x14\1\0\2\0\0\0\0" },
		{ CLOSE_BAD_TEXT, "\xFF\xFF\xFF\6\x14\1\0\2\0\0\0\0" },
		{ CLOSE_TOO_BIG, "\xFF\xFF\xFF\6\x14\1\0\x9\0\0\0\0" },
		{ CLOSE_OVERLOAD, "\xFF\xFF\xFF\6\x14\3\0\7\0\0\0\0" },
		{ CLOSE_EXPIRED, "\xFF\xFF\xFF\6\x14\1\0\xA\0\0\0\0" },
		{ CLOSE_NORMAL, NULL },
		{ CLOSE_POLICY, NULL },
		{ CLOSE_FAULT, NULL },
		{ CLOSE_RESTART, NULL },
		{ CLOSE_TOO_SLOW, NULL },
		{ 4500, NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct conn *conn = open_v1(NULL);
		conn_close(conn, table[i].code, "because");
		conn_close(conn, CLOSE_PROTOCOL, "again"); /* is not said any more */
		if (table[i].head != NULL)
			frame_comes(table[i].head, ACTV1_HEAD, "because");
		else
			wire_says(&wire, "", 0);
		wire_closes(&wire, table[i].code, "because");
		conn_gone(conn);
		heard_is("- ");
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, one_loop_begin, one_loop_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_begins_with_hello),
		TEST(a_request_is_passed_up),
		TEST(what_ext_says_is_passed_up),
		TEST(a_notice_wants_no_answer),
		TEST(a_bad_request_is_answered),
		TEST(another_bad_frame_closes),
		TEST(text_closes),
		TEST(a_good_answer_bears_code_and_number),
		TEST(what_was_served_is_answered_though_none_is_owed),
		TEST(an_error_has_a_status_and_a_sentence),
		TEST(who_answers_is_said_where_it_is_asked),
		TEST(who_wants_no_answer_gets_none),
		TEST(so_many_calls_are_open_at_once),
		TEST(a_control_frame_needs_no_call),
		TEST(a_control_frame_waits_for_room),
		TEST(the_number_of_calls_may_change),
		TEST(a_push_has_its_code),
		TEST(a_ping_comes_back),
		TEST(a_token_is_answered),
		TEST(a_bad_token_is_answered_and_changes_nothing),
		TEST(too_many_bad_tokens_close),
		TEST(the_end_of_a_login_is_announced),
		TEST(a_close_for_a_fault_is_preceded_by_words),
	};
	return cmocka_run_group_tests_name("protocol_v1", tests, NULL, NULL);
}
