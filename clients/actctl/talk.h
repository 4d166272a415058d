/* talk: a connection together with what is spoken on it, as the commands call and listen need it.
 */
#ifndef ACTCTL_TALK_H
#define ACTCTL_TALK_H

#include "client.h"
#include "dialect.h"
#include "login.h"
#include "options.h"

struct talk {
	const struct options *options;
	const struct dialect *dialect;
	struct client_order order;
	struct client *client;
	struct login login;
	const char *headers[OPTIONS_LIST_MAX + 1]; /* those of the options, and the login's */
};

/* Logs in and connects as the options say. DONE; or it was said why not. talk_end() in either case.
 */
enum outcome talk_begin(struct talk *talk, const struct options *options, const char *url);
/* Closes. */
void talk_end(struct talk *talk);

/* Sends a request. DONE; or it was said why not. That the connection has ended meanwhile is told by
 * talk_hear(). */
enum outcome talk_ask(struct talk *talk, const struct ask *ask);

/* The next message, read; `ask` is what an answer is waited for to, or NULL. `*event` tells whether
 * there is one. An end of the connection, and what is no message, are said and LOST. */
enum outcome talk_hear(struct talk *talk, const struct ask *ask, uint64_t deadline_ms,
                       enum client_event *event, struct heard *heard);

#endif
