/* dialect_base: the base protocol: code u32, then the payload. */
#include "dialect.h"

#include <act/easy.h>
#include <stdio.h>

enum { CODE_BYTES = 4 };

static const char *write_base(const struct ask *ask, struct buffer *to)
{
	uint8_t code[CODE_BYTES];
	act_put_u32(code, ask->code);
	if (buffer_put(to, code, sizeof code) != 0 ||
	    buffer_put(to, ask->payload.ptr, ask->payload.len) != 0)
		return "the payload is too long";
	return NULL;
}

/* Nothing but the code tells an answer from a push. */
static const char *read_base(act_bytes message, const struct ask *ask, struct heard *heard)
{
	*heard = (struct heard){ .kind = HEARD_PUSH, .expires_in_s = -1 };
	if (message.len < CODE_BYTES)
		return "expected a message of at least 4 bytes";
	heard->code = act_get_u32(message.ptr);
	heard->payload =
		act_mem((const uint8_t *)message.ptr + CODE_BYTES, message.len - CODE_BYTES);
	if (ask == NULL || ask->code != heard->code)
		return NULL;
	heard->kind = HEARD_ANSWER;
	heard->failed = fault_of_body(heard->payload.ptr, heard->payload.len, &heard->fault);
	return NULL;
}

static void describe(act_bytes message, char *to, size_t room, act_bytes *payload)
{
	*payload = message;
	if (message.len < CODE_BYTES) {
		snprintf(to, room, "%zu bytes, too few for a code", message.len);
		return;
	}
	*payload = act_mem((const uint8_t *)message.ptr + CODE_BYTES, message.len - CODE_BYTES);
	snprintf(to, room, "%u, %zu bytes", act_get_u32(message.ptr), payload->len);
}

const struct dialect dialect_base = {
	.name = DIALECT_BASE,
	.write = write_base,
	.read = read_base,
	.describe = describe,
};
