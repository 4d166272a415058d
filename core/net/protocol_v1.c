/* protocol_v1: act.v1 as the server speaks it: several calls at once, matched by seq. */
#include "net/protocol.h"

#include "base/status.h"
#include "net/actv1.h"
#include "net/greeting.h"
#include "net/net.h"

#include <act/easy.h>

static bool send_frame(struct conn *conn, const struct actv1_frame *frame, act_bytes body)
{
	struct envelope envelope = { .kind = FRAME_BINARY, .tail = "" };
	envelope.head_len = actv1_head(envelope.head, frame);
	return conn_send(conn, &envelope, body);
}

/* ---- answers ---- */

static bool answer(struct conn *conn, const struct ticket *ticket, const struct outcome *outcome)
{
	struct actv1_frame frame = { .code = ticket->code,
		                     .type = ACTV1_RES,
		                     .seq = ticket->seq,
		                     .by = act_str(outcome->by) };
	act_bytes body = outcome->kind != OUTCOME_NONE ? outcome->body : act_mem(NULL, 0);
	if (ticket->silent)
		return true;
	if (outcome->kind == OUTCOME_ERROR) {
		frame.flags = ACTV1_ERR;
		if (outcome->retry)
			frame.flags |= ACTV1_RETRY;
		frame.status = (uint16_t)outcome->status;
		frame.retry_after_ms = outcome->retry_after_ms;
		body.len = act_utf8_span(body.ptr, body.len);
	}
	return send_frame(conn, &frame, body);
}

static void push(struct envelope *envelope, uint32_t code)
{
	const struct actv1_frame frame = { .code = code, .type = ACTV1_PUSH };
	envelope->kind = FRAME_BINARY;
	envelope->head_len = actv1_head(envelope->head, &frame);
	envelope->tail = "";
}

/* ---- control frames ---- */

/* Where there is no memory for one the connection ends with the next answer. */
static void send_ctrl(struct conn *conn, uint32_t code, uint32_t seq, act_bytes body)
{
	const struct actv1_frame frame = { .code = code, .type = ACTV1_CTRL, .seq = seq };
	(void)send_frame(conn, &frame, body);
}

static void send_fault(struct conn *conn, uint32_t code, uint32_t seq, uint32_t status,
                       const char *sentence)
{
	const struct status_info *info = status_info(status);
	const struct actv1_frame frame = {
		.code = code,
		.type = ACTV1_CTRL,
		.flags = (uint8_t)(ACTV1_ERR | (info->retry ? ACTV1_RETRY : 0)),
		.status = (uint16_t)status,
		.seq = seq,
	};
	(void)send_frame(conn, &frame, act_str(sentence));
}

/* The members that put() writes, as an object. */
static void send_object(struct conn *conn, uint32_t code, uint32_t seq,
                        size_t (*put)(const struct conn *conn, char *to))
{
	char text[GREETING_MAX + 2] = "{";
	size_t len = 1 + put(conn, text + 1);
	text[len++] = '}';
	send_ctrl(conn, code, seq, act_mem(text, len));
}

static void opened(struct conn *conn)
{
	send_object(conn, ACTV1_HELLO, 0, greeting_hello);
}

static void send_login(struct conn *conn, uint32_t seq)
{
	send_object(conn, ACTV1_AUTH, seq, greeting_login);
}

static void expiring(struct conn *conn)
{
	send_login(conn, 0);
}

static void farewell(struct conn *conn, uint32_t status, const char *sentence)
{
	send_fault(conn, ACTV1_ERROR, 0, status, sentence);
}

static void control(struct conn *conn, const struct actv1_frame *frame)
{
	struct login login;
	if (frame->code == ACTV1_PING) {
		send_ctrl(conn, ACTV1_PING, frame->seq, act_mem(NULL, 0));
		return;
	}
	conn_login(conn, frame->payload, &login);
	if (login.status == STATUS_OK)
		send_login(conn, frame->seq);
	else
		send_fault(conn, ACTV1_AUTH, frame->seq, login.status, login.why);
}

/* ---- receiving ---- */

/* What a frame may be, but not from a client. NULL: it is fine. */
static const char *unfit(const struct actv1_frame *frame)
{
	if ((frame->flags & ~ACTV1_EXT) != 0)
		return "flags: a client may set 40 (EXT) and no other";
	if (frame->status != 0)
		return "expected status 0";
	if (frame->by.len != 0)
		return "plugin@generation in ext: expected it empty, the server fills it in";
	switch (frame->type) {
	case ACTV1_REQ:
		return frame->seq == 0 ? "REQ: expected a seq that is not 0" : NULL;
	case ACTV1_NOTIFY:
		return frame->seq != 0 ? "NOTIFY: expected seq 0: no answer is owed" : NULL;
	case ACTV1_CTRL:
		if (frame->code == ACTV1_PING)
			return frame->payload.len != 0 ? "PING: expected no payload" : NULL;
		if (frame->code != ACTV1_AUTH)
			return "CTRL: expected FFFFFF01 (PING) or FFFFFF02 (AUTH)";
		return frame->seq == 0 ? "AUTH: expected a seq that is not 0" : NULL;
	default:
		return "expected REQ, NOTIFY or CTRL: RES and PUSH are the server's";
	}
}

/* A request that tells its number can be answered, whatever else is wrong with it. */
static void refuse(struct conn *conn, const struct actv1_frame *frame, const char *sentence)
{
	const struct ticket ticket = { .code = frame->code, .seq = frame->seq };
	bool told = frame->version == ACTV1_VERSION && frame->type == ACTV1_REQ && frame->seq != 0;
	conn_refuse(conn, told ? &ticket : NULL, sentence);
}

static bool is_control(bool text, const uint8_t *bytes, size_t len)
{
	struct actv1_frame frame;
	return !text && actv1_read(bytes, len, &frame) == NULL && frame.type == ACTV1_CTRL;
}

static void receive(struct conn *conn, bool text, const uint8_t *bytes, size_t len)
{
	struct actv1_frame frame;
	if (text) {
		conn_close(conn, CLOSE_UNSUPPORTED, "expected binary messages");
		return;
	}
	const char *wrong = actv1_read(bytes, len, &frame);
	if (wrong == NULL)
		wrong = unfit(&frame);
	if (wrong != NULL) {
		refuse(conn, &frame, wrong);
	} else if (frame.type == ACTV1_CTRL) {
		control(conn, &frame);
	} else {
		struct message message = { .ticket = { .code = frame.code,
			                               .seq = frame.seq,
			                               .how = ACT_HOW_BINARY,
			                               .silent = frame.type == ACTV1_NOTIFY,
			                               .ask_by = frame.ask_by },
			                   .payload = frame.payload.ptr,
			                   .len = frame.payload.len,
			                   .deadline_ms = frame.deadline_ms,
			                   .trace = frame.trace };
		conn->loop->net->up.message(conn, &message);
	}
}

const struct protocol protocol_v1 = {
	.index = 2,
	.name = ACTV1_NAME,
	.opened = opened,
	.receive = receive,
	.is_control = is_control,
	.answer = answer,
	.push = push,
	.expiring = expiring,
	.farewell = farewell,
};
