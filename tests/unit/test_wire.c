/* A connection on a socket of ours: how it gets there, messages in all their pieces, and the ways
 * in which it closes. */
#include "fixtures/live_net.h"

#include <pthread.h>
#include <time.h>

enum { TEXT = 0x1, BINARY = 0x2, CLOSE = 0x8, PING = 0x9, PONG = 0xA, FINAL = 0x80 };

/* Most of these clients answer a close, however late they get to it. */
static int begin(void **state)
{
	(void)state;
	live_set_up();
	config.close_ms = LIVE_WAIT_MS;
	live_start();
	return 0;
}

/* The server sends such a frame next. */
static void frame_comes(int fd, int first_byte, const void *bytes, size_t len)
{
	uint8_t head[FRAME_HEADER_MAX];
	size_t n = frame_header(head, FRAME_TEXT, len);
	head[0] = (uint8_t)first_byte;
	live_hears(fd, (const char *)head, n);
	if (len != 0)
		live_hears(fd, bytes, len);
}

static void close_comes(int fd, uint16_t code, const char *reason)
{
	uint8_t frame[FRAME_HEADER_MAX + FRAME_CLOSE_MAX];
	live_hears(fd, (const char *)frame, frame_close(frame, code, reason));
}

static void closed_with(int fd, uint16_t code, const char *reason)
{
	uint8_t frame[FRAME_HEADER_MAX + FRAME_CLOSE_MAX];
	frame_close(frame, code, reason);
	close_comes(fd, code, reason);
	live_frame(fd, FINAL | CLOSE, frame + 2, 2); /* the answer that is due */
	live_hears_the_end(fd);
}

/* The close has this code, and words that are not looked at here. What follows a bad frame is not
 * understood: nobody waits for more. */
static void closed_in_some_words_with(int fd, uint16_t code)
{
	uint8_t head[2], body[FRAME_CLOSE_MAX];
	live_hear(fd, head, sizeof head);
	assert_int_equal(head[0], FINAL | CLOSE);
	assert_in_range(head[1], 2, sizeof body);
	live_hear(fd, body, head[1]);
	assert_int_equal(act_get_u16(body), code);
	close(fd);
}

/* ---- messages ---- */

static void all_lengths_come_and_go(void **state)
{
	static const size_t lengths[] = { 0,    1,    125,  126,   127,   4095,  4096,
		                          4097, 8192, 9000, 65535, 65536, 99999, 100000 };
	char *bytes = malloc(100000);
	(void)state;
	int fd = live_open("/raw", "");
	for (size_t i = 0; i < 100000; i++)
		bytes[i] = (char)('a' + i * i % 23);
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		int kind = i % 2 == 0 ? TEXT : BINARY;
		live_frame(fd, FINAL | kind, bytes, lengths[i]);
		frame_comes(fd, FINAL | kind, bytes, lengths[i]);
	}
	free(bytes);
	close(fd);
}

static void a_message_may_come_byte_by_byte(void **state)
{
	static const uint8_t payload[] = { 0, 0, 0, 0, 'n', 'a', 'b' };
	uint8_t masked[13] = { FINAL | BINARY, 0x80 | sizeof payload, 0x11, 0x22, 0x33, 0x44 };
	(void)state;
	for (size_t i = 0; i < sizeof payload; i++)
		masked[6 + i] = payload[i] ^ masked[2 + i % 4];
	int fd = live_open("/action", "");
	for (size_t i = 0; i < sizeof masked; i++)
		live_say(fd, masked + i, 1);
	frame_comes(fd, FINAL | BINARY, payload, sizeof payload);
	close(fd);
}

static void fragments_are_joined(void **state)
{
	(void)state;
	int fd = live_open("/raw", "");
	live_frame(fd, TEXT, "\xE6", 1); /* in the middle of a character */
	live_frame(fd, 0, "\x88\x91", 2);
	live_frame(fd, 0, "", 0);
	live_frame(fd, FINAL, "!", 1);
	frame_comes(fd, FINAL | TEXT, "我!", 4);
	live_frame(fd, BINARY, "", 0);
	live_frame(fd, FINAL, "", 0);
	frame_comes(fd, FINAL | BINARY, "", 0);
	live_frame(fd, BINARY, "", 0);
	live_frame(fd, FINAL, "end", 3);
	frame_comes(fd, FINAL | BINARY, "end", 3);
	close(fd);
}

