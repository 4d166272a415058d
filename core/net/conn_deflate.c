/* conn_deflate: messages of a connection that has negotiated permessage-deflate: what came in
 * compressed is opened, and what goes out is compressed where that is worth it. */
#include "net/conn.h"

#include "net/net.h"

#include <stdlib.h>

void conn_message_packed(struct conn *conn, bool text, act_bytes packed)
{
	struct loop *loop = conn->loop;
	uint8_t *bytes;
	size_t len;
	if (conn->close_wanted || conn->draining)
		return;
	switch (deflate_unpack(&loop->deflate, packed,
	                       net_site(loop->net)->config->limits.message_bytes, &bytes, &len)) {
	case ACT_OK:
		conn_message_unread(conn, text, bytes, len);
		free(bytes);
		return;
	case ACT_E_TOOBIG:
		conn_close(conn, CLOSE_TOO_BIG, "the message is too long");
		return;
	case ACT_E_NOMEM:
		conn_close(conn, CLOSE_OVERLOAD, "no memory for the message");
		return;
	default:
		/* As with text that is not UTF-8: the content is not what the frame says it is. */
		conn_close(conn, CLOSE_BAD_TEXT, "the message is not whole DEFLATE data");
		return;
	}
}

bool conn_packs(const struct conn *conn, size_t len, struct deflate_way *way)
{
	const struct config_deflate *config = &net_site(conn->loop->net)->config->deflate;
	*way = (struct deflate_way){ conn->deflate_bits, (uint8_t)config->level };
	return conn->deflate_bits != 0 && len >= config->min_bytes;
}
