/* conn: one open WebSocket connection, whatever carries it.
 *
 * Messages come in from the carrier and go up one at a time: while a call is open, later messages
 * wait in a bounded queue, so that replies leave in the order of the requests. What goes out is
 * gathered in the outbox and leaves at the end of the turn. Owner: its loop, from conn_open() to
 * conn_gone(); thread: its loop. Others name it by its number. */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "base/wheel.h"
#include "net/carrier.h"
#include "net/frame.h"
#include "net/hub.h"
#include "net/outbox.h"
#include "net/site.h"

#include <act/plugin.h>

struct loop;

enum { CONN_KIND = 1 }; /* of its number, see base/slots.h */

struct pending;

struct conn {
	act_conn id;
	struct loop *loop;
	const struct carrier *carrier;
	void *carried; /* the carrier's own */
	const struct endpoint *endpoint;

	struct conn *list_next;
	struct conn **list_back;
	struct conn *turn_next;
	bool in_turn;

	struct outbox outbox;
	struct pending *pending_first;
	struct pending *pending_last;
	uint32_t pending_count;
	size_t pending_bytes;

	struct wheel_timer timer; /* ping, pong, or the end of a close */
	uint64_t seen_ms;         /* the last frame from the other side */

	bool paused;
	bool pinged;       /* a ping waits for any frame */
	bool draining;     /* the carrier told of its own end; nothing is read any more */
	bool close_wanted; /* close_code is set; no further message is taken or sent */
	bool mute; /* a close frame is out: nothing may follow it (RFC 6455, section 5.5.1) */
	uint16_t close_code;
	char *close_reason;

	uint32_t calls; /* open ones; the room above counts them by conn_call_begun() */
	void *act;      /* of the room above: what it keeps for this connection */

	char *user; /* NULL: not logged in */
	char *device;
	struct membership *memberships; /* the user, and the groups */
	size_t membership_count;
	char address[48];
};

/* A message on its way up; borrowed for the call. */
struct message {
	uint32_t code; /* 0 on a raw endpoint */
	uint32_t how;  /* ACT_HOW_* */
	const uint8_t *payload;
	size_t len;
};

/* ---- for the carrier ---- */

/* What the gate found out about a connection; copied. */
struct conn_birth {
	const struct endpoint *endpoint;
	const char *user; /* or NULL */
	const char *device;
	const char *address;
};

/* A connection is open. NULL: there are too many. */
struct conn *conn_open(struct loop *loop, const struct carrier *carrier, void *carried,
                       const struct conn_birth *birth);
/* A whole message, borrowed. `text` is not checked for UTF-8 yet. */
void conn_message(struct conn *conn, bool text, const uint8_t *bytes, size_t len);
/* Any frame came in. */
void conn_alive(struct conn *conn);
/* All that the carrier had kept is written. */
void conn_writable(struct conn *conn);
/* The other side closes: what waits is written now, nothing is read any more. */
void conn_peer_closing(struct conn *conn);
/* The connection is no more; frees it. */
void conn_gone(struct conn *conn);

/* ---- for the rooms above ---- */

/* [the loop] The connection of a number; NULL: it is no more, or is being closed. */
struct conn *conn_find(const struct loop *loop, act_conn id);

/* A call was taken from this connection, and is answered (or given up): then the next message may
 * follow. */
void conn_call_begun(struct conn *conn);
void conn_call_ended(struct conn *conn);

/* Sends `code | body` as a binary message, or on a raw endpoint the body as `how` says. 0; -1: no
 * memory (the connection is closed with 1013). */
int conn_reply(struct conn *conn, uint32_t code, uint32_t how, act_bytes body);
/* Sends a frame that is made already. Where the outbox has no room the connection is closed with
 * 4408. */
void conn_push(struct conn *conn, const uint8_t *frame, size_t len);

/* The user and device from now on; empty: nobody. True: the user is another than before. */
bool conn_bind(struct conn *conn, act_bytes user, act_bytes device);

/* Closes at the end of the turn, after what is in the outbox. Later calls change nothing. */
void conn_close(struct conn *conn, uint16_t code, const char *reason);

/* ---- among conn.c, conn_in.c and conn_out.c ---- */

/* Puts the connection on the list for the end of this turn. */
void conn_in_turn(struct conn *conn);
/* Takes up waiting messages as far as open calls and the outbox allow; starts and stops reading. */
void conn_pump(struct conn *conn);
/* Stops or starts reading, as the queue, the outbox and the end of the server ask for. */
void conn_steer_reading(struct conn *conn);
void conn_pending_free(struct conn *conn);
/* Writes the outbox. False: the connection was lost, and is freed. */
bool conn_flush(struct conn *conn);
/* More is unsent than limits.outbox_bytes: no further message is taken up. */
bool conn_congested(const struct conn *conn);
/* Puts a ping into the outbox. */
void conn_ping(struct conn *conn);

/* ---- for the loop ---- */

/* Takes the first connection off the list of those with something to do; NULL: none. */
struct conn *conn_turn_next(struct loop *loop);
/* Takes up waiting messages, writes, closes. May free the connection. */
void conn_turn(struct conn *conn);

#endif
