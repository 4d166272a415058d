/* front_private: what the files of the front share: front.c, front_socket.c, front_carrier.c,
 * session.c and handshake.c. */
#ifndef NET_FRONT_PRIVATE_H
#define NET_FRONT_PRIVATE_H

#include "net/front.h"
#include "net/poller.h"

#include <libwebsockets.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct loop;
struct session;
struct ssl_ctx_st;

enum {
	/* Numbers of descriptors from here on are for sockets that have left libwebsockets, which
	 * keeps a table of its own by number, and walks it. */
	FRONT_FDS = 2048,
	RECEIVE_BYTES = 4096, /* of one read, and kept for each connection by libwebsockets */
	/* The same with TLS, more than a record has (RFC 8446, section 5.1: 16384): then OpenSSL
	 * holds nothing back when reading pauses, which libwebsockets would try to read for ever.
	 */
	RECEIVE_TLS_BYTES = 16400,
	SERVICE_BYTES = 32768,  /* its buffer for one thread; it bounds the two above */
	WRITE_BYTES = 16777216, /* of one write: the whole outbox */
};

struct front {
	struct loop *loop;
	struct lws_context *context;
	struct lws_vhost *vhost;
	struct lws_vhost *tls_vhost; /* NULL: there is no TLS */
	struct ssl_ctx_st *tls_client;
	uint32_t handshake_ms;
	bool made; /* for front_adopt(): libwebsockets has made its object for a socket */
	struct session *serving; /* whose socket libwebsockets is just being given */
	/* libwebsockets waits on a libuv loop of its own, which the loop waits on in turn. */
	uv_loop_t uv;
	struct poller_watch watch;
	void *foreign[1];
	bool stirred; /* libuv has something to do before the loop sleeps */
};

/* ---- front_socket.c ---- */

/* What libwebsockets calls. */
int front_on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                   size_t len);

/* ---- front_carrier.c ---- */

extern const struct carrier front_carrier;

/* Something happened to a connection that is open, and stays here. */
int front_on_open_event(struct session *session, enum lws_callback_reasons reason, void *in,
                        size_t len);

#endif
