/* push: one message on its way to the connections of a loop: put together once for each protocol
 * that is spoken among them, and compressed once for each of those and each size of window.
 *
 * Owner: whoever delivers it; made and cleared within one call. Thread: the loop. */
#ifndef NET_PUSH_H
#define NET_PUSH_H

#include "net/deflate.h"
#include "net/protocol.h"

struct push {
	uint32_t code;
	bool json; /* the body is JSON, as the plugin says */
	enum {
		PUSH_NOT_READ,
		PUSH_GOOD_JSON,
		PUSH_BROKEN_JSON
	} read; /* what it is; for push_is_json() */
	act_bytes body;
	struct push_frame {
		uint8_t *bytes; /* NULL: not asked for yet */
		size_t len;
	} frames[PROTOCOL_COUNT];
	struct push_frame packed[PROTOCOL_COUNT][DEFLATE_SIZES];
};

/* The whole WebSocket frame of a protocol that takes pushes; good until push_clear(). Empty: no
 * memory. */
act_bytes push_frame(struct push *push, const struct protocol *protocol);
/* The same compressed, where that makes it shorter. */
act_bytes push_frame_packed(struct push *push, const struct protocol *protocol,
                            struct deflate *deflate, struct deflate_way way);

/* Can the body stand in JSON text? Its plugin says so, and it is so: that is looked at once, when
 * the first connection asks, and a plugin that says what is not so is told of in the log. */
bool push_is_json(struct push *push);

void push_clear(struct push *push);

#endif
