#include "net/actv1.h"

#include <act/easy.h>
#include <string.h>

enum { STREAM_BYTES = 12 };

static const char *read_number(const uint8_t *value, uint8_t len, uint32_t *out, const char *wrong)
{
	if (len != 4 || act_get_u32(value) == 0)
		return wrong;
	*out = act_get_u32(value);
	return NULL;
}

static const char *read_value(struct actv1_frame *frame, uint8_t type, const uint8_t *value,
                              uint8_t len)
{
	switch (type) {
	case ACTV1_TRACE:
		if (len < 1 || len > ACTV1_TRACE_MAX)
			return "the trace id in ext: expected 1 to 64 bytes";
		if (act_utf8_span(value, len) != len || memchr(value, 0, len) != NULL)
			return "the trace id in ext: expected UTF-8 without a zero byte";
		frame->trace = act_mem(value, len);
		return NULL;
	case ACTV1_DEADLINE:
		return read_number(value, len, &frame->deadline_ms,
		                   "the deadline in ext: expected 4 bytes, a number of "
		                   "milliseconds above 0");
	case ACTV1_BY:
		if (len > ACTV1_BY_MAX)
			return "plugin@generation in ext: expected at most 63 bytes";
		frame->ask_by = len == 0;
		frame->by = act_mem(value, len);
		return NULL;
	case ACTV1_RETRY_AFTER:
		return read_number(value, len, &frame->retry_after_ms,
		                   "retry-after in ext: expected 4 bytes, a number of "
		                   "milliseconds above 0");
	default:
		return NULL;
	}
}

static const char *read_ext(struct actv1_frame *frame, const uint8_t *at, size_t len)
{
	while (len > 0) {
		if (len < 2 || len - 2 < at[1])
			return "ext: a value ends behind the length that ext gives";
		const char *wrong = read_value(frame, at[0], at + 2, at[1]);
		if (wrong != NULL)
			return wrong;
		len -= 2 + (size_t)at[1];
		at += 2 + (size_t)at[1];
	}
	return NULL;
}

const char *actv1_read(const void *bytes, size_t len, struct actv1_frame *frame)
{
	const uint8_t *at = bytes;
	*frame = (struct actv1_frame){ 0 };
	if (len < ACTV1_HEAD)
		return "expected a frame of at least 12 bytes";
	frame->code = act_get_u32(at);
	frame->version = at[4] >> 4;
	frame->type = at[4] & 0x0F;
	frame->flags = at[5];
	frame->status = act_get_u16(at + 6);
	frame->seq = act_get_u32(at + 8);
	if (frame->version != ACTV1_VERSION)
		return "expected version 1 in the upper half of byte 4";
	if (frame->type > ACTV1_CTRL)
		return "expected a type from 0 to 4 in the lower half of byte 4";
	if ((frame->flags & 0x80) != 0)
		return "flag 80: expected it to be zero";
	at += ACTV1_HEAD;
	len -= ACTV1_HEAD;
	if ((frame->flags & ACTV1_STREAM) != 0) {
		if (len < STREAM_BYTES)
			return "flag 08 (STREAM): expected 12 bytes of stream and offset";
		frame->stream = act_get_u32(at);
		frame->offset = act_get_u64(at + 4);
		at += STREAM_BYTES;
		len -= STREAM_BYTES;
	}
	if ((frame->flags & ACTV1_EXT) != 0) {
		if (len < 2 || len - 2 < act_get_u16(at))
			return "flag 40 (EXT): ext is longer than the frame";
		size_t ext = act_get_u16(at);
		const char *wrong = read_ext(frame, at + 2, ext);
		if (wrong != NULL)
			return wrong;
		at += 2 + ext;
		len -= 2 + ext;
	}
	frame->payload = act_mem(at, len);
	return NULL;
}

static uint8_t *put_value(uint8_t *to, uint8_t type, const void *value, size_t len)
{
	to[0] = type;
	to[1] = (uint8_t)len;
	if (len != 0)
		memcpy(to + 2, value, len);
	return to + 2 + len;
}

static uint8_t *put_number(uint8_t *to, uint8_t type, uint32_t number)
{
	uint8_t value[4];
	act_put_u32(value, number);
	return put_value(to, type, value, sizeof value);
}

static size_t at_most(size_t len, size_t most)
{
	return len < most ? len : most;
}

/* Returns the end; `to` itself where there is nothing to be put. */
static uint8_t *put_ext(uint8_t *to, const struct actv1_frame *frame)
{
	uint8_t *at = to + 2;
	if (frame->trace.len != 0)
		at = put_value(at, ACTV1_TRACE, frame->trace.ptr,
		               at_most(frame->trace.len, ACTV1_TRACE_MAX));
	if (frame->deadline_ms != 0)
		at = put_number(at, ACTV1_DEADLINE, frame->deadline_ms);
	if (frame->ask_by || frame->by.len != 0)
		at = put_value(at, ACTV1_BY, frame->by.ptr, at_most(frame->by.len, ACTV1_BY_MAX));
	if (frame->retry_after_ms != 0)
		at = put_number(at, ACTV1_RETRY_AFTER, frame->retry_after_ms);
	if (at == to + 2)
		return to;
	act_put_u16(to, (uint16_t)(at - to - 2));
	return at;
}

size_t actv1_head(uint8_t *to, const struct actv1_frame *frame)
{
	uint8_t *at = to + ACTV1_HEAD;
	if ((frame->flags & ACTV1_STREAM) != 0) {
		act_put_u32(at, frame->stream);
		act_put_u64(at + 4, frame->offset);
		at += STREAM_BYTES;
	}
	uint8_t *end = put_ext(at, frame);
	uint8_t flags = (uint8_t)(frame->flags & 0x3F);
	act_put_u32(to, frame->code);
	to[4] = (uint8_t)(ACTV1_VERSION << 4 | frame->type);
	to[5] = end != at ? flags | ACTV1_EXT : flags;
	act_put_u16(to + 6, frame->status);
	act_put_u32(to + 8, frame->seq);
	return (size_t)(end - to);
}

const char *actv1_type_name(enum actv1_type type)
{
	static const char *const names[] = {
		[ACTV1_REQ] = "REQ",       [ACTV1_RES] = "RES",   [ACTV1_PUSH] = "PUSH",
		[ACTV1_NOTIFY] = "NOTIFY", [ACTV1_CTRL] = "CTRL",
	};
	return type <= ACTV1_CTRL ? names[type] : "?";
}
