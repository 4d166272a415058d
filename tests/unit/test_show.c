/* "log": {"frames": true}: what is printed of each message. */
#include "fixtures/one_loop.h"

#include "fixtures/log_file.h"

#include "net/show.h"

static struct wire wire, other;

static int begin(void **state)
{
	log_file_begin(LOG_INFO);
	return one_loop_begin(state);
}

static int end(void **state)
{
	log_file_end();
	return one_loop_end(state);
}

/* The one line since it was asked last. */
static void shown_is(const char *expected)
{
	const char *text = log_file_text();
	assert_true(strlen(text) > LOG_FILE_STAMP);
	const char *body = strstr(text, "frames: ");
	assert_non_null(body);
	assert_string_equal(body + strlen("frames: "), expected);
	assert_int_equal(truncate(log_file_path, 0), 0);
}

static void show(const struct conn *conn, bool text, const char *bytes, size_t len)
{
	show_message(conn, "<", text, (const uint8_t *)bytes, len);
}

static void show_text(const struct conn *conn, const char *text)
{
	show(conn, true, text, strlen(text));
}

static void an_action_has_its_code(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/action", "ann");
	show(conn, false, "\0\0\0\x6E我们都好", 16);
	shown_is("192.0.2.7 ann < type=2 len=16 action=110 body=我们都好\n");
	show(conn, false, "\xFF\xFF\xFF\xFF", 4);
	shown_is("192.0.2.7 ann < type=2 len=4 action=4294967295 body=\n");
}

static void a_raw_message_has_none(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	show(conn, true, "hello", 5);
	shown_is("192.0.2.7 - < type=1 len=5 body=hello\n");
	show(conn, false, "hello", 5);
	shown_is("192.0.2.7 - < type=2 len=5 body=hello\n");
	show(conn, false, NULL, 0);
	shown_is("192.0.2.7 - < type=2 len=0 body=\n");
}

static void what_is_no_action_is_shown_too(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/action", NULL);
	show(conn, false, "abc", 3);
	shown_is("192.0.2.7 - < type=2 len=3 body=abc\n");
	show(conn, true, "text", 4);
	shown_is("192.0.2.7 - < type=1 len=4 body=text\n");
}

/* As clients send it that try their messages on an echo. */
static void a_code_on_a_raw_endpoint_is_shown(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	show(conn, false, "\0\0\0\x6E我们都好", 16);
	shown_is("192.0.2.7 - < type=2 len=16 action=110 body=我们都好\n");
	show(conn, true, "\0\0\0\1", 4);
	shown_is("192.0.2.7 - < type=1 len=4 body=00000001 (hex)\n");
}

/* Of act.v1 the whole head, and what is in ext for people. */
static void a_frame_of_act_v1_has_its_head(void **state)
{
	static const char long_trace[] = "\0\0\0\x6E\x10\x40\0\0\0\0\0\7\0\x42\1\x40"
					 "tttttttttttttttttttttttttttttttt"
					 "tttttttttttttttttttttttttttttttt{}";
	(void)state;
	struct conn *conn = open_speaking(&wire, "/action", &protocol_v1, "ann", 0);
	show(conn, false, "\0\0\0\x6E\x10\0\0\0\0\0\0\7{\"uid\":42}", 22);
	shown_is("192.0.2.7 ann < type=2 len=22 action=110 REQ flags=00 status=0 seq=7 "
	         "body={\"uid\":42}\n");
	show(conn, false, "\0\0\4\x56\x13\x40\0\0\0\0\0\0\0\5\1\3abc", 19);
	shown_is("192.0.2.7 ann < type=2 len=19 action=1110 NOTIFY flags=40 status=0 seq=0 "
	         "trace=abc body=\n");
	show(conn, false, "\0\0\0\1\x10\x40\0\0\0\0\0\1\0\4\1\2\n\n", 18);
	shown_is("192.0.2.7 ann < type=2 len=18 action=1 REQ flags=40 status=0 seq=1 "
	         "trace=\\x0A\\x0A body=\n");
	show(conn, false, long_trace, sizeof long_trace - 1);
	shown_is("192.0.2.7 ann < type=2 len=82 action=110 REQ flags=40 status=0 seq=7 "
	         "trace=tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt "
	         "body={}\n");
	show(conn, false, "\xFF\xFF\xFF\1\x14\0\0\0\xFF\xFF\xFF\xFF", 12);
	shown_is("192.0.2.7 ann < type=2 len=12 action=4294967041 CTRL flags=00 status=0 "
	         "seq=4294967295 body=\n");
}

