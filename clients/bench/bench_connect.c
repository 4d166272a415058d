/* Connections that come and go: each is upgraded, closed with a handshake, and begun anew. */
#include "bench_load.h"

#include "base/check.h"
#include "bench_peer.h"

static int opened(struct bench_load *load, struct bench_peer *peer)
{
	if (load->counting)
		bench_latency_add(&load->result->latency, load->now_ns - peer->left_ns, 1);
	return bench_peer_close(load, peer);
}

static int closed(struct bench_load *load, struct bench_peer *peer)
{
	load->open_count--;
	load->result->counted += load->counting;
	return load->running ? bench_peer_open(load, peer) : 0;
}

static int heard(struct bench_load *load, struct bench_peer *peer, uint32_t count)
{
	(void)load, (void)peer;
	CHECK(count == 0); /* nothing is asked, so nothing can be answered */
	return 0;
}

static bool is_through(const struct bench_load *load)
{
	for (uint32_t i = 0; i < load->peer_count; i++)
		if (load->peers[i].state != PEER_NONE)
			return false;
	return true;
}

static int play(struct bench_load *load)
{
	for (uint32_t i = 0; i < load->peer_count; i++)
		if (bench_peer_open(load, &load->peers[i]) != 0)
			return -1;
	if (bench_load_pass(load, true) != 0)
		return -1;
	while (!is_through(load))
		if (bench_load_turn(load, UINT64_MAX, true) != 0)
			return -1;
	return 0;
}

const struct bench_game bench_game_connect = {
	.play = play,
	.opened = opened,
	.heard = heard,
	.closed = closed,
};
