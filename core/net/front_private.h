/* front_private: what front.c and handshake.c share. */
#ifndef NET_FRONT_PRIVATE_H
#define NET_FRONT_PRIVATE_H

struct loop;
struct lws_context;
struct lws_vhost;

enum {
	HEAD_MAX = 16384, /* bytes of a request's head; a longer one is cut off without a reply */
	RECEIVE_BYTES = 4096,   /* of one read, and kept for each connection by libwebsockets */
	SERVICE_BYTES = 32768,  /* its buffer for one thread */
	WRITE_BYTES = 16777216, /* of one write: the whole outbox */
};

struct front {
	struct loop *loop;
	struct lws_context *context;
	struct lws_vhost *vhost;
	void *foreign[1];
};

#endif
