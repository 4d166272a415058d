/* pieces: a message that comes in pieces, put together. Zeroed: there are none. Owner: whoever
 * reads a connection; thread: the loop's. */
#ifndef NET_PIECES_H
#define NET_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pieces {
	uint8_t *bytes;
	size_t len;
	size_t room;
};

/* Puts a copy of the next piece behind the others; `ahead`: how many bytes more are announced. The
 * caller bounds the whole. False: no memory, and the others are as they were. */
bool pieces_add(struct pieces *pieces, const uint8_t *bytes, size_t len, uint64_t ahead);
void pieces_forget(struct pieces *pieces);

#endif
