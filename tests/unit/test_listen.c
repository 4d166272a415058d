/* Listening sockets: what is bound and refused, who is named how, and who is turned away. The .c is
 * included to see the sockets. */
#include "fixtures/live_net.h"

#include "net/listen.c"

#include "fixtures/log_file.h"

#include <sys/resource.h>
#include <sys/stat.h>

static struct err why;
static bool started;

static int begin(void **state)
{
	(void)state;
	live_set_up();
	live_greets = true;
	started = false;
	return 0;
}

static int end(void **state)
{
	if (started)
		return live_end(state);
	live_tear_down();
	return 0;
}

static void start(void)
{
	live_start();
	started = true;
}

/* Listens where the config says, without a thread. */
static int open_only(void)
{
	why.text[0] = '\0';
	return net_open(&net, site, LIVE_LOOPS, &live_upcalls, &why);
}

static void listen_at(const char *host, uint16_t port)
{
	static char text[64];
	snprintf(text, sizeof text, "%s:%u", host, port);
	config_listen = (struct config_listen){ .text = text,
		                                .host = (char *)(uintptr_t)host,
		                                .port = port };
}

static uint16_t port_of(const struct loop *loop)
{
	union address bound;
	socklen_t len = sizeof bound;
	assert_int_equal(getsockname(loop->listeners[0].fd, &bound.any, &len), 0);
	return ntohs(bound.any.sa_family == AF_INET ? bound.v4.sin_port : bound.v6.sin6_port);
}

static int connect_to(int family, uint16_t port)
{
	union address to = { .any.sa_family = (sa_family_t)family };
	socklen_t len = family == AF_INET ? sizeof to.v4 : sizeof to.v6;
	if (family == AF_INET) {
		to.v4.sin_port = htons(port);
		to.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	} else {
		to.v6.sin6_port = htons(port);
		to.v6.sin6_addr = in6addr_loopback;
	}
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, &to.any, len), 0);
	return fd;
}

/* Who comes in there is greeted as that. */
static void is_named(int fd, const char *name)
{
	char expected[64];
	live_request(fd, "/raw", "");
	assert_non_null(strstr(live_answer(fd), "HTTP/1.1 101 "));
	int len = snprintf(expected, sizeof expected, "\x81%c-@- %s", (int)strlen(name) + 4, name);
	live_hears(fd, expected, (size_t)len);
	close(fd);
}

/* The options of the server's end of a connection from `client`, which is a socket of this process
 * too. */
static void has_options(int client, int no_delay, unsigned silence_ms)
{
	union address mine, theirs;
	socklen_t mine_len = sizeof mine, theirs_len, len;
	assert_int_equal(getsockname(client, &mine.any, &mine_len), 0);
	for (int fd = 3; fd < 4096; fd++) {
		int delay = -1;
		unsigned ms = 1;
		memset(&theirs, 0, sizeof theirs);
		theirs_len = sizeof theirs;
		if (getpeername(fd, &theirs.any, &theirs_len) != 0 ||
		    memcmp(&mine.v4, &theirs.v4, sizeof mine.v4) != 0)
			continue;
		len = sizeof delay;
		assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &delay, &len), 0);
		len = sizeof ms;
		assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, &len), 0);
		assert_int_equal(delay, no_delay);
		assert_int_equal(ms, silence_ms);
		return;
	}
	fail_msg("the server has no socket for the client's");
}

/* There may be kernels without IPv6. */
static bool has_ipv6(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	union address to = { .v6 = { .sin6_family = AF_INET6,
		                     .sin6_addr = IN6ADDR_LOOPBACK_INIT } };
	bool has = fd >= 0 && bind(fd, &to.any, sizeof to.v6) == 0;
	if (fd >= 0)
		close(fd);
	return has;
}

/* ---- TCP ---- */

static void logged(const char *format, unsigned port)
{
	char line[64];
	snprintf(line, sizeof line, format, port);
	if (strstr(log_file_text(), line) == NULL)
		fail_msg("expected \"%s\", found: %s", line, log_file_text());
	log_file_end();
}

