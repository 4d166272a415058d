/* front_carrier: libwebsockets as a carrier, of the connections that stay with it: those with TLS.
 */
#include "net/front_private.h"

#include "net/net.h"
#include "net/session.h"

#include <libwebsockets.h>

/* ---- sending ---- */

static struct lws *wsi_of(const struct conn *conn)
{
	return ((const struct session *)conn->carried)->wsi;
}

/* Whatever is asked of libwebsockets may change what its libuv loop waits for. */
static struct lws *stir(const struct conn *conn)
{
	const struct session *session = conn->carried;
	session->front->stirred = true;
	return session->wsi;
}

static int front_send(struct conn *conn, const uint8_t *frames, size_t len)
{
	/* LWS_WRITE_RAW neither needs room in front of the bytes nor changes them. */
	int sent = lws_write(stir(conn), (unsigned char *)(uintptr_t)frames, len, LWS_WRITE_RAW);
	return sent < 0 ? -1 : 0;
}

/* Once libwebsockets has a close frame of its own to send, nothing may go out behind it. */
static bool front_blocked(const struct conn *conn)
{
	struct lws *wsi = wsi_of(conn);
	return lws_partial_buffered(wsi) != 0 || lws_get_close_length(wsi) != 0;
}

/* The close frame goes out like every other one, behind what libwebsockets still holds. Its own way
 * of closing gives the frame five seconds to leave, and on libuv loses it when a callback asks for
 * the close (its debug build closes twice). The other side's answer arrives as
 * LWS_CALLBACK_WS_PEER_INITIATED_CLOSE; a failure shows there or in the connection's timer. */
static void front_close_conn(struct conn *conn, uint16_t code, const char *reason)
{
	uint8_t frame[FRAME_HEADER_MAX + FRAME_CLOSE_MAX];
	(void)front_send(conn, frame, frame_close(frame, code, reason));
}

/* libwebsockets may linger for the other side's FIN; the connection does not wait for that. */
static void front_drop(struct conn *conn)
{
	struct session *session = conn->carried;
	session->conn = NULL;
	session->front->stirred = true;
	session_release(session);
	conn_gone(conn);
	lws_set_timeout(session->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
}

static void front_pause(struct conn *conn, bool pause)
{
	struct lws *wsi = stir(conn);
	lws_rx_flow_control(wsi, pause ? 0 : 1);
	/* What was read before the pause is in libwebsockets' hands, and only an event makes it go
	 * on. */
	if (!pause)
		lws_callback_on_writable(wsi);
}

const struct carrier front_carrier = {
	.send = front_send,
	.blocked = front_blocked,
	.close = front_close_conn,
	.drop = front_drop,
	.pause = front_pause,
};

/* ---- receiving ---- */

static void deliver(const struct session *session, const uint8_t *bytes, size_t len)
{
	bool text = !lws_frame_is_binary(session->wsi);
	if (session->packed)
		conn_message_packed(session->conn, text, (act_bytes){ bytes, len });
	else
		conn_message_unread(session->conn, text, bytes, len);
}

/* The bit that says "compressed" belongs on the first frame of a message (RFC 7692, section 6).
 * libwebsockets refuses it where the extension was not negotiated, and otherwise lets it pass
 * everywhere. */
static bool mark_fits(struct session *session, bool first, size_t rest)
{
	bool marked = (lws_get_reserved_bits(session->wsi) & FRAME_RSV1) != 0;
	bool new_frame = session->at_frame;
	session->at_frame = rest == 0;
	if (first)
		session->packed = marked;
	return first || !marked || !new_frame;
}

/* libwebsockets hands out frames in pieces, as they are read. A message in one piece goes up where
 * it lies; others are put together, and given up as soon as the announced length is over the limit.
 */
static void receive(struct session *session, const uint8_t *bytes, size_t len)
{
	struct lws *wsi = session->wsi;
	struct conn *conn = session->conn;
	bool first = lws_is_first_fragment(wsi), final = lws_is_final_fragment(wsi);
	size_t limit = net_site(conn->loop->net)->config->limits.message_bytes;
	size_t rest = (size_t)lws_remaining_packet_payload(wsi);
	if (conn->close_wanted)
		return;
	if (!final) /* the message says it otherwise */
		conn_alive(conn);
	if (!mark_fits(session, first, rest)) {
		pieces_forget(&session->pieces);
		conn_close(conn, CLOSE_PROTOCOL, "RSV1 on a frame that continues a message");
		return;
	}
	if (first)
		session->pieces.len = 0;
	if (session->packed)
		limit = deflate_bound(limit);
	if (len + session->pieces.len > limit || rest > limit - len - session->pieces.len) {
		pieces_forget(&session->pieces);
		conn_close(conn, CLOSE_TOO_BIG, "the message is too long");
	} else if (first && final) {
		deliver(session, bytes, len);
	} else if (!pieces_add(&session->pieces, bytes, len, rest)) {
		pieces_forget(&session->pieces);
		conn_close(conn, CLOSE_OVERLOAD, "no memory for the message");
	} else if (final) {
		deliver(session, session->pieces.bytes, session->pieces.len);
		pieces_forget(&session->pieces);
	}
}

/* ---- events ---- */

int front_on_open_event(struct session *session, enum lws_callback_reasons reason, void *in,
                        size_t len)
{
	struct conn *conn = session->conn;
	bool answered;
	if (conn == NULL)
		return 0;
	switch (reason) {
	case LWS_CALLBACK_RECEIVE:
		receive(session, in, len);
		break;
	case LWS_CALLBACK_RECEIVE_PONG:
		conn_alive(conn);
		break;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		/* Comes unasked too, after a pong for one. */
		if (!front_blocked(conn))
			conn_writable(conn);
		break;
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		/* Ours is out already: libwebsockets must not answer with a second one. */
		answered = conn->mute;
		conn_peer_closing(conn);
		return answered ? -1 : 0;
	default:
		break;
	}
	return 0;
}