static void a_ping_may_come_between(void **state)
{
	(void)state;
	int fd = live_open("/raw", "");
	live_frame(fd, TEXT, "a", 1);
	live_frame(fd, FINAL | PING, "how are you", 11);
	frame_comes(fd, FINAL | PONG, "how are you", 11);
	live_frame(fd, FINAL | PONG, "unasked", 7);
	live_frame(fd, FINAL, "b", 1);
	frame_comes(fd, FINAL | TEXT, "ab", 2);
	close(fd);
}

static void many_in_one_write_are_answered_in_order(void **state)
{
	enum { MANY = 500 };
	uint8_t frames[MANY * 10], number[4];
	(void)state;
	int fd = live_open("/action", "");
	for (uint32_t i = 0; i < MANY; i++) {
		uint8_t *frame = frames + (size_t)i * 10;
		memcpy(frame, "\x82\x84\0\0\0\0", 6);
		act_put_u32(frame + 6, i);
	}
	live_say(fd, frames, sizeof frames);
	for (uint32_t i = 0; i < MANY; i++) {
		act_put_u32(number, i);
		frame_comes(fd, FINAL | BINARY, number, 4);
	}
	close(fd);
}

/* A client need not wait for the 101. */
static void a_message_may_come_with_the_request(void **state)
{
	static const char both[] = "GET /raw HTTP/1.1\r\n" LIVE_UPGRADE "\r\n\x81\x82\0\0\0\0hi";
	(void)state;
	int fd = live_connect();
	live_say(fd, both, sizeof both - 1);
	assert_memory_equal(live_answer(fd), "HTTP/1.1 101 ", 13);
	frame_comes(fd, FINAL | TEXT, "hi", 2);
	close(fd);
}

/* ---- what is refused ---- */

/* Who is in the middle of a message cannot answer the close, and is dropped. */
static void a_message_has_its_bound(void **state)
{
	char *bytes = calloc(1, 100001);
	(void)state;
	int fd = live_open("/raw", "");
	live_say(fd, "\x82\xFF\0\0\0\0\0\1\x86\xA1\0\0\0\0x", 15); /* announces 100,001 */
	close_comes(fd, CLOSE_TOO_BIG, "the message is too long");
	live_hears_the_end(fd);
	fd = live_open("/raw", "");
	live_frame(fd, BINARY, bytes, 60000);
	live_frame(fd, 0, bytes, 40000);
	live_frame(fd, FINAL, bytes, 1);
	close_comes(fd, CLOSE_TOO_BIG, "the message is too long");
	live_hears_the_end(fd);
	fd = live_open("/raw", "");
	live_say(fd, "\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\0x", 15);
	close_comes(fd, CLOSE_TOO_BIG, "the message is too long");
	live_hears_the_end(fd);
	free(bytes);
}

static void what_is_no_message_closes(void **state)
{
	(void)state;
	int fd = live_open("/action", "");
	live_frame(fd, FINAL | TEXT, "\0\0\0\1", 4);
	closed_with(fd, CLOSE_UNSUPPORTED, "expected binary messages");
	fd = live_open("/action", "");
	live_frame(fd, FINAL | BINARY, "\0\0\1", 3);
	closed_with(fd, CLOSE_PROTOCOL, "expected 4 bytes of action code");
	fd = live_open("/raw", "");
	live_frame(fd, FINAL | TEXT, "a\xFF", 2);
	closed_with(fd, CLOSE_BAD_TEXT, "text is not UTF-8");
}

