/* A fixed rate: message number K of all is due at the start plus K times the interval, on the
 * connections in turn. Its time runs from then, also where it left late because the loop was busy
 * or the server does not read: a pause of the server is seen in every message that it held up. */
#include "bench_load.h"

#include "base/clock.h"
#include "bench_peer.h"

#include <sys/prctl.h>

/* Answers that a connection may wait for: beyond, the server does not keep up. */
enum { BEHIND_MAX = 65536 };

static uint64_t due_ns(const struct bench_load *load, uint64_t message)
{
	double since = (double)message * 1e9 / load->plan->rate;
	return load->start_ns + (uint64_t)since;
}

static int ask(struct bench_load *load, struct bench_peer *peer)
{
	if (peer->sent - peer->answered < BEHIND_MAX)
		return bench_peer_ask(load, peer, 1);
	return bench_load_fail(load, BENCH_SILENT,
	                       "connection %u waits for %d answers: the server does not keep up "
	                       "with %u messages a second",
	                       peer->number, BEHIND_MAX, load->plan->rate);
}

static int due(struct bench_load *load, uint64_t *next_ns)
{
	for (;;) {
		uint64_t now = clock_ns();
		*next_ns = due_ns(load, load->result->sent);
		if (*next_ns > now || *next_ns >= load->stop_ns)
			return 0;
		if (*next_ns >= load->count_ns)
			bench_latency_add(&load->result->late, now - *next_ns, 1);
		if (ask(load, &load->peers[load->result->sent % load->plan->connections]) != 0)
			return -1;
	}
}

/* What was due in the time that counts does count, also when its answer comes after that. */
static int heard(struct bench_load *load, struct bench_peer *peer, uint32_t count)
{
	for (uint64_t number = peer->answered - count; number < peer->answered; number++) {
		uint64_t at = due_ns(load, number * load->plan->connections + peer->number);
		if (at < load->count_ns || at >= load->stop_ns)
			continue;
		load->result->counted++;
		bench_latency_add(&load->result->latency, load->now_ns - at, 1);
	}
	return 0;
}

static int play(struct bench_load *load)
{
	/* The kernel may be 50 µs late with the end of a wait otherwise (prctl(2)). */
	prctl(PR_SET_TIMERSLACK, 1UL);
	if (bench_load_open(load) != 0)
		return -1;
	load->start_ns = clock_ns();
	/* What is not answered in time is seen at the end, or as being far behind. */
	if (bench_load_pass(load, false) != 0 || bench_load_settle(load) != 0)
		return -1;
	return bench_load_close(load);
}

const struct bench_game bench_game_rate = {
	.play = play,
	.due = due,
	.opened = bench_load_opened,
	.heard = heard,
	.closed = bench_load_closed,
};
