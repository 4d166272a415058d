#include "net/push.h"

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

void push_clear(struct push *push)
{
	for (size_t i = 0; i < PROTOCOL_COUNT; i++) {
		free(push->frames[i].bytes);
		push->frames[i] = (struct push_frame){ 0 };
	}
}