static void what_is_no_frame_closes(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} table[] = {
		{ "\xC1\x81\0\0\0\0x", 7 }, /* a reserved bit */
		{ "\x83\x81\0\0\0\0x", 7 }, /* a reserved opcode */
		{ "\x80\x81\0\0\0\0x", 7 }, /* goes on with nothing */
		{ "\x09\x80\0\0\0\0", 6 },  /* a ping in pieces */
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		int fd = live_open("/raw", "");
		live_say(fd, table[i].bytes, table[i].len);
		closed_in_some_words_with(fd, CLOSE_PROTOCOL);
	}
	live_until(&live_gone, sizeof table / sizeof table[0]);
}

/* ---- protocols ---- */

#define OFFER(name) "Sec-WebSocket-Protocol: " name "\r\n"

/* A greeting comes first of all, with this in front of its JSON. */
static void greeted(int fd, int first_byte, const char *front, size_t front_len)
{
	uint8_t head[4], text[1024];
	live_hear(fd, head, sizeof head);
	assert_int_equal(head[0], first_byte);
	assert_int_equal(head[1], 126);
	size_t len = act_get_u16(head + 2);
	assert_in_range(len, front_len, sizeof text);
	live_hear(fd, text, len);
	assert_memory_equal(text, front, front_len);
	assert_int_equal(text[len - 1], '}');
}

static const char hello_v1[] = "\xFF\xFF\xFF\0\x14\0\0\0\0\0\0\0{\"version\":1,";
static const char hello_json[] = "{\"ctrl\":\"hello\",\"version\":1,";

static void act_v1_is_spoken(void **state)
{
	static const char request[] = "\0\0\0\x6E\x10\0\0\0\0\0\0\7{}";
	static const char answer[] = "\0\0\0\x6E\x11\0\0\0\0\0\0\7{}";
	static const char fault[] = "\xFF\xFF\xFF\6\x14\1\0\2\0\0\0\0expected binary messages";
	(void)state;
	int fd = live_open("/action", OFFER("act.v1"));
	greeted(fd, FINAL | BINARY, hello_v1, sizeof hello_v1 - 1);
	live_frame(fd, BINARY, request, 5); /* in pieces */
	live_frame(fd, FINAL, request + 5, sizeof request - 6);
	frame_comes(fd, FINAL | BINARY, answer, sizeof answer - 1);
	live_frame(fd, FINAL | TEXT, "{}", 2);
	frame_comes(fd, FINAL | BINARY, fault, sizeof fault - 1);
	closed_with(fd, CLOSE_UNSUPPORTED, "expected binary messages");
}

static void act_json_v1_is_spoken(void **state)
{
	static const char request[] = "{\"action\":110,\"seq\":7,\"data\":[1, 2]}";
	static const char fault[] = "{\"ctrl\":\"error\",\"error\":{\"code\":400,\"name\":"
				    "\"bad_frame\",\"message\":\"expected text messages\","
				    "\"retry\":false}}";
	(void)state;
	int fd = live_open("/action", OFFER("chat, act.json.v1, act.v1"));
	greeted(fd, FINAL | TEXT, hello_json, sizeof hello_json - 1);
	live_frame(fd, FINAL | TEXT, request, sizeof request - 1);
	frame_comes(fd, FINAL | TEXT, request, sizeof request - 1); /* the echo of it */
	live_frame(fd, FINAL | BINARY, "\0\0\0\1", 4);
	frame_comes(fd, FINAL | TEXT, fault, sizeof fault - 1);
	closed_with(fd, CLOSE_UNSUPPORTED, "expected text messages");
}

/* The end of a login at the upgrade is the connection's. */
static void a_login_that_has_ended_closes(void **state)
{
	static const char fault[] = "\xFF\xFF\xFF\6\x14\1\0\xA\0\0\0\0the token has expired";
	(void)state;
	live_expired = true;
	int fd = live_open("/action", OFFER("act.v1") "Authorization: Bearer ok-ann\r\n");
	greeted(fd, FINAL | BINARY, hello_v1, sizeof hello_v1 - 1);
	frame_comes(fd, FINAL | BINARY, fault, sizeof fault - 1);
	closed_with(fd, CLOSE_EXPIRED, "the token has expired");
	fd = live_open("/action", "Authorization: Bearer ok-ann\r\n");
	closed_with(fd, CLOSE_EXPIRED, "the token has expired");
}

