/* load: many connections that ask numbered requests at a fixed rate, and check each answer.
 *
 *     load PORT PATH CONNECTIONS RATE CODE...
 *
 * Every other connection speaks act.v1, the rest the base protocol. RATE requests a second are
 * spread evenly over all; each is due at a moment of its own whatever became of those before, and
 * its time runs from then, so that a server that stalls is seen in every request it keeps waiting.
 * Connection K asks its request I for the code (K + I) modulo their number.
 *
 * When all are open, a line {"open":N} is printed and the load begins. A byte on stdin is a
 * command: 'w' begins a watch (watch.h), 'r' prints what it has seen so far, 'e' ends it and prints
 * that. The load stops at the end of stdin: what is owed is waited for, each connection is pinged
 * to see that nothing follows, and one line of JSON says what became of it. Exit code 0: every
 * request was answered once and rightly. */
#include "peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 512, PATIENCE_S = 60, CODES_MAX = WATCH_PLUGINS };

struct run {
	struct load load;
	struct tally tallies[CODES_MAX];
	struct peer *peers;
	int epoll;
	uint64_t turn; /* the next request of all in the order in which they are due */
	bool stopping;
};

static uint64_t turn_ns(const struct run *run)
{
	return run->load.start_ns + (uint64_t)((double)run->turn * run->load.interval_ns);
}

static int open_all(struct run *run, uint16_t port, const char *path)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	for (uint32_t i = 0; i < run->load.peers; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = &run->peers[i] };
		if (peer_open(&run->peers[i], &run->load, i, i % 2 != 0, port, path) != 0)
			return -1;
		if (epoll_ctl(run->epoll, EPOLL_CTL_ADD, run->peers[i].fd, &event) != 0)
			return -1;
	}
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
	return epoll_ctl(run->epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event);
}

static void ask_what_is_due(struct run *run, uint64_t now)
{
	while (turn_ns(run) <= now && turn_ns(run) <= run->load.stop_ns)
		peer_ask(&run->peers[run->turn++ % run->load.peers], now);
}

static void obey(struct run *run, char command)
{
	struct watch *watch = &run->load.watch;
	if (command == 'w') {
		watch_begin(watch);
		return;
	}
	if (command == 'e')
		watch_end(watch);
	watch_write(watch, stdout);
	fflush(stdout);
}

