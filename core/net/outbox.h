/* outbox: the frames of one connection that wait to be written, one behind the other, so that they
 * leave together.
 *
 * An idle connection holds no memory here: an empty outbox gives its buffer to a stock that the
 * loop keeps. Owner: the connection; thread: its loop. */
#ifndef NET_OUTBOX_H
#define NET_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OUTBOX_STOCK_MAX = 64, OUTBOX_FIRST_BYTES = 4096, OUTBOX_KEEP_BYTES = 65536 };

struct outbox_buffer {
	size_t len;
	size_t room;
	uint8_t bytes[];
};

struct outbox {
	struct outbox_buffer *buffer; /* NULL: there is nothing */
};

/* Buffers that wait for the next outbox. */
struct outbox_stock {
	struct outbox_buffer *buffers[OUTBOX_STOCK_MAX];
	uint32_t count;
};

/* What waits; NULL and 0 where nothing does. */
static inline const uint8_t *outbox_bytes(const struct outbox *outbox)
{
	return outbox->buffer != NULL ? outbox->buffer->bytes : NULL;
}
static inline size_t outbox_len(const struct outbox *outbox)
{
	return outbox->buffer != NULL ? outbox->buffer->len : 0;
}

/* Room for `len` more bytes behind what is there; they count once outbox_commit() was called. NULL:
 * no memory. */
uint8_t *outbox_reserve(struct outbox *outbox, struct outbox_stock *stock, size_t len);
void outbox_commit(struct outbox *outbox, size_t len);
/* All was written. */
void outbox_clear(struct outbox *outbox, struct outbox_stock *stock);

void outbox_stock_free(struct outbox_stock *stock);

#endif
