/* front_private: what front.c and handshake.c share. */
#ifndef NET_FRONT_PRIVATE_H
#define NET_FRONT_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct lws_context;
struct lws_vhost;
struct ssl_ctx_st;

enum {
	HEAD_MAX = 16384, /* bytes of a request's head; a longer one is cut off without a reply */
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
	bool adopted; /* for front_adopt(): libwebsockets has made its object for a socket */
	void *foreign[1];
};

#endif
