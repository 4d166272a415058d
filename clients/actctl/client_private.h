/* client_private: what the files of the client share. */
#ifndef ACTCTL_CLIENT_PRIVATE_H
#define ACTCTL_CLIENT_PRIVATE_H

#include "client.h"

enum client_state { CLIENT_CONNECTING, CLIENT_OPEN, CLIENT_CLOSING, CLIENT_GONE };

/* One that came and was not asked for yet. */
struct client_queued {
	struct client_queued *next;
	struct buffer bytes;
	bool text;
};

struct client {
	const struct client_order *order;
	struct wire wire;
	struct lws *wsi;
	enum client_state state;
	char trouble[256]; /* libwebsockets' words for why there is no connection */

	/* An upgrade that was answered otherwise than asked for. */
	unsigned http_status; /* 0: it was not */
	bool http_done;
	size_t http_length; /* of the body, where the head says it; otherwise SIZE_MAX */
	struct buffer http_body;
	bool not_spoken; /* the server did not take the subprotocol */

	struct client_queued *arriving; /* whose end has not come yet */
	struct client_queued *first, **last;
	struct client_queued *given; /* what client_wait() handed out */
	bool too_long;

	struct buffer out; /* LWS_PRE bytes, then the message; empty: nothing waits */
	bool out_text;
	bool ping_wanted;
	bool ponged;

	uint16_t close_code; /* 0: the server sent no close */
	char close_reason[126];
};

/* The callback that libwebsockets tells everything. */
extern const struct lws_protocols client_protocols[];

/* NULL is allowed. */
void client_free_queued(struct client_queued *message);

/* Reads the answer to an upgrade that is not 101; called from within ESTABLISHED_CLIENT_HTTP, the
 * last moment at which libwebsockets still has it. */
void client_read_refusal(struct client *client, struct lws *wsi);
/* A part of its body. Not 0: that was all that is wanted. */
int client_take_refusal(struct client *client, const void *bytes, size_t len);
/* Says why there is no connection. */
enum outcome client_say_refusal(const struct client *client);
enum outcome client_say_unreached(const struct client *client, const char *address);

#endif
