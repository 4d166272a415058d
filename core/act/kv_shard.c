#include "act/kv_shard.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKETS = 8, FIRST_PLACES = 8 };

void kv_shard_init(struct kv_shard *shard)
{
	*shard = (struct kv_shard){ .bucket_count = FIRST_BUCKETS };
	pthread_mutex_init(&shard->lock, NULL);
	shard->buckets = mem_new(FIRST_BUCKETS, sizeof(*shard->buckets));
}

void kv_shard_free(struct kv_shard *shard)
{
	for (uint32_t i = 0; i < shard->place_count; i++) {
		if (shard->places[i].entry == NULL)
			continue;
		free(shard->places[i].entry->value);
		free(shard->places[i].entry);
	}
	pthread_mutex_destroy(&shard->lock);
	free(shard->buckets);
	free(shard->places);
	free(shard->heap);
}

/* ---- by key ---- */

/* FNV-1a, 64 bits (the constants of draft-eastlake-fnv). Who makes up keys that collide makes the
 * plugin that keeps them slow, within limits.kv_entries, and no other. */
uint64_t kv_hash(act_bytes key)
{
	uint64_t hash = 0xCBF29CE484222325u;
	const uint8_t *bytes = key.ptr;
	for (size_t i = 0; i < key.len; i++)
		hash = (hash ^ bytes[i]) * 0x100000001B3u;
	return hash ^ hash >> 32;
}

/* The lowest bits have chosen the shard. */
static struct kv_entry **bucket_of(const struct kv_shard *shard, uint64_t hash)
{
	return &shard->buckets[hash >> 8 & (shard->bucket_count - 1)];
}

struct kv_entry *kv_shard_find(const struct kv_shard *shard, uint64_t hash, act_bytes key)
{
	struct kv_entry *entry = *bucket_of(shard, hash);
	while (entry != NULL && (entry->hash != hash || entry->key_len != key.len ||
	                         memcmp(entry->key, key.ptr, key.len) != 0))
		entry = entry->next;
	return entry;
}

static void link_in(struct kv_shard *shard, struct kv_entry *entry)
{
	struct kv_entry **bucket = bucket_of(shard, entry->hash);
	entry->next = *bucket;
	*bucket = entry;
}

static void grow_buckets(struct kv_shard *shard)
{
	free(shard->buckets);
	shard->bucket_count *= 2;
	shard->buckets = mem_new(shard->bucket_count, sizeof(*shard->buckets));
	for (uint32_t i = 0; i < shard->place_count; i++)
		if (shard->places[i].entry != NULL)
			link_in(shard, shard->places[i].entry);
}

/* ---- by place ---- */

static uint32_t take_place(struct kv_shard *shard)
{
	uint32_t place = shard->free_first;
	if (place != 0) {
		shard->free_first = shard->places[place - 1].next_free;
		return place - 1;
	}
	if (shard->place_count == shard->place_room) {
		shard->place_room = shard->place_room != 0 ? shard->place_room * 2 : FIRST_PLACES;
		shard->places = mem_grow(shard->places, shard->place_room, sizeof *shard->places);
	}
	return shard->place_count++;
}

static void leave_place(struct kv_shard *shard, uint32_t place)
{
	shard->places[place] = (struct kv_place){ .next_free = shard->free_first };
	shard->free_first = place + 1;
}

/* ---- by time: a binary heap ---- */

static void heap_put(struct kv_shard *shard, uint32_t index, struct kv_entry *entry)
{
	shard->heap[index] = entry;
	entry->heap_index = index;
}

/* Moves the entry from `index`, which may be too far from the top, or too near to it. */
static void heap_settle(struct kv_shard *shard, uint32_t index, struct kv_entry *entry)
{
	while (index > 0 && shard->heap[(index - 1) / 2]->due_ms > entry->due_ms) {
		heap_put(shard, index, shard->heap[(index - 1) / 2]);
		index = (index - 1) / 2;
	}
	for (;;) {
		uint32_t child = index * 2 + 1;
		if (child + 1 < shard->heap_count &&
		    shard->heap[child + 1]->due_ms < shard->heap[child]->due_ms)
			child++;
		if (child >= shard->heap_count || shard->heap[child]->due_ms >= entry->due_ms)
			break;
		heap_put(shard, index, shard->heap[child]);
		index = child;
	}
	heap_put(shard, index, entry);
}

static void heap_add(struct kv_shard *shard, struct kv_entry *entry)
{
	if (shard->heap_count == shard->heap_room) {
		shard->heap_room = shard->heap_room != 0 ? shard->heap_room * 2 : FIRST_PLACES;
		shard->heap = mem_grow((void *)shard->heap, shard->heap_room, sizeof(*shard->heap));
	}
	shard->heap_count++;
	heap_settle(shard, shard->heap_count - 1, entry);
}

static void heap_remove(struct kv_shard *shard, const struct kv_entry *entry)
{
	struct kv_entry *last = shard->heap[--shard->heap_count];
	CHECK(shard->heap[entry->heap_index] == entry || last == entry);
	if (last != entry)
		heap_settle(shard, entry->heap_index, last);
}

void kv_shard_set_due(struct kv_shard *shard, struct kv_entry *entry, uint64_t due_ms)
{
	if (entry->due_ms != KV_NO_END)
		heap_remove(shard, entry);
	entry->due_ms = due_ms;
	if (due_ms != KV_NO_END)
		heap_add(shard, entry);
}

struct kv_entry *kv_shard_overdue(const struct kv_shard *shard, uint64_t now_ms)
{
	bool over = shard->heap_count > 0 && shard->heap[0]->due_ms <= now_ms;
	return over ? shard->heap[0] : NULL;
}

/* ---- in and out ---- */

void kv_shard_put_in(struct kv_shard *shard, struct kv_entry *entry)
{
	CHECK(entry->due_ms == KV_NO_END);
	if (shard->count == shard->bucket_count)
		grow_buckets(shard);
	link_in(shard, entry);
	entry->place = take_place(shard);
	shard->places[entry->place].entry = entry;
	shard->count++;
}

void kv_shard_take_out(struct kv_shard *shard, struct kv_entry *entry)
{
	struct kv_entry **at = bucket_of(shard, entry->hash);
	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	kv_shard_set_due(shard, entry, KV_NO_END);
	leave_place(shard, entry->place);
	shard->count--;
}
