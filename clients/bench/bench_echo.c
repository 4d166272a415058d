/* A closed loop: each connection sends a batch, and the next one when all of it is answered.
 * Batches stay whole, whatever the server does: each server gets its input in the same portions. */
#include "bench_load.h"

#include "base/clock.h"
#include "bench_peer.h"

static int ask(struct bench_load *load, struct bench_peer *peer)
{
	peer->left_ns = load->now_ns;
	return bench_peer_ask(load, peer, load->plan->depth);
}

static int heard(struct bench_load *load, struct bench_peer *peer, uint32_t count)
{
	if (load->counting) {
		load->result->counted += count;
		bench_latency_add(&load->result->latency, load->now_ns - peer->left_ns, count);
	}
	return load->running && peer->answered == peer->sent ? ask(load, peer) : 0;
}

static int play(struct bench_load *load)
{
	if (bench_load_open(load) != 0)
		return -1;
	load->now_ns = clock_ns();
	for (uint32_t i = 0; i < load->plan->connections; i++)
		if (ask(load, &load->peers[i]) != 0)
			return -1;
	if (bench_load_pass(load, load->plan->connections > 0) != 0 || bench_load_settle(load) != 0)
		return -1;
	return bench_load_close(load);
}

const struct bench_game bench_game_echo = {
	.play = play,
	.opened = bench_load_opened,
	.heard = heard,
	.closed = bench_load_closed,
};
