#include "bench_load.h"

#include "base/clock.h"
#include "bench_peer.h"
#include "bench_process.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

/* Events of one epoll_wait(), and connections that are opened at the same time: as many as a small
 * queue of a listening socket takes. */
enum { EVENTS = 512, OPENING = 64 };

int bench_load_fail(struct bench_load *load, enum bench_end end, const char *format, ...)
{
	va_list args;
	if (load->end != BENCH_GOOD)
		return -1;
	load->end = end;
	va_start(args, format);
	vsnprintf(load->why->text, sizeof load->why->text, format, args);
	va_end(args);
	return -1;
}

/* How long to wait: to `until_ns`, but no longer than the patience; not at all where it spins. */
static struct timespec patience(const struct bench_load *load, uint64_t until_ns)
{
	uint64_t now = clock_ns(), most = (uint64_t)load->plan->patience_ms * 1000000u;
	uint64_t ns = until_ns > now && !(load->plan->spin && load->running) ? until_ns - now : 0;
	ns = ns < most ? ns : most;
	return (struct timespec){ (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) };
}

int bench_load_turn(struct bench_load *load, uint64_t until_ns, bool owed)
{
	struct epoll_event events[EVENTS];
	struct timespec time = patience(load, until_ns);
	int count = epoll_pwait2(load->epoll, events, EVENTS, &time, NULL);
	load->now_ns = clock_ns();
	if (count < 0 && errno != EINTR)
		return bench_load_fail(load, BENCH_CANNOT, "epoll_pwait2: %s", strerror(errno));
	for (int i = 0; i < count; i++)
		if (bench_peer_event(load, events[i].data.ptr, events[i].events) != 0)
			return -1;
	uint64_t silent_ms = (load->now_ns - load->progress_ns) / 1000000u;
	if (owed && load->now_ns > load->progress_ns && silent_ms >= load->plan->patience_ms)
		return bench_load_fail(load, BENCH_SILENT,
		                       "nothing came for %u ms, with %llu messages sent and %llu "
		                       "answers received",
		                       load->plan->patience_ms,
		                       (unsigned long long)load->result->sent,
		                       (unsigned long long)load->result->answered);
	return 0;
}

static int say_due(struct bench_load *load, uint64_t *next_ns)
{
	return load->game->due != NULL ? load->game->due(load, next_ns) : 0;
}

static int pass_until(struct bench_load *load, uint64_t end_ns, bool owed)
{
	while (load->now_ns < end_ns) {
		uint64_t next_ns = end_ns;
		if (say_due(load, &next_ns) != 0 ||
		    bench_load_turn(load, next_ns < end_ns ? next_ns : end_ns, owed) != 0)
			return -1;
	}
	return 0;
}

int bench_load_settle(struct bench_load *load)
{
	const struct bench_result *result = load->result;
	uint64_t hearers = load->author != NULL ? load->peer_count : 1;
	load->progress_ns = clock_ns();
	while (result->answered < result->sent * hearers)
		if (bench_load_turn(load, UINT64_MAX, true) != 0)
			return -1;
	return 0;
}

/* What this process and the server have used so far. */
static int read_use(struct bench_load *load, struct bench_use *own, struct bench_use *server)
{
	*server = (struct bench_use){ 0 };
	if (bench_process_read(0, own, load->why) == 0 &&
	    (load->plan->server == 0 ||
	     bench_process_read(load->plan->server, server, load->why) == 0))
		return 0;
	load->end = BENCH_CANNOT;
	return -1;
}

int bench_load_pass(struct bench_load *load, bool owed)
{
	const struct bench_plan *plan = load->plan;
	struct bench_result *result = load->result;
	struct bench_use own[2], server[2];
	load->running = true;
	load->count_ns = load->stop_ns = UINT64_MAX;
	load->now_ns = load->progress_ns = clock_ns();
	if (pass_until(load, load->now_ns + (uint64_t)plan->warm_ms * 1000000u, owed) != 0 ||
	    read_use(load, &own[0], &server[0]) != 0)
		return -1;
	uint64_t start = load->now_ns, next;
	load->counting = true;
	load->count_ns = start;
	load->stop_ns = start + (uint64_t)plan->run_ms * 1000000u;
	/* What was due in the last moment is said too, even where this process had no core then. */
	if (pass_until(load, load->stop_ns, owed) != 0 || say_due(load, &next) != 0)
		return -1;
	load->counting = false;
	load->running = false;
	result->elapsed_ns = load->now_ns - start;
	if (read_use(load, &own[1], &server[1]) != 0)
		return -1;
	result->load_cpu_ns = own[1].cpu_ns - own[0].cpu_ns;
	result->server_cpu_ns = server[1].cpu_ns - server[0].cpu_ns;
	result->server_open_bytes = server[1].resident_bytes;
	return 0;
}

/* ---- opening and closing ---- */

int bench_load_opened(struct bench_load *load, struct bench_peer *peer)
{
	(void)peer;
	if (load->next_open == load->peer_count)
		return 0;
	return bench_peer_open(load, &load->peers[load->next_open++]);
}

int bench_load_open(struct bench_load *load)
{
	uint64_t start = clock_ns();
	load->now_ns = load->progress_ns = start;
	while (load->next_open < load->peer_count && load->next_open < OPENING)
		if (bench_peer_open(load, &load->peers[load->next_open++]) != 0)
			return -1;
	while (load->open_count < load->peer_count)
		if (bench_load_turn(load, UINT64_MAX, true) != 0)
			return -1;
	load->result->open_ns = load->now_ns - start;
	return 0;
}

int bench_load_ping(struct bench_load *load)
{
	for (uint32_t i = 0; i < load->peer_count; i++)
		if (bench_peer_ping(load, &load->peers[i]) != 0)
			return -1;
	while (load->pong_count < load->peer_count)
		if (bench_load_turn(load, UINT64_MAX, true) != 0)
			return -1;
	return 0;
}

int bench_load_closed(struct bench_load *load, struct bench_peer *peer)
{
	(void)peer;
	load->open_count--;
	return 0;
}

int bench_load_close(struct bench_load *load)
{
	load->progress_ns = clock_ns();
	for (uint32_t i = 0; i < load->peer_count; i++)
		if (load->peers[i].state == PEER_OPEN &&
		    bench_peer_close(load, &load->peers[i]) != 0)
			return -1;
	while (load->open_count > 0)
		if (bench_load_turn(load, UINT64_MAX, true) != 0)
			return -1;
	return 0;
}
