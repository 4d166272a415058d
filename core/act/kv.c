#include "act/kv.h"

#include "act/kv_private.h"
#include "base/clock.h"
#include "base/container.h"
#include "base/mem.h"
#include "net/loop.h"

#include <act/ext/kv.h>
#include <stdlib.h>
#include <string.h>

enum { KEEPER_MS = 1000 };

/* ---- life ---- */

static void on_tick(struct wheel_timer *timer)
{
	struct kv *kv = container_of(timer, struct kv, tick);
	uint64_t now_ms = kv->keeper->now_ms;
	bool all = kv_sweep(kv, now_ms, KV_SWEEP_MOST) < KV_SWEEP_MOST;
	wheel_set(&kv->keeper->wheel, &kv->tick, now_ms + (all ? KEEPER_MS : WHEEL_TICK_MS),
	          on_tick);
}

struct kv *kv_new(struct loop *keeper)
{
	struct kv *kv = mem_new(1, sizeof *kv);
	pthread_mutex_init(&kv->lock, NULL);
	kv->keeper = keeper;
	if (keeper != NULL)
		wheel_set(&keeper->wheel, &kv->tick, keeper->now_ms + KEEPER_MS, on_tick);
	return kv;
}

void kv_free(struct kv *kv)
{
	while (kv->first != NULL) {
		struct kv_store *store = kv->first;
		kv->first = store->next;
		for (size_t i = 0; i < KV_SHARDS; i++)
			kv_shard_free(&store->shards[i]);
		free(store->plugin);
		free(store);
	}
	pthread_mutex_destroy(&kv->lock);
	free(kv);
}

void kv_limit(struct kv *kv, uint64_t bytes, uint32_t entries)
{
	atomic_store(&kv->bytes_max, bytes);
	atomic_store(&kv->entries_max, entries);
}

static struct kv_store *store_new(struct kv *kv, const char *plugin)
{
	struct kv_store *store = mem_new(1, sizeof *store);
	store->kv = kv;
	store->plugin = mem_text(plugin);
	for (size_t i = 0; i < KV_SHARDS; i++)
		kv_shard_init(&store->shards[i]);
	return store;
}

struct kv_store *kv_store(struct kv *kv, const char *plugin)
{
	pthread_mutex_lock(&kv->lock);
	struct kv_store *store = kv->first;
	while (store != NULL && strcmp(store->plugin, plugin) != 0)
		store = store->next;
	if (store == NULL) {
		store = store_new(kv, plugin);
		store->next = kv->first;
		kv->first = store;
	}
	pthread_mutex_unlock(&kv->lock);
	return store;
}

uint32_t kv_entries(const struct kv_store *store)
{
	return (uint32_t)atomic_load(&store->entries);
}

uint64_t kv_bytes(const struct kv_store *store)
{
	return atomic_load(&store->bytes);
}

/* ---- the end of an entry, under the lock of its shard ---- */

static void end(struct kv_store *store, struct kv_shard *shard, struct kv_entry *entry)
{
	kv_shard_take_out(shard, entry);
	atomic_fetch_sub(&store->bytes, entry->key_len + entry->value_len);
	atomic_fetch_sub(&store->entries, 1);
	free(entry->value);
	free(entry);
}

size_t kv_sweep_store(struct kv_store *store, uint64_t now_ms, size_t most)
{
	size_t count = 0;
	for (size_t i = 0; i < KV_SHARDS && count < most; i++) {
		struct kv_shard *shard = &store->shards[i];
		struct kv_entry *entry;
		pthread_mutex_lock(&shard->lock);
		while (count < most && (entry = kv_shard_overdue(shard, now_ms)) != NULL) {
			end(store, shard, entry);
			count++;
		}
		pthread_mutex_unlock(&shard->lock);
	}
	return count;
}

size_t kv_sweep(struct kv *kv, uint64_t now_ms, size_t most)
{
	size_t count = 0;
	pthread_mutex_lock(&kv->lock);
	struct kv_store *store = kv->first;
	pthread_mutex_unlock(&kv->lock);
	for (; store != NULL && count < most; store = store->next)
		count += kv_sweep_store(store, now_ms, most - count);
	return count;
}

/* ---- finding ---- */

