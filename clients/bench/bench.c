#include "bench.h"

#include "base/check.h"
#include "base/mem.h"
#include "bench_load.h"
#include "bench_peer.h"
#include "bench_process.h"
#include "bench_upgrade.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

/* What one recv() may bring: four batches of the largest kind that is usual, 16 of 4 KiB. */
enum { IN_ROOM = 256 * 1024 };

/* Descriptors beside those of the connections: the standard ones, epoll, what reads /proc, and what
 * a library or a shell left open. */
enum { FILES_BESIDE = 32 };

static const struct bench_game *game_of(const struct bench_plan *plan)
{
	switch (plan->kind) {
	case BENCH_FAN_OUT:
		return &bench_game_fan_out;
	case BENCH_CONNECT:
		return &bench_game_connect;
	case BENCH_ECHO:
		break;
	}
	return plan->rate > 0 ? &bench_game_rate : &bench_game_echo;
}

/* As many descriptors as the process may have. */
static int take_descriptors(struct bench_load *load)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return bench_load_fail(load, BENCH_CANNOT, "getrlimit: %s", strerror(errno));
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (load->peer_count + FILES_BESIDE <= limit.rlim_max)
		return 0;
	return bench_load_fail(load, BENCH_CANNOT,
	                       "expected at most %llu connections, since a process may have %llu "
	                       "descriptors here, found %u",
	                       (unsigned long long)limit.rlim_max - FILES_BESIDE,
	                       (unsigned long long)limit.rlim_max, load->peer_count);
}

static int prepare(struct bench_load *load)
{
	const struct bench_plan *plan = load->plan;
	struct bench_use use = { 0 };
	if (take_descriptors(load) != 0)
		return -1;
	if (plan->server != 0 && bench_process_read(plan->server, &use, load->why) != 0) {
		load->end = BENCH_CANNOT;
		return -1;
	}
	load->result->server_resident_bytes = use.resident_bytes;
	load->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (load->epoll < 0)
		return bench_load_fail(load, BENCH_CANNOT, "epoll_create1: %s", strerror(errno));
	return 0;
}

/* Room for the largest of what one event may bring, or cause. */
static void take_memory(struct bench_load *load)
{
	const struct bench_plan *plan = load->plan;
	size_t batch = plan->depth * load->message.ask_len, kept = load->message.reply_len;
	load->in_room = IN_ROOM;
	load->in = mem_new(1, IN_ROOM + (kept > BENCH_UPGRADE_MAX ? kept : BENCH_UPGRADE_MAX));
	load->out_room = batch > BENCH_UPGRADE_MAX ? batch : BENCH_UPGRADE_MAX;
	load->out = mem_new(1, load->out_room);
	load->peers = mem_new(load->peer_count, sizeof *load->peers);
	for (uint32_t i = 0; i < load->peer_count; i++) {
		load->peers[i].fd = -1;
		load->peers[i].number = i;
	}
}

static void give_back(struct bench_load *load)
{
	for (uint32_t i = 0; i < load->peer_count; i++)
		bench_peer_drop(&load->peers[i]);
	if (load->epoll >= 0)
		close(load->epoll);
	free(load->peers);
	free(load->in);
	free(load->out);
	bench_message_free(&load->message);
}

enum bench_end bench_run(const struct bench_plan *plan, struct bench_result *result,
                         struct err *why)
{
	struct bench_load load = {
		.plan = plan,
		.result = result,
		.why = why,
		.game = game_of(plan),
		.peer_count = plan->connections + plan->idle,
		.epoll = -1,
	};
	CHECK(plan->connections <= BENCH_CONNECTIONS_MAX && plan->idle <= BENCH_CONNECTIONS_MAX);
	CHECK(plan->connections > 0 || (plan->kind == BENCH_ECHO && plan->rate == 0));
	CHECK(plan->idle == 0 || plan->kind == BENCH_ECHO);
	CHECK(plan->rate == 0 || plan->kind == BENCH_ECHO);
	CHECK(plan->depth >= 1 && plan->depth <= BENCH_DEPTH_MAX);
	CHECK(plan->payload <= BENCH_PAYLOAD_MAX);
	CHECK((uint64_t)plan->depth * plan->payload <= BENCH_BATCH_MAX);
	memset(result, 0, sizeof *result);
	bench_message_init(&load.message, plan->code, plan->reply_code, plan->payload);
	take_memory(&load);
	if (prepare(&load) == 0)
		(void)load.game->play(&load);
	give_back(&load);
	CHECK(load.end != BENCH_GOOD || load.open_count == 0);
	return load.end;
}
