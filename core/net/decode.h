/* decode: a client's bytes, taken apart into messages and control frames (RFC 6455, section 5; RFC
 * 7692, section 6).
 *
 * Pure: bytes go in by ranges of any length, and come out as pieces of payload where they lie,
 * their mask taken off; nothing is read, written or allocated here. As strict as the RFC: what it
 * forbids is a fault, found at the first byte that shows it. Owner: whoever reads a connection;
 * thread: any, one at a time. */
#ifndef NET_DECODE_H
#define NET_DECODE_H

#include "base/utf8.h"
#include "net/frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a connection may send. */
struct decode_terms {
	size_t message_bytes; /* of one message */
	size_t packed_bytes;  /* of one that is compressed; 0: nothing may be (not negotiated) */
};

enum {
	DECODE_HEAD_MAX = 14,     /* two bytes, a length of up to eight, four of mask */
	DECODE_CONTROL_MAX = 125, /* of a control frame's payload (section 5.5) */
};

/* Where in the stream the bytes stand. Zeroed: at its beginning. */
struct decoder {
	/* The frame at hand. */
	uint8_t head[DECODE_HEAD_MAX]; /* a header that has come in part */
	uint8_t head_len;
	bool in_frame; /* its header is complete, its payload is not */
	bool final;
	uint8_t opcode;
	uint32_t mask; /* turned, so that its first byte is for the next one of the payload */
	uint64_t rest; /* of the payload, still to come */

	/* The message that its frames belong to. */
	uint8_t message; /* FRAME_TEXT or FRAME_BINARY; 0: between messages */
	bool packed;
	bool begun; /* a piece of it was handed out */
	size_t got;
	struct utf8 text;

	/* A control frame that comes in parts. */
	uint8_t control_len;
	uint8_t control[DECODE_CONTROL_MAX];
};

enum decoded_kind {
	DECODED_MORE,  /* all bytes are used up, and nothing is complete */
	DECODED_PIECE, /* of a message */
	DECODED_PING,
	DECODED_PONG,
	DECODED_CLOSE,
	DECODED_FAULT, /* the stream ends here; the decoder is of no use any more */
};

struct decoded {
	/* Of a piece or a control frame. They lie in the caller's bytes, or, of a control frame
	 * that came in parts, in the decoder, until it is called again. */
	uint8_t *bytes;
	size_t len;
	/* Of a piece. */
	bool text;
	bool packed;
	bool first;     /* it begins its message, */
	bool last;      /* ends it; both: here it lies whole */
	uint64_t ahead; /* more of this frame that is announced */
	/* Of a fault: what to close with. Of a close: its code, or 1005 where it has none; `bytes`
	 * is the reason. */
	uint16_t code;
	const char *reason;
};

/* Takes the next thing out of the bytes from *at to `end`, and moves *at behind what it used. Until
 * DECODED_MORE there may be another. */
enum decoded_kind decode(struct decoder *decoder, const struct decode_terms *terms, uint8_t **at,
                         uint8_t *end, struct decoded *out);

/* Is it between messages, with no frame begun? Then it is as good as a zeroed one. */
static inline bool decode_rests(const struct decoder *decoder)
{
	return decoder->head_len == 0 && !decoder->in_frame && decoder->message == 0;
}

#endif
