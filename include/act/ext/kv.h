/* act/ext/kv.h: the extension act.kv/1: bytes that outlive a reload. Since 0.10.
 *
 * The server keeps them in its memory under the plugin's name: each generation of a plugin finds
 * what the one before left, and no plugin sees another's. They end with their time, by del(), or
 * with the server; those of a plugin that is gone stay for as long. What must outlive the server
 * goes into data_dir() or act.sql/1.
 *
 * The server has it itself: act_host.extension gives it to each plugin that asks, whether or not
 * its manifest lists it. All functions [any], from create() on; none blocks but for a short lock.
 * In create() and start() the generation before is live, and sees what is written at once. */
#ifndef ACT_EXT_KV_H
#define ACT_EXT_KV_H

#include "../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ACT_EXT_KV "act.kv/1"

#define ACT_KV_KEY_MAX 255u       /* bytes of a key, any bytes; at least 1 */
#define ACT_KV_VALUE_MAX 1048576u /* bytes of a value; 0 is a value as well */

/* Errors of all of them: ACT_E_INVAL: a key that is empty or too long, a length without a place, a
 * NULL where something is asked for. Of those that write: ACT_E_TOOBIG: a value of more than
 * ACT_KV_VALUE_MAX bytes; ACT_E_BUSY: the plugin has limits.kv_entries keys, or limits.kv_bytes of
 * keys and values, already; ACT_E_NOMEM. Where they fail nothing was changed.
 *
 * `ttl_ms` is how long the entry lives from now on, in milliseconds; 0: without end. */
typedef struct act_kv {
	uint32_t size;
	uint32_t reserved;
	/* Copies the value to `out`, which has room for `*len` bytes, and sets `*len` to its
	 * length. ACT_E_GONE: there is no such key; ACT_E_TOOBIG: `*len` is how many bytes it has,
	 * and nothing was copied. `out` may be NULL where `*len` is 0: a question for the length.
	 */
	act_rc (*get)(const act_host *h, act_bytes key, void *out, size_t *len);
	/* Keeps a copy, in place of what is there. */
	act_rc (*put)(const act_host *h, act_bytes key, act_bytes value, uint32_t ttl_ms);
	/* ACT_E_GONE: there is no such key. */
	act_rc (*del)(const act_host *h, act_bytes key);
	/* One of the keys that begin with `prefix` (all, where it is empty), in no order. `*cursor`
	 * is 0 before the first and is set by each call; `key` has room for `*key_len` bytes, which
	 * becomes its length. ACT_END: there are no more; ACT_E_TOOBIG: `*key_len` is how many
	 * bytes it takes, and the next call tries the same key again.
	 *
	 * Others may write meanwhile: a key that is there from the first call to the last comes
	 * exactly once, one that comes or goes meanwhile comes at most once for each time that it
	 * was put anew. A walk looks at each key of the plugin, whatever the prefix. */
	act_rc (*next)(const act_host *h, act_bytes prefix, uint64_t *cursor, void *key,
	               size_t *key_len);
	/* Puts `value` where what is there is `*before` (NULL: where nothing is), as one step.
	 * ACT_E_GONE: something else is there, or nothing. For locks and leases, and for whatever
	 * is read, changed and written back. */
	act_rc (*swap)(const act_host *h, act_bytes key, const act_bytes *before, act_bytes value,
	               uint32_t ttl_ms);
	/* Adds `delta` to a counter, as one step; one that is not there begins at 0 and lives for
	 * `ttl_ms`, which does not change later. Its value is an int64_t as this machine has it in
	 * memory: get() and put() read and write it, too. `*sum` (NULL: not asked) gets the new
	 * value. ACT_E_INVAL also: what is there does not have 8 bytes, or the sum does not fit. */
	act_rc (*add)(const act_host *h, act_bytes key, int64_t delta, uint32_t ttl_ms,
	              int64_t *sum);
} act_kv;

#ifdef __cplusplus
}
#endif
#endif
