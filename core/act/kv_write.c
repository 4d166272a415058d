#include "act/kv_private.h"

#include <act/ext/kv.h>
#include <stdlib.h>
#include <string.h>

/* ---- the bounds ---- */

/* Takes so much of a bound, or nothing. */
static bool take(_Atomic uint64_t *used, uint64_t more, uint64_t most)
{
	uint64_t now = atomic_load(used);
	do {
		if (now > most || more > most - now)
			return false;
	} while (!atomic_compare_exchange_weak(used, &now, now + more));
	return true;
}

/* Room for a value in place of a shorter one. */
static bool take_longer(struct kv_store *store, size_t before, size_t after)
{
	uint64_t most = atomic_load(&store->kv->bytes_max);
	return after <= before || take(&store->bytes, after - before, most);
}

static bool take_entry(struct kv_store *store, uint64_t bytes)
{
	if (!take(&store->entries, 1, atomic_load(&store->kv->entries_max)))
		return false;
	if (take(&store->bytes, bytes, atomic_load(&store->kv->bytes_max)))
		return true;
	atomic_fetch_sub(&store->entries, 1);
	return false;
}

/* ---- writing ---- */

enum write_kind { WRITE_PUT, WRITE_SWAP, WRITE_ADD };

struct write {
	enum write_kind kind;
	uint64_t now_ms;
	act_bytes key;
	act_bytes value; /* with WRITE_ADD: of `sum` */
	uint32_t ttl_ms;
	const act_bytes *before; /* WRITE_SWAP */
	int64_t delta;           /* WRITE_ADD */
	int64_t sum;             /* WRITE_ADD: the counter's new value */
};

static bool is_same(const struct kv_entry *entry, const act_bytes *bytes)
{
	if (entry == NULL || bytes == NULL)
		return entry == NULL && bytes == NULL;
	return entry->value_len == bytes->len &&
	       (bytes->len == 0 || memcmp(entry->value, bytes->ptr, bytes->len) == 0);
}

/* May it be written over what is there (NULL: nothing)? Fills in the sum. */
static act_rc decide(struct write *write, const struct kv_entry *entry)
{
	int64_t count = 0;
	if (write->kind == WRITE_SWAP && !is_same(entry, write->before))
		return ACT_E_GONE;
	if (write->kind != WRITE_ADD)
		return ACT_OK;
	if (entry != NULL && entry->value_len != sizeof count)
		return ACT_E_INVAL;
	if (entry != NULL)
		memcpy(&count, entry->value, sizeof count);
	if (__builtin_add_overflow(count, write->delta, &write->sum))
		return ACT_E_INVAL;
	write->value = (act_bytes){ &write->sum, sizeof write->sum };
	return ACT_OK;
}

/* `copy` is taken over where this succeeds. */
static act_rc replace(struct kv_store *store, struct kv_entry *entry, void *copy, size_t len)
{
	if (!take_longer(store, entry->value_len, len))
		return ACT_E_BUSY;
	if (len < entry->value_len)
		atomic_fetch_sub(&store->bytes, entry->value_len - len);
	free(entry->value);
	entry->value = copy;
	entry->value_len = len;
	return ACT_OK;
}

/* The same; `*out` gets the new entry. */
static act_rc make(struct kv_store *store, struct kv_shard *shard, const struct write *write,
                   void *copy, struct kv_entry **out)
{
	struct kv_entry *entry = malloc(sizeof *entry + write->key.len);
	if (entry == NULL)
		return ACT_E_NOMEM;
	if (!take_entry(store, write->key.len + write->value.len)) {
		free(entry);
		return ACT_E_BUSY;
	}
	*entry = (struct kv_entry){ .hash = kv_hash(write->key),
		                    .due_ms = KV_NO_END,
		                    .value = copy,
		                    .value_len = write->value.len,
		                    .key_len = write->key.len };
	memcpy(entry->key, write->key.ptr, write->key.len);
	kv_shard_put_in(shard, entry);
	*out = entry;
	return ACT_OK;
}

/* Under the lock. */
static act_rc set(struct kv_store *store, struct kv_shard *shard, struct kv_entry *entry,
                  const struct write *write)
{
	uint64_t due_ms = write->ttl_ms != 0 ? write->now_ms + write->ttl_ms : KV_NO_END;
	bool made = entry == NULL;
	void *copy = NULL;
	if (write->value.len > 0) {
		copy = malloc(write->value.len);
		if (copy == NULL)
			return ACT_E_NOMEM;
		memcpy(copy, write->value.ptr, write->value.len);
	}
	act_rc rc = made ? make(store, shard, write, copy, &entry)
	                 : replace(store, entry, copy, write->value.len);
	if (rc != ACT_OK)
		free(copy);
	else if (made || write->kind != WRITE_ADD)
		kv_shard_set_due(shard, entry, due_ms);
	return rc;
}

static act_rc write_once(struct kv_store *store, struct write *write)
{
	uint64_t hash = kv_hash(write->key);
	struct kv_shard *shard = kv_lock(store, hash);
	struct kv_entry *entry = kv_find(store, shard, write->now_ms, hash, write->key);
	act_rc rc = decide(write, entry);
	if (rc == ACT_OK)
		rc = set(store, shard, entry, write);
	pthread_mutex_unlock(&shard->lock);
	return rc;
}

/* A store is not full because of what is over already. */
static act_rc write_now(struct kv_store *store, struct write *write)
{
	act_rc rc;
	do
		rc = write_once(store, write);
	while (rc == ACT_E_BUSY && kv_sweep_store(store, write->now_ms, KV_SWEEP_MOST) > 0);
	return rc;
}

static act_rc check_write(act_bytes key, act_bytes value)
{
	if (!kv_is_key(key) || (value.ptr == NULL && value.len > 0))
		return ACT_E_INVAL;
	return value.len <= ACT_KV_VALUE_MAX ? ACT_OK : ACT_E_TOOBIG;
}

act_rc kv_put(struct kv_store *store, uint64_t now_ms, act_bytes key, act_bytes value,
              uint32_t ttl_ms)
{
	struct write write = { .now_ms = now_ms, .key = key, .value = value, .ttl_ms = ttl_ms };
	act_rc rc = check_write(key, value);
	return rc == ACT_OK ? write_now(store, &write) : rc;
}

act_rc kv_swap(struct kv_store *store, uint64_t now_ms, act_bytes key, const act_bytes *before,
               act_bytes value, uint32_t ttl_ms)
{
	struct write write = { .kind = WRITE_SWAP,
		               .now_ms = now_ms,
		               .key = key,
		               .value = value,
		               .ttl_ms = ttl_ms,
		               .before = before };
	act_rc rc = check_write(key, value);
	if (rc == ACT_OK && before != NULL && before->ptr == NULL && before->len > 0)
		rc = ACT_E_INVAL;
	return rc == ACT_OK ? write_now(store, &write) : rc;
}

act_rc kv_add(struct kv_store *store, uint64_t now_ms, act_bytes key, int64_t delta,
              uint32_t ttl_ms, int64_t *sum)
{
	struct write write = {
		.kind = WRITE_ADD, .now_ms = now_ms, .key = key, .ttl_ms = ttl_ms, .delta = delta
	};
	act_rc rc = kv_is_key(key) ? write_now(store, &write) : ACT_E_INVAL;
	if (rc == ACT_OK && sum != NULL)
		*sum = write.sum;
	return rc;
}
