/* session: what the front keeps for one adopted socket, from accept to the end of its libwebsockets
 * object. */
#ifndef NET_SESSION_H
#define NET_SESSION_H

#include "base/wheel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conn;
struct front;
struct gate_verdict;
struct lws;

struct session {
	struct front *front;
	struct lws *wsi;
	struct conn *conn;            /* once it is open, until it is gone */
	struct gate_verdict *verdict; /* from the gate's yes to the opening */
	struct wheel_timer patience;  /* from accept to the end of the upgrade */
	bool reserved; /* it counts against limits.connections, until its connection does */
	bool upgraded;
	uint8_t deflate_bits; /* with permessage-deflate: the window in what is sent; 0: without */

	/* A message that comes in pieces. */
	bool packed;   /* it is compressed */
	bool at_frame; /* the next piece is the first of its frame */
	uint8_t *pieces;
	size_t pieces_len;
	size_t pieces_room;
	char address[48];
};

#endif
