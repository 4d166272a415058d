/* deflate: whole messages, compressed and opened again, for permessage-deflate (RFC 7692, section
 * 7.2).
 *
 * Each message stands by itself: no window is kept from one to the next, so a connection holds
 * nothing of zlib's. A loop has one of these for all its connections; what zlib needs is made when
 * a message first asks for it: about 40 KiB to open, up to 256 KiB for each size of window to
 * compress. A zeroed struct is a good one. Owner: the loop; thread: its own. */
#ifndef NET_DEFLATE_H
#define NET_DEFLATE_H

#include <act/plugin.h>
#include <stddef.h>
#include <stdint.h>

struct z_stream_s;

/* Sizes of a window, as powers of two. RFC 7692 has 8 too, which zlib cannot make. */
enum {
	DEFLATE_BITS_MIN = 9,
	DEFLATE_BITS_MAX = 15,
	DEFLATE_SIZES = DEFLATE_BITS_MAX - DEFLATE_BITS_MIN + 1,
};

/* What deflate_pack() wants to have free behind the result: the end of a flushed block, which does
 * not travel (RFC 7692, section 7.2.1). */
enum { DEFLATE_TAIL = 4 };

struct deflate {
	struct z_stream_s *unpacker;
	struct z_stream_s *packers[DEFLATE_SIZES];
};

void deflate_free(struct deflate *deflate);

/* How a message is compressed. */
struct deflate_way {
	uint8_t bits;  /* of the window, DEFLATE_BITS_MIN to DEFLATE_BITS_MAX */
	uint8_t level; /* 1, the fastest, to 9, the smallest                  */
};

/* Compresses a message into `to`, which has `room` bytes. 0, and its length; -1: it does not fit
 * (what `to` holds then is of no use), which is the way to ask for something smaller than the
 * message. */
int deflate_pack(struct deflate *deflate, struct deflate_way way, act_bytes message, uint8_t *to,
                 size_t room, size_t *len);

/* Compresses the message in a frame that net/frame wrote, where that makes it shorter: `len` bytes,
 * behind which there are len + DEFLATE_TAIL more to work in. Returns the length of the frame, which
 * stays where it is. */
size_t deflate_frame(struct deflate *deflate, struct deflate_way way, uint8_t *frame, size_t len);

/* The longest that a message of `len` bytes becomes when a client compresses it, be it content that
 * does not shrink and a thrifty client: bounds what is gathered before it is opened. */
size_t deflate_bound(size_t len);

/* Opens a compressed message. 0, and the message, which the caller frees; or ACT_E_TOOBIG: it is
 * longer than `max` bytes (it is opened no further than that), ACT_E_INVAL: it is no whole DEFLATE
 * data (RFC 1951), ACT_E_NOMEM.
 *
 * What is taken beyond the letter of the RFC, since clients send it: a message of no bytes is the
 * empty one, and the end of a final block may be the end of the message. */
act_rc deflate_unpack(struct deflate *deflate, act_bytes packed, size_t max, uint8_t **to,
                      size_t *len);

#endif