/* Also the answers: status and flags are what one looks for. */
static void an_answer_of_act_v1_has_its_head(void **state)
{
	const struct ticket ticket = { .code = 110, .seq = 7 };
	const struct outcome outcome = { .kind = OUTCOME_ERROR,
		                         .status = 65535,
		                         .retry = true,
		                         .retry_after_ms = 9,
		                         .body = act_str("later") };
	(void)state;
	struct conn *conn = open_speaking(&wire, "/action", &protocol_v1, NULL, 0);
	config.log.frames = true;
	conn_answer(conn, &ticket, &outcome);
	shown_is("192.0.2.7 - > type=2 len=25 action=110 RES flags=43 status=65535 seq=7 "
	         "body=later\n");
	push(conn, "{}");
	shown_is("192.0.2.7 - > type=2 len=14 action=1110 PUSH flags=00 status=0 seq=0 body={}\n");
}

/* A frame that is none is shown as far as it goes: with its code, if it has one. */
static void a_bad_frame_of_act_v1_is_shown_too(void **state)
{
	(void)state;
	struct conn *conn = open_speaking(&wire, "/action", &protocol_v1, NULL, 0);
	show(conn, false, "\0\0\0\1{\"a\":1}", 11);
	shown_is("192.0.2.7 - < type=2 len=11 action=1 body={\"a\":1}\n");
	show(conn, false, "\0\0\0\1\x10\x40\0\0\0\0\0\1\xFF", 13);
	shown_is("192.0.2.7 - < type=2 len=13 action=1 body=1040000000000001ff (hex)\n");
	show(conn, false, "ab", 2);
	shown_is("192.0.2.7 - < type=2 len=2 body=ab\n");
	show(conn, true, "text", 4);
	shown_is("192.0.2.7 - < type=1 len=4 body=text\n");
}

static void a_message_of_json_is_text(void **state)
{
	(void)state;
	struct conn *conn = open_speaking(&wire, "/action", &protocol_json, "ann", 0);
	show_text(conn, "{\"action\":110,\"seq\":7}");
	shown_is("192.0.2.7 ann < type=1 len=22 body={\"action\":110,\"seq\":7}\n");
	show(conn, true, NULL, 0);
	shown_is("192.0.2.7 ann < type=1 len=0 body=\n");
	show_text(conn, "no JSON");
	shown_is("192.0.2.7 ann < type=1 len=7 body=no JSON\n");
	config.log.frames = true;
	push(conn, "{}");
	shown_is("192.0.2.7 ann > type=1 len=23 body={\"push\":1110,\"data\":{}}\n");
}

/* ---- tokens ---- */

static void says_no_token(const char *expected)
{
	assert_null(strstr(log_file_text(), "SECRET"));
	shown_is(expected);
}

