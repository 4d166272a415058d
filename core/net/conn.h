/* conn: one open WebSocket connection, whatever carries it.
 *
 * A server has very many, nearly all of them idle: what few of them need at a time is behind a
 * pointer, and an idle one is a single piece of memory (docs/performance.md, "Memory").
 *
 * Messages come in from the carrier and go up, one at a time where the protocol promises answers in
 * the order of their questions, otherwise up to limits.calls at once; later ones wait in a bounded
 * queue. What goes out is gathered in the outbox and leaves at the end of the turn. Owner: its
 * loop, from conn_open() to conn_gone(); thread: its loop. Others name it by its number. */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "base/wheel.h"
#include "net/carrier.h"
#include "net/decode.h"
#include "net/deflate.h"
#include "net/frame.h"
#include "net/hub.h"
#include "net/message.h"
#include "net/outbox.h"
#include "net/protocol.h"
#include "net/site.h"

#include <act/plugin.h>

struct loop;

enum { CONN_KIND = 1 }; /* of its number, see base/slots.h */

struct expiry;
struct pending;
struct push;

struct conn {
	act_conn id;
	struct loop *loop;
	const struct carrier *carrier;
	void *carried; /* the carrier's own */
	const struct endpoint *endpoint;
	const struct protocol *protocol;

	struct conn *turn_next;

	struct outbox outbox;
	struct pending *pending_last; /* a ring: the next of the last is the first */
	uint32_t pending_count;
	uint32_t pending_bytes; /* limits.pending_bytes and a message fit */

	struct wheel_timer timer; /* ping, pong, or the end of a close */
	uint64_t seen_ms;         /* the last frame from the other side */
	char *close_reason;
	void *act; /* of the room above: what it keeps for this connection */

	const char *user; /* the hub's; NULL: not logged in */
	char *device;
	struct expiry *expiry;         /* of the login; NULL: it does not end */
	union memberships memberships; /* the user, and the groups */
	uint32_t membership_count;

	uint32_t calls; /* open ones; the room above counts them by conn_call_begun() */
	uint16_t close_code;
	uint8_t bad_tokens;   /* shown in band, one after the other */
	uint8_t deflate_bits; /* window of what is compressed for it; 0: nothing is */
	bool in_turn : 1;
	bool paused : 1;
	bool pinged : 1;       /* a ping waits for any frame */
	bool draining : 1;     /* the carrier told of its own end; nothing is read any more */
	bool close_wanted : 1; /* close_code is set; no further message is taken or sent */
	bool mute : 1; /* a close frame is out: nothing may follow it (RFC 6455, section 5.5.1) */

	/* What the carrier keeps (carrier->room bytes), then the address of the other side. */
	_Alignas(uint64_t) unsigned char behind[];
};

/* The other side's address, as text. */
static inline const char *conn_address(const struct conn *conn)
{
	return (const char *)conn->behind + conn->carrier->room;
}

/* The next connection of a loop at or behind *at, which begins with 0; NULL: that was the last.
 * Meanwhile any of them may end. */
struct conn *conn_next(const struct loop *loop, uint32_t *at);

/* ---- for the carrier ---- */

/* What the gate found out about a connection; copied. */
struct conn_birth {
	const struct endpoint *endpoint;
	const struct protocol *protocol;
	const char *user; /* or NULL */
	const char *device;
	const char *address;
	int64_t expires_at;   /* of the login: seconds since 1970; 0: never */
	uint8_t deflate_bits; /* with permessage-deflate: the window in what is sent; 0: without */
};

/* A connection is open. With room behind it (carrier->room) `carried` is copied there; otherwise
 * the connection keeps the pointer. NULL: there are too many, or the carrier cannot start. */
struct conn *conn_open(struct loop *loop, const struct carrier *carrier, void *carried,
                       const struct conn_birth *birth);
/* What the connection may send, as of now. */
struct decode_terms conn_terms(const struct conn *conn);
/* A whole message, borrowed; with `text` it is UTF-8. */
void conn_message(struct conn *conn, bool text, const uint8_t *bytes, size_t len);
/* The same of a message that nobody has looked at: text that is no UTF-8 closes with 1007. */
void conn_message_unread(struct conn *conn, bool text, const uint8_t *bytes, size_t len);
/* The same of a message that is compressed, and not known to be UTF-8 yet. */
void conn_message_packed(struct conn *conn, bool text, act_bytes packed);
/* Any frame came in. */
void conn_alive(struct conn *conn);
/* A ping came in; it is answered behind what waits already (RFC 6455, section 5.5.3). */
void conn_pong(struct conn *conn, const uint8_t *bytes, size_t len);
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

/* Sends what became of a message, where its protocol has an answer for that. Without memory for it
 * the connection is closed with 1013. */
void conn_answer(struct conn *conn, const struct ticket *ticket, const struct outcome *outcome);
/* Sends a push, where the protocol takes it. An outbox without room for it is written first; where
 * the carrier still has some of the last write, the connection is closed with 4408. */
void conn_push(struct conn *conn, struct push *push);

/* The user and device from now on; empty: nobody. True: the user is another than before: then the
 * login that was to expire is over, and the new one does not. */
bool conn_bind(struct conn *conn, act_bytes user, act_bytes device);

/* Closes at the end of the turn, after what is in the outbox. Later calls change nothing. */
void conn_close(struct conn *conn, uint16_t code, const char *reason);
/* The same because the server ends: the client may come again elsewhere. */
void conn_close_restart(struct conn *conn);

/* ---- for the protocols ---- */

/* Puts a message into the outbox. False: no memory. */
bool conn_send(struct conn *conn, const struct envelope *envelope, act_bytes body);

/* What came is no good message: it is answered, and the connection goes on; or, where nothing tells
 * whom to answer (`ticket` NULL), the connection is closed with 1002. */
void conn_refuse(struct conn *conn, const struct ticket *ticket, const char *sentence);

/* What became of a token that came in band. */
struct login {
	uint32_t status; /* STATUS_OK: the connection is bound to its user now */
	char why[256];   /* otherwise: for the client */
};
/* Asks who is behind a token, and binds that user. A connection that shows one bad token after the
 * other is closed with 1008. */
void conn_login(struct conn *conn, act_bytes token, struct login *login);
/* Until the login ends, in whole seconds; 0 where it does not. */
uint32_t conn_expires_in_s(const struct conn *conn);

/* ---- among conn*.c ---- */

/* The end of a login: the notice, then the end. Made for those that have one. */
struct expiry {
	struct wheel_timer timer;
	struct conn *conn;
	uint64_t at_ms; /* clock_ms() */
};

/* The login ends at this time (seconds since 1970; 0: never): the client is told before, and the
 * connection is closed with 4401 then. */
void conn_expire_at(struct conn *conn, int64_t expires_at);
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
/* Is a message of this length compressed for the connection, and how? */
bool conn_packs(const struct conn *conn, size_t len, struct deflate_way *way);
/* Puts a ping into the outbox. */
void conn_ping(struct conn *conn);

/* ---- for the loop ---- */

/* Takes the first connection off the list of those with something to do; NULL: none. */
struct conn *conn_turn_next(struct loop *loop);
/* Takes up waiting messages, writes, closes. May free the connection. */
void conn_turn(struct conn *conn);

#endif
