/* fake_kv: act.kv/1 in the fake host: its functions on the store of the first host, by its clock.
 */
#include "fake_inner.h"

static bool is_key(act_bytes key)
{
	return key.ptr != NULL && key.len >= 1 && key.len <= ACT_KV_KEY_MAX;
}

static bool is_bytes(act_bytes bytes)
{
	return bytes.ptr != NULL || bytes.len == 0;
}

/* The host whose store it is, locked. */
static struct fake_host *enter(const act_host *h)
{
	struct fake_host *first = fake_of(h)->first;
	pthread_mutex_lock(&first->lock);
	return first;
}

static void leave(struct fake_host *first)
{
	pthread_mutex_unlock(&first->lock);
}

/* Copies to whoever asked, with room for `*len`. */
static act_rc hand_out(const char *bytes, size_t count, void *out, size_t *len)
{
	act_rc rc = count <= *len ? ACT_OK : ACT_E_TOOBIG;
	if (rc == ACT_OK && count != 0)
		memcpy(out, bytes, count);
	*len = count;
	return rc;
}

static act_rc kv_get(const act_host *h, act_bytes key, void *out, size_t *len)
{
	act_rc rc = ACT_E_GONE;
	if (!is_key(key) || len == NULL || (out == NULL && *len != 0))
		return ACT_E_INVAL;
	struct fake_host *first = enter(h);
	const struct fake_entry *entry = fake_store_find(&first->store, first->now_ms, key);
	if (entry != NULL)
		rc = hand_out(entry->value, entry->value_len, out, len);
	leave(first);
	return rc;
}

/* Under the lock. What is over makes room where there is none. */
static act_rc write_value(struct fake_host *first, struct fake_entry *entry, act_bytes key,
                          act_bytes value, struct fake_entry **out)
{
	act_rc rc = fake_store_write(&first->store, entry, key, value, out);
	if (rc != ACT_E_BUSY)
		return rc;
	fake_store_sweep(&first->store, first->now_ms);
	return fake_store_write(&first->store, entry, key, value, out);
}

static uint64_t due_in(const struct fake_host *first, uint32_t ttl_ms)
{
	return ttl_ms != 0 ? first->now_ms + ttl_ms : FAKE_NO_END;
}

static act_rc check_write(act_bytes key, act_bytes value)
{
	if (!is_key(key) || !is_bytes(value))
		return ACT_E_INVAL;
	return value.len <= ACT_KV_VALUE_MAX ? ACT_OK : ACT_E_TOOBIG;
}

static act_rc kv_put(const act_host *h, act_bytes key, act_bytes value, uint32_t ttl_ms)
{
	act_rc rc = check_write(key, value);
	if (rc != ACT_OK)
		return rc;
	struct fake_host *first = enter(h);
	struct fake_entry *entry = fake_store_find(&first->store, first->now_ms, key);
	rc = write_value(first, entry, key, value, &entry);
	if (rc == ACT_OK)
		entry->due_ms = due_in(first, ttl_ms);
	leave(first);
	return rc;
}

static act_rc kv_del(const act_host *h, act_bytes key)
{
	if (!is_key(key))
		return ACT_E_INVAL;
	struct fake_host *first = enter(h);
	struct fake_entry *entry = fake_store_find(&first->store, first->now_ms, key);
	act_rc rc = entry != NULL ? ACT_OK : ACT_E_GONE;
	if (entry != NULL)
		fake_store_end(&first->store, entry);
	leave(first);
	return rc;
}

static act_rc kv_next(const act_host *h, act_bytes prefix, uint64_t *cursor, void *key,
                      size_t *key_len)
{
	act_rc rc = ACT_END;
	if (cursor == NULL || key_len == NULL || (key == NULL && *key_len != 0) ||
	    !is_bytes(prefix))
		return ACT_E_INVAL;
	struct fake_host *first = enter(h);
	uint64_t at = *cursor;
	const struct fake_entry *entry = fake_store_next(&first->store, first->now_ms, prefix, &at);
	if (entry != NULL)
		rc = hand_out(entry->key, entry->key_len, key, key_len);
	if (rc != ACT_E_TOOBIG)
		*cursor = at;
	leave(first);
	return rc;
}

static bool is_there(const struct fake_entry *entry, const act_bytes *before)
{
	if (entry == NULL || before == NULL)
		return entry == NULL && before == NULL;
	return entry->value_len == before->len &&
	       (before->len == 0 || memcmp(entry->value, before->ptr, before->len) == 0);
}

static act_rc kv_swap(const act_host *h, act_bytes key, const act_bytes *before, act_bytes value,
                      uint32_t ttl_ms)
{
	act_rc rc = check_write(key, value);
	if (rc != ACT_OK)
		return rc;
	if (before != NULL && !is_bytes(*before))
		return ACT_E_INVAL;
	struct fake_host *first = enter(h);
	struct fake_entry *entry = fake_store_find(&first->store, first->now_ms, key);
	rc = is_there(entry, before) ? write_value(first, entry, key, value, &entry) : ACT_E_GONE;
	if (rc == ACT_OK)
		entry->due_ms = due_in(first, ttl_ms);
	leave(first);
	return rc;
}

/* What the counter has (NULL: it begins) with `delta` more. */
static act_rc add_up(const struct fake_entry *entry, int64_t delta, int64_t *sum)
{
	int64_t count = 0;
	if (entry != NULL && entry->value_len != sizeof count)
		return ACT_E_INVAL;
	if (entry != NULL)
		memcpy(&count, entry->value, sizeof count);
	return __builtin_add_overflow(count, delta, sum) ? ACT_E_INVAL : ACT_OK;
}

static act_rc kv_add(const act_host *h, act_bytes key, int64_t delta, uint32_t ttl_ms, int64_t *sum)
{
	int64_t new_sum = 0;
	if (!is_key(key))
		return ACT_E_INVAL;
	struct fake_host *first = enter(h);
	struct fake_entry *entry = fake_store_find(&first->store, first->now_ms, key);
	bool begins = entry == NULL;
	act_rc rc = add_up(entry, delta, &new_sum);
	if (rc == ACT_OK)
		rc = write_value(first, entry, key, act_mem(&new_sum, sizeof new_sum), &entry);
	if (rc == ACT_OK && begins)
		entry->due_ms = due_in(first, ttl_ms);
	if (rc == ACT_OK && sum != NULL)
		*sum = new_sum;
	leave(first);
	return rc;
}

const act_kv fake_kv = {
	.size = sizeof fake_kv,
	.get = kv_get,
	.put = kv_put,
	.del = kv_del,
	.next = kv_next,
	.swap = kv_swap,
	.add = kv_add,
};

/* ---- for the test ---- */

void fake_kv_limit(struct fake_host *fake, size_t entries, size_t bytes)
{
	struct fake_host *first = enter(&fake->table);
	first->store.entries_max = entries;
	first->store.bytes_max = bytes;
	leave(first);
}

size_t fake_kv_entries(struct fake_host *fake)
{
	struct fake_host *first = enter(&fake->table);
	fake_store_sweep(&first->store, first->now_ms);
	size_t count = first->store.entries;
	leave(first);
	return count;
}

void fake_kv_clear(struct fake_host *fake)
{
	struct fake_host *first = enter(&fake->table);
	fake_store_clear(&first->store);
	leave(first);
}
