#include "net/outbox.h"

#include "base/check.h"

#include <stdlib.h>

/* The buffer with room for `len` more bytes; NULL: no memory, and it stays as it was. */
static struct outbox_buffer *grow(struct outbox_buffer *buffer, size_t len)
{
	size_t room = buffer != NULL ? buffer->room : OUTBOX_FIRST_BYTES;
	size_t used = buffer != NULL ? buffer->len : 0;
	while (room - used < len)
		room *= 2;
	buffer = realloc(buffer, sizeof *buffer + room);
	if (buffer != NULL)
		*buffer = (struct outbox_buffer){ .len = used, .room = room };
	return buffer;
}

uint8_t *outbox_reserve(struct outbox *outbox, struct outbox_stock *stock, size_t len)
{
	if (outbox->buffer == NULL && stock->count > 0)
		outbox->buffer = stock->buffers[--stock->count];
	struct outbox_buffer *buffer = outbox->buffer;
	if (buffer == NULL || buffer->room - buffer->len < len) {
		buffer = grow(buffer, len);
		if (buffer == NULL)
			return NULL;
		outbox->buffer = buffer;
	}
	return buffer->bytes + buffer->len;
}

void outbox_commit(struct outbox *outbox, size_t len)
{
	struct outbox_buffer *buffer = outbox->buffer;
	CHECK(buffer != NULL && buffer->room - buffer->len >= len);
	buffer->len += len;
}

void outbox_clear(struct outbox *outbox, struct outbox_stock *stock)
{
	struct outbox_buffer *buffer = outbox->buffer;
	if (buffer != NULL && buffer->room <= OUTBOX_KEEP_BYTES &&
	    stock->count < OUTBOX_STOCK_MAX) {
		buffer->len = 0;
		stock->buffers[stock->count++] = buffer;
	} else {
		free(buffer);
	}
	outbox->buffer = NULL;
}

void outbox_stock_free(struct outbox_stock *stock)
{
	while (stock->count > 0)
		free(stock->buffers[--stock->count]);
}