bool kv_is_key(act_bytes key)
{
	return key.ptr != NULL && key.len >= 1 && key.len <= ACT_KV_KEY_MAX;
}

struct kv_shard *kv_lock(struct kv_store *store, uint64_t hash)
{
	struct kv_shard *shard = &store->shards[hash % KV_SHARDS];
	pthread_mutex_lock(&shard->lock);
	return shard;
}

struct kv_entry *kv_find(struct kv_store *store, struct kv_shard *shard, uint64_t now_ms,
                         uint64_t hash, act_bytes key)
{
	struct kv_entry *entry = kv_shard_find(shard, hash, key);
	if (entry == NULL || entry->due_ms > now_ms)
		return entry;
	end(store, shard, entry);
	return NULL;
}

/* Copies to whoever asked, with room for `*len`. */
static act_rc hand_out(const void *bytes, size_t count, void *out, size_t *len)
{
	act_rc rc = count <= *len ? ACT_OK : ACT_E_TOOBIG;
	if (rc == ACT_OK && count > 0)
		memcpy(out, bytes, count);
	*len = count;
	return rc;
}

act_rc kv_get(struct kv_store *store, uint64_t now_ms, act_bytes key, void *out, size_t *len)
{
	if (!kv_is_key(key) || len == NULL || (out == NULL && *len > 0))
		return ACT_E_INVAL;
	uint64_t hash = kv_hash(key);
	struct kv_shard *shard = kv_lock(store, hash);
	const struct kv_entry *entry = kv_find(store, shard, now_ms, hash, key);
	act_rc rc = ACT_E_GONE;
	if (entry != NULL)
		rc = hand_out(entry->value, entry->value_len, out, len);
	pthread_mutex_unlock(&shard->lock);
	return rc;
}

act_rc kv_del(struct kv_store *store, uint64_t now_ms, act_bytes key)
{
	if (!kv_is_key(key))
		return ACT_E_INVAL;
	uint64_t hash = kv_hash(key);
	struct kv_shard *shard = kv_lock(store, hash);
	struct kv_entry *entry = kv_find(store, shard, now_ms, hash, key);
	if (entry != NULL)
		end(store, shard, entry);
	pthread_mutex_unlock(&shard->lock);
	return entry != NULL ? ACT_OK : ACT_E_GONE;
}

/* ---- walking: a cursor is the shard and the place that come next ---- */

static bool begins_with(const struct kv_entry *entry, act_bytes prefix)
{
	return entry->key_len >= prefix.len &&
	       (prefix.len == 0 || memcmp(entry->key, prefix.ptr, prefix.len) == 0);
}

/* The first from `*place` on; NULL: there is none in this shard. Under the lock. */
static const struct kv_entry *next_in(const struct kv_shard *shard, uint64_t now_ms,
                                      act_bytes prefix, uint32_t *place)
{
	for (; *place < shard->place_count; ++*place) {
		const struct kv_entry *entry = shard->places[*place].entry;
		if (entry != NULL && entry->due_ms > now_ms && begins_with(entry, prefix))
			return entry;
	}
	return NULL;
}

act_rc kv_next(struct kv_store *store, uint64_t now_ms, act_bytes prefix, uint64_t *cursor,
               void *key, size_t *key_len)
{
	if (cursor == NULL || key_len == NULL || (key == NULL && *key_len > 0) ||
	    (prefix.ptr == NULL && prefix.len > 0))
		return ACT_E_INVAL;
	uint64_t index = *cursor >> 32;
	uint32_t place = (uint32_t)*cursor;
	act_rc rc = ACT_END;
	for (; index < KV_SHARDS && rc == ACT_END; index++, place = 0) {
		struct kv_shard *shard = &store->shards[index];
		pthread_mutex_lock(&shard->lock);
		const struct kv_entry *entry = next_in(shard, now_ms, prefix, &place);
		if (entry != NULL) {
			rc = hand_out(entry->key, entry->key_len, key, key_len);
			*cursor = index << 32 | (place + (rc == ACT_OK ? 1 : 0));
		}
		pthread_mutex_unlock(&shard->lock);
	}
	if (rc == ACT_END)
		*cursor = (uint64_t)KV_SHARDS << 32;
	return rc;
}
