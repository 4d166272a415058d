/* dialect_v1: the subprotocol act.v1 (net/actv1.h). */
#include "dialect.h"
#include "net/actv1.h"

#include <act/easy.h>
#include <stdio.h>

static const char *write_v1(const struct ask *ask, struct buffer *to)
{
	uint8_t head[ACTV1_HEAD_MAX];
	struct actv1_frame frame = {
		.code = ask->code,
		.type = ask->notify ? ACTV1_NOTIFY : ACTV1_REQ,
		.seq = ask->notify ? 0 : ask->seq,
		.trace = act_str(ask->trace != NULL ? ask->trace : ""),
		.deadline_ms = ask->deadline_ms,
		.ask_by = ask->by,
	};
	if (buffer_put(to, head, actv1_head(head, &frame)) != 0 ||
	    buffer_put(to, ask->payload.ptr, ask->payload.len) != 0)
		return "the payload is too long";
	return NULL;
}

static int64_t expiry_of(act_bytes payload)
{
	cJSON *json = cJSON_ParseWithLength(payload.ptr, payload.len);
	const cJSON *left = cJSON_GetObjectItemCaseSensitive(json, "expires_in_s");
	int64_t seconds = cJSON_IsNumber(left) && left->valuedouble >= 0 && left->valuedouble < 1e15
	                          ? (int64_t)left->valuedouble
	                          : -1;
	cJSON_Delete(json);
	return seconds;
}

static enum heard_kind kind_of(const struct actv1_frame *frame, const struct ask *ask)
{
	switch (frame->type) {
	case ACTV1_RES:
		return ask != NULL && frame->seq == ask->seq && frame->code == ask->code
		               ? HEARD_ANSWER
		               : HEARD_OTHER;
	case ACTV1_PUSH:
		return HEARD_PUSH;
	case ACTV1_CTRL:
		return frame->code == ACTV1_HELLO   ? HEARD_HELLO
		       : frame->code == ACTV1_AUTH  ? HEARD_AUTH
		       : frame->code == ACTV1_ERROR ? HEARD_ERROR
		                                    : HEARD_OTHER;
	default:
		return HEARD_OTHER;
	}
}

static const char *read_v1(act_bytes message, const struct ask *ask, struct heard *heard)
{
	struct actv1_frame frame;
	const char *wrong = actv1_read(message.ptr, message.len, &frame);
	*heard = (struct heard){ .kind = HEARD_OTHER, .expires_in_s = -1 };
	if (wrong != NULL)
		return wrong;
	heard->kind = kind_of(&frame, ask);
	heard->code = frame.code;
	heard->payload = frame.payload;
	snprintf(heard->by, sizeof heard->by, "%.*s", ACT_FMT(frame.by));
	heard->failed = (frame.flags & ACTV1_ERR) != 0;
	if (heard->failed)
		fault_of_status(frame.status, (frame.flags & ACTV1_RETRY) != 0,
		                frame.retry_after_ms, frame.payload.ptr, frame.payload.len,
		                &heard->fault);
	else if (heard->kind == HEARD_AUTH)
		heard->expires_in_s = expiry_of(frame.payload);
	return NULL;
}

static const char *ctrl_name(uint32_t code)
{
	switch (code) {
	case ACTV1_HELLO:
		return "HELLO";
	case ACTV1_PING:
		return "PING";
	case ACTV1_AUTH:
		return "AUTH";
	case ACTV1_ERROR:
		return "ERROR";
	default:
		return "of a code that actctl does not know";
	}
}

static int put_flags(uint8_t flags, char *to, size_t room)
{
	static const struct {
		uint8_t flag;
		const char *name;
	} names[] = {
		{ ACTV1_ERR, "ERR" },       { ACTV1_RETRY, "RETRY" }, { ACTV1_DEFLATE, "DEFLATE" },
		{ ACTV1_STREAM, "STREAM" }, { ACTV1_MORE, "MORE" },   { ACTV1_ACKREQ, "ACKREQ" },
		{ ACTV1_EXT, "EXT" },
	};
	int n = 0;
	to[0] = '\0';
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if ((flags & names[i].flag) != 0)
			n += snprintf(to + n, room - (size_t)n, "%s%s", n == 0 ? ", flags " : "|",
			              names[i].name);
	return n;
}

/* What stands in ext. */
static void put_values(const struct actv1_frame *frame, char *to, size_t room)
{
	int n = 0;
	to[0] = '\0';
	if (frame->trace.len != 0)
		n += snprintf(to + n, room - (size_t)n, ", trace %.*s", ACT_FMT(frame->trace));
	if (frame->deadline_ms != 0)
		n += snprintf(to + n, room - (size_t)n, ", deadline %u ms", frame->deadline_ms);
	if (frame->ask_by)
		n += snprintf(to + n, room - (size_t)n, ", asks by whom");
	if (frame->by.len != 0)
		n += snprintf(to + n, room - (size_t)n, ", by %.*s", ACT_FMT(frame->by));
	if (frame->retry_after_ms != 0)
		snprintf(to + n, room - (size_t)n, ", retry after %u ms", frame->retry_after_ms);
}

static void describe(act_bytes message, char *to, size_t room, act_bytes *payload)
{
	struct actv1_frame frame;
	char flags[64], values[256], code[64], status[96] = "";
	const char *wrong = actv1_read(message.ptr, message.len, &frame);
	if (wrong != NULL) {
		*payload = message;
		snprintf(to, room, "no frame: %s", wrong);
		return;
	}
	*payload = frame.payload;
	put_flags(frame.flags, flags, sizeof flags);
	put_values(&frame, values, sizeof values);
	snprintf(code, sizeof code, "%u", frame.code);
	if (frame.status != 0) {
		struct fault fault;
		fault_of_status(frame.status, false, 0, NULL, 0, &fault);
		snprintf(status, sizeof status, ", status %u %s", frame.status, fault.name);
	}
	snprintf(to, room, "%s %s, seq %u%s%s%s, %zu bytes", actv1_type_name(frame.type),
	         frame.type == ACTV1_CTRL ? ctrl_name(frame.code) : code, frame.seq, flags, status,
	         values, frame.payload.len);
}

const struct dialect dialect_v1 = {
	.name = ACTV1_NAME,
	.subprotocol = ACTV1_NAME,
	.write = write_v1,
	.read = read_v1,
	.describe = describe,
};
