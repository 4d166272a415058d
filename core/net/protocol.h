/* protocol: what is spoken on a connection: how its messages are taken apart, and how answers,
 * pushes and errors are put together.
 *
 * Chosen at the upgrade for the whole life of the connection: by the endpoint's mode and the
 * subprotocol that the client offers (RFC 6455, section 1.9). One file each: protocol_raw.c,
 * protocol_base.c, protocol_v1.c, protocol_json.c. A plugin sees one call in every one of them.
 * Thread: the connection's loop. */
#ifndef NET_PROTOCOL_H
#define NET_PROTOCOL_H

#include "base/config.h"
#include "net/frame.h"
#include "net/message.h"

#include <stdbool.h>

struct conn;

/* What goes around a body to make it a message. */
enum { ENVELOPE_HEAD_MAX = 192 };
struct envelope {
	enum frame_kind kind;
	uint8_t head[ENVELOPE_HEAD_MAX];
	size_t head_len;
	const char *tail; /* terminated; or "" */
};

/* Writes head, body and tail, one behind the other. */
void envelope_fill(uint8_t *to, const struct envelope *envelope, act_bytes body);

struct protocol {
	uint32_t index;   /* in protocols[] */
	const char *name; /* of the subprotocol; NULL: it goes without one */
	/* Nothing but the order says which answer belongs to which question: one call at a time. */
	bool in_order;
	/* The connection has opened. NULL: nothing is said. */
	void (*opened)(struct conn *conn);
	/* A whole message, in its turn; borrowed. */
	void (*receive)(struct conn *conn, bool text, const uint8_t *bytes, size_t len);
	/* Is this a message that becomes no call? NULL: there are none. */
	bool (*is_control)(bool text, const uint8_t *bytes, size_t len);
	/* What became of a message. False: no memory. */
	bool (*answer)(struct conn *conn, const struct ticket *ticket,
	               const struct outcome *outcome);
	/* What goes around a push. NULL: pushes are not for such connections. */
	void (*push)(struct envelope *envelope, uint32_t code);
	bool only_json; /* carries no other pushes than those that are JSON */
	/* The login ends soon. NULL: there is no word for it. */
	void (*expiring)(struct conn *conn);
	/* The server closes for this fault. NULL: the close frame says it all. */
	void (*farewell)(struct conn *conn, uint32_t status, const char *sentence);
};

extern const struct protocol protocol_raw, protocol_base, protocol_v1, protocol_json;

/* All of them, by their index. */
enum { PROTOCOL_COUNT = 4 };
extern const struct protocol *const protocols[PROTOCOL_COUNT];

/* The one that goes without a subprotocol on an endpoint of this mode. */
const struct protocol *protocol_plain(enum config_mode mode);
/* The one of this name (`len` bytes); NULL: there is none. */
const struct protocol *protocol_named(const char *name, size_t len);

#endif
