#include "fake_store.h"

#include "fake_inner.h"

#include <stdlib.h>

enum { ENTRIES_MAX = 65536, BYTES_MAX = 64 << 20, NUMBER_BITS = 64 - FAKE_BUCKET_BITS };

void fake_store_init(struct fake_store *store)
{
	*store = (struct fake_store){ .entries_max = ENTRIES_MAX, .bytes_max = BYTES_MAX };
}

/* The hash of djb2 is good enough for the keys of a test. */
static uint64_t bucket_of(act_bytes key)
{
	uint64_t hash = 5381;
	for (size_t i = 0; i < key.len; i++)
		hash = hash * 33 + ((const uint8_t *)key.ptr)[i];
	return hash % FAKE_BUCKETS;
}

static bool has_key(const struct fake_entry *entry, act_bytes key)
{
	return entry->key_len == key.len && memcmp(entry->key, key.ptr, key.len) == 0;
}

/* Takes it out of where it hangs. */
static void end_at(struct fake_store *store, struct fake_entry **at)
{
	struct fake_entry *entry = *at;
	*at = entry->next;
	store->entries--;
	store->bytes -= entry->key_len + entry->value_len;
	free(entry->key);
	free(entry->value);
	free(entry);
}

void fake_store_clear(struct fake_store *store)
{
	fake_store_sweep(store, FAKE_NO_END);
}

void fake_store_sweep(struct fake_store *store, uint64_t now_ms)
{
	for (size_t i = 0; i < FAKE_BUCKETS; i++) {
		struct fake_entry **at = &store->buckets[i];
		while (*at != NULL) {
			if ((*at)->due_ms <= now_ms)
				end_at(store, at);
			else
				at = &(*at)->next;
		}
	}
}

struct fake_entry *fake_store_find(struct fake_store *store, uint64_t now_ms, act_bytes key)
{
	struct fake_entry *entry = store->buckets[bucket_of(key)];
	while (entry != NULL && !has_key(entry, key))
		entry = entry->next;
	if (entry == NULL || entry->due_ms > now_ms)
		return entry;
	fake_store_end(store, entry);
	return NULL;
}

void fake_store_end(struct fake_store *store, struct fake_entry *entry)
{
	struct fake_entry **at = &store->buckets[bucket_of(act_mem(entry->key, entry->key_len))];
	while (*at != entry)
		at = &(*at)->next;
	end_at(store, at);
}

/* A value may become shorter also where a bound was lowered below what is there. */
static bool has_room(const struct fake_store *store, const struct fake_entry *entry, act_bytes key,
                     act_bytes value)
{
	size_t before = entry != NULL ? entry->value_len : 0;
	size_t after = entry != NULL ? value.len : key.len + value.len;
	if (entry == NULL && store->entries >= store->entries_max)
		return false;
	return after <= before || (store->bytes <= store->bytes_max &&
	                           after - before <= store->bytes_max - store->bytes);
}

/* The last in its bucket, as it has the highest number. */
static struct fake_entry *put_in(struct fake_store *store, act_bytes key)
{
	struct fake_entry *entry = fake_alloc(sizeof *entry);
	struct fake_entry **at = &store->buckets[bucket_of(key)];
	*entry = (struct fake_entry){ .number = ++store->last_number,
		                      .due_ms = FAKE_NO_END,
		                      .key = fake_copy(key),
		                      .key_len = key.len };
	while (*at != NULL)
		at = &(*at)->next;
	*at = entry;
	store->entries++;
	store->bytes += key.len;
	return entry;
}

act_rc fake_store_write(struct fake_store *store, struct fake_entry *entry, act_bytes key,
                        act_bytes value, struct fake_entry **out)
{
	if (!has_room(store, entry, key, value))
		return ACT_E_BUSY;
	char *copy = fake_copy(value); /* first: the value may lie in what is there */
	if (entry == NULL)
		entry = put_in(store, key);
	store->bytes = store->bytes - entry->value_len + value.len;
	free(entry->value);
	entry->value = copy;
	entry->value_len = value.len;
	*out = entry;
	return ACT_OK;
}

/* A cursor is a bucket, and a number in it. */
const struct fake_entry *fake_store_next(const struct fake_store *store, uint64_t now_ms,
                                         act_bytes prefix, uint64_t *cursor)
{
	const uint64_t numbers = ((uint64_t)1 << NUMBER_BITS) - 1;
	uint64_t after = *cursor & numbers;
	for (uint64_t i = *cursor >> NUMBER_BITS; i < FAKE_BUCKETS; i++, after = 0) {
		const struct fake_entry *entry = store->buckets[i];
		for (; entry != NULL; entry = entry->next) {
			if (entry->number <= after || entry->due_ms <= now_ms ||
			    entry->key_len < prefix.len ||
			    (prefix.len != 0 && memcmp(entry->key, prefix.ptr, prefix.len) != 0))
				continue;
			*cursor = i << NUMBER_BITS | entry->number;
			return entry;
		}
	}
	*cursor = UINT64_MAX;
	return NULL;
}
