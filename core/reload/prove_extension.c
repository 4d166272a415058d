/* prove_extension: the server's own extensions as a plugin meets them in its trial: an empty store
 * that takes everything and keeps nothing, and descriptors that are not watched before
 * activate(). */
#include "reload/prove_host.h"

#include <act/easy.h>
#include <act/ext/kv.h>
#include <act/ext/poll.h>

static void pretend(const act_host *h)
{
	atomic_store(&prove_host_of(h)->pretended, true);
}

static bool is_key(act_bytes key)
{
	return key.ptr != NULL && key.len > 0 && key.len <= 255;
}

/* ---- act.kv/1 ---- */

static act_rc kv_get(const act_host *h, act_bytes key, void *out, size_t *len)
{
	pretend(h);
	if (!is_key(key) || len == NULL || (out == NULL && *len != 0))
		return ACT_E_INVAL;
	return ACT_E_GONE;
}

static act_rc kv_put(const act_host *h, act_bytes key, act_bytes value, uint32_t ttl_ms)
{
	(void)ttl_ms;
	pretend(h);
	if (!is_key(key) || (value.ptr == NULL && value.len != 0))
		return ACT_E_INVAL;
	return value.len > ACT_KV_VALUE_MAX ? ACT_E_TOOBIG : ACT_OK;
}

static act_rc kv_del(const act_host *h, act_bytes key)
{
	pretend(h);
	return is_key(key) ? ACT_E_GONE : ACT_E_INVAL;
}

static act_rc kv_next(const act_host *h, act_bytes prefix, uint64_t *cursor, void *key,
                      size_t *key_len)
{
	(void)prefix;
	(void)key;
	pretend(h);
	return cursor != NULL && key_len != NULL ? ACT_END : ACT_E_INVAL;
}

static act_rc kv_swap(const act_host *h, act_bytes key, const act_bytes *before, act_bytes value,
                      uint32_t ttl_ms)
{
	act_rc rc = kv_put(h, key, value, ttl_ms);
	return rc == ACT_OK && before != NULL ? ACT_E_GONE : rc;
}

static act_rc kv_add(const act_host *h, act_bytes key, int64_t delta, uint32_t ttl_ms, int64_t *sum)
{
	(void)ttl_ms;
	pretend(h);
	if (!is_key(key))
		return ACT_E_INVAL;
	if (sum != NULL)
		*sum = delta;
	return ACT_OK;
}

static const act_kv kv = {
	.size = sizeof kv,
	.get = kv_get,
	.put = kv_put,
	.del = kv_del,
	.next = kv_next,
	.swap = kv_swap,
	.add = kv_add,
};

/* ---- act.poll/1 ---- */

static act_rc poll_watch(const act_host *h, int32_t fd, uint32_t events, uint64_t tag,
                         act_watch *out)
{
	(void)h;
	(void)fd;
	(void)events;
	(void)tag;
	(void)out;
	return ACT_E_INVAL;
}

static act_rc poll_modify(const act_host *h, act_watch watch, uint32_t events)
{
	(void)h;
	(void)watch;
	(void)events;
	return ACT_E_GONE;
}

static act_rc poll_unwatch(const act_host *h, act_watch watch)
{
	return poll_modify(h, watch, 0);
}

static const act_poll poll = {
	.size = sizeof poll,
	.watch = poll_watch,
	.modify = poll_modify,
	.unwatch = poll_unwatch,
};

const void *prove_extension(const char *id, uint32_t size_min)
{
	if (strcmp(id, ACT_EXT_KV) == 0)
		return size_min <= sizeof kv ? &kv : NULL;
	if (strcmp(id, ACT_EXT_POLL) == 0)
		return size_min <= sizeof poll ? &poll : NULL;
	return NULL;
}
