/* Fan-out: the first connection sends a batch, and the next one when every connection, itself too,
 * has heard all of it. */
#include "bench_load.h"

#include "base/clock.h"
#include "bench_peer.h"

static int ask(struct bench_load *load)
{
	load->author->left_ns = load->now_ns;
	load->unheard = (uint64_t)load->plan->depth * load->peer_count;
	return bench_peer_ask(load, load->author, load->plan->depth);
}

static int heard(struct bench_load *load, struct bench_peer *peer, uint32_t count)
{
	(void)peer;
	if (load->counting) {
		load->result->counted += count;
		bench_latency_add(&load->result->latency, load->now_ns - load->author->left_ns,
		                  count);
	}
	load->unheard -= count;
	return load->running && load->unheard == 0 ? ask(load) : 0;
}

static int play(struct bench_load *load)
{
	/* A server may answer an upgrade before it has the connection among those that it pushes
	 * to; once it has answered a ping it has. */
	if (bench_load_open(load) != 0 || bench_load_ping(load) != 0)
		return -1;
	load->author = &load->peers[0];
	load->now_ns = clock_ns();
	if (ask(load) != 0 || bench_load_pass(load, true) != 0 || bench_load_settle(load) != 0)
		return -1;
	return bench_load_close(load);
}

const struct bench_game bench_game_fan_out = {
	.play = play,
	.opened = bench_load_opened,
	.heard = heard,
	.closed = bench_load_closed,
};