/* A message over the bound is told of in the words of the protocol too. */
static void too_big_is_said_in_words(void **state)
{
	static const char fault[] = "\xFF\xFF\xFF\6\x14\1\0\x9\0\0\0\0the message is too long";
	char *bytes = calloc(1, 100001);
	(void)state;
	int fd = live_open("/action", OFFER("act.v1"));
	greeted(fd, FINAL | BINARY, hello_v1, sizeof hello_v1 - 1);
	live_frame(fd, FINAL | BINARY, bytes, 100001);
	frame_comes(fd, FINAL | BINARY, fault, sizeof fault - 1);
	closed_with(fd, CLOSE_TOO_BIG, "the message is too long");
	free(bytes);
}

/* ---- closing ---- */

static void a_clients_close_is_answered(void **state)
{
	(void)state;
	int fd = live_open("/raw", "");
	live_frame(fd, FINAL | TEXT, "last", 4);
	live_frame(fd, FINAL | CLOSE, "\x03\xE8", 2);
	frame_comes(fd, FINAL | TEXT, "last", 4); /* first what was asked before */
	frame_comes(fd, FINAL | CLOSE, "\x03\xE8", 2);
	live_hears_the_end(fd);
	live_until(&live_gone, 1);
}

static void a_client_may_just_go(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		int fd = live_open("/raw", "");
		live_frame(fd, TEXT, "in the middle of", 16);
		close(fd);
	}
	live_until(&live_gone, 20);
}

static _Atomic bool asleep, awake;

static void sleep_until_told(struct post *post)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	(void)post;
	asleep = true;
	while (!awake)
		nanosleep(&moment, NULL);
}

/* One turn is told of two: the one keeps the loop for longer than a close may take, the other is no
 * message. It is told so all the same. */
static void a_loop_that_was_away_still_says_why_it_closes(void **state)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	struct post post = { .run = sleep_until_told };
	(void)state;
	int slow = live_open("/raw", ""), bad = live_open("/raw", "");
	asleep = awake = false;
	live_nap_ms = 300;
	loop_post(&net.loops[0], &post);
	while (!asleep)
		nanosleep(&moment, NULL);
	live_frame(slow, FINAL | TEXT, "x", 1);
	live_frame(bad, FINAL | TEXT, "\xFF", 1);
	awake = true;
	close_comes(bad, CLOSE_BAD_TEXT, "text is not UTF-8");
	live_hears_the_end(bad);
	frame_comes(slow, FINAL | TEXT, "x", 1);
	close(slow);
}

static int begin_alone(void **state)
{
	(void)state;
	live_set_up();
	live_loops = 1;
	live_start();
	return 0;
}

/* ---- flow ---- */

enum { BIG = 90000, MESSAGES = 40 };

/* The outbox holds two of the pushes, a socket none. */
static int begin_with_pushes(void **state)
{
	(void)state;
	live_set_up();
	config.close_ms = LIVE_WAIT_MS;
	config.limits.outbox_bytes = 2 * LIVE_PUSH_BYTES + 1000;
	live_pushes = 4;
	live_start();
	return 0;
}

static void pushes_come(int fd, uint32_t number)
{
	enum { LEN = 4 + LIVE_PUSH_BYTES };
	char *bytes = malloc(LEN);
	for (uint32_t i = 0; i < number; i++) {
		act_put_u32(bytes, 110);
		memset(bytes + 4, 'A' + (int)i, LIVE_PUSH_BYTES);
		frame_comes(fd, FINAL | BINARY, bytes, LEN);
	}
	free(bytes);
}

/* More is said to a connection while it opens than its socket and its outbox hold together: some of
 * it is written before it is open. */
static void much_may_be_said_while_it_opens(void **state)
{
	(void)state;
	int fd = live_open("/action", "");
	pushes_come(fd, live_pushes);
	close(fd);
}

/* Who has closed and says no more may still read what the socket had not taken yet. What waited
 * behind that in the outbox is not for him any more. */
