/* kv: what plugins keep in the server's memory (act/ext/kv.h), by the plugin's name.
 *
 * It outlives every generation. A plugin has a store of its own, in shards with a lock each, which
 * are never held two at once. Owner: the server. Threads: any, but for making and freeing. */
#ifndef ACT_KV_H
#define ACT_KV_H

#include <act/plugin.h>
#include <stddef.h>
#include <stdint.h>

struct kv;
struct kv_store;
struct loop;

/* [main, before the loop runs] `keeper` looks once a second for entries whose time is over; NULL:
 * nobody does, but kv_sweep() may be called. */
struct kv *kv_new(struct loop *keeper);
/* [main] When the loops have ended and no generation is left. */
void kv_free(struct kv *kv);
/* The bounds of each plugin from now on; what is kept already stays. */
void kv_limit(struct kv *kv, uint64_t bytes, uint32_t entries);
/* The store of the plugin of that name, made where there is none; it lives as long as `kv`. */
struct kv_store *kv_store(struct kv *kv, const char *plugin);
/* Ends entries whose time is over, at most so many, whoever they belong to; returns how many. */
size_t kv_sweep(struct kv *kv, uint64_t now_ms, size_t most);

/* What a plugin has at the moment, with what is over and not swept yet. */
uint32_t kv_entries(const struct kv_store *store);
uint64_t kv_bytes(const struct kv_store *store);

/* The functions of act/ext/kv.h; `now_ms` is clock_ms(). */
act_rc kv_get(struct kv_store *store, uint64_t now_ms, act_bytes key, void *out, size_t *len);
act_rc kv_put(struct kv_store *store, uint64_t now_ms, act_bytes key, act_bytes value,
              uint32_t ttl_ms);
act_rc kv_del(struct kv_store *store, uint64_t now_ms, act_bytes key);
act_rc kv_next(struct kv_store *store, uint64_t now_ms, act_bytes prefix, uint64_t *cursor,
               void *key, size_t *key_len);
act_rc kv_swap(struct kv_store *store, uint64_t now_ms, act_bytes key, const act_bytes *before,
               act_bytes value, uint32_t ttl_ms);
act_rc kv_add(struct kv_store *store, uint64_t now_ms, act_bytes key, int64_t delta,
              uint32_t ttl_ms, int64_t *sum);

#endif
