/* fake_store: the entries of act.kv/1 (act/ext/kv.h) in the fake host: found by key, walked by
 * number, ended by time. Each entry gets a number when it comes; a walk goes up the numbers.
 *
 * Owner: the first fake host. Threads: whoever holds its lock. */
#ifndef FAKE_STORE_H
#define FAKE_STORE_H

#include <act/ext/kv.h>
#include <stdbool.h>

#define FAKE_NO_END UINT64_MAX

enum { FAKE_BUCKET_BITS = 10, FAKE_BUCKETS = 1 << FAKE_BUCKET_BITS };

struct fake_entry {
	struct fake_entry *next; /* in its bucket, the numbers ascending */
	uint64_t number;
	uint64_t due_ms; /* FAKE_NO_END: it has no time */
	char *key;
	size_t key_len;
	char *value;
	size_t value_len;
};

struct fake_store {
	struct fake_entry *buckets[FAKE_BUCKETS];
	uint64_t last_number;
	size_t entries, entries_max;
	size_t bytes, bytes_max; /* of keys and values */
};

/* Empty, with the bounds that the server has where its config says nothing. */
void fake_store_init(struct fake_store *store);
/* Ends all entries. */
void fake_store_clear(struct fake_store *store);
/* Ends those whose time is over. */
void fake_store_sweep(struct fake_store *store, uint64_t now_ms);
/* NULL: there is none whose time is not over. */
struct fake_entry *fake_store_find(struct fake_store *store, uint64_t now_ms, act_bytes key);
void fake_store_end(struct fake_store *store, struct fake_entry *entry);
/* Writes a value over what is there (NULL: nothing is). ACT_OK and `*out`; ACT_E_BUSY: a bound was
 * reached, and nothing was changed. */
act_rc fake_store_write(struct fake_store *store, struct fake_entry *entry, act_bytes key,
                        act_bytes value, struct fake_entry **out);
/* The first after `*cursor` whose key begins with the prefix, and the cursor of that one; NULL:
 * there are no more. */
const struct fake_entry *fake_store_next(const struct fake_store *store, uint64_t now_ms,
                                         act_bytes prefix, uint64_t *cursor);

#endif
