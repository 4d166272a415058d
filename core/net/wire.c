#include "net/wire.h"

#include "base/check.h"
#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/net.h"
#include "net/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RECEIVE_BYTES = 131072 };

/* What the socket did not take. */
struct unsent {
	size_t at;
	size_t len;
	uint8_t bytes[];
};

/* What was read when the connection wanted no more. */
struct held {
	struct post post;  /* takes it up again */
	struct wire *wire; /* NULL: it has ended meanwhile */
	bool posted;
	size_t at;
	size_t len;
	uint8_t bytes[];
};

/* It lies behind its connection. */
struct wire {
	struct poller_watch watch;
	struct reader *reader; /* NULL: nothing has come in part */
	struct held *held;     /* NULL: all that was read is taken up */
	struct unsent *unsent; /* NULL: all is out */
	int fd;
	uint8_t events;   /* that the poller tells of */
	bool paused : 1;  /* the connection wants no more for now */
	bool deaf : 1;    /* nothing that still comes means anything */
	bool ended : 1;   /* the other side sends no more */
	bool closing : 1; /* both close frames are out, or there will be no other */
	bool trails : 1;  /* he goes on sending behind his */
	bool broken : 1;  /* the socket is of no use any more */
};

/* With the text of an IPv4 address (16 bytes) an idle connection is what glibc hands out in 272. */
_Static_assert(sizeof(struct conn) + sizeof(struct wire) + 16 <= 264, "a connection has grown");

struct wire_desk {
	struct reader_stock readers;
	uint8_t receive[RECEIVE_BYTES];
};

static struct wire_desk *desk_of(struct loop *loop)
{
	if (loop->desk == NULL)
		loop->desk = mem_new(1, sizeof *loop->desk);
	return loop->desk;
}

uint8_t *wire_receive_room(struct loop *loop, size_t *room)
{
	*room = RECEIVE_BYTES;
	return desk_of(loop)->receive;
}

void wire_desk_free(struct wire_desk *desk)
{
	if (desk != NULL)
		reader_stock_free(&desk->readers);
	free(desk);
}

static struct wire *wire_of(const struct conn *conn)
{
	return conn->carried;
}

static struct conn *conn_of(struct wire *wire)
{
	return container_of(wire, struct conn, behind);
}

static void let_go(struct held *held);
static void wire_pause(struct conn *conn, bool pause);

/* ---- waiting ---- */

/* A socket of which nothing is wanted is still told of when it breaks. */
static void wait_for(const struct conn *conn)
{
	struct wire *wire = wire_of(conn);
	bool reads = !wire->paused && !wire->ended && wire->held == NULL;
	unsigned events = (reads ? POLLER_READ : 0u) | (wire->unsent != NULL ? POLLER_WRITE : 0u);
	if (events == wire->events)
		return;
	wire->events = (uint8_t)events;
	poller_change(&conn->loop->poller, &wire->watch, wire->fd, events);
}

/* The connection is over. */
static void end(struct wire *wire)
{
	struct conn *conn = conn_of(wire);
	struct loop *loop = conn->loop;
	poller_drop(&loop->poller, &wire->watch, wire->fd);
	close(wire->fd);
	if (wire->reader != NULL)
		reader_keep(&desk_of(loop)->readers, wire->reader, true);
	if (wire->held != NULL)
		let_go(wire->held);
	free(wire->unsent);
	atomic_fetch_sub(&loop->net->places, 1);
	conn_gone(conn);
}

/* After each event: is it over? Both sides have closed, or it is broken. Whoever still sends is
 * heard out, which the connection's timer bounds: a socket that is closed over bytes that nobody
 * has read is reset, and our last words may be lost with it (RFC 6455, section 7.1.1). */
static void settle(struct wire *wire)
{
	bool closed = wire->closing && wire->unsent == NULL;
	if (wire->broken || (closed && !wire->trails))
		end(wire);
	else if (closed)
		shutdown(wire->fd, SHUT_WR);
}

/* ---- sending ---- */

