#include "net/push.h"

#include "base/json_scan.h"
#include "base/log.h"

#include <act/easy.h>
#include <stdlib.h>
#include <string.h>

act_bytes push_frame(struct push *push, const struct protocol *protocol)
{
	struct push_frame *frame = &push->frames[protocol->index];
	if (frame->bytes == NULL) {
		struct envelope envelope;
		protocol->push(&envelope, push->code);
		size_t len = envelope.head_len + push->body.len + strlen(envelope.tail);
		uint8_t *bytes = malloc(FRAME_HEADER_MAX + len);
		if (bytes == NULL)
			return act_mem(NULL, 0);
		size_t head = frame_header(bytes, envelope.kind, len);
		envelope_fill(bytes + head, &envelope, push->body);
		*frame = (struct push_frame){ bytes, head + len };
	}
	return act_mem(frame->bytes, frame->len);
}

bool push_is_json(struct push *push)
{
	struct json_fault fault;
	const char *text = push->body.len != 0 ? push->body.ptr : "";
	if (!push->json)
		return false;
	if (push->read == PUSH_NOT_READ) {
		int rc = json_scan(text, push->body.len, NULL, &fault);
		push->read = rc == 0 ? PUSH_GOOD_JSON : PUSH_BROKEN_JSON;
		if (rc != 0)
			log_error("net",
			          "push %u is not JSON, though its plugin says so: at byte %zu %s",
			          push->code, fault.offset, fault.text);
	}
	return push->read == PUSH_GOOD_JSON;
}

act_bytes push_frame_packed(struct push *push, const struct protocol *protocol,
                            struct deflate *deflate, struct deflate_way way)
{
	struct push_frame *frame = &push->packed[protocol->index][way.bits - DEFLATE_BITS_MIN];
	if (frame->bytes == NULL) {
		act_bytes plain = push_frame(push, protocol);
		uint8_t *bytes = plain.len != 0 ? malloc(2 * plain.len + DEFLATE_TAIL) : NULL;
		if (bytes == NULL)
			return act_mem(NULL, 0);
		memcpy(bytes, plain.ptr, plain.len);
		*frame =
			(struct push_frame){ bytes, deflate_frame(deflate, way, bytes, plain.len) };
	}
	return act_mem(frame->bytes, frame->len);
}

void push_clear(struct push *push)
{
	for (size_t i = 0; i < PROTOCOL_COUNT; i++) {
		free(push->frames[i].bytes);
		for (size_t size = 0; size < DEFLATE_SIZES; size++)
			free(push->packed[i][size].bytes);
	}
	memset(push->frames, 0, sizeof push->frames);
	memset(push->packed, 0, sizeof push->packed);
}