/* Whatever else is wrong with the frame. */
static void a_token_in_act_v1_is_hidden(void **state)
{
	(void)state;
	struct conn *conn = open_speaking(&wire, "/action", &protocol_v1, NULL, 0);
	show(conn, false, "\xFF\xFF\xFF\2\x14\0\0\0\0\0\0\7SECRET", 18);
	says_no_token("192.0.2.7 - < type=2 len=18 action=4294967042 CTRL flags=00 status=0 seq=7 "
	              "body=(a token)\n");
	show(conn, false, "\xFF\xFF\xFF\2\x24\0\0\0\0\0\0\7SECRET", 18);
	says_no_token("192.0.2.7 - < type=2 len=18 action=4294967042 body=(a token)\n");
	show(conn, false, "\xFF\xFF\xFF\2SECRET", 10);
	says_no_token("192.0.2.7 - < type=2 len=10 action=4294967042 body=(a token)\n");
	/* The answer to it is no secret. */
	config.log.frames = true;
	conn_message(conn, false, (const uint8_t *)"\xFF\xFF\xFF\2\x14\0\0\0\0\0\0\7ann", 15);
	assert_non_null(strstr(log_file_text(), "> type=2 len=46 action=4294967042 CTRL flags=00 "
	                                        "status=0 seq=7 body={\"user\":\"ann\","));
	assert_null(strstr(log_file_text(), "body=ann"));
}

static void a_token_in_json_is_hidden(void **state)
{
	static const char *const texts[] = {
		"{\"ctrl\":\"auth\",\"seq\":1,\"token\":\"SECRET\"}",
		/* Also where it could not be taken. */
		"{\"ctrl\":\"auth\",\"token\":\"SECRET\"}",
		"{\"ctrl\":\"auth\",\"seq\":0,\"token\":\"SECRET\"}",
		"{\"ctrl\":\"auth\",\"seq\":1,\"token\":[\"SECRET\"]}",
		"{\"ctrl\":\"auth\",\"seq\":1,\"token\":\"SECRET\",\"token\":\"SECRET\"}",
		"{\"ctrl\":\"login\",\"seq\":1,\"token\":\"SECRET\"}",
		"{\"seq\":1,\"token\":\"SECRET\"}",
		"{\"ctrl\":\"auth\",\"seq\":1,\"token\":\"SECRET\"",
	};
	char expected[128];
	(void)state;
	struct conn *conn = open_speaking(&wire, "/action", &protocol_json, NULL, 0);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		snprintf(expected, sizeof expected, "192.0.2.7 - < type=1 len=%zu body=(a token)\n",
		         strlen(texts[i]));
		show_text(conn, texts[i]);
		says_no_token(expected);
	}
}

/* Elsewhere the same bytes are a message like others. */
static void what_is_no_token_is_shown(void **state)
{
	(void)state;
	struct conn *conn = open_speaking(&wire, "/action", &protocol_json, NULL, 0);
	show_text(conn, "{\"action\":1,\"data\":{\"token\":1}}");
	shown_is("192.0.2.7 - < type=1 len=31 body={\"action\":1,\"data\":{\"token\":1}}\n");
	show_text(conn, "{\"ctrl\":\"ping\"}");
	shown_is("192.0.2.7 - < type=1 len=15 body={\"ctrl\":\"ping\"}\n");
	conn = open_conn(&other, "/raw", NULL);
	show_text(conn, "{\"ctrl\":\"auth\",\"seq\":1,\"token\":\"t\"}");
	shown_is(
		"192.0.2.7 - < type=1 len=35 body={\"ctrl\":\"auth\",\"seq\":1,\"token\":\"t\"}\n");
}

/* Also a zero: it is UTF-8, but the line would end there. */
static void other_bytes_are_shown_in_hex(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/action", NULL);
	show(conn, false, "\0\0\0\1a\xFF\x80z", 8);
	shown_is("192.0.2.7 - < type=2 len=8 action=1 body=61ff807a (hex)\n");
	show(conn, false, "\0\0\0\1\0\0\0\7", 8);
	shown_is("192.0.2.7 - < type=2 len=8 action=1 body=00000007 (hex)\n");
}

static void no_message_forges_a_line(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	show(conn, true, "a\nb", 3);
	shown_is("192.0.2.7 - < type=1 len=3 body=a\\x0Ab\n");
}

