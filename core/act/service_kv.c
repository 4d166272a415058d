/* service_kv: the facade of act.kv/1: a generation's functions on the store of its plugin. */
#include "act/service.h"

#include "act/generation.h"
#include "act/kv.h"
#include "base/clock.h"

#include <act/ext/kv.h>

static act_rc facade_get(const act_host *h, act_bytes key, void *out, size_t *len)
{
	return kv_get(generation_of(h)->kv, clock_ms(), key, out, len);
}

static act_rc facade_put(const act_host *h, act_bytes key, act_bytes value, uint32_t ttl_ms)
{
	return kv_put(generation_of(h)->kv, clock_ms(), key, value, ttl_ms);
}

static act_rc facade_del(const act_host *h, act_bytes key)
{
	return kv_del(generation_of(h)->kv, clock_ms(), key);
}

static act_rc facade_next(const act_host *h, act_bytes prefix, uint64_t *cursor, void *key,
                          size_t *key_len)
{
	return kv_next(generation_of(h)->kv, clock_ms(), prefix, cursor, key, key_len);
}

static act_rc facade_swap(const act_host *h, act_bytes key, const act_bytes *before,
                          act_bytes value, uint32_t ttl_ms)
{
	return kv_swap(generation_of(h)->kv, clock_ms(), key, before, value, ttl_ms);
}

static act_rc facade_add(const act_host *h, act_bytes key, int64_t delta, uint32_t ttl_ms,
                         int64_t *sum)
{
	return kv_add(generation_of(h)->kv, clock_ms(), key, delta, ttl_ms, sum);
}

const struct act_kv service_kv = {
	.size = sizeof service_kv,
	.get = facade_get,
	.put = facade_put,
	.del = facade_del,
	.next = facade_next,
	.swap = facade_swap,
	.add = facade_add,
};
