#include "admin/ready.h"

#include "net/net.h"

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
	return net_alive(net, READY_TICK_MS, why) == 0;
}