static void a_free_port_is_found_and_named(void **state)
{
	(void)state;
	listen_at("127.0.0.1", 0);
	log_file_begin(LOG_INFO);
	start();
	uint16_t port = port_of(&net.loops[0]);
	logged("net: listening on 127.0.0.1:%u\n", port);
	assert_int_not_equal(port, 0);
	assert_int_equal(port_of(&net.loops[1]), port); /* each loop has a socket of its own */
	is_named(connect_to(AF_INET, port), "127.0.0.1");
}

static int come_in(void)
{
	int fd = connect_to(AF_INET, port_of(&net.loops[0]));
	live_request(fd, "/raw", "");
	assert_non_null(strstr(live_answer(fd), "HTTP/1.1 101 "));
	return fd;
}

/* Whichever of the listening sockets a connection comes by, and the later ones too. */
static void connections_send_at_once_and_are_given_up(void **state)
{
	int fds[8];
	(void)state;
	listen_at("127.0.0.1", 0);
	start();
	for (int i = 0; i < 8; i++) {
		fds[i] = come_in();
		has_options(fds[i], 1, 35000);
	}
	/* A reload: as the config says from now on. */
	struct config other = config;
	other.ping_s = 5;
	struct site *next = site_new(&other), *before = site;
	atomic_store(&net.site, next);
	net_barrier(&net, NULL, NULL);
	int fd = come_in();
	has_options(fd, 1, 15000);
	close(fd);
	for (int i = 0; i < 8; i++) {
		has_options(fds[i], 1, 35000);
		close(fds[i]);
	}
	atomic_store(&net.site, before);
	net_barrier(&net, NULL, NULL);
	site_free(next);
}

static void an_address_may_be_of_ipv6(void **state)
{
	(void)state;
	if (!has_ipv6())
		skip();
	listen_at("::1", 0);
	log_file_begin(LOG_INFO);
	start();
	uint16_t port = port_of(&net.loops[0]);
	logged("net: listening on [::1]:%u\n", port);
	is_named(connect_to(AF_INET6, port), "::1");
}

static void a_star_is_every_address(void **state)
{
	(void)state;
	listen_at("*", 0);
	log_file_begin(LOG_INFO);
	start();
	uint16_t port = port_of(&net.loops[0]);
	logged("net: listening on *:%u\n", port);
	is_named(connect_to(AF_INET, port), "127.0.0.1"); /* and not ::ffff:127.0.0.1 */
	if (has_ipv6())
		is_named(connect_to(AF_INET6, port), "::1");
}

/* The loops share the port among themselves, but with no other server. */
static void a_port_that_is_taken_is_refused(void **state)
{
	struct net other = { 0 };
	char expected[128];
	(void)state;
	listen_at("127.0.0.1", 0);
	assert_int_equal(open_only(), 0);
	listen_at("127.0.0.1", port_of(&net.loops[0]));
	assert_int_equal(net_open(&other, site, LIVE_LOOPS, &live_upcalls, &why), -1);
	snprintf(expected, sizeof expected,
	         "listen: %s: Address already in use: another server listens there",
	         config_listen.text);
	assert_string_equal(why.text, expected);
	net_free(&other);
}

static void what_is_no_address_is_refused(void **state)
{
	static const char *const hosts[] = { "localhost", "127.0.0.256", "[::1]", ":::", "" };
	(void)state;
	for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
		struct loop loop = { 0 };
		char expected[128];
		listen_at(hosts[i], 7);
		assert_int_equal(listen_open(&loop, 1, &config_listen, &why), -1);
		snprintf(expected, sizeof expected, "listen: \"%s\": not an address, or too long",
		         config_listen.text);
		assert_string_equal(why.text, expected);
	}
}

/* ---- unix sockets ---- */

static void all_loops_share_a_unix_socket(void **state)
{
	struct stat file;
	(void)state;
	start();
	assert_int_equal(stat(live_socket, &file), 0);
	is_named(live_connect(), "unix");
	live_stop(0);
	assert_int_equal(stat(live_socket, &file), -1); /* it is gone with its server */
	assert_int_equal(errno, ENOENT);
}

