#include "net/front.h"

#include "base/check.h"
#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/actjson.h"
#include "net/actv1.h"
#include "net/extension.h"
#include "net/front_private.h"
#include "net/handshake.h"
#include "net/net.h"
#include "net/session.h"
#include "net/tls.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the carrier ---- */

static struct lws *wsi_of(const struct conn *conn)
{
	return ((const struct session *)conn->carried)->wsi;
}

static int front_send(struct conn *conn, const uint8_t *frames, size_t len)
{
	/* LWS_WRITE_RAW neither needs room in front of the bytes nor changes them. */
	int sent = lws_write(wsi_of(conn), (unsigned char *)(uintptr_t)frames, len, LWS_WRITE_RAW);
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

static void release(struct session *session)
{
	if (session->reserved)
		atomic_fetch_sub(&session->front->loop->net->places, 1);
	session->reserved = false;
}

/* libwebsockets may linger for the other side's FIN; the connection does not wait for that. */
static void front_drop(struct conn *conn)
{
	struct session *session = conn->carried;
	session->conn = NULL;
	release(session);
	conn_gone(conn);
	lws_set_timeout(session->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
}

static void front_pause(struct conn *conn, bool pause)
{
	struct lws *wsi = wsi_of(conn);
	lws_rx_flow_control(wsi, pause ? 0 : 1);
	/* What was read before the pause is in libwebsockets' hands, and only an event makes it go
	 * on. */
	if (!pause)
		lws_callback_on_writable(wsi);
}

static const struct carrier front_carrier = {
	.send = front_send,
	.blocked = front_blocked,
	.close = front_close_conn,
	.drop = front_drop,
	.pause = front_pause,
};

/* ---- receiving ---- */

static void free_pieces(struct session *session)
{
	free(session->pieces);
	session->pieces = NULL;
	session->pieces_len = session->pieces_room = 0;
}

static bool add_piece(struct session *session, const uint8_t *bytes, size_t len)
{
	if (session->pieces_room - session->pieces_len < len) {
		size_t room = session->pieces_room != 0 ? session->pieces_room : RECEIVE_BYTES;
		while (room - session->pieces_len < len)
			room *= 2;
		uint8_t *pieces = realloc(session->pieces, room);
		if (pieces == NULL)
			return false;
		session->pieces = pieces;
		session->pieces_room = room;
	}
	if (len != 0)
		memcpy(session->pieces + session->pieces_len, bytes, len);
	session->pieces_len += len;
	return true;
}

static void deliver(const struct session *session, const uint8_t *bytes, size_t len)
{
	bool text = !lws_frame_is_binary(session->wsi);
	if (session->packed)
		conn_message_packed(session->conn, text, (act_bytes){ bytes, len });
	else
		conn_message(session->conn, text, bytes, len);
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
	if (!mark_fits(session, first, rest)) {
		free_pieces(session);
		conn_close(conn, CLOSE_PROTOCOL, "RSV1 on a frame that continues a message");
		return;
	}
	if (first)
		session->pieces_len = 0;
	if (session->packed)
		limit = deflate_bound(limit);
	if (len + session->pieces_len > limit || rest > limit - len - session->pieces_len) {
		free_pieces(session);
		conn_close(conn, CLOSE_TOO_BIG, "the message is too long");
	} else if (first && final) {
		deliver(session, bytes, len);
	} else if (!add_piece(session, bytes, len)) {
		free_pieces(session);
		conn_close(conn, CLOSE_OVERLOAD, "no memory for the message");
	} else if (final) {
		deliver(session, session->pieces, session->pieces_len);
		free_pieces(session);
	}
}

/* ---- libwebsockets calls ---- */

/* A place among limits.connections is taken before the gate decides, and given back: two loops
 * cannot take the last one both. */
static bool reserve(struct session *session)
{
	struct net *net = session->front->loop->net;
	release(session);
	session->reserved =
		atomic_fetch_add(&net->places, 1) < net_site(net)->config->limits.connections;
	if (!session->reserved)
		atomic_fetch_sub(&net->places, 1);
	return session->reserved;
}

static int on_upgrade(struct session *session, struct lws *wsi, const char *upgrade)
{
	struct gate_verdict *verdict = mem_new(1, sizeof *verdict);
	bool full = !reserve(session);
	handshake_decide(wsi, session, upgrade, full, verdict);
	free(session->verdict);
	session->verdict = verdict;
	if (verdict->endpoint != NULL)
		return 0;
	release(session);
	count_add(&session->front->loop->counters.refused, 1);
	log_debug("net", "%s: refused: %d %s", session->address, verdict->http, verdict->body);
	handshake_refuse(wsi, verdict);
	return -1;
}

/* libwebsockets is about to name a subprotocol in its answer: it has to be the gate's choice. */
static int on_protocol(const struct session *session, struct lws *wsi)
{
	const char *chosen = session->verdict->protocol->name;
	return chosen == NULL || strcmp(chosen, lws_get_protocol(wsi)->name) == 0 ? 0 : -1;
}

static int on_established(struct session *session, struct lws *wsi)
{
	struct gate_verdict *verdict = session->verdict;
	struct loop *loop = session->front->loop;
	CHECK(verdict != NULL && verdict->endpoint != NULL);
	session->wsi = wsi;
	session->upgraded = true;
	wheel_drop(&loop->wheel, &session->patience);
	loop->handshakes--;
	struct conn_birth birth = { .endpoint = verdict->endpoint,
		                    .protocol = verdict->protocol,
		                    .user = verdict->user,
		                    .device = verdict->device,
		                    .address = session->address,
		                    .expires_at = verdict->expires_at,
		                    .deflate_bits = session->deflate_bits };
	session->conn = conn_open(loop, &front_carrier, session, &birth);
	free(session->verdict);
	session->verdict = NULL;
	return session->conn != NULL ? 0 : -1;
}

static void on_closed(struct session *session)
{
	struct conn *conn = session->conn;
	session->conn = NULL;
	release(session);
	if (conn != NULL)
		conn_gone(conn);
}

static void on_destroy(struct session *session, struct lws *wsi)
{
	lws_set_opaque_user_data(wsi, NULL);
	wheel_drop(&session->front->loop->wheel, &session->patience);
	on_closed(session);
	if (!session->upgraded)
		session->front->loop->handshakes--;
	free_pieces(session);
	free(session->verdict);
	free(session);
}

/* Events of a connection that is open. */
static int on_open_event(struct session *session, enum lws_callback_reasons reason, void *in,
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

/* The SSL_CTX of a vhost with TLS, which has no certificate yet. */
static int on_tls_context(struct front *front, void *context)
{
	tls_prepare(context, front->loop->net);
	return 0;
}

static struct front *front_of(struct lws *wsi)
{
	return lws_context_user(lws_get_context(wsi));
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
	struct session *session = wsi != NULL ? lws_get_opaque_user_data(wsi) : NULL;
	switch (reason) {
	case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
		return on_tls_context(front_of(wsi), user);
	case LWS_CALLBACK_WSI_CREATE:
		front_of(wsi)->adopted = true;
		return 0;
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return session != NULL ? on_upgrade(session, wsi, in) : -1;
	case LWS_CALLBACK_HTTP: /* a request without an upgrade */
		if (session != NULL)
			on_upgrade(session, wsi, NULL);
		return -1;
	case LWS_CALLBACK_RAW_ADOPT: /* CONNECT would turn the socket into a raw one, without a
	                                time-out */
	case LWS_CALLBACK_RAW_RX:
		return -1;
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return session != NULL ? on_protocol(session, wsi) : -1;
	case LWS_CALLBACK_CONFIRM_EXTENSION_OKAY:
		return session != NULL ? extension_confirm(session) : -1;
	case LWS_CALLBACK_ADD_HEADERS:
		return session != NULL ? extension_add_parameters(session, in) : -1;
	case LWS_CALLBACK_ESTABLISHED:
		return session != NULL ? on_established(session, wsi) : -1;
	case LWS_CALLBACK_RECEIVE:
	case LWS_CALLBACK_RECEIVE_PONG:
	case LWS_CALLBACK_SERVER_WRITEABLE:
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		return session != NULL ? on_open_event(session, reason, in, len) : 0;
	case LWS_CALLBACK_CLOSED:
		if (session != NULL)
			on_closed(session);
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		if (session != NULL)
			on_destroy(session, wsi);
		return 0;
	default:
		return 0;
	}
}

/* libwebsockets' own time-outs begin anew with each step, and count whole seconds. */
static void on_handshake_overdue(struct wheel_timer *timer)
{
	struct session *session = container_of(timer, struct session, patience);
	lws_set_timeout(session->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
}

void front_adopt(struct front *front, int fd, const char *address, bool tls)
{
	struct loop *loop = front->loop;
	struct session *session = mem_new(1, sizeof *session);
	session->front = front;
	snprintf(session->address, sizeof session->address, "%s", address);
	loop->handshakes++;
	front->adopted = false;
	lws_adopt_desc_t adopt = {
		.vh = tls ? front->tls_vhost : front->vhost,
		.type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP | (tls ? LWS_ADOPT_ALLOW_SSL : 0),
		.fd.sockfd = fd,
		.opaque = session,
	};
	struct lws *wsi = lws_adopt_descriptor_vhost_via_info(&adopt);
	/* On failure libwebsockets has closed the descriptor. Where it had made its object first
	 * (the TLS handshake failed with the bytes that were there already), the object's end is
	 * told like every other one's: that may have been now, and may come later. */
	if (wsi != NULL) {
		session->wsi = wsi;
		wheel_set(&loop->wheel, &session->patience, loop->now_ms + front->handshake_ms,
		          on_handshake_overdue);
	} else if (!front->adopted) {
		loop->handshakes--;
		free(session);
	}
}

/* ---- life ---- */

/* libwebsockets binds the first name of the client's list that it finds here, and names it in its
 * answer: the gate chooses the same. The first entry is for those who offer none; no client can
 * offer its name. */
#define SPEAKS(name, receive_bytes)                                                                \
	{                                                                                          \
		name, on_event, 0, receive_bytes, 0, NULL, WRITE_BYTES                             \
	}
#define SPOKEN(receive_bytes)                                                                      \
	{                                                                                          \
		SPEAKS("(none)", receive_bytes), SPEAKS(ACTV1_NAME, receive_bytes),                \
			SPEAKS(ACTJSON_NAME, receive_bytes),                                       \
		{                                                                                  \
			NULL, NULL, 0, 0, 0, NULL, 0                                               \
		}                                                                                  \
	}
static const struct lws_protocols spoken[] = SPOKEN(RECEIVE_BYTES);
static const struct lws_protocols spoken_tls[] = SPOKEN(RECEIVE_TLS_BYTES);

/* Our own pings do this; libwebsockets' take nothing but a pong for a sign of life. */
static const lws_retry_bo_t no_keepalive;

static void on_log(int level, const char *line)
{
	log_line((level & LLL_ERR) != 0 ? LOG_ERROR : LOG_WARN, "libwebsockets", "%.*s",
	         (int)strcspn(line, "\n"), line);
}

void front_quiet(void)
{
	lws_set_log_level(0, on_log);
}

/* Of the context and its vhosts. */
#define BASE_OPTIONS                                                                               \
	(LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |                             \
	 LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS)

/* A Host header moves a connection to another vhost of the same listening port. The two have none,
 * but libwebsockets takes these two ways of saying so for different ports: so nobody is moved. */
static void make_vhosts(struct front *front, struct lws_context_creation_info *info, bool tls)
{
	info->port = CONTEXT_PORT_NO_LISTEN;
	info->vhost_name = "plain";
	info->protocols = spoken;
	info->options = BASE_OPTIONS;
	front->vhost = lws_create_vhost(front->context, info);
	if (front->vhost == NULL || !tls)
		return;
	info->port = CONTEXT_PORT_NO_LISTEN_SERVER;
	info->vhost_name = "tls";
	info->protocols = spoken_tls;
	info->options = BASE_OPTIONS | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
	                LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX;
	info->alpn = "http/1.1"; /* otherwise HTTP/2 is offered, which nothing here speaks */
	front->tls_client = info->provided_client_ssl_ctx = tls_client();
	front->tls_vhost = lws_create_vhost(front->context, info);
}

struct front *front_new(struct loop *loop, uint32_t handshake_ms, bool tls)
{
	struct front *front = mem_new(1, sizeof *front);
	front->loop = loop;
	front->handshake_ms = handshake_ms;
	front->foreign[0] = &loop->uv;
	lws_set_log_level(LLL_ERR | LLL_WARN, on_log);
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = spoken,
		.extensions = extension_table(),
		.options = BASE_OPTIONS | (tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0),
		.user = front,
		.foreign_loops = front->foreign,
		.pt_serv_buf_size = SERVICE_BYTES,
		.max_http_header_data = HEAD_MAX,
		.timeout_secs_ah_idle = (uint16_t)((handshake_ms + 999) / 1000),
		.timeout_secs = (unsigned int)(handshake_ms + 999) / 1000,
		.retry_and_idle_policy = &no_keepalive,
		.uid = -1,
		.gid = -1,
	};
	front->context = lws_create_context(&info);
	if (front->context != NULL)
		make_vhosts(front, &info, tls);
	if (front->vhost != NULL && (front->tls_vhost != NULL || !tls))
		return front;
	if (front->context != NULL)
		lws_context_destroy(front->context);
	tls_client_free(front->tls_client);
	free(front);
	return NULL;
}

void front_close(struct front *front)
{
	lws_context_destroy(front->context);
}

void front_free(struct front *front)
{
	lws_context_destroy(front->context);
	tls_client_free(front->tls_client);
	free(front);
}
