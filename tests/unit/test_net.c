/* The network side as a whole: its start, its barrier, and its end. */
#include "fixtures/live_net.h"

#include "base/mem.h"
#include "fixtures/log_file.h"

/* ---- start ---- */

static void serves(void **state)
{
	(void)state;
	int fd = live_open("/raw", "");
	live_frame(fd, 0x81, "hello", 5);
	live_hears(fd, "\x81\5hello", 7);
	close(fd);
}

static void need_not_run(void **state)
{
	struct err why = { "" };
	(void)state;
	live_set_up();
	assert_int_equal(net_open(&net, site, LIVE_LOOPS, &live_upcalls, &why), 0);
	live_tear_down();
}

/* What was bound before the bad one is given back, and net_free() does it. */
static void says_what_cannot_be_bound(void **state)
{
	struct config_listen two[2];
	struct err why = { "" };
	(void)state;
	live_set_up();
	two[0] = config_listen;
	two[1] = (struct config_listen){
		.text = (char *)(uintptr_t) "unix:/tmp/no/such/folder/socket",
		.unix_path = (char *)(uintptr_t) "/tmp/no/such/folder/socket",
	};
	config.listen = two;
	config.listen_count = 2;
	assert_int_equal(net_open(&net, site, LIVE_LOOPS, &live_upcalls, &why), -1);
	assert_string_equal(why.text, "listen: unix:/tmp/no/such/folder/socket: "
	                              "No such file or directory");
	live_tear_down();
}

/* ---- barrier ---- */

struct visits {
	_Atomic uint32_t count[LIVE_LOOPS];
	_Atomic uint32_t strays;
};

static void visit(struct loop *loop, void *context)
{
	struct visits *visits = context;
	visits->count[loop->index]++;
	visits->strays += loop_self() != loop;
}

static void a_barrier_is_on_every_loop(void **state)
{
	struct visits visits = { 0 };
	(void)state;
	for (uint32_t i = 1; i <= 100; i++) {
		net_barrier(&net, visit, &visits);
		for (int k = 0; k < LIVE_LOOPS; k++)
			assert_int_equal(visits.count[k], i);
	}
	assert_int_equal(visits.strays, 0);
	net_barrier(&net, NULL, NULL);
}

struct step {
	struct post post;
	int *done; /* the loop's until the barrier is through, the test's then */
};

static void on_step(struct post *post)
{
	struct step *step = (struct step *)post;
	++*step->done;
	free(step);
}

static void what_was_posted_before_is_done(void **state)
{
	int done[LIVE_LOOPS] = { 0 };
	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct step *step = mem_new(1, sizeof *step);
		*step = (struct step){ { .run = on_step }, &done[i % LIVE_LOOPS] };
		loop_post(&net.loops[i % LIVE_LOOPS], &step->post);
	}
	net_barrier(&net, NULL, NULL);
	for (int i = 0; i < LIVE_LOOPS; i++)
		assert_int_equal(done[i], 1000 / LIVE_LOOPS);
}

/* ---- numbers ---- */

static _Atomic act_conn seen_id;

static void see_id(struct loop *loop, void *context)
{
	(void)context;
	uint32_t at = 0;
	const struct conn *conn = conn_next(loop, &at);
	if (conn != NULL)
		seen_id = conn->id;
}

static void a_number_is_alive_as_long_as_its_connection(void **state)
{
	(void)state;
	int fd = live_open("/raw", "");
	live_until(&live_opened, 1);
	net_barrier(&net, see_id, NULL);
	act_conn id = seen_id;
	assert_true(net_conn_alive(&net, id));
	assert_ptr_equal(net_loop_of(&net, id), &net.loops[slots_owner(id)]);
	close(fd);
	live_until(&live_gone, 1);
	net_barrier(&net, NULL, NULL);
	assert_false(net_conn_alive(&net, id));
}

static void made_up_numbers_name_no_loop(void **state)
{
	const act_conn made_up[] = {
		0,
		1,
		UINT64_MAX,
		(act_conn)CONN_KIND << 61 | (act_conn)LIVE_LOOPS << 24, /* no such loop */
		(act_conn)(CONN_KIND + 1) << 61,                        /* no connection's */
	};
	(void)state;
	for (size_t i = 0; i < sizeof made_up / sizeof made_up[0]; i++) {
		assert_null(net_loop_of(&net, made_up[i]));
		assert_false(net_conn_alive(&net, made_up[i]));
	}
}

/* ---- the end ---- */

static void closes_all_with_1012(void **state)
{
	int fds[6];
	(void)state;
	for (int i = 0; i < 6; i++)
		fds[i] = live_open("/raw", "");
	live_until(&live_opened, 6);
	live_stop(0);
	for (int i = 0; i < 6; i++) {
		live_hears(fds[i], "\x88\x09\x03\xF4retry=1", 11);
		live_hears_the_end(fds[i]);
	}
	assert_int_equal(live_gone, 6);
}

