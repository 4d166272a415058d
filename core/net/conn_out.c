/* conn_out: what a connection sends: frames are gathered in the outbox and leave in one write a
 * turn. */
#include "net/conn.h"

#include "net/net.h"
#include "net/show.h"

#include <act/easy.h>
#include <string.h>

bool conn_congested(const struct conn *conn)
{
	return conn->outbox.len > net_site(conn->loop->net)->config->limits.outbox_bytes;
}

static void count_out(struct conn *conn, size_t len)
{
	conn->loop->counters.messages_out++;
	conn->loop->counters.bytes_out += len;
	conn_in_turn(conn);
}

int conn_reply(struct conn *conn, uint32_t code, uint32_t how, act_bytes body)
{
	bool raw = conn->endpoint->mode == CONFIG_MODE_RAW;
	enum frame_kind kind = raw && how == ACT_HOW_TEXT ? FRAME_TEXT : FRAME_BINARY;
	size_t head = raw ? 0 : FRAME_CODE_BYTES, len = head + body.len;
	if (conn->close_wanted)
		return 0;
	uint8_t *to = outbox_reserve(&conn->outbox, &conn->loop->stock, FRAME_HEADER_MAX + len);
	if (to == NULL) {
		conn_close(conn, CLOSE_OVERLOAD, "no memory for the reply");
		return -1;
	}
	size_t n = frame_header(to, kind, len);
	if (!raw)
		act_put_u32(to + n, code);
	if (body.len != 0)
		memcpy(to + n + head, body.ptr, body.len);
	if (net_site(conn->loop->net)->config->log.frames)
		show_message(conn, ">", kind == FRAME_TEXT, to + n, len);
	outbox_commit(&conn->outbox, n + len);
	count_out(conn, n + len);
	return 0;
}

void conn_push(struct conn *conn, const uint8_t *frame, size_t len)
{
	const struct config *config = net_site(conn->loop->net)->config;
	if (conn->close_wanted)
		return;
	uint8_t *to = NULL;
	if (conn->outbox.len + len <= config->limits.outbox_bytes)
		to = outbox_reserve(&conn->outbox, &conn->loop->stock, len);
	if (to == NULL) {
		conn_close(conn, CLOSE_TOO_SLOW, "too slow: the outbox is full");
		return;
	}
	memcpy(to, frame, len);
	if (config->log.frames)
		show_frame(conn, frame, len);
	outbox_commit(&conn->outbox, len);
	count_out(conn, len);
}

/* With a payload: libwebsockets does not tell of an empty pong. */
void conn_ping(struct conn *conn)
{
	static const char payload[] = "actd";
	size_t len = sizeof payload - 1;
	uint8_t *to = outbox_reserve(&conn->outbox, &conn->loop->stock, FRAME_HEADER_MAX + len);
	if (to == NULL)
		return;
	size_t head = frame_header(to, FRAME_PING, len);
	memcpy(to + head, payload, len);
	outbox_commit(&conn->outbox, head + len);
	conn_in_turn(conn);
}

bool conn_flush(struct conn *conn)
{
	if (conn->outbox.len == 0 || conn->mute || conn->carrier->blocked(conn))
		return true;
	conn->loop->counters.writes++;
	if (conn->carrier->send(conn, conn->outbox.bytes, conn->outbox.len) != 0) {
		conn->carrier->drop(conn);
		return false;
	}
	bool was_congested = conn_congested(conn);
	outbox_clear(&conn->outbox, &conn->loop->stock);
	if (was_congested || conn->paused)
		conn_in_turn(conn);
	return true;
}
