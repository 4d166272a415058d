/* The head of a request, read by the server itself: in which parts and with which line ends it may
 * come, and what becomes of who does not send one. */
#include "fixtures/live_net.h"

#include <pthread.h>
#include <time.h>

enum { TEXT = 0x1, FINAL = 0x80 };

static const char request[] = "GET /raw HTTP/1.1\r\n" LIVE_UPGRADE "\r\n";

static int begin_alone(void **state)
{
	(void)state;
	live_set_up();
	live_loops = 1;
	config.close_ms = LIVE_WAIT_MS;
	live_start();
	return 0;
}

static int begin_impatient(void **state)
{
	(void)state;
	live_set_up();
	config.handshake_ms = 100;
	live_start();
	return 0;
}

static void echoes(int fd, const char *text)
{
	size_t len = strlen(text);
	uint8_t head[2] = { FINAL | TEXT, (uint8_t)len };
	live_frame(fd, FINAL | TEXT, text, len);
	live_hears(fd, (const char *)head, sizeof head);
	live_hears(fd, text, len);
}

static _Atomic int handshakes;

static void look(struct loop *loop, void *context)
{
	(void)context;
	handshakes += (int)loop->handshakes;
}

/* Until that many sockets have come and are not upgraded. */
static void handshakes_become(int number)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	for (int i = 0;; i++) {
		handshakes = 0;
		net_barrier(&net, look, NULL);
		if (handshakes == number)
			return;
		if (i == LIVE_WAIT_MS)
			fail_msg("expected %d handshakes, found %d", number, handshakes);
		nanosleep(&moment, NULL);
	}
}

/* ---- the head ---- */

/* Some clients end what they sent before with an empty line too many (RFC 9112, section 2.2). What
 * comes behind it is as good as ever, and does not get stuck between two readers. */
static void empty_lines_in_front_are_no_head(void **state)
{
	static const char *const fronts[] = { "\r\n", "\r\n\r\n", "\n\n", "\r\n\r\n\r\n\r\n\r\n" };
	(void)state;
	for (size_t i = 0; i < sizeof fronts / sizeof fronts[0]; i++) {
		int fd = live_connect();
		live_say(fd, fronts[i], strlen(fronts[i]));
		handshakes_become(1);
		live_say(fd, request, sizeof request - 1);
		assert_memory_equal(live_answer(fd), "HTTP/1.1 101 ", 13);
		echoes(fd, "still here");
		close(fd);
		live_until(&live_gone, (int)i + 1);
	}
}

/* The same where the request follows at once. */
static void empty_lines_and_the_request_may_come_together(void **state)
{
	static const char both[] = "\r\n\r\nGET /raw HTTP/1.1\r\n" LIVE_UPGRADE "\r\n";
	(void)state;
	int fd = live_connect();
	live_say(fd, both, sizeof both - 1);
	assert_memory_equal(live_answer(fd), "HTTP/1.1 101 ", 13);
	echoes(fd, "together");
	close(fd);
}

/* What ends a head for one reader has to end it for the other, or nobody looks after the
 * connection: it is in, or out. */
static void line_ends_of_all_kinds_lead_somewhere(void **state)
{
	static const char *const ends[] = { "\r\n\r\n", "\n\r\n", "\r\n\n", "\n\n" };
	(void)state;
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		int fd = live_connect(), opened = live_opened;
		live_say(fd, request, sizeof request - 5);
		live_say(fd, ends[i], strlen(ends[i]));
		live_say(fd, "\x81\x82\0\0\0\0hi", 8);
		const char *answer = live_answer(fd);
		if (strncmp(answer, "HTTP/1.1 101 ", 13) == 0) {
			live_hears(fd, "\x81\2hi", 4);
			assert_int_equal(live_opened, opened + 1);
		}
		close(fd);
		handshakes_become(0);
	}
}

static void who_hangs_up_in_a_head_is_forgotten(void **state)
{
	(void)state;
	for (size_t some = 0; some < sizeof request - 1; some += 16) {
		int fd = live_connect();
		live_say(fd, request, some);
		handshakes_become(1);
		close(fd);
		handshakes_become(0);
	}
	assert_int_equal(live_opened, 0);
}

