#include "admin/ready.h"

#include "base/clock.h"
#include "net/net.h"

static int loop_ask(const struct loop *loop, uint64_t now_ns, struct err *why)
{
	uint64_t ticked_ns = count_read(&loop->pulse.ticked_ns);
	uint64_t silent_ms = now_ns > ticked_ns ? (now_ns - ticked_ns) / 1000000 : 0;
	if (silent_ms <= READY_TICK_MS)
		return 0;
	return err_set(why,
	               "loop-%u has not come to the end of a turn for %lu s: is a plugin that "
	               "should not block blocking it?",
	               loop->index, silent_ms / 1000);
}

bool ready_ask(struct board *board, struct err *why)
{
	const struct net *net = board->act->net;
	switch (board_phase(board)) {
	case BOARD_STARTING:
		return err_set(why, "starting: the plugins are not loaded yet") == 0;
	case BOARD_ENDING:
		return err_set(why, "ending: open calls are answered, no connection is accepted") ==
		       0;
	case BOARD_READY:
		break;
	}
	uint64_t now_ns = clock_ns();
	for (uint32_t i = 0; i < net->loop_count; i++)
		if (loop_ask(&net->loops[i], now_ns, why) != 0)
			return false;
	return true;
}
