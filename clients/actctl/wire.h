/* wire: libwebsockets as a tool with one connection needs it: a context, and turns that end in
 * time. Owner: whoever has the struct; it must not move while the context lives. */
#ifndef ACTCTL_WIRE_H
#define ACTCTL_WIRE_H

#include "say.h"
#include "url.h"

#include <libwebsockets.h>

struct wire {
	struct lws_context *context;
	lws_sorted_usec_list_t alarm;
	char socket[URL_SOCKET_MAX + 2]; /* as libwebsockets wants it: '+', then the path */
};

/* How a server's certificate is looked at. */
struct wire_trust {
	const char *ca_file; /* NULL: the system's */
	bool insecure;       /* not at all */
};

/* Makes the context. `user` is what lws_context_user() tells the callback of `protocols`, which has
 * one entry and one that ends it. DONE; or it was said what is wrong. */
enum outcome wire_open(struct wire *wire, const struct lws_protocols *protocols, void *user,
                       const struct url *url, const struct wire_trust *trust);
/* Connections that are open are dropped. */
void wire_close(struct wire *wire);

/* Fills in what every connection has alike. `address` is one of lookup_host(). */
void wire_connect_info(struct wire *wire, const struct url *url, const char *address,
                       const struct wire_trust *trust, struct lws_client_connect_info *info);

/* For CLIENT_APPEND_HANDSHAKE_HEADER: adds a header to the request's head ("name:" in lower case),
 * or a token. 0; or -1: there is no room for it. */
int wire_add_header(struct lws *wsi, const char *name, const char *value, uint8_t **at,
                    uint8_t *end);
int wire_add_bearer(struct lws *wsi, const char *token, uint8_t **at, uint8_t *end);

/* Waits until something happens, at most to `deadline_ms` (clock_ms()), and has the callback told.
 * False: it is past the deadline, and nothing was waited for. */
bool wire_turn(struct wire *wire, uint64_t deadline_ms);

#endif
