/* frame: the words of a WebSocket frame (RFC 6455, section 5.2), and what the server writes:
 * unmasked, unfragmented frames. What clients write is taken apart by net/decode. */
#ifndef NET_FRAME_H
#define NET_FRAME_H

#include <stddef.h>
#include <stdint.h>

enum frame_kind {
	FRAME_CONTINUATION = 0x0,
	FRAME_TEXT = 0x1,
	FRAME_BINARY = 0x2,
	FRAME_CLOSE = 0x8,
	FRAME_PING = 0x9,
	FRAME_PONG = 0xA,
};

enum { FRAME_HEADER_MAX = 10, FRAME_CODE_BYTES = 4 };

/* Parts of a header's first byte, and the first bit of its second. RSV1 says "compressed" (RFC
 * 7692, section 6). */
enum {
	FRAME_FINAL = 0x80,
	FRAME_RSV1 = 0x40,
	FRAME_RSV2 = 0x20,
	FRAME_RSV3 = 0x10,
	FRAME_OPCODE = 0x0F,
	FRAME_MASKED = 0x80,
};

/* Writes the header of a final frame of `len` payload bytes; returns its length (2, 4 or 10). */
size_t frame_header(uint8_t *to, enum frame_kind kind, uint64_t len);
/* The length of the header of a frame that was written so. */
size_t frame_header_len(const uint8_t *frame);

/* Writes a whole close frame (RFC 6455, section 5.5.1), its reason cut to what a control frame
 * holds; returns its length, at most FRAME_HEADER_MAX + FRAME_CLOSE_MAX. */
enum { FRAME_CLOSE_MAX = 125 };
size_t frame_close(uint8_t *to, uint16_t code, const char *reason);

/* The same in answer to one that came, with its code, which may be CLOSE_NONE, and its reason, of
 * at most FRAME_CLOSE_MAX - 2 bytes. */
size_t frame_close_echo(uint8_t *to, uint16_t code, const uint8_t *reason, size_t len);

/* The close codes that the protocol of this server knows (docs/protocol.md). */
enum close_code {
	CLOSE_NORMAL = 1000,
	CLOSE_PROTOCOL = 1002,
	CLOSE_UNSUPPORTED = 1003,
	CLOSE_NONE =
		1005, /* not on the wire: a close frame without a code (RFC 6455, section 7.1.5) */
	CLOSE_BAD_TEXT = 1007,
	CLOSE_POLICY = 1008,
	CLOSE_TOO_BIG = 1009,
	CLOSE_FAULT = 1011,
	CLOSE_RESTART = 1012,
	CLOSE_OVERLOAD = 1013,
	CLOSE_EXPIRED = 4401,
	CLOSE_TOO_SLOW = 4408,
};

#endif
