/* json_wish: what a client's message of act.json.v1 asks for, told from docs/protocol.md by means
 * of cJSON, to be held against what the server makes of it. */
#ifndef FUZZ_JSON_WISH_H
#define FUZZ_JSON_WISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cJSON;

enum wish_kind {
	WISH_FAULT,   /* it closes the connection */
	WISH_REFUSED, /* it is answered bad_frame */
	WISH_REQUEST,
	WISH_PING,
	WISH_AUTH,
};

struct wish {
	enum wish_kind kind;
	uint32_t action;
	uint32_t seq;
	uint32_t deadline_ms;
	bool ask_by;
	const char *trace;        /* of the tree; or "" */
	const struct cJSON *data; /* of the tree; or NULL */
};

/* `tree`: the parsed text; NULL: it is no JSON. Must outlive `wish`. */
void json_wish_read(const struct cJSON *tree, struct wish *wish);

#endif
