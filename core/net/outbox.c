#include "net/outbox.h"

#include "base/check.h"

#include <stdlib.h>

uint8_t *outbox_reserve(struct outbox *outbox, struct outbox_stock *stock, size_t len)
{
	if (outbox->bytes == NULL && stock->count > 0) {
		stock->count--;
		outbox->bytes = stock->buffers[stock->count].bytes;
		outbox->room = stock->buffers[stock->count].room;
	}
	if (outbox->room - outbox->len < len) {
		size_t room = outbox->room != 0 ? outbox->room : OUTBOX_FIRST_BYTES;
		while (room - outbox->len < len)
			room *= 2;
		uint8_t *bytes = realloc(outbox->bytes, room);
		if (bytes == NULL)
			return NULL;
		outbox->bytes = bytes;
		outbox->room = room;
	}
	return outbox->bytes + outbox->len;
}

void outbox_commit(struct outbox *outbox, size_t len)
{
	CHECK(outbox->room - outbox->len >= len);
	outbox->len += len;
}

void outbox_clear(struct outbox *outbox, struct outbox_stock *stock)
{
	if (outbox->bytes != NULL && outbox->room <= OUTBOX_KEEP_BYTES &&
	    stock->count < OUTBOX_STOCK_MAX) {
		stock->buffers[stock->count].bytes = outbox->bytes;
		stock->buffers[stock->count].room = outbox->room;
		stock->count++;
	} else {
		free(outbox->bytes);
	}
	*outbox = (struct outbox){ 0 };
}

void outbox_stock_free(struct outbox_stock *stock)
{
	while (stock->count > 0)
		free(stock->buffers[--stock->count].bytes);
}