static void a_path_has_its_length(void **state)
{
	char path[sizeof((struct sockaddr_un *)0)->sun_path + 1];
	struct loop loop = { 0 };
	(void)state;
	memset(path, 'p', sizeof path - 1);
	path[0] = '/';
	path[sizeof path - 1] = '\0';
	config_listen = (struct config_listen){ .text = path, .unix_path = path };
	assert_int_equal(listen_open(&loop, 1, &config_listen, &why), -1);
	assert_non_null(strstr(why.text, "not an address, or too long"));
}

static int bind_file(int backlog)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	strcpy(at.sun_path, live_socket);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

static void what_a_dead_server_left_is_removed(void **state)
{
	(void)state;
	close(bind_file(1));
	start();
	is_named(live_connect(), "unix");
}

/* Also where it is so busy that it takes no more connections: nobody waits for that. */
static void a_living_server_keeps_its_socket(void **state)
{
	(void)state;
	int server = bind_file(0), waiting = live_connect();
	assert_int_equal(open_only(), -1);
	assert_non_null(strstr(why.text, "Address already in use: another server listens there"));
	int taken = accept(server, NULL, NULL);
	assert_true(taken >= 0);
	close(live_connect()); /* the file leads to it still */
	close(taken);
	close(waiting);
	close(server);
}

/* A path that was misspelt costs nobody a file. */
static void what_is_no_socket_is_left_alone(void **state)
{
	struct stat file;
	(void)state;
	FILE *letter = fopen(live_socket, "w");
	assert_non_null(letter);
	fclose(letter);
	assert_int_equal(open_only(), -1);
	assert_non_null(strstr(why.text, "Address already in use"));
	assert_int_equal(stat(live_socket, &file), 0);
}

/* A server that did not come as far as to accept leaves no file behind. */
static void a_start_that_failed_leaves_no_file(void **state)
{
	struct stat file;
	(void)state;
	assert_int_equal(open_only(), 0);
	assert_int_equal(stat(live_socket, &file), 0);
	net_free(&net);
	memset(&net, 0, sizeof net);
	assert_int_equal(stat(live_socket, &file), -1);
}

/* ---- turned away ---- */

static _Atomic int turned_away, under_way;

static void look(struct loop *loop, void *context)
{
	(void)context;
	turned_away += (int)loop->counters.turned_away;
	under_way += (int)loop->handshakes;
}

static void look_until_under_way(int number)
{
	do {
		turned_away = under_way = 0;
		net_barrier(&net, look, NULL);
	} while (under_way != number);
}

static void handshakes_have_a_bound(void **state)
{
	(void)state;
	live_loops = 1; /* the bound is on each loop */
	config.limits.handshakes = 2;
	start();
	int first = live_connect(), second = live_connect();
	look_until_under_way(2);
	assert_int_equal(turned_away, 0);
	live_hears_the_end(live_connect());
	look_until_under_way(2);
	assert_int_equal(turned_away, 1);
	close(first);
	close(second);
	look_until_under_way(0);
	is_named(live_connect(), "unix");
}

static void without_descriptors_it_says_goodbye(void **state)
{
	struct rlimit limit, none;
	(void)state;
	live_loops = 1; /* a second one might use what the first gives up */
	start();
	is_named(live_connect(), "unix"); /* what is opened at first need is open now */
	live_until(&live_gone, 1);
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	strcpy(to.sun_path, live_socket);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), next = dup(fd);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){ (rlim_t)next, limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
	live_hears_the_end(fd);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	is_named(live_connect(), "unix");
	look_until_under_way(0);
	assert_int_equal(turned_away, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_free_port_is_found_and_named),
		TEST(connections_send_at_once_and_are_given_up),
		TEST(an_address_may_be_of_ipv6),
		TEST(a_star_is_every_address),
		TEST(a_port_that_is_taken_is_refused),
		TEST(what_is_no_address_is_refused),
		TEST(all_loops_share_a_unix_socket),
		TEST(a_path_has_its_length),
		TEST(what_a_dead_server_left_is_removed),
		TEST(a_living_server_keeps_its_socket),
		TEST(what_is_no_socket_is_left_alone),
		TEST(a_start_that_failed_leaves_no_file),
		TEST(handshakes_have_a_bound),
		TEST(without_descriptors_it_says_goodbye),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
