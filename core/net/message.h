/* message: what passes between a connection and the rooms above: a message on its way up, and what
 * became of it.
 *
 * Nothing of how it travels is in here but what the answer needs to find its question. */
#ifndef NET_MESSAGE_H
#define NET_MESSAGE_H

#include <act/plugin.h>
#include <stdbool.h>

/* What is kept of a message until it is answered. */
struct ticket {
	uint32_t code; /* 0 on a raw endpoint */
	uint32_t seq; /* the client's number for it; 0 where the protocol has none, or with `silent`
	               */
	uint8_t how;  /* ACT_HOW_* */
	bool silent;  /* the client wants no answer, not even an error */
	bool ask_by;  /* it asks who answered */
};

/* A message on its way up; borrowed for the call. */
struct message {
	struct ticket ticket;
	bool json; /* it came in JSON text, and the answer goes into JSON text */
	const uint8_t *payload;
	size_t len;
	uint32_t deadline_ms; /* as the client wishes; 0: it said nothing */
	act_bytes trace;      /* the client's id for what this belongs to; or empty */
};

/* What became of it; borrowed for the call. */
struct outcome {
	enum {
		OUTCOME_REPLY,
		OUTCOME_ERROR,
		OUTCOME_NONE
	} kind;                  /* NONE: owes no answer; who numbers it hears that it was served */
	act_bytes body;          /* of a reply, or the sentence of an error */
	uint32_t status;         /* of an error: STATUS_*, or the plugin's own */
	bool retry;              /* asking again may help... */
	uint32_t retry_after_ms; /* ...after this time; 0: not known */
	const char *by;          /* "plugin@generation" where the ticket asks; or NULL */
};

#endif
