/* bytes: borrowed bytes, copied behind the struct that takes them to another thread. */
#ifndef ACT_BYTES_H
#define ACT_BYTES_H

#include <act/plugin.h>
#include <string.h>

/* Copies `from` to `*at`, which has room for it, and moves `*at` behind it. Returns the copy. */
static inline act_bytes bytes_put(uint8_t **at, act_bytes from)
{
	act_bytes copy = { *at, from.len };
	if (from.len != 0)
		memcpy(*at, from.ptr, from.len);
	*at += from.len;
	return copy;
}

#endif
