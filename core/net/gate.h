/* gate: who may come in: the decision at the upgrade, apart from any library.
 *
 * The front reads a request's head into a struct gate_request and asks; the answer is "come in, as
 * this user" or an HTTP status with a JSON body. RFC 6455, section 4.2. Thread: the loop that
 * accepted the connection. Nothing is kept. */
#ifndef NET_GATE_H
#define NET_GATE_H

#include "net/offer.h"
#include "net/protocol.h"
#include "net/site.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	GATE_HEAD_MAX = 16384, /* bytes of a request's head */
	GATE_TOKEN_MAX = 8192,
	GATE_ID_MAX = 255,
};

/* The head of a request. Strings are terminated; NULL: the header is not there. */
struct gate_request {
	bool is_get;
	const char *path; /* without the query */
	const char *upgrade;
	const char *version;     /* Sec-WebSocket-Version  */
	const char *key;         /* Sec-WebSocket-Key      */
	const char *subprotocol; /* Sec-WebSocket-Protocol */
	const char *extensions;  /* Sec-WebSocket-Extensions */
	const char *origin;
	const char *authorization; /* of the header that "login.header" names */
	const char *cookie;        /* the value of the cookie that "login.cookie" names */
	const char *query;         /* the value of the parameter that "login.query" names */
	const char *query_user;    /* ?user= */
	const char *address;
	bool too_long; /* one of them did not fit */
};

/* What a provider of act.auth/1 is asked, by way of the main program. */
struct gate_question {
	const char *token;
	const char *endpoint;
	const char *address;
};
enum gate_word { GATE_ALLOW, GATE_DENY, GATE_FORBID, GATE_EXPIRED, GATE_UNAVAILABLE };
struct gate_answer {
	enum gate_word word;
	char user[GATE_ID_MAX + 1];
	char device[GATE_ID_MAX + 1];
	int64_t expires_at; /* seconds since 1970; 0: never */
	char why[256];
};

struct gate_verdict {
	const struct endpoint *endpoint; /* NULL: refused */
	const struct protocol *protocol; /* what is spoken from now on */
	char user[GATE_ID_MAX + 1];      /* empty: nobody  */
	char device[GATE_ID_MAX + 1];
	int64_t expires_at; /* of the login: seconds since 1970; 0: never */
	struct offer offer; /* of permessage-deflate: what came of it */
	int http;           /* status of a refusal */
	const char *reason; /* of the status line  */
	const char *header; /* one more header line with its end, or "" */
	char body[1024];    /* JSON */
};

typedef void gate_authenticate(const struct gate_question *question, struct gate_answer *answer);

/* `full`: the limit of connections is reached. */
void gate_decide(const struct site *site, const struct gate_request *request, bool full,
                 gate_authenticate *authenticate, struct gate_verdict *verdict);

/* The verdict on a request of which not even the head fits. */
void gate_too_long(struct gate_verdict *verdict);

/* Writes the HTTP response of a refusal, not terminated; returns its length. The connection is
 * closed behind it. */
enum { GATE_RESPONSE_MAX = 2048 };
size_t gate_response(const struct gate_verdict *verdict, char to[GATE_RESPONSE_MAX]);

#endif