/* What the socket takes at once. -1: it is broken. */
static ssize_t send_some(const struct wire *wire, const uint8_t *bytes, size_t len)
{
	ssize_t n = send(wire->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n >= 0)
		return n;
	return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

/* Keeps what has to wait, behind what waits already. */
static int keep_unsent(const struct conn *conn, const uint8_t *bytes, size_t len)
{
	struct wire *wire = wire_of(conn);
	struct unsent *unsent = wire->unsent;
	size_t waits = unsent != NULL ? unsent->len : 0;
	unsent = realloc(unsent, sizeof *unsent + waits + len);
	if (unsent == NULL) {
		wire->broken = true; /* a frame may be out in part: nothing can follow it */
		return -1;
	}
	if (waits == 0)
		unsent->at = 0;
	memcpy(unsent->bytes + waits, bytes, len);
	unsent->len = waits + len;
	wire->unsent = unsent;
	wait_for(conn);
	return 0;
}

static int wire_send(struct conn *conn, const uint8_t *frames, size_t len)
{
	struct wire *wire = wire_of(conn);
	size_t sent = 0;
	if (wire->broken)
		return -1;
	if (wire->unsent == NULL) {
		ssize_t n = send_some(wire, frames, len);
		if (n < 0)
			return -1;
		sent = (size_t)n;
	}
	return sent == len ? 0 : keep_unsent(conn, frames + sent, len - sent);
}

static bool wire_blocked(const struct conn *conn)
{
	return wire_of(conn)->unsent != NULL;
}

/* The socket takes more. */
static void send_rest(struct wire *wire)
{
	struct unsent *unsent = wire->unsent;
	ssize_t n = send_some(wire, unsent->bytes + unsent->at, unsent->len - unsent->at);
	if (n < 0) {
		wire->broken = true;
		return;
	}
	unsent->at += (size_t)n;
	if (unsent->at < unsent->len)
		return;
	free(unsent);
	wire->unsent = NULL;
	wait_for(conn_of(wire));
	if (wire->deaf && conn_of(wire)->mute)
		shutdown(wire->fd, SHUT_WR);
	conn_writable(conn_of(wire));
}

/* ---- closing ---- */

/* Who cannot be understood any more cannot be heard to close either: he sees the end of ours, and
 * ends his. */
static void wire_close(struct conn *conn, uint16_t code, const char *reason)
{
	struct wire *wire = wire_of(conn);
	uint8_t frame[FRAME_HEADER_MAX + FRAME_CLOSE_MAX];
	if (wire_send(conn, frame, frame_close(frame, code, reason)) != 0)
		wire->broken = true; /* seen by the poller, or by the connection's timer */
	else if (wire->deaf && wire->unsent == NULL)
		shutdown(wire->fd, SHUT_WR);
	/* All that matters from now on is his close frame. */
	wire_pause(conn, false);
}

static void wire_drop(struct conn *conn)
{
	end(wire_of(conn));
}

/* ---- receiving ---- */

/* He closes. What was said to him goes first, then ours, where it is not out yet (RFC 6455, section
 * 5.5.1): an echo of his, or the one that was about to go. Then the server ends the TCP connection
 * (section 7.1.1). */
static void hear_close(struct wire *wire, const struct decoded *got)
{
	struct conn *conn = conn_of(wire);
	bool answered = conn->mute, own = conn->close_wanted;
	wire->deaf = wire->closing = true;
	conn_peer_closing(conn);
	if (answered)
		return;
	uint8_t frame[FRAME_HEADER_MAX + FRAME_CLOSE_MAX];
	size_t len = own ? frame_close(frame, conn->close_code, conn->close_reason)
	                 : frame_close_echo(frame, got->code, got->bytes, got->len);
	if (wire_send(conn, frame, len) != 0)
		wire->broken = true;
}

static void hear(struct wire *wire, struct reader *reader, enum decoded_kind kind,
                 const struct decoded *got)
{
	struct conn *conn = conn_of(wire);
	switch (kind) {
	case DECODED_PIECE:
		if (!got->last) /* the message says it otherwise */
			conn_alive(conn);
		if (!reader_put(reader, conn, got))
			wire->deaf = true;
		break;
	case DECODED_PING:
		conn_alive(conn);
		conn_pong(conn, got->bytes, got->len);
		break;
	case DECODED_PONG:
		conn_alive(conn);
		break;
	case DECODED_CLOSE:
		hear_close(wire, got);
		break;
	case DECODED_FAULT:
		wire->deaf = true;
		wire->closing = conn->mute; /* his will not come any more */
		conn_close(conn, got->code, got->reason);
		break;
	case DECODED_MORE:
		break;
	}
}

/* Takes bytes apart until they are used up or the connection wants no more; returns where it
 * stopped. */
static uint8_t *take(struct wire *wire, uint8_t *at, uint8_t *behind)
{
	struct wire_desk *desk = desk_of(conn_of(wire)->loop);
	struct reader *reader = reader_for(&desk->readers, wire->reader);
	const struct decode_terms terms = conn_terms(conn_of(wire));
	while (!wire->deaf && !wire->paused) {
		struct decoded got;
		enum decoded_kind kind = decode(&reader->decoder, &terms, &at, behind, &got);
		if (kind == DECODED_MORE)
			break;
		hear(wire, reader, kind, &got);
	}
	wire->reader = reader_keep(&desk->readers, reader, wire->deaf);
	wire->trails = wire->closing && at < behind;
	return wire->deaf ? behind : at;
}

/* ---- what was read, and is not wanted yet ---- */

static void on_resume(struct post *post);

static void hold(struct wire *wire, const uint8_t *bytes, size_t len)
{
	struct held *held = malloc(sizeof *held + len);
	if (held == NULL) {
		wire->broken = true;
		return;
	}
	*held = (struct held){ .post.run = on_resume, .wire = wire, .len = len };
	memcpy(held->bytes, bytes, len);
	wire->held = held;
	wait_for(conn_of(wire));
}

/* Takes up what came, or as much of it as is wanted now. */
static void receive(struct wire *wire, uint8_t *bytes, size_t len)
{
	uint8_t *rest = take(wire, bytes, bytes + len);
	if (rest < bytes + len)
		hold(wire, rest, (size_t)(bytes + len - rest));
}

static void resume(struct wire *wire, struct held *held)
{
	uint8_t *behind = held->bytes + held->len;
	uint8_t *rest = take(wire, held->bytes + held->at, behind);
	held->at = (size_t)(rest - held->bytes);
	if (rest == behind) {
		wire->held = NULL;
		let_go(held);
		wait_for(conn_of(wire));
	}
}

static void on_resume(struct post *post)
{
	struct held *held = container_of(post, struct held, post);
	struct wire *wire = held->wire;
	held->posted = false;
	if (wire == NULL) {
		free(held);
	} else if (!wire->paused) {
		resume(wire, held);
		settle(wire);
	}
}

static void let_go(struct held *held)
{
	held->wire = NULL;
	if (!held->posted)
		free(held);
}

static void wire_pause(struct conn *conn, bool pause)
{
	struct wire *wire = wire_of(conn);
	wire->paused = pause;
	if (!pause && wire->held != NULL && !wire->held->posted) {
		wire->held->posted = true;
		loop_later(conn->loop, &wire->held->post);
	}
	wait_for(conn);
}

/* ---- the socket ---- */

/* He says no more. Where the server has said its last word too, all that is left is to write it out
 * (he may still listen); otherwise the connection has come to a bad end. */
static void hear_end(struct wire *wire)
{
	wire->ended = true;
	wire->trails = false;
	if (conn_of(wire)->mute)
		wire->closing = true;
	else
		wire->broken = true;
	wait_for(conn_of(wire));
}

static void read_some(struct wire *wire)
{
	size_t room;
	uint8_t *bytes = wire_receive_room(conn_of(wire)->loop, &room);
	ssize_t n = recv(wire->fd, bytes, room, MSG_DONTWAIT);
	if (n > 0 && !wire->deaf) {
		receive(wire, bytes, (size_t)n);
		wire->trails |= wire->closing && (size_t)n == room;
	} else if (n == 0) {
		hear_end(wire);
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		wire->broken = true;
	}
}

static void on_ready(struct poller_watch *watch, uint32_t events)
{
	struct wire *wire = container_of(watch, struct wire, watch);
	if ((events & POLLER_WRITE) != 0 && wire->unsent != NULL)
		send_rest(wire);
	if ((events & POLLER_READ) != 0 && !wire->broken)
		read_some(wire);
	else if ((events & (POLLER_FAILED | POLLER_HUNG_UP)) != 0)
		wire->broken = true;
	settle(wire);
}

static int wire_start(struct conn *conn)
{
	struct wire *wire = wire_of(conn);
	wire->events = POLLER_READ;
	return poller_add(&conn->loop->poller, &wire->watch, wire->fd, wire->events);
}

static const struct carrier wire_carrier = {
	.room = sizeof(struct wire),
	.start = wire_start,
	.send = wire_send,
	.blocked = wire_blocked,
	.close = wire_close,
	.drop = wire_drop,
	.pause = wire_pause,
};

void wire_begin(struct loop *loop, int fd, const struct conn_birth *birth, uint8_t *early,
                size_t early_len)
{
	struct wire mould = { .watch.ready = on_ready, .fd = fd };
	struct conn *conn = conn_open(loop, &wire_carrier, &mould, birth);
	if (conn == NULL) {
		log_warn("net", "%s: no room for the connection", birth->address);
		atomic_fetch_sub(&loop->net->places, 1);
		close(fd);
		return;
	}
	if (early_len != 0) {
		receive(wire_of(conn), early, early_len);
		settle(wire_of(conn));
	}
}
