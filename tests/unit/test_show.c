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
		TEST(other_bytes_are_shown_in_hex),
		TEST(no_message_forges_a_line),
		TEST(a_long_one_is_cut),
		TEST(a_frame_is_shown_without_its_header),
		TEST(the_config_switches_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