static void *stop_late(void *arg)
{
	live_stop(LIVE_WAIT_MS);
	return arg;
}

static _Atomic int open_calls, draining_loops;

static void look(struct loop *loop, void *context)
{
	const struct conn *conn;
	(void)context;
	for (uint32_t at = 0; (conn = conn_next(loop, &at)) != NULL;)
		open_calls += (int)conn->calls;
	draining_loops += loop->draining;
}

static void look_until(_Atomic int *number, int value)
{
	do {
		open_calls = draining_loops = 0;
		net_barrier(&net, look, NULL);
	} while (*number != value);
}

/* An open call is answered before its connection is closed. */
static void waits_for_open_calls(void **state)
{
	pthread_t thread;
	(void)state;
	live_hold = true;
	int fd = live_open("/raw", "");
	live_frame(fd, 0x81, "x", 1);
	look_until(&open_calls, 1);
	assert_int_equal(pthread_create(&thread, NULL, stop_late, NULL), 0);
	look_until(&draining_loops, LIVE_LOOPS);
	net_barrier(&net, live_let_go_one, NULL);
	live_hears(fd, "\x81\6let go\x88\x09\x03\xF4retry=1", 19);
	live_hears_the_end(fd);
	pthread_join(thread, NULL);
}

static void gives_up_what_is_never_answered(void **state)
{
	(void)state;
	live_hold = true;
	int fd = live_open("/raw", "");
	live_frame(fd, 0x81, "x", 1);
	look_until(&open_calls, 1);
	log_file_begin(LOG_WARN);
	live_stop(1);
	assert_non_null(
		strstr(log_file_text(), "net: calls are still open at the end of drain_ms"));
	log_file_end();
	live_hears(fd, "\x88\x09\x03\xF4retry=1", 11);
	live_hears_the_end(fd);
}

static void nobody_comes_in_any_more(void **state)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	(void)state;
	live_stop(0);
	strcpy(to.sun_path, live_socket);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), -1);
	assert_int_equal(errno, ENOENT);
	close(fd);
}

/* Neither an answer to the close nor an end of its own: the net is freed all the same. */
static void a_dead_client_holds_nothing_up(void **state)
{
	int fds[6];
	live_begin(state);
	for (int i = 0; i < 6; i++)
		fds[i] = live_open("/raw", "");
	live_until(&live_opened, 6);
	live_end(state);
	for (int i = 0; i < 6; i++) {
		live_hears(fds[i], "\x88\x09\x03\xF4retry=1", 11);
		live_hears_the_end(fds[i]);
	}
}

static _Atomic int handshakes;

static void count_handshakes(struct loop *loop, void *context)
{
	(void)context;
	handshakes += (int)loop->handshakes;
}

/* Those who have not come in yet, and say nothing or stopped in the middle of their request. */
static void handshakes_under_way_end_too(void **state)
{
	int fds[6];
	(void)state;
	for (int i = 0; i < 6; i++) {
		fds[i] = live_connect();
		if (i % 2 == 0)
			live_say(fds[i], "GET /raw HTTP/1.1\r\nUpgr", 23);
	}
	do {
		handshakes = 0;
		net_barrier(&net, count_handshakes, NULL);
	} while (handshakes != 6);
	live_stop(0);
	for (int i = 0; i < 6; i++)
		live_hears_the_end(fds[i]);
	for (int i = 0; i < LIVE_LOOPS; i++)
		assert_int_equal(net.loops[i].handshakes, 0);
}

static void says_what_it_served(void **state)
{
	(void)state;
	live_set_up();
	log_file_begin(LOG_INFO);
	live_start();
	int fd = live_open("/raw", "");
	for (int i = 0; i < 3; i++) {
		live_frame(fd, 0x81, "x", 1);
		live_hears(fd, "\x81\1x", 3);
	}
	close(fd);
	live_until(&live_gone, 1);
	live_stop(0);
	live_tear_down();
	assert_non_null(strstr(log_file_text(),
	                       "net: served 1 connections (0 refused, 0 turned away), "
	                       "3 messages in, 3 out in 3 writes; closed 0 for the protocol, "
	                       "0 too big, 0 too slow, 0 silent\n"));
	log_file_end();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, live_begin, live_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(serves),
		cmocka_unit_test(need_not_run),
		cmocka_unit_test(says_what_cannot_be_bound),
		TEST(a_barrier_is_on_every_loop),
		TEST(what_was_posted_before_is_done),
		TEST(a_number_is_alive_as_long_as_its_connection),
		TEST(made_up_numbers_name_no_loop),
		TEST(closes_all_with_1012),
		TEST(waits_for_open_calls),
		TEST(gives_up_what_is_never_answered),
		TEST(nobody_comes_in_any_more),
		cmocka_unit_test(a_dead_client_holds_nothing_up),
		TEST(handshakes_under_way_end_too),
		cmocka_unit_test(says_what_it_served),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