static void who_closes_and_ends_his_side_hears_all(void **state)
{
	(void)state;
	int fd = live_open("/action", "");
	live_frame(fd, FINAL | CLOSE, "\x03\xE8", 2);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	for (int i = 0; i < 20; i++)
		net_barrier(&net, NULL, NULL); /* the server has seen both */
	pushes_come(fd, 2);
	frame_comes(fd, FINAL | CLOSE, "\x03\xE8", 2);
	live_hears_the_end(fd);
}

static void *send_many(void *arg)
{
	const int *fd = arg;
	char *bytes = malloc(BIG);
	for (int i = 0; i < MESSAGES; i++) {
		memset(bytes, 'A' + i, BIG);
		live_frame(*fd, FINAL | TEXT, bytes, BIG);
	}
	free(bytes);
	return NULL;
}

/* More than the sockets and the outbox hold: reading stops and goes on, and nothing is lost. */
static void a_client_may_read_slowly(void **state)
{
	pthread_t thread;
	char *bytes = malloc(BIG);
	(void)state;
	int fd = live_open("/raw", "");
	assert_int_equal(pthread_create(&thread, NULL, send_many, &fd), 0);
	for (int i = 0; i < MESSAGES; i++) {
		const struct timespec moment = { .tv_nsec = 2000000 };
		nanosleep(&moment, NULL);
		memset(bytes, 'A' + i, BIG);
		frame_comes(fd, FINAL | TEXT, bytes, BIG);
	}
	pthread_join(thread, NULL);
	free(bytes);
	close(fd);
}

static _Atomic int calls, waiting;

static void look(struct loop *loop, void *context)
{
	const struct conn *conn;
	(void)context;
	for (uint32_t at = 0; (conn = conn_next(loop, &at)) != NULL;) {
		calls += (int)conn->calls;
		waiting += (int)conn->pending_count;
	}
}

/* While a call is open later messages wait; then each has its answer. */
static void messages_wait_for_an_open_call(void **state)
{
	(void)state;
	int fd = live_open("/raw", "");
	live_hold = true;
	live_frame(fd, FINAL | TEXT, "1", 1);
	live_frame(fd, FINAL | TEXT, "2", 1);
	live_frame(fd, FINAL | TEXT, "3", 1);
	do {
		calls = waiting = 0;
		net_barrier(&net, look, NULL);
	} while (waiting != 2);
	assert_int_equal(calls, 1);
	live_hold = false;
	net_barrier(&net, live_let_go_one, NULL);
	frame_comes(fd, FINAL | TEXT, "let go", 6);
	frame_comes(fd, FINAL | TEXT, "2", 1);
	frame_comes(fd, FINAL | TEXT, "3", 1);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, live_end)
#define TEST_UNANSWERED(name) cmocka_unit_test_setup_teardown(name, live_begin, live_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_lengths_come_and_go),
		TEST(a_message_may_come_byte_by_byte),
		TEST(fragments_are_joined),
		TEST(a_ping_may_come_between),
		TEST(many_in_one_write_are_answered_in_order),
		TEST(a_message_may_come_with_the_request),
		TEST_UNANSWERED(a_message_has_its_bound),
		TEST(what_is_no_message_closes),
		TEST(what_is_no_frame_closes),
		TEST(act_v1_is_spoken),
		TEST(act_json_v1_is_spoken),
		TEST(a_login_that_has_ended_closes),
		TEST(too_big_is_said_in_words),
		TEST(a_clients_close_is_answered),
		TEST(a_client_may_just_go),
		cmocka_unit_test_setup_teardown(a_loop_that_was_away_still_says_why_it_closes,
		                                begin_alone, live_end),
		cmocka_unit_test_setup_teardown(much_may_be_said_while_it_opens, begin_with_pushes,
		                                live_end),
		cmocka_unit_test_setup_teardown(who_closes_and_ends_his_side_hears_all,
		                                begin_with_pushes, live_end),
		TEST(a_client_may_read_slowly),
		TEST(messages_wait_for_an_open_call),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