static void a_long_one_is_cut(void **state)
{
	char bytes[1000], expected[1000];
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	memset(bytes, 'x', sizeof bytes);
	show(conn, false, bytes, SHOW_BYTES);
	snprintf(expected, sizeof expected, "192.0.2.7 - < type=2 len=256 body=%.256s\n", bytes);
	shown_is(expected);
	show(conn, false, bytes, sizeof bytes);
	snprintf(expected, sizeof expected, "192.0.2.7 - < type=2 len=1000 body=%.256s...\n",
	         bytes);
	shown_is(expected);
	/* A character across the end is left out; it makes the text no less a text. */
	memcpy(bytes + SHOW_BYTES - 2, "我", 3);
	show(conn, false, bytes, sizeof bytes);
	snprintf(expected, sizeof expected, "192.0.2.7 - < type=2 len=1000 body=%.254s...\n",
	         bytes);
	shown_is(expected);
	memset(bytes, 0xFF, sizeof bytes);
	show(conn, false, bytes, sizeof bytes);
	for (size_t i = 0; i < SHOW_BYTES; i++)
		snprintf(bytes + 2 * i, 3, "ff");
	snprintf(expected, sizeof expected, "192.0.2.7 - < type=2 len=1000 body=%.512s... (hex)\n",
	         bytes);
	shown_is(expected);
}

/* A push is a frame that is made already. */
static void a_frame_is_shown_without_its_header(void **state)
{
	static const size_t lengths[] = { 5, 125, 126, 65535, 65536 };
	static uint8_t frame[FRAME_HEADER_MAX + 65536];
	char expected[1000];
	(void)state;
	struct conn *conn = open_conn(&wire, "/action", "ann");
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		size_t head = frame_header(frame, FRAME_BINARY, lengths[i]), len = lengths[i];
		memset(frame + head, 'x', len);
		act_put_u32(frame + head, 1110);
		show_frame(conn, frame, head + len);
		snprintf(expected, sizeof expected,
		         "192.0.2.7 ann > type=2 len=%zu action=1110 body=%.*s%s\n", len,
		         (int)(len - 4 < SHOW_BYTES ? len - 4 : SHOW_BYTES), frame + head + 4,
		         len - 4 > SHOW_BYTES ? "..." : "");
		shown_is(expected);
	}
}

/* The switch is live, and holds for both ways. */
static void the_config_switches_it(void **state)
{
	(void)state;
	struct conn *conn = open_conn(&wire, "/raw", NULL);
	conn_message(conn, true, (const uint8_t *)"a", 1);
	reply(conn, 0, ACT_HOW_TEXT, act_str("a"));
	assert_string_equal(log_file_text(), "");
	config.log.frames = true;
	conn_message(conn, true, (const uint8_t *)"b", 1);
	shown_is("192.0.2.7 - < type=1 len=1 body=b\n");
	reply(conn, 0, ACT_HOW_TEXT, act_str("c"));
	shown_is("192.0.2.7 - > type=1 len=1 body=c\n");
	heard_is("0:1:a 0:1:b ");
	conn = open_conn(&other, "/action", NULL);
	push(conn, "d");
	shown_is("192.0.2.7 - > type=2 len=5 action=1110 body=d\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_action_has_its_code),
		TEST(a_raw_message_has_none),
		TEST(what_is_no_action_is_shown_too),
		TEST(a_code_on_a_raw_endpoint_is_shown),
		TEST(a_frame_of_act_v1_has_its_head),
		TEST(an_answer_of_act_v1_has_its_head),
		TEST(a_bad_frame_of_act_v1_is_shown_too),
		TEST(a_message_of_json_is_text),
		TEST(a_token_in_act_v1_is_hidden),
		TEST(a_token_in_json_is_hidden),
		TEST(what_is_no_token_is_shown),
		TEST(other_bytes_are_shown_in_hex),
		TEST(no_message_forges_a_line),
		TEST(a_long_one_is_cut),
		TEST(a_frame_is_shown_without_its_header),
		TEST(the_config_switches_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
