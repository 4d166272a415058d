#include "net/reader.h"

#include "base/check.h"
#include "base/mem.h"
#include "net/conn.h"

#include <stdlib.h>

enum { STOCK_MAX = 64 };

static void hand_up(struct conn *conn, const struct decoded *piece, const uint8_t *bytes,
                    size_t len)
{
	if (piece->packed)
		conn_message_packed(conn, piece->text, (act_bytes){ bytes, len });
	else
		conn_message(conn, piece->text, bytes, len);
}

bool reader_put(struct reader *reader, struct conn *conn, const struct decoded *piece)
{
	if (piece->first && piece->last) {
		hand_up(conn, piece, piece->bytes, piece->len);
		return true;
	}
	if (!pieces_add(&reader->pieces, piece->bytes, piece->len, piece->ahead)) {
		conn_close(conn, CLOSE_OVERLOAD, "no memory for the message");
		return false;
	}
	if (piece->last) {
		hand_up(conn, piece, reader->pieces.bytes, reader->pieces.len);
		pieces_forget(&reader->pieces);
	}
	return true;
}

/* ---- the stock ---- */

static struct reader *take_from(struct reader_stock *stock)
{
	struct reader *reader = stock->first;
	if (reader == NULL)
		return mem_new(1, sizeof *reader);
	stock->first = reader->next;
	stock->count--;
	return reader;
}

static void give_back(struct reader_stock *stock, struct reader *reader)
{
	if (stock->count == STOCK_MAX) {
		free(reader);
		return;
	}
	reader->next = stock->first;
	stock->first = reader;
	stock->count++;
}

struct reader *reader_for(struct reader_stock *stock, struct reader *own)
{
	if (own != NULL)
		return own;
	CHECK(!stock->lent);
	stock->lent = true;
	return &stock->empty;
}

struct reader *reader_keep(struct reader_stock *stock, struct reader *reader, bool over)
{
	bool shared = reader == &stock->empty;
	if (shared)
		stock->lent = false;
	if (!over && !decode_rests(&reader->decoder)) {
		if (!shared)
			return reader;
		struct reader *own = take_from(stock);
		*own = *reader;
		*reader = (struct reader){ 0 };
		return own;
	}
	pieces_forget(&reader->pieces);
	if (!shared)
		give_back(stock, reader);
	else if (over)
		*reader = (struct reader){ 0 };
	return NULL;
}

void reader_stock_free(struct reader_stock *stock)
{
	while (stock->first != NULL)
		free(take_from(stock));
}
