/* protocol_base: code u32, payload. The first protocol, and frozen: clients of it will never be
 * changed. */
#include "net/protocol.h"

#include "base/status.h"
#include "net/net.h"

#include <act/easy.h>

static void receive(struct conn *conn, bool text, const uint8_t *bytes, size_t len)
{
	if (text) {
		conn_close(conn, CLOSE_UNSUPPORTED, "expected binary messages");
		return;
	}
	if (len < FRAME_CODE_BYTES) {
		conn_close(conn, CLOSE_PROTOCOL, "expected 4 bytes of action code");
		return;
	}
	struct message message = { .ticket = { .code = act_get_u32(bytes), .how = ACT_HOW_BINARY },
		                   .payload = bytes + FRAME_CODE_BYTES,
		                   .len = len - FRAME_CODE_BYTES };
	conn->loop->net->up.message(conn, &message);
}

static void wrap(struct envelope *envelope, uint32_t code)
{
	envelope->kind = FRAME_BINARY;
	envelope->head_len = FRAME_CODE_BYTES;
	envelope->tail = "";
	act_put_u32(envelope->head, code);
}

static bool answer(struct conn *conn, const struct ticket *ticket, const struct outcome *outcome)
{
	struct envelope envelope;
	char error[STATUS_JSON_MAX];
	wrap(&envelope, ticket->code);
	if (outcome->kind == OUTCOME_REPLY)
		return conn_send(conn, &envelope, outcome->body);
	if (outcome->kind == OUTCOME_NONE)
		return true;
	size_t len = status_json(error, sizeof error, outcome->status, outcome->retry,
	                         outcome->body.ptr, outcome->body.len);
	return conn_send(conn, &envelope, act_mem(error, len));
}

const struct protocol protocol_base = {
	.index = 1,
	.in_order = true,
	.receive = receive,
	.answer = answer,
	.push = wrap,
};
