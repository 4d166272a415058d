/* reader: what of a connection's input has come in part: the state of its decoder, and the pieces
 * of a message.
 *
 * Most of the time a connection has none: what is received ends where a frame ends, and a reader
 * that the loop keeps has seen it all. Owner: net/wire; thread: the loop's. */
#ifndef NET_READER_H
#define NET_READER_H

#include "net/decode.h"
#include "net/pieces.h"

struct conn;

struct reader {
	struct decoder decoder;
	struct pieces pieces; /* of the message at hand */
	struct reader *next;  /* in the stock */
};

/* Readers that wait for the next to be needed, and one for all who have none. Zeroed: good. */
struct reader_stock {
	struct reader empty;
	bool lent; /* `empty` is, until reader_keep() */
	struct reader *first;
	uint32_t count;
};
void reader_stock_free(struct reader_stock *stock);

/* Takes a piece; hands the message up when it is whole. False: there was no memory, and the
 * connection is being closed. */
bool reader_put(struct reader *reader, struct conn *conn, const struct decoded *piece);

/* Bytes are at hand. Returns `own`, or, where the connection has none (NULL), the one for all: so
 * while one connection's bytes are taken apart, no other's are. */
struct reader *reader_for(struct reader_stock *stock, struct reader *own);
/* The bytes at hand are used up. Returns the reader that the connection keeps, NULL: it needs none.
 * `reader` is what reader_for() gave; `over`: nothing more is read. */
struct reader *reader_keep(struct reader_stock *stock, struct reader *reader, bool over);

#endif