/* A command, or the end of stdin: what was due until now is still asked and answered. */
static void hear_command(struct run *run)
{
	char byte;
	if (read(STDIN_FILENO, &byte, 1) > 0) {
		obey(run, byte);
		return;
	}
	epoll_ctl(run->epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
	run->load.stop_ns = load_now();
	run->stopping = true;
}

static void wait_for_events(struct run *run, uint64_t until)
{
	struct epoll_event events[EVENTS];
	uint64_t now = load_now(), ns = until > now ? until - now : 0;
	struct timespec patience = { .tv_sec = (time_t)(ns / 1000000000u),
		                     .tv_nsec = (long)(ns % 1000000000u) };
	int count = epoll_pwait2(run->epoll, events, EVENTS, &patience, NULL);
	for (int i = 0; i < count; i++) {
		struct peer *peer = events[i].data.ptr;
		if (peer == NULL)
			hear_command(run);
		else if (peer->ended)
			epoll_ctl(run->epoll, EPOLL_CTL_DEL, peer->fd, NULL);
		else
			peer_hear(peer);
	}
}

static bool is_through(const struct run *run)
{
	for (uint32_t i = 0; i < run->load.peers; i++)
		if (!peer_is_through(&run->peers[i]) || run->peers[i].out_len > 0)
			return false;
	return true;
}

static void load_until_stopped(struct run *run)
{
	run->load.start_ns = load_now();
	run->load.stop_ns = UINT64_MAX;
	while (!run->stopping) {
		ask_what_is_due(run, load_now());
		wait_for_events(run, turn_ns(run));
	}
	ask_what_is_due(run, load_now());
}

/* Asks what is left and hears what is owed, for so long at most. */
static void settle(struct run *run)
{
	uint64_t end = load_now() + PATIENCE_S * 1000000000ull;
	while (load_now() < end && (run->load.open_calls > 0 || !is_through(run))) {
		for (uint32_t i = 0; i < run->load.peers; i++)
			peer_ask(&run->peers[i], load_now());
		wait_for_events(run, load_now() + 10000000u);
	}
}

/* Nothing may come behind the last answer: 0 where each connection ponged. */
static uint32_t ping_all(struct run *run)
{
	uint64_t end = load_now() + PATIENCE_S * 1000000000ull;
	uint32_t waiting = run->load.peers;
	for (uint32_t i = 0; i < run->load.peers; i++)
		peer_ping(&run->peers[i]);
	while (waiting > 0 && load_now() < end) {
		wait_for_events(run, load_now() + 10000000u);
		waiting = 0;
		for (uint32_t i = 0; i < run->load.peers; i++)
			waiting += !run->peers[i].ponged;
	}
	return waiting;
}

/* 0 where nothing is amiss. */
static int report(struct run *run, uint32_t silent)
{
	struct tally sum;
	tally_sum(&sum, run->tallies, run->load.tally_count);
	printf("{\"faults\":%llu,\"unanswered\":%llu,\"silent\":%u,\"all\":",
	       (unsigned long long)run->load.faults, (unsigned long long)run->load.open_calls,
	       silent);
	tally_write(&sum, stdout);
	printf(",\"codes\":[");
	for (size_t i = 0; i < run->load.tally_count; i++) {
		if (i > 0)
			putchar(',');
		tally_write(&run->tallies[i], stdout);
	}
	printf("]}\n");
	bool good = run->load.faults == 0 && silent == 0 && sum.sent == sum.answered;
	tally_free(&sum);
	return good && fflush(stdout) == 0 ? 0 : 1;
}

/* A whole number from 1 to `max`; ends the program where it is none. */
static uint32_t number(const char *what, const char *text, uint32_t max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || value == 0 || value > max) {
		fprintf(stderr, "load: %s: expected a number from 1 to %u, found \"%s\"\n", what,
		        max, text);
		exit(2);
	}
	return (uint32_t)value;
}

static void read_arguments(struct run *run, int argc, char **argv)
{
	if (argc < 6 || argc > 5 + CODES_MAX) {
		fprintf(stderr,
		        "usage: load PORT PATH CONNECTIONS RATE CODE...   (1 to %d codes)\n",
		        CODES_MAX);
		exit(2);
	}
	run->load.peers = number("CONNECTIONS", argv[3], 100000);
	run->load.interval_ns = 1e9 / number("RATE", argv[4], 1000000);
	run->load.tallies = run->tallies;
	run->load.tally_count = (size_t)argc - 5;
	for (int i = 5; i < argc; i++) {
		run->tallies[i - 5].code = number("CODE", argv[i], UINT32_MAX);
		watch_add(&run->load.watch, run->tallies[i - 5].code);
	}
}

int main(int argc, char **argv)
{
	static struct run run;
	int rc = 1;
	read_arguments(&run, argc, argv);
	uint16_t port = (uint16_t)number("PORT", argv[1], UINT16_MAX);
	run.epoll = epoll_create1(EPOLL_CLOEXEC);
	run.peers = calloc(run.load.peers, sizeof *run.peers);
	if (run.epoll < 0 || run.peers == NULL) {
		fprintf(stderr, "load: %s\n", strerror(errno));
		goto out;
	}
	for (uint32_t i = 0; i < run.load.peers; i++)
		run.peers[i].fd = -1;
	if (open_all(&run, port, argv[2]) != 0)
		goto out;
	printf("{\"open\":%u}\n", run.load.peers);
	fflush(stdout);
	load_until_stopped(&run);
	settle(&run);
	rc = report(&run, ping_all(&run));
out:
	for (uint32_t i = 0; run.peers != NULL && i < run.load.peers; i++)
		peer_close(&run.peers[i]);
	for (size_t i = 0; i < run.load.tally_count; i++)
		tally_free(&run.tallies[i]);
	free(run.peers);
	if (run.epoll >= 0)
		close(run.epoll);
	return rc;
}
