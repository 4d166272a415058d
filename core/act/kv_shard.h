/* kv_shard: a part of a plugin's keys (act/kv.h): found by key, walked by place, ended by time.
 *
 * Each entry stays in one place for as long as it is there, so a walk over the places sees it once,
 * whatever comes and goes meanwhile. Those with a time stand in a heap, the soonest first, so what
 * is over is found without looking at the rest. Thread: whoever holds the lock. */
#ifndef ACT_KV_SHARD_H
#define ACT_KV_SHARD_H

#include <act/plugin.h>
#include <pthread.h>
#include <stdint.h>

#define KV_NO_END UINT64_MAX

struct kv_entry {
	struct kv_entry *next; /* in its bucket */
	uint64_t hash;
	uint64_t due_ms; /* KV_NO_END: it has no time */
	uint32_t place;
	uint32_t heap_index; /* where it has a time */
	void *value;         /* malloc(); NULL where it is empty */
	size_t value_len;
	size_t key_len;
	unsigned char key[];
};

struct kv_place {
	struct kv_entry *entry; /* NULL: free */
	uint32_t next_free;     /* place + 1; 0: none */
};

struct kv_shard {
	pthread_mutex_t lock;
	struct kv_entry **buckets;
	uint32_t bucket_count; /* a power of two */
	uint32_t count;
	struct kv_place *places;
	uint32_t place_count; /* ever used: what a walk looks at */
	uint32_t place_room;
	uint32_t free_first; /* place + 1; 0: none */
	struct kv_entry **heap;
	uint32_t heap_count;
	uint32_t heap_room;
};

void kv_shard_init(struct kv_shard *shard);
/* Frees the entries, too. */
void kv_shard_free(struct kv_shard *shard);

uint64_t kv_hash(act_bytes key);
/* NULL: there is none. One whose time is over is found as well. */
struct kv_entry *kv_shard_find(const struct kv_shard *shard, uint64_t hash, act_bytes key);
/* Takes over an entry without a time, whose key is not there. */
void kv_shard_put_in(struct kv_shard *shard, struct kv_entry *entry);
/* The entry is the caller's again. */
void kv_shard_take_out(struct kv_shard *shard, struct kv_entry *entry);
/* When an entry that is in it ends, from now on. */
void kv_shard_set_due(struct kv_shard *shard, struct kv_entry *entry, uint64_t due_ms);
/* One whose time is over; NULL: there is none. */
struct kv_entry *kv_shard_overdue(const struct kv_shard *shard, uint64_t now_ms);

#endif
