/* act.poll/1 in the fake host: a plugin that talks to a back end, and watches one by one. */
#include <act/fake.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000 };

/* ---- a plugin with a back end ---- */

static int listen_somewhere(uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

/* The plugin runs, and `*back` is its back end. */
static struct fake_host *run_relay(int *back)
{
	char settings[32];
	uint16_t port;
	int door = listen_somewhere(&port);
	snprintf(settings, sizeof settings, "{\"port\":%u}", port);
	struct fake_host *fake = fake_new(settings);
	fake_load(fake, FAKE_PLUGIN("relay"));
	assert_int_equal(fake_run(fake), ACT_OK);
	*back = accept(door, NULL, NULL);
	assert_true(*back >= 0);
	close(door);
	return fake;
}

static const struct fake_answer *ask(struct fake_host *fake, const char *text)
{
	return fake_call_begin(fake, "ask", 1, NULL, ACT_HOW_BINARY, act_str(text));
}

static void assert_asked(int back, const char *text)
{
	char line[64] = "";
	assert_int_equal(recv(back, line, strlen(text), MSG_WAITALL), strlen(text));
	assert_string_equal(line, text);
}

static void say(int back, const char *text)
{
	assert_int_equal(send(back, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void what_the_back_end_says_is_the_answer(void **state)
{
	int back;
	struct fake_host *fake = run_relay(&back);
	(void)state;
	const struct fake_answer *one = ask(fake, "one"), *two = ask(fake, "two");
	assert_int_equal(one->rc, ACT_DEFER);
	while (fake_poll_run(fake, 0) > 0) /* what it has to send leaves */
		;
	assert_asked(back, "one\ntwo\n");
	assert_false(one->answered);
	say(back, "eins\n");
	assert_string_equal(fake_call_await(fake, one)->body, "eins");
	assert_false(two->answered);
	say(back, "zwei\n");
	assert_true(fake_poll_run(fake, PATIENCE_MS) > 0);
	assert_string_equal(two->body, "zwei");
	assert_int_equal(fake_watches(fake), 1);
	close(back);
	assert_true(fake_poll_run(fake, PATIENCE_MS) > 0);
	assert_int_equal(fake_watches(fake), 0);
	assert_int_equal(ask(fake, "three")->rc, ACT_E_BUSY);
	fake_free(fake);
}

/* As a back end in another thread or process does. */
static void *serve_once(void *arg)
{
	int back = *(const int *)arg;
	char line[4];
	if (recv(back, line, sizeof line, MSG_WAITALL) == sizeof line)
		send(back, line, sizeof line, MSG_NOSIGNAL);
	return NULL;
}

static void a_call_waits_for_the_back_end(void **state)
{
	int back;
	struct fake_host *fake = run_relay(&back);
	pthread_t server;
	(void)state;
	assert_int_equal(pthread_create(&server, NULL, serve_once, &back), 0);
	assert_string_equal(fake_call(fake, "ask", 1, NULL, "one")->body, "one");
	pthread_join(server, NULL);
	fake_free(fake);
	assert_int_equal(recv(back, &back, 1, 0), 0); /* nothing holds it open */
	close(back);
}

/* ---- a plugin that is linked in, which writes down what it is told ---- */

static const act_host *host;
static const act_poll *polls;
static uint64_t told_tag;
static uint32_t told_events;
static act_watch unwatched; /* by on_fd() */

static act_rc create(const act_host *h, void **self)
{
	*self = NULL;
	host = h;
	polls = h->extension(h, ACT_EXT_POLL, sizeof(act_poll));
	return polls != NULL ? ACT_OK : ACT_E_NOSUPP;
}

static void destroy(void *self)
{
	(void)self;
}

static void on_fd(void *self, uint64_t tag, uint32_t events)
{
	(void)self;
	told_tag = tag;
	told_events = events;
	if (unwatched != 0)
		polls->unwatch(host, unwatched);
}

#define PLUGIN(told)                                                                               \
	{                                                                                          \
		.size = sizeof(act_plugin), .name = "watcher", .version = "1.0", .create = create, \
		.destroy = destroy, .on_fd = (told)                                                \
	}

static const act_plugin watcher = PLUGIN(on_fd), deaf = PLUGIN(NULL);

static struct fake_host *run_watcher(const act_plugin *plugin)
{
	struct fake_host *fake = fake_new(NULL);
	fake_adopt(fake, plugin);
	assert_int_equal(fake_run(fake), ACT_OK);
	unwatched = 0;
	return fake;
}

/* One turn without waiting; `events` 0: nothing is told. */
static void assert_told(struct fake_host *fake, uint64_t tag, uint32_t events)
{
	told_events = 0;
	assert_int_equal(fake_poll_run(fake, 0), events != 0);
	assert_int_equal(told_events, events);
	if (events != 0)
		assert_int_equal(told_tag, tag);
}

static void it_is_told_of_what_it_watches_for(void **state)
{
	struct fake_host *fake = run_watcher(&watcher);
	act_watch watch;
	int ends[2];
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(polls->watch(host, ends[0], ACT_POLL_READ, 5, &watch), ACT_OK);
	assert_int_equal(fcntl(ends[0], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	assert_told(fake, 5, 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_told(fake, 5, ACT_POLL_READ);
	assert_told(fake, 5, ACT_POLL_READ); /* as long as it is ready */
	assert_int_equal(polls->modify(host, watch, ACT_POLL_WRITE), ACT_OK);
	assert_told(fake, 5, ACT_POLL_WRITE);
	assert_int_equal(polls->modify(host, watch, 0), ACT_OK);
	assert_told(fake, 5, 0);
	assert_int_equal(polls->modify(host, watch, ACT_POLL_HANGUP), ACT_OK);
	assert_told(fake, 5, 0);
	close(ends[1]);
	assert_told(fake, 5, ACT_POLL_HANGUP);
	assert_int_equal(polls->unwatch(host, watch), ACT_OK);
	assert_told(fake, 5, 0);
	assert_int_equal(polls->unwatch(host, watch), ACT_E_GONE);
	assert_int_equal(polls->modify(host, watch, 0), ACT_E_GONE);
	close(ends[0]);
	fake_free(fake);
}

/* A pipe that nobody writes to, and one that nobody reads. */
static void it_is_told_of_ends_and_errors(void **state)
{
	struct fake_host *fake = run_watcher(&watcher);
	act_watch watch;
	int one[2], other[2];
	(void)state;
	assert_int_equal(pipe(one), 0);
	assert_int_equal(polls->watch(host, one[0], ACT_POLL_READ | ACT_POLL_HANGUP, 1, &watch),
	                 ACT_OK);
	close(one[1]);
	assert_told(fake, 1, ACT_POLL_READ | ACT_POLL_HANGUP);
	assert_int_equal(polls->unwatch(host, watch), ACT_OK);
	assert_int_equal(pipe(other), 0);
	assert_int_equal(polls->watch(host, other[1], ACT_POLL_WRITE, 2, &watch), ACT_OK);
	close(other[0]);
	assert_told(fake, 2, ACT_POLL_ERROR);
	assert_told(fake, 2, 0);
	assert_int_equal(polls->modify(host, watch, ACT_POLL_WRITE), ACT_OK);
	assert_told(fake, 2, ACT_POLL_ERROR);
	close(one[0]);
	close(other[1]);
	fake_free(fake);
}

static void its_own_descriptor_may_be_closed(void **state)
{
	struct fake_host *fake = run_watcher(&watcher);
	act_watch watch;
	int ends[2];
	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(polls->watch(host, ends[0], ACT_POLL_READ, 9, &watch), ACT_OK);
	close(ends[0]);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_told(fake, 9, ACT_POLL_READ);
	close(ends[1]);
	fake_free(fake);
}

/* Both are ready; whichever is told first ends the other. */
static void what_is_ended_meanwhile_is_not_told(void **state)
{
	struct fake_host *fake = run_watcher(&watcher);
	act_watch one, other;
	int ends[2];
	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(polls->watch(host, ends[0], ACT_POLL_READ, 1, &one), ACT_OK);
	assert_told(fake, 1, ACT_POLL_READ);
	assert_int_equal(polls->watch(host, ends[0], ACT_POLL_READ, 2, &other), ACT_OK);
	assert_int_equal(fake_poll_run(fake, 0), 2);
	unwatched = told_tag == 1 ? one : other; /* the last told comes second again */
	assert_int_equal(fake_poll_run(fake, 0), 1);
	close(ends[0]);
	close(ends[1]);
	fake_free(fake);
}

static void what_cannot_be_watched_is_refused(void **state)
{
	struct fake_host *fake = run_watcher(&watcher);
	act_watch watch = 0;
	int file = open(fake_data_dir(fake), O_RDONLY | O_DIRECTORY | O_CLOEXEC), ends[2];
	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(polls->watch(host, file, ACT_POLL_READ, 1, &watch), ACT_E_INVAL);
	assert_int_equal(polls->watch(host, -1, ACT_POLL_READ, 1, &watch), ACT_E_INVAL);
	assert_int_equal(polls->watch(host, ends[0], ACT_POLL_ERROR, 1, &watch), ACT_E_INVAL);
	assert_int_equal(polls->watch(host, ends[0], ACT_POLL_READ, 1, NULL), ACT_E_INVAL);
	assert_int_equal(polls->watch(host, ends[0], 0, 1, &watch), ACT_OK);
	assert_int_equal(polls->modify(host, watch, ACT_POLL_ERROR), ACT_E_INVAL);
	fake_end(fake);
	assert_int_equal(fake_watches(fake), 0);
	assert_int_equal(polls->watch(host, ends[0], ACT_POLL_READ, 1, &watch), ACT_E_INVAL);
	fake_free(fake);
	fake = run_watcher(&deaf);
	assert_int_equal(polls->watch(host, ends[0], ACT_POLL_READ, 1, &watch), ACT_E_NOSUPP);
	fake_free(fake);
	close(file);
	close(ends[0]);
	close(ends[1]);
}

static void watches_have_a_bound(void **state)
{
	struct fake_host *fake = run_watcher(&watcher);
	act_watch watch;
	int ends[2];
	act_rc rc = ACT_OK;
	size_t count = 0;
	(void)state;
	assert_int_equal(pipe(ends), 0);
	for (; count < 2000 && rc == ACT_OK; count++)
		rc = polls->watch(host, ends[0], ACT_POLL_READ, 1, &watch);
	assert_int_equal(rc, ACT_E_BUSY);
	assert_int_equal(fake_watches(fake), count - 1);
	assert_true(count <= 1025);
	fake_free(fake);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_back_end_says_is_the_answer),
		cmocka_unit_test(a_call_waits_for_the_back_end),
		cmocka_unit_test(it_is_told_of_what_it_watches_for),
		cmocka_unit_test(it_is_told_of_ends_and_errors),
		cmocka_unit_test(its_own_descriptor_may_be_closed),
		cmocka_unit_test(what_is_ended_meanwhile_is_not_told),
		cmocka_unit_test(what_cannot_be_watched_is_refused),
		cmocka_unit_test(watches_have_a_bound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
