#include "net/protocol.h"

#include <string.h>

const struct protocol *const protocols[PROTOCOL_COUNT] = {
	&protocol_raw,
	&protocol_base,
	&protocol_v1,
	&protocol_json,
};

void envelope_fill(uint8_t *to, const struct envelope *envelope, act_bytes body)
{
	memcpy(to, envelope->head, envelope->head_len);
	to += envelope->head_len;
	if (body.len != 0)
		memcpy(to, body.ptr, body.len);
	memcpy(to + body.len, envelope->tail, strlen(envelope->tail));
}

const struct protocol *protocol_plain(enum config_mode mode)
{
	return mode == CONFIG_MODE_RAW ? &protocol_raw : &protocol_base;
}

const struct protocol *protocol_named(const char *name, size_t len)
{
	for (size_t i = 0; i < PROTOCOL_COUNT; i++) {
		const char *known = protocols[i]->name;
		if (known != NULL && strlen(known) == len && memcmp(known, name, len) == 0)
			return protocols[i];
	}
	return NULL;
}
