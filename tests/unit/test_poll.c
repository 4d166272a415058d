/* Watched descriptors: told of on the home loop, from whatever thread they are watched, and dead
 * with their generation. */
#include "fixtures/puppet.h"

#include "act/poll.h"

#include <act/ext/poll.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

struct scene {
	struct house *house;
	struct puppet *puppet;
	struct puppet *clock; /* another one, with the same home: it tells that the loop looked */
	const act_host *h;
	const act_poll *poll;
	int ends[2]; /* a pipe's */
	int always[2];
	_Atomic uint32_t looks;
};

static struct scene scene;

static void on_fd(void *self, uint64_t tag, uint32_t events)
{
	const struct puppet *puppet = self;
	puppet_note(self, "fd:%lu:%u%s", tag, events,
	            loop_self() == puppet->generation->home ? "" : ":elsewhere");
}

/* Told once: it takes what is there. */
static void on_fd_reads(void *self, uint64_t tag, uint32_t events)
{
	char bytes[64];
	on_fd(self, tag, events);
	if (read(scene.ends[0], bytes, sizeof bytes) < 0)
		puppet_note(self, "empty");
}

static void on_look(void *self, uint64_t tag, uint32_t events)
{
	(void)self;
	(void)tag;
	(void)events;
	atomic_fetch_add(&scene.looks, 1);
}

static int open_scene(void **state)
{
	struct house *house = house_new("{}");
	const struct rlimit many = { 3000, 3000 };
	(void)state;
	scene = (struct scene){ .house = house,
		                .puppet = puppet_new(house, "friend", ACT_F_PARALLEL, 0),
		                .clock = puppet_new(house, "clock", ACT_F_PARALLEL, 0) };
	setrlimit(RLIMIT_NOFILE, &many);
	scene.puppet->table.on_fd = on_fd;
	scene.clock->table.on_fd = on_look;
	puppet_enter(scene.puppet);
	puppet_enter(scene.clock)->home = scene.puppet->generation->home;
	scene.h = scene.puppet->host;
	scene.poll = scene.h->extension(scene.h, ACT_EXT_POLL, sizeof(act_poll));
	assert_non_null(scene.poll);
	assert_int_equal(pipe2(scene.ends, O_CLOEXEC), 0);
	assert_int_equal(pipe2(scene.always, O_CLOEXEC), 0);
	return 0;
}

static int close_scene(void **state)
{
	(void)state;
	house_free(scene.house);
	for (int i = 0; i < 2; i++) {
		close(scene.ends[i]);
		close(scene.always[i]);
	}
	return 0;
}

static void serve(void)
{
	act_watch watch;
	puppet_serve(scene.house);
	puppet_forget(scene.puppet);
	assert_int_equal(
		scene.poll->watch(scene.clock->host, scene.always[1], ACT_POLL_WRITE, 0, &watch),
		ACT_OK);
}

static act_watch watch_fd(int fd, uint32_t events, uint64_t tag)
{
	act_watch watch = 0;
	assert_int_equal(scene.poll->watch(scene.h, fd, events, tag, &watch), ACT_OK);
	assert_true(watch != 0);
	return watch;
}

static void say(const char *text)
{
	assert_int_equal(write(scene.ends[1], text, strlen(text)), strlen(text));
}

/* Returns when the home loop has looked at all descriptors, more than once. */
static void let_it_look(void)
{
	house_settle(scene.house);
	uint32_t before = atomic_load(&scene.looks);
	eventually(atomic_load(&scene.looks) > before + 3);
}

/* ---- watching ---- */

static void none_before_the_generation_is_live(void **state)
{
	act_watch watch = 4711;
	(void)state;
	assert_int_equal(scene.poll->watch(scene.h, scene.ends[0], ACT_POLL_READ, 1, &watch),
	                 ACT_E_INVAL);
	assert_int_equal(watch, 4711);
	serve();
	watch_fd(scene.ends[0], ACT_POLL_READ, 1);
}

