/* protocol_raw: raw endpoints: whole messages, without a code or an envelope. */
#include "net/protocol.h"

#include "base/status.h"
#include "net/net.h"

#include <act/easy.h>
#include <stdio.h>

static void receive(struct conn *conn, bool text, const uint8_t *bytes, size_t len)
{
	struct message message = { .ticket.how = text ? ACT_HOW_TEXT : ACT_HOW_BINARY,
		                   .payload = bytes,
		                   .len = len };
	conn->loop->net->up.message(conn, &message);
}

/* There is no envelope for an error: the connection is closed with the reason. */
static void close_for(struct conn *conn, const struct outcome *outcome)
{
	char reason[124];
	size_t len = outcome->body.len < sizeof reason - 1 ? outcome->body.len : sizeof reason - 1;
	act_bytes words = { outcome->body.ptr, act_utf8_span(outcome->body.ptr, len) };
	snprintf(reason, sizeof reason, "%.*s", ACT_FMT(words));
	conn_close(conn,
	           outcome->status == STATUS_TOO_LARGE ? CLOSE_TOO_BIG
	           : outcome->retry                    ? CLOSE_OVERLOAD
	                                               : CLOSE_FAULT,
	           reason);
}

static bool answer(struct conn *conn, const struct ticket *ticket, const struct outcome *outcome)
{
	struct envelope envelope = { .kind = ticket->how == ACT_HOW_TEXT ? FRAME_TEXT
		                                                         : FRAME_BINARY,
		                     .tail = "" };
	if (outcome->kind == OUTCOME_REPLY)
		return conn_send(conn, &envelope, outcome->body);
	if (outcome->kind == OUTCOME_ERROR)
		close_for(conn, outcome);
	return true;
}

const struct protocol protocol_raw = {
	.index = 0,
	.in_order = true,
	.receive = receive,
	.answer = answer,
};
