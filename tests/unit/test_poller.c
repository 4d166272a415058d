/* Waiting for descriptors: who is told, how often, and who no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/poller.h"

#include "fixtures/dies.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SCOUTS = 3 };

/* One who waits, notes what it is told, and may do something about another. */
struct scout {
	struct poller_watch watch; /* first: a scout is found by it */
	int fd;
	int times;
	uint32_t events;
	void (*then)(struct scout *scout);
};

static struct poller poller;
static struct scout scouts[SCOUTS];

static void on_ready(struct poller_watch *watch, uint32_t events)
{
	struct scout *scout = (struct scout *)watch;
	scout->times++;
	scout->events = events;
	if (scout->then != NULL)
		scout->then(scout);
}

static void send_out(struct scout *scout, uint32_t events)
{
	assert_int_equal(poller_add(&poller, &scout->watch, scout->fd, events), 0);
}

static void call_in(struct scout *scout)
{
	poller_drop(&poller, &scout->watch, scout->fd);
}

static int begin(void **state)
{
	(void)state;
	assert_int_equal(poller_init(&poller), 0);
	for (int i = 0; i < SCOUTS; i++) {
		scouts[i] =
			(struct scout){ .watch.ready = on_ready, .fd = eventfd(0, EFD_CLOEXEC) };
		assert_true(scouts[i].fd >= 0);
	}
	return 0;
}

static int end(void **state)
{
	(void)state;
	for (int i = 0; i < SCOUTS; i++)
		close(scouts[i].fd);
	poller_free(&poller);
	return 0;
}

static void make_readable(const struct scout *scout)
{
	assert_int_equal(eventfd_write(scout->fd, 1), 0);
}

static void turn(void)
{
	poller_wait(&poller, 0);
	poller_tell(&poller);
}

static void told_again_until_it_is_dealt_with(void **state)
{
	eventfd_t number;
	(void)state;
	send_out(&scouts[0], POLLER_READ);
	turn();
	assert_int_equal(scouts[0].times, 0);
	make_readable(&scouts[0]);
	turn();
	turn();
	assert_int_equal(scouts[0].times, 2);
	assert_int_equal(scouts[0].events, POLLER_READ);
	assert_int_equal(eventfd_read(scouts[0].fd, &number), 0);
	turn();
	assert_int_equal(scouts[0].times, 2);
	call_in(&scouts[0]);
}

static void told_of_what_it_asked_for_last(void **state)
{
	(void)state;
	send_out(&scouts[0], POLLER_READ);
	make_readable(&scouts[0]);
	poller_change(&poller, &scouts[0].watch, scouts[0].fd, POLLER_WRITE);
	turn();
	assert_int_equal(scouts[0].events, POLLER_WRITE);
	poller_change(&poller, &scouts[0].watch, scouts[0].fd, 0);
	turn();
	assert_int_equal(scouts[0].times, 1);
	call_in(&scouts[0]);
}

static void once_is_once_until_the_next_change(void **state)
{
	(void)state;
	send_out(&scouts[0], POLLER_WRITE | POLLER_ONCE);
	turn();
	turn();
	assert_int_equal(scouts[0].times, 1);
	poller_change(&poller, &scouts[0].watch, scouts[0].fd, POLLER_WRITE | POLLER_ONCE);
	turn();
	assert_int_equal(scouts[0].times, 2);
	call_in(&scouts[0]);
}

/* Who is told of it as well as of what was asked for, finds out what it is. */
static void an_end_is_told_unasked(void **state)
{
	int ends[2];
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	struct scout scout = { .watch.ready = on_ready, .fd = ends[0] };
	send_out(&scout, 0);
	turn();
	assert_int_equal(scout.times, 0);
	close(ends[1]);
	turn();
	assert_int_equal(scout.times, 1);
	assert_true((scout.events & POLLER_HUNG_UP) != 0);
	call_in(&scout);
	close(ends[0]);
}

static void drop_the_others(struct scout *scout)
{
	scout->then = NULL;
	for (int i = 0; i < SCOUTS; i++)
		if (&scouts[i] != scout)
			call_in(&scouts[i]);
}

/* What the kernel has said already is not told of who has been dropped since. */
static void who_is_dropped_while_being_told_hears_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < SCOUTS; i++) {
		send_out(&scouts[i], POLLER_WRITE);
		scouts[i].then = drop_the_others;
	}
	turn();
	turn();
	int told = 0;
	for (int i = 0; i < SCOUTS; i++)
		if (scouts[i].times != 0) {
			assert_int_equal(scouts[i].times, 2);
			told++;
		}
	assert_int_equal(told, 1);
}

static void drop_itself(struct scout *scout)
{
	call_in(scout);
}

static void who_drops_itself_is_told_once(void **state)
{
	(void)state;
	for (int i = 0; i < SCOUTS; i++) {
		send_out(&scouts[i], POLLER_WRITE);
		scouts[i].then = drop_itself;
	}
	turn();
	turn();
	for (int i = 0; i < SCOUTS; i++)
		assert_int_equal(scouts[i].times, 1);
}

static void change_the_others(struct scout *scout)
{
	for (int i = 0; i < SCOUTS; i++) {
		scouts[i].then = NULL;
		if (&scouts[i] == scout)
			continue;
		call_in(&scouts[i]);
		send_out(&scouts[i], POLLER_READ);
	}
}

/* The same memory, and a new watch: what was about to be told was of the one before. */
static void a_watch_that_is_new_hears_nothing_old(void **state)
{
	(void)state;
	for (int i = 0; i < SCOUTS; i++) {
		send_out(&scouts[i], POLLER_WRITE);
		scouts[i].then = change_the_others;
	}
	turn();
	int told = 0;
	for (int i = 0; i < SCOUTS; i++)
		told += scouts[i].times;
	assert_int_equal(told, 1);
	for (int i = 0; i < SCOUTS; i++)
		call_in(&scouts[i]);
}

static void what_cannot_be_waited_for_is_refused(void **state)
{
	(void)state;
	struct scout file = { .watch.ready = on_ready, .fd = open("/proc/self/exe", O_RDONLY) };
	assert_true(file.fd >= 0);
	assert_int_equal(poller_add(&poller, &file.watch, file.fd, POLLER_READ), -1);
	assert_int_equal(errno, EPERM);
	close(file.fd);
	send_out(&scouts[0], POLLER_READ);
	assert_int_equal(poller_add(&poller, &scouts[1].watch, scouts[0].fd, POLLER_READ), -1);
	assert_int_equal(errno, EEXIST);
	call_in(&scouts[0]);
}

static void drop_a_stranger(void)
{
	call_in(&scouts[0]);
}

static void change_a_stranger(void)
{
	poller_change(&poller, &scouts[0].watch, scouts[0].fd, POLLER_READ);
}

static void faults_stop_the_program(void **state)
{
	(void)state;
	assert_dies(drop_a_stranger, "EPOLL_CTL_DEL, watch, fd, 0) == 0 does not hold");
	assert_dies(change_a_stranger, "EPOLL_CTL_MOD, watch, fd, events) == 0 does not hold");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(told_again_until_it_is_dealt_with),
		TEST(told_of_what_it_asked_for_last),
		TEST(once_is_once_until_the_next_change),
		TEST(an_end_is_told_unasked),
		TEST(who_is_dropped_while_being_told_hears_nothing),
		TEST(who_drops_itself_is_told_once),
		TEST(a_watch_that_is_new_hears_nothing_old),
		TEST(what_cannot_be_waited_for_is_refused),
		TEST(faults_stop_the_program),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