static void what_is_ready_is_told(void **state)
{
	(void)state;
	scene.puppet->table.on_fd = on_fd_reads;
	serve();
	watch_fd(scene.ends[0], ACT_POLL_READ, 7);
	let_it_look();
	puppet_told(scene.puppet, "");
	say("x");
	eventually(puppet_heard(scene.puppet, "fd:7:1"));
	let_it_look();
	puppet_told(scene.puppet, "fd:7:1");
	say("y");
	eventually(puppet_heard(scene.puppet, "fd:7:1"));
}

static _Atomic uint32_t times;

static void on_fd_counts(void *self, uint64_t tag, uint32_t events)
{
	(void)self;
	assert_int_equal(tag, 7);
	assert_int_equal(events, ACT_POLL_READ);
	atomic_fetch_add(&times, 1);
}

static void it_is_told_again_while_it_lasts(void **state)
{
	(void)state;
	atomic_store(&times, 0);
	scene.puppet->table.on_fd = on_fd_counts;
	serve();
	watch_fd(scene.ends[0], ACT_POLL_READ, 7);
	say("x");
	eventually(atomic_load(&times) > 5);
}

static void the_descriptor_does_not_wait_any_more(void **state)
{
	(void)state;
	serve();
	assert_int_equal(fcntl(scene.ends[0], F_GETFL) & O_NONBLOCK, 0);
	watch_fd(scene.ends[0], ACT_POLL_READ, 7);
	assert_int_equal(fcntl(scene.ends[0], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
}

static void one_that_cannot_be_watched_is_refused(void **state)
{
	act_watch watch = 0;
	(void)state;
	serve();
	int file = open(house_path(scene.house, "t.json"), O_RDONLY | O_CLOEXEC);
	int folder = open("/", O_RDONLY | O_CLOEXEC);
	const int bad[] = { -1, 999999, file, folder };
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(scene.poll->watch(scene.h, bad[i], ACT_POLL_READ, 1, &watch),
		                 ACT_E_INVAL);
	assert_true(house_logged(scene.house, "plugin friend: act.poll/1: descriptor -1 is not "
	                                      "watched: Bad file descriptor"));
	assert_true(house_logged(scene.house, "as a regular file is; expected a socket, a pipe"));
	assert_int_equal(scene.poll->watch(scene.h, scene.ends[0], ACT_POLL_ERROR, 1, &watch),
	                 ACT_E_INVAL);
	assert_int_equal(scene.poll->watch(scene.h, scene.ends[0], 16, 1, &watch), ACT_E_INVAL);
	assert_int_equal(scene.poll->watch(scene.h, scene.ends[0], 1, 1, NULL), ACT_E_INVAL);
	assert_int_equal(watch, 0);
	close(file);
	close(folder);
}

static void a_plugin_without_on_fd_watches_nothing(void **state)
{
	act_watch watch = 0;
	(void)state;
	serve();
	scene.puppet->table.on_fd = NULL;
	assert_int_equal(scene.poll->watch(scene.h, scene.ends[0], 1, 1, &watch), ACT_E_NOSUPP);
	/* A table of 0.9 ends before it. */
	scene.puppet->table.on_fd = on_fd;
	scene.puppet->table.size = offsetof(act_plugin, on_fd);
	assert_int_equal(scene.poll->watch(scene.h, scene.ends[0], 1, 1, &watch), ACT_E_NOSUPP);
}

static void there_is_a_bound(void **state)
{
	act_watch last = 0;
	(void)state;
	serve();
	for (int i = 0; i < POLLS_MAX; i++)
		last = watch_fd(scene.ends[0], ACT_POLL_READ, 1);
	assert_int_equal(scene.poll->watch(scene.h, scene.ends[0], 1, 1, &last), ACT_E_BUSY);
	assert_int_equal(scene.poll->unwatch(scene.h, last), ACT_OK);
	watch_fd(scene.ends[0], ACT_POLL_READ, 1);
	assert_int_equal(scene.poll->watch(scene.h, scene.ends[0], 1, 1, &last), ACT_E_BUSY);
}

static void without_descriptors_it_is_busy(void **state)
{
	act_watch watch;
	struct rlimit before, few = { 4, 0 };
	(void)state;
	serve();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	act_rc rc = scene.poll->watch(scene.h, scene.ends[0], ACT_POLL_READ, 1, &watch);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(rc, ACT_E_BUSY);
}

/* ---- events ---- */

static void the_end_of_the_other_side_is_told(void **state)
{
	int pair[2];
	(void)state;
	serve();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	act_watch watch = watch_fd(pair[0], ACT_POLL_HANGUP, 7);
	assert_int_equal(write(pair[1], "x", 1), 1);
	let_it_look();
	puppet_told(scene.puppet, "");
	assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
	eventually(puppet_heard(scene.puppet, "fd:7:4"));
	assert_int_equal(scene.poll->unwatch(scene.h, watch), ACT_OK);
	close(pair[0]);
	close(pair[1]);
}

/* The reading end goes: whoever writes is in error. */
static void an_error_is_told_once(void **state)
{
	(void)state;
	serve();
	act_watch watch = watch_fd(scene.ends[1], 0, 7);
	close(scene.ends[0]);
	scene.ends[0] = -1;
	let_it_look();
	puppet_told(scene.puppet, "");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(scene.poll->modify(scene.h, watch, ACT_POLL_WRITE), ACT_OK);
		eventually(puppet_heard(scene.puppet, "fd:7:8"));
		let_it_look();
		polls_freeze(scene.puppet->generation->polls);
		polls_thaw(scene.puppet->generation->polls);
		let_it_look();
		puppet_told(scene.puppet, "fd:7:8");
	}
}

static void other_events_may_be_asked_for(void **state)
{
	int pair[2];
	(void)state;
	serve();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(write(pair[1], "x", 1), 1);
	act_watch watch = watch_fd(pair[0], 0, 7);
	let_it_look();
	puppet_told(scene.puppet, "");
	assert_int_equal(scene.poll->modify(scene.h, watch, ACT_POLL_READ), ACT_OK);
	eventually(puppet_heard(scene.puppet, "fd:7:1"));
	assert_int_equal(scene.poll->modify(scene.h, watch, ACT_POLL_READ | ACT_POLL_WRITE),
	                 ACT_OK);
	puppet_forget(scene.puppet);
	eventually(puppet_heard(scene.puppet, "fd:7:3"));
	assert_int_equal(scene.poll->modify(scene.h, watch, 0), ACT_OK);
	let_it_look();
	puppet_forget(scene.puppet);
	let_it_look();
	puppet_told(scene.puppet, "");
	assert_int_equal(scene.poll->modify(scene.h, watch, ACT_POLL_ERROR), ACT_E_INVAL);
	assert_int_equal(scene.poll->modify(scene.h, watch + 1, ACT_POLL_READ), ACT_E_GONE);
	close(pair[0]);
	close(pair[1]);
}

/* ---- unwatching ---- */

static act_watch to_end;

static void unwatch_at_home(struct loop *loop, void *context)
{
	(void)loop;
	(void)context;
	puppet_note(scene.puppet, "unwatch:%d", scene.poll->unwatch(scene.h, to_end));
	puppet_forget(scene.puppet);
}

static void unwatched_at_home_it_is_over(void **state)
{
	(void)state;
	serve();
	to_end = watch_fd(scene.ends[0], ACT_POLL_READ, 7);
	say("x");
	eventually(puppet_heard(scene.puppet, "fd:7:1"));
	house_on_loop(scene.house, scene.puppet->generation->home->index, unwatch_at_home, NULL);
	let_it_look();
	puppet_told(scene.puppet, "");
	assert_int_equal(scene.poll->unwatch(scene.h, to_end), ACT_E_GONE);
	assert_int_equal(scene.poll->modify(scene.h, to_end, 1), ACT_E_GONE);
}

static void unwatched_elsewhere_it_is_over_soon(void **state)
{
	(void)state;
	serve();
	act_watch watch = watch_fd(scene.ends[0], ACT_POLL_READ, 7);
	say("x");
	eventually(puppet_heard(scene.puppet, "fd:7:1"));
	assert_int_equal(scene.poll->unwatch(scene.h, watch), ACT_OK);
	assert_int_equal(scene.poll->unwatch(scene.h, watch), ACT_E_GONE);
	house_settle(scene.house);
	puppet_forget(scene.puppet);
	let_it_look();
	puppet_told(scene.puppet, "");
}

static void watch_change_and_unwatch(struct loop *loop, void *context)
{
	act_watch watch = watch_fd(scene.ends[0], ACT_POLL_READ, 7);
	(void)loop;
	(void)context;
	puppet_note(scene.puppet, "modify:%d", scene.poll->modify(scene.h, watch, 0));
	puppet_note(scene.puppet, "modify:%d", scene.poll->modify(scene.h, watch, ACT_POLL_READ));
	puppet_note(scene.puppet, "unwatch:%d", scene.poll->unwatch(scene.h, watch));
}

/* It ends before its beginning has come through the inbox. */
static void one_that_never_began_is_ended(void **state)
{
	(void)state;
	serve();
	say("x");
	house_on_loop(scene.house, scene.puppet->generation->home->index, watch_change_and_unwatch,
	              NULL);
	let_it_look();
	puppet_told(scene.puppet, "modify:0 modify:0 unwatch:0");
}

static void on_fd_ends_itself(void *self, uint64_t tag, uint32_t events)
{
	on_fd(self, tag, events);
	puppet_note(self, "unwatch:%d", scene.poll->unwatch(scene.h, to_end));
	watch_fd(scene.ends[0], ACT_POLL_READ, tag + 1);
	puppet_note(self, "watched");
	scene.puppet->table.on_fd = on_fd_reads;
}

/* And watches anew: what that leads to comes later. */
static void a_watch_may_end_itself(void **state)
{
	(void)state;
	scene.puppet->table.on_fd = on_fd_ends_itself;
	serve();
	to_end = watch_fd(scene.ends[0], ACT_POLL_READ, 7);
	house_settle(scene.house);
	say("x");
	eventually(puppet_heard(scene.puppet, "fd:8:1"));
	let_it_look();
	puppet_told(scene.puppet, "fd:7:1 unwatch:0 watched fd:8:1");
}

/* The number is another pipe's, which is watched as well: neither disturbs the other. */
static void a_descriptor_may_be_closed_at_any_time(void **state)
{
	int other[2];
	char byte;
	(void)state;
	serve();
	act_watch watch = watch_fd(scene.ends[0], ACT_POLL_READ, 7);
	house_settle(scene.house);
	int fd = scene.ends[0];
	close(fd);
	assert_int_equal(pipe2(other, O_CLOEXEC), 0);
	assert_int_equal(dup2(other[0], fd), fd);
	act_watch second = watch_fd(fd, ACT_POLL_READ, 8);
	assert_int_equal(write(other[1], "x", 1), 1);
	eventually(puppet_heard(scene.puppet, "fd:8:1"));
	/* What is ready and not read is told again and again, which would fill the journal. */
	assert_int_equal(read(fd, &byte, 1), 1);
	assert_int_equal(byte, 'x');
	house_settle(scene.house);
	puppet_forget(scene.puppet);
	say("y");
	eventually(puppet_heard(scene.puppet, "fd:7:1"));
	assert_int_equal(scene.poll->unwatch(scene.h, watch), ACT_OK);
	house_settle(scene.house);
	puppet_forget(scene.puppet);
	assert_int_equal(write(other[1], "x", 1), 1);
	eventually(puppet_heard(scene.puppet, "fd:8:1"));
	assert_int_equal(scene.poll->unwatch(scene.h, second), ACT_OK);
	house_settle(scene.house);
	/* Nothing of the server's holds the first pipe open any more. */
	signal(SIGPIPE, SIG_IGN);
	eventually(write(scene.ends[1], "z", 1) == -1);
	close(other[0]);
	close(other[1]);
}

/* ---- the end, and a pause ---- */

static void they_die_with_their_generation(void **state)
{
	(void)state;
	serve();
	act_watch watch = watch_fd(scene.ends[0], ACT_POLL_READ, 7);
	say("x");
	eventually(puppet_heard(scene.puppet, "fd:7:1"));
	assert_int_equal(generation_step(scene.puppet->generation, STEP_STOP, EVENTUALLY_MS),
	                 ACT_OK);
	puppet_forget(scene.puppet);
	assert_int_equal(scene.poll->unwatch(scene.h, watch), ACT_E_GONE);
	assert_int_equal(scene.poll->watch(scene.h, scene.ends[0], 1, 1, &watch), ACT_E_INVAL);
	let_it_look();
	puppet_told(scene.puppet, "");
}

static void a_pause_keeps_them(void **state)
{
	struct generation_polls *polls = scene.puppet->generation->polls;
	(void)state;
	serve();
	act_watch early = watch_fd(scene.ends[0], ACT_POLL_READ, 7);
	act_watch gone = watch_fd(scene.ends[0], ACT_POLL_READ, 8);
	let_it_look();
	polls_freeze(polls);
	say("x");
	watch_fd(scene.ends[0], ACT_POLL_READ, 9);
	assert_int_equal(scene.poll->modify(scene.h, early, ACT_POLL_READ), ACT_OK);
	assert_int_equal(scene.poll->unwatch(scene.h, gone), ACT_OK);
	let_it_look();
	puppet_told(scene.puppet, "");
	polls_thaw(polls);
	eventually(puppet_heard(scene.puppet, "fd:7:1"));
	eventually(puppet_heard(scene.puppet, "fd:9:1"));
	assert_false(puppet_heard(scene.puppet, "fd:8:1"));
}

struct watcher {
	_Atomic bool enough;
	_Atomic uint32_t watched;
};

static void *watch_for_ever(void *arg)
{
	struct watcher *watcher = arg;
	while (!atomic_load(&watcher->enough)) {
		act_watch watch;
		if (scene.poll->watch(scene.h, scene.ends[0], ACT_POLL_READ, 1, &watch) != ACT_OK)
			continue;
		atomic_fetch_add(&watcher->watched, 1);
		scene.poll->modify(scene.h, watch, ACT_POLL_WRITE);
		scene.poll->modify(scene.h, watch, ACT_POLL_READ);
		scene.poll->unwatch(scene.h, watch);
	}
	return NULL;
}

static void they_die_while_threads_watch_more(void **state)
{
	struct watcher watcher = { 0 };
	pthread_t threads[2];
	(void)state;
	scene.puppet->table.on_fd = on_look;
	serve();
	say("x");
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, watch_for_ever, &watcher), 0);
	eventually(atomic_load(&watcher.watched) > 100);
	assert_int_equal(generation_step(scene.puppet->generation, STEP_STOP, EVENTUALLY_MS),
	                 ACT_OK);
	uint32_t watched = atomic_load(&watcher.watched);
	let_it_look();
	atomic_store(&watcher.enough, true);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	/* One each may have been counted after it was put in. */
	assert_true(atomic_load(&watcher.watched) <= watched + 2);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(none_before_the_generation_is_live),
		IN_SCENE(what_is_ready_is_told),
		IN_SCENE(it_is_told_again_while_it_lasts),
		IN_SCENE(the_descriptor_does_not_wait_any_more),
		IN_SCENE(one_that_cannot_be_watched_is_refused),
		IN_SCENE(a_plugin_without_on_fd_watches_nothing),
		IN_SCENE(there_is_a_bound),
		IN_SCENE(without_descriptors_it_is_busy),
		IN_SCENE(the_end_of_the_other_side_is_told),
		IN_SCENE(an_error_is_told_once),
		IN_SCENE(other_events_may_be_asked_for),
		IN_SCENE(unwatched_at_home_it_is_over),
		IN_SCENE(unwatched_elsewhere_it_is_over_soon),
		IN_SCENE(one_that_never_began_is_ended),
		IN_SCENE(a_watch_may_end_itself),
		IN_SCENE(a_descriptor_may_be_closed_at_any_time),
		IN_SCENE(they_die_with_their_generation),
		IN_SCENE(a_pause_keeps_them),
		IN_SCENE(they_die_while_threads_watch_more),
	};
	return cmocka_run_group_tests_name("poll", tests, NULL, NULL);
}
