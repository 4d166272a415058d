/* client: one WebSocket connection to a server, in calls that wait (RFC 6455).
 *
 * libwebsockets answers pings and closes by itself; a server that is silent for half a minute and
 * answers no ping is given up. Owner: client_open() makes it, client_free() takes it. */
#ifndef ACTCTL_CLIENT_H
#define ACTCTL_CLIENT_H

#include "buffer.h"
#include "lookup.h"
#include "wire.h"

#include <act/plugin.h>

struct client;

/* Where to, and with what. Everything must outlive the client. */
struct client_order {
	struct url url;
	const char *subprotocol;    /* NULL: none */
	const char *bearer;         /* a token, or NULL */
	const char *const *headers; /* more of them, "Name: value" */
	size_t header_count;
	struct wire_trust trust;
	uint64_t deadline_ms; /* clock_ms(); to be connected by */
};

/* The longest message that is sent, in bytes. */
#define CLIENT_SEND_MAX (BUFFER_MAX - LWS_PRE)

/* A whole message. */
struct client_message {
	bool text;
	act_bytes bytes; /* the client's, until it is asked for the next one */
};

/* What client_wait() comes back with. */
enum client_event { CLIENT_MESSAGE, CLIENT_CLOSED, CLIENT_TIME_UP };

/* Connects and upgrades. DONE; or it was said why not, and `*out` is NULL. */
enum outcome client_open(const struct client_order *order, struct client **out);

/* Sends a message of at most CLIENT_SEND_MAX bytes, and returns when libwebsockets has taken it, or
 * the connection has ended, which client_wait() tells. False: the time is up. */
bool client_send(struct client *client, bool text, const void *bytes, size_t len,
                 uint64_t deadline_ms);

/* The next message; those that came before a close come before CLIENT_CLOSED. */
enum client_event client_wait(struct client *client, uint64_t deadline_ms,
                              struct client_message *message);

/* Pings the server, and waits until it has answered: then it has read all that was sent before, and
 * what it has against that is here. False: the time is up. */
bool client_settle(struct client *client, uint64_t deadline_ms);

/* Would client_wait() come back at once? */
bool client_has_news(const struct client *client);

/* Says that the server closed, with what, and what that means. Returns LOST. */
enum outcome client_say_closed(const struct client *client);

/* Closes as RFC 6455 wants it and waits for the server's close, at most to the deadline.
 * What comes before it is dropped. */
void client_finish(struct client *client, uint64_t deadline_ms);

/* NULL is allowed. */
void client_free(struct client *client);

#endif