/* He has his answer, and nobody reads what else he has to say. */
static void behind_a_head_that_is_too_long_nothing_counts(void **state)
{
	static char filler[GATE_HEAD_MAX + 1];
	(void)state;
	memset(filler, 'x', sizeof filler);
	int fd = live_connect();
	live_say(fd, filler, sizeof filler);
	assert_memory_equal(live_answer(fd), "HTTP/1.1 431 ", 13);
	live_say(fd, request, sizeof request - 1);
	handshakes_become(1);
	close(fd);
	handshakes_become(0);
	assert_int_equal(live_opened, 0);
}

/* A client need not wait for the answer to its request. Cut in two at every byte, nothing that it
 * sent is lost: whatever was in whose hands when the connection changed them. */
static void nothing_is_lost_at_the_change_of_hands(void **state)
{
	static const char frames[] = "\x81\x82\0\0\0\0ab\x81\x81\0\0\0\0c";
	const struct timespec moment = { .tv_nsec = 300000 };
	uint8_t all[sizeof request - 1 + sizeof frames - 1];
	(void)state;
	memcpy(all, request, sizeof request - 1);
	memcpy(all + sizeof request - 1, frames, sizeof frames - 1);
	for (size_t cut = 1; cut <= sizeof all; cut++) {
		int fd = live_connect();
		live_say(fd, all, cut);
		nanosleep(&moment, NULL);
		live_say(fd, all + cut, sizeof all - cut);
		assert_memory_equal(live_answer(fd), "HTTP/1.1 101 ", 13);
		live_hears(fd, "\x81\2ab\x81\1c", 7);
		close(fd);
	}
}

static void a_head_has_its_bound(void **state)
{
	static char filler[GATE_HEAD_MAX];
	(void)state;
	memset(filler, 'x', sizeof filler);
	int fd = live_connect();
	live_say(fd, "GET /raw HTTP/1.1\r\nX-Filler: ", 29);
	live_say(fd, filler, sizeof filler);
	assert_memory_equal(live_answer(fd), "HTTP/1.1 431 ", 13);
	close(fd);
}

static void who_sends_no_head_is_not_waited_for(void **state)
{
	(void)state;
	int fd = live_connect();
	live_say(fd, "GET /raw HTTP/1.1\r\n", 19);
	live_hears_the_end(fd);
}

/* ---- the end of the server ---- */

static void *end_the_server(void *arg)
{
	(void)arg;
	live_stop(0);
	return NULL;
}

/* When all have been told to come again elsewhere nobody comes in any more, who would not be. */
static void nobody_comes_in_behind_the_close(void **state)
{
	uint8_t frame[FRAME_HEADER_MAX + FRAME_CLOSE_MAX];
	pthread_t thread;
	(void)state;
	int open = live_open("/raw", ""), late = live_connect();
	live_say(late, request, sizeof request - 3);
	handshakes_become(1);
	assert_int_equal(pthread_create(&thread, NULL, end_the_server, NULL), 0);
	live_hears(open, (const char *)frame, frame_close(frame, CLOSE_RESTART, "retry=1"));
	(void)!send(late, request + sizeof request - 3, 2, MSG_NOSIGNAL);
	live_hears_the_end(late);
	close(open);
	pthread_join(thread, NULL);
	assert_int_equal(live_opened, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, live_begin, live_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(empty_lines_in_front_are_no_head),
		TEST(empty_lines_and_the_request_may_come_together),
		TEST(line_ends_of_all_kinds_lead_somewhere),
		TEST(who_hangs_up_in_a_head_is_forgotten),
		TEST(behind_a_head_that_is_too_long_nothing_counts),
		TEST(nothing_is_lost_at_the_change_of_hands),
		TEST(a_head_has_its_bound),
		cmocka_unit_test_setup_teardown(who_sends_no_head_is_not_waited_for,
		                                begin_impatient, live_end),
		cmocka_unit_test_setup_teardown(nobody_comes_in_behind_the_close, begin_alone,
		                                live_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
