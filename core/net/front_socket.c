/* front_socket: how sockets come to libwebsockets, what it asks and tells until their upgrade is
 * done, and how those without TLS leave it then. */
#include "net/front_private.h"

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/extension.h"
#include "net/handshake.h"
#include "net/net.h"
#include "net/session.h"
#include "net/tls.h"
#include "net/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct front *front_of(struct lws *wsi)
{
	return lws_context_user(lws_get_context(wsi));
}

/* ---- what libwebsockets asks and tells ---- */

/* It has made its object for a socket that came with the head of its request: from here on it says
 * when that is gone. */
static void on_known(struct lws *wsi)
{
	struct session *session = front_of(wsi)->serving;
	if (session == NULL)
		return;
	session->known = true;
	lws_set_opaque_user_data(wsi, session);
}

static int on_upgrade(struct session *session, struct lws *wsi, const char *upgrade)
{
	struct gate_verdict *verdict = mem_new(1, sizeof *verdict);
	bool full = !session_reserve(session);
	handshake_decide(wsi, session, upgrade, full, verdict);
	free(session->verdict);
	session->verdict = verdict;
	if (verdict->endpoint != NULL)
		return 0;
	session_release(session);
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

/* A plain connection opens as soon as libwebsockets lets go of it, which front_serve() sees to;
 * behind its back nobody would. Others open here. */
static int on_established(struct session *session, struct lws *wsi)
{
	struct conn_birth birth;
	session_upgraded(session, wsi);
	if (session->leaves)
		return session->gone != NULL ? 0 : -1;
	session_birth(session, &birth);
	session->conn = conn_open(session->front->loop, &front_carrier, session, &birth);
	free(session->verdict);
	session->verdict = NULL;
	return session->conn != NULL ? 0 : -1;
}

static void on_closed(struct session *session)
{
	struct conn *conn = session->conn;
	session->conn = NULL;
	session_release(session);
	if (conn != NULL)
		conn_gone(conn);
}

static void on_destroy(struct session *session, struct lws *wsi)
{
	lws_set_opaque_user_data(wsi, NULL);
	on_closed(session);
	session_free(session);
}

/* The SSL_CTX of a vhost with TLS, which has no certificate yet. */
static int on_tls_context(struct front *front, void *context)
{
	tls_prepare(context, front->loop->net);
	return 0;
}

int front_on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                   size_t len)
{
	struct session *session = wsi != NULL ? lws_get_opaque_user_data(wsi) : NULL;
	switch (reason) {
	case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
		return on_tls_context(front_of(wsi), user);
	case LWS_CALLBACK_WSI_CREATE:
		front_of(wsi)->made = true;
		return 0;
	case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
		on_known(wsi);
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
		return session != NULL ? front_on_open_event(session, reason, in, len) : 0;
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

/* ---- with TLS ---- */

/* libwebsockets' own time-outs begin anew with each step, and count whole seconds. */
static void on_handshake_overdue(struct wheel_timer *timer)
{
	struct session *session = container_of(timer, struct session, patience);
	session->front->stirred = true;
	lws_set_timeout(session->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
}

void front_adopt(struct front *front, int fd, const char *address)
{
	struct loop *loop = front->loop;
	struct session *session = session_new(front, address);
	front->stirred = true;
	front->made = false;
	lws_adopt_desc_t adopt = {
		.vh = front->tls_vhost,
		.type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP | LWS_ADOPT_ALLOW_SSL,
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
	} else if (!front->made) {
		session_free(session);
	}
}

/* ---- without ---- */

/* The copy of the descriptor that net/wire goes on with. libwebsockets' numbers stay the low ones:
 * it keeps a table of them, and walks it. */
static int copy_of(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, FRONT_FDS);
	return copy >= 0 ? copy : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

/* libwebsockets closes its own descriptor without a shutdown() when it is told that the other side
 * has hung up: the connection does not notice. */
static void take_away(struct front *front, struct lws *wsi)
{
	struct lws_pollfd hung_up = { .fd = lws_get_socket_fd(wsi), .revents = LWS_POLLHUP };
	lws_service_fd(front->context, &hung_up);
}

/* The upgrade is done: the connection goes on without libwebsockets, by its copy of the socket. */
static void leave(struct session *session, int copy, uint8_t *early, size_t len)
{
	struct front *front = session->front;
	struct session last = *session; /* this one goes with libwebsockets' object */
	struct conn_birth birth;
	if (lws_partial_buffered(session->wsi) != 0) {
		log_warn("net", "%s: dropped: its socket does not even take the answer",
		         session->address);
		close(copy);
		take_away(front, session->wsi);
		return;
	}
	session->reserved = false; /* its place goes along */
	session->verdict = NULL;
	take_away(front, last.wsi);
	session_birth(&last, &birth);
	wire_begin(front->loop, copy, &birth, early, len);
	free(last.verdict);
}

void front_serve(struct front *front, int fd, const char *address, act_bytes head, uint8_t *behind,
                 size_t len)
{
	bool gone = false;
	int copy = copy_of(fd);
	if (copy < 0) { /* before anything was promised */
		count_add(&front->loop->counters.turned_away, 1);
		close(fd);
		return;
	}
	struct session *session = session_new(front, address);
	session->gone = &gone;
	session->leaves = true;
	front->stirred = true;
	front->serving = session;
	const struct lws *wsi =
		lws_adopt_socket_vhost_readbuf(front->vhost, fd, head.ptr, head.len);
	front->serving = NULL;
	if (!gone && wsi != NULL && session->upgraded) {
		session->gone = NULL;
		leave(session, copy, behind, len);
		return;
	}
	close(copy);
	if (gone)
		return;
	session->gone = NULL;
	if (!session->known)
		session_free(session); /* it failed at once, and has closed the descriptor */
}
