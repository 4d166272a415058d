/* dialect: what is spoken on a connection: the base protocol, act.v1 or act.json.v1
 * (docs/protocol.md). The rest of actctl asks and hears without knowing which. */
#ifndef ACTCTL_DIALECT_H
#define ACTCTL_DIALECT_H

#include "buffer.h"
#include "fault.h"

#include <act/plugin.h>

#define DIALECT_BASE "base"

/* A request. */
struct ask {
	uint32_t code;
	uint32_t seq; /* not 0; the base protocol has none */
	act_bytes payload;
	bool notify; /* no answer is wanted */
	/* What the base protocol has no room for. */
	uint32_t deadline_ms; /* 0: none */
	const char *trace;    /* NULL: none */
	bool by;              /* say who answers */
};

enum heard_kind {
	HEARD_ANSWER, /* to the request that was asked about */
	HEARD_PUSH,
	HEARD_HELLO,
	HEARD_AUTH,  /* the login, or when it ends */
	HEARD_ERROR, /* why the server is about to close */
	HEARD_OTHER,
};

/* A message from the server. */
struct heard {
	enum heard_kind kind;
	uint32_t code;
	bool failed; /* then `fault` says how */
	struct fault fault;
	act_bytes payload;    /* of the message's bytes */
	char by[64];          /* "friend@7", or empty */
	int64_t expires_in_s; /* with HEARD_AUTH; -1: not told */
};

struct dialect {
	const char *name;
	const char *subprotocol; /* NULL: none is offered */
	bool text;               /* are its messages text? */
	/* Writes a request. NULL; or a sentence that says why it cannot be said in this dialect. */
	const char *(*write)(const struct ask *ask, struct buffer *to);
	/* Reads a message. `ask` is what an answer is waited for to, or NULL. NULL, or a sentence
	 * that says what is wrong with it. */
	const char *(*read)(act_bytes message, const struct ask *ask, struct heard *heard);
	/* One line for people about a message of either side; `*payload` is what is worth showing
	 * beside it. */
	void (*describe)(act_bytes message, char *to, size_t room, act_bytes *payload);
};

extern const struct dialect dialect_base, dialect_v1, dialect_json;

/* NULL: there is none of that name. */
const struct dialect *dialect_find(const char *name);

#endif
