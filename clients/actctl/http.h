/* http: one request to the server's admin interface, and the answer whole (RFC 9112, by
 * libwebsockets). */
#ifndef ACTCTL_HTTP_H
#define ACTCTL_HTTP_H

#include "buffer.h"
#include "wire.h"

struct http_order {
	struct url url;
	const char *method; /* "GET" or "POST"; there is no body */
	const char *bearer; /* a token, or NULL */
	struct wire_trust trust;
	uint64_t deadline_ms; /* clock_ms() */
};

struct http_answer {
	unsigned status;
	struct buffer body;
};

/* DONE and the answer, whatever its status; or it was said why there is none, with `hint` as what
 * to do where nobody is there. buffer_free() the body in either case. */
enum outcome http_ask(const struct http_order *order, const char *hint, struct http_answer *answer);

#endif
