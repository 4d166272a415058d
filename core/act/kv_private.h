/* kv_private: what kv.c (life, reading, walking, ending) and kv_write.c share. */
#ifndef ACT_KV_PRIVATE_H
#define ACT_KV_PRIVATE_H

#include "act/kv.h"
#include "act/kv_shard.h"
#include "base/wheel.h"

#include <stdatomic.h>
#include <stdbool.h>

enum { KV_SHARDS = 16, KV_SWEEP_MOST = 4096 };

struct kv_store {
	struct kv_store *next;
	struct kv *kv;
	char *plugin;
	_Atomic uint64_t bytes; /* of keys and values */
	_Atomic uint64_t entries;
	struct kv_shard shards[KV_SHARDS];
};

struct kv {
	pthread_mutex_t lock; /* for the list, which only grows, at its front */
	struct kv_store *first;
	_Atomic uint64_t bytes_max; /* of each plugin */
	_Atomic uint64_t entries_max;
	struct loop *keeper;
	struct wheel_timer tick;
};

/* [any] Is it one that act/ext/kv.h allows? */
bool kv_is_key(act_bytes key);
/* [any] The shard of a key with this hash, locked; the caller unlocks it. */
struct kv_shard *kv_lock(struct kv_store *store, uint64_t hash);
/* [under the lock] NULL: it is not there; one whose time is over is ended here. */
struct kv_entry *kv_find(struct kv_store *store, struct kv_shard *shard, uint64_t now_ms,
                         uint64_t hash, act_bytes key);
/* [any, no lock held] Ends what is over in one store, at most so many; returns how many. */
size_t kv_sweep_store(struct kv_store *store, uint64_t now_ms, size_t most);

#endif
