/* session: what the front keeps for one socket, from its handshake to the end of its libwebsockets
 * object. */
#ifndef NET_SESSION_H
#define NET_SESSION_H

#include "base/wheel.h"
#include "net/pieces.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conn;
struct conn_birth;
struct front;
struct gate_verdict;
struct lws;

struct session {
	struct front *front;
	struct lws *wsi;
	struct conn *conn;            /* once it is open, until it is gone */
	struct gate_verdict *verdict; /* from the gate's yes to the opening */
	struct wheel_timer patience;  /* with TLS: from accept to the end of the upgrade */
	bool *gone;                   /* tells front_serve() that it was freed */
	bool known;                   /* libwebsockets has it, and says when it is to be freed */
	bool leaves;                  /* after the upgrade its socket goes to net/wire */
	bool reserved; /* it counts against limits.connections, until its connection does */
	bool upgraded;
	uint8_t deflate_bits; /* with permessage-deflate: the window in what is sent; 0: without */

	/* A message that comes in pieces. */
	bool packed;   /* it is compressed */
	bool at_frame; /* the next piece is the first of its frame */
	struct pieces pieces;
	char address[48];
};

/* Counts as a handshake of its loop until it is upgraded, or freed. */
struct session *session_new(struct front *front, const char *address);
void session_free(struct session *session);

/* Takes a place among limits.connections before the gate decides: two loops cannot take the last
 * one both. False: there is none. */
bool session_reserve(struct session *session);
/* Gives it back, where it has one. */
void session_release(struct session *session);

/* The upgrade is done. */
void session_upgraded(struct session *session, struct lws *wsi);
/* What the gate found out; borrowed from the session and its verdict. */
void session_birth(const struct session *session, struct conn_birth *birth);

#endif
