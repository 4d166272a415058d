/* conn_out: what a connection sends: frames are gathered in the outbox and leave in one write a
 * turn, sooner only where a push would find no room. */
#include "net/conn.h"

#include "base/status.h"
#include "net/net.h"
#include "net/push.h"
#include "net/show.h"

#include <act/easy.h>
#include <string.h>

bool conn_congested(const struct conn *conn)
{
	return outbox_len(&conn->outbox) > net_site(conn->loop->net)->config->limits.outbox_bytes;
}

static void count_out(struct conn *conn, size_t len)
{
	count_add(&conn->loop->counters.messages_out, 1);
	count_add(&conn->loop->counters.bytes_out, len);
	conn_in_turn(conn);
}

bool conn_send(struct conn *conn, const struct envelope *envelope, act_bytes body)
{
	size_t tail_len = strlen(envelope->tail);
	size_t len = envelope->head_len + body.len + tail_len;
	if (conn->close_wanted)
		return true;
	struct deflate_way way;
	bool packs = conn_packs(conn, len, &way);
	size_t room = FRAME_HEADER_MAX + len;
	if (packs)
		room = 2 * room + DEFLATE_TAIL;
	uint8_t *to = outbox_reserve(&conn->outbox, &conn->loop->stock, room);
	if (to == NULL)
		return false;
	size_t head = frame_header(to, envelope->kind, len);
	envelope_fill(to + head, envelope, body);
	if (net_site(conn->loop->net)->config->log.frames)
		show_message(conn, ">", envelope->kind == FRAME_TEXT, to + head, len);
	len += head;
	if (packs)
		len = deflate_frame(&conn->loop->deflate, way, to, len);
	outbox_commit(&conn->outbox, len);
	count_out(conn, len);
	return true;
}

void conn_answer(struct conn *conn, const struct ticket *ticket, const struct outcome *outcome)
{
	if (!conn->close_wanted && !conn->protocol->answer(conn, ticket, outcome))
		conn_close(conn, CLOSE_OVERLOAD, "no memory for the reply");
}

void conn_refuse(struct conn *conn, const struct ticket *ticket, const char *sentence)
{
	const struct outcome outcome = { .kind = OUTCOME_ERROR,
		                         .status = STATUS_BAD_FRAME,
		                         .body = act_str(sentence) };
	if (ticket == NULL) {
		conn_close(conn, CLOSE_PROTOCOL, sentence);
		return;
	}
	count_add(&conn->loop->counters.messages_bad, 1);
	conn_answer(conn, ticket, &outcome);
}

/* Hands the outbox to the carrier. -1: the connection is lost, and the outbox as it was. */
static int write_out(struct conn *conn)
{
	if (outbox_len(&conn->outbox) == 0)
		return 0;
	count_add(&conn->loop->counters.writes, 1);
	if (conn->carrier->send(conn, outbox_bytes(&conn->outbox), outbox_len(&conn->outbox)) != 0)
		return -1;
	outbox_clear(&conn->outbox, &conn->loop->stock);
	return 0;
}

void conn_push(struct conn *conn, struct push *push)
{
	const struct config *config = net_site(conn->loop->net)->config;
	const struct protocol *protocol = conn->protocol;
	size_t most = config->limits.outbox_bytes;
	if (conn->close_wanted || protocol->push == NULL ||
	    (protocol->only_json && !push_is_json(push)))
		return;
	struct deflate_way way;
	act_bytes plain = push_frame(push, protocol), frame = plain;
	uint8_t *to = NULL;
	if (plain.len != 0 && conn_packs(conn, plain.len - frame_header_len(plain.ptr), &way))
		frame = push_frame_packed(push, protocol, &conn->loop->deflate, way);
	if (outbox_len(&conn->outbox) + frame.len > most && !conn->carrier->blocked(conn))
		(void)write_out(conn); /* full since the turn has not ended yet: nobody is slow */
	if (frame.len != 0 && outbox_len(&conn->outbox) + frame.len <= most)
		to = outbox_reserve(&conn->outbox, &conn->loop->stock, frame.len);
	if (to == NULL) {
		conn_close(conn, CLOSE_TOO_SLOW, "too slow: the outbox is full");
		return;
	}
	memcpy(to, frame.ptr, frame.len);
	if (config->log.frames)
		show_frame(conn, plain.ptr, plain.len);
	outbox_commit(&conn->outbox, frame.len);
	count_out(conn, frame.len);
}

/* Puts a control frame into the outbox. Without memory for it the other side hears nothing, and
 * draws its conclusions. */
static void send_control(struct conn *conn, enum frame_kind kind, const uint8_t *bytes, size_t len)
{
	uint8_t *to = outbox_reserve(&conn->outbox, &conn->loop->stock, FRAME_HEADER_MAX + len);
	if (to == NULL)
		return;
	size_t head = frame_header(to, kind, len);
	if (len != 0)
		memcpy(to + head, bytes, len);
	outbox_commit(&conn->outbox, head + len);
	conn_in_turn(conn);
}

/* With a payload: libwebsockets does not tell of an empty pong. */
void conn_ping(struct conn *conn)
{
	static const uint8_t payload[] = { 'a', 'c', 't', 'd' };
	send_control(conn, FRAME_PING, payload, sizeof payload);
}

void conn_pong(struct conn *conn, const uint8_t *bytes, size_t len)
{
	if (conn->close_wanted)
		return;
	send_control(conn, FRAME_PONG, bytes, len);
	conn_steer_reading(conn);
}

bool conn_flush(struct conn *conn)
{
	if (outbox_len(&conn->outbox) == 0 || conn->mute || conn->carrier->blocked(conn))
		return true;
	bool was_congested = conn_congested(conn);
	if (write_out(conn) != 0) {
		conn->carrier->drop(conn);
		return false;
	}
	if (was_congested || conn->paused)
		conn_in_turn(conn);
	return true;
}
