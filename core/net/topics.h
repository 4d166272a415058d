/* topics: a loop's users and groups by their names: a hash table that grows without a pause.
 *
 * Linear hashing: with each topic that is one too many a single bucket is divided in two, so that
 * no join ever waits for a whole table to be moved. The buckets lie in chunks, which stay where
 * they are. Like net/slots it does not shrink. Owner: net/hub; thread: the loop's. Source: Litwin,
 * "Linear Hashing: A New Tool for File and Table Addressing" (VLDB 1980). */
#ifndef NET_TOPICS_H
#define NET_TOPICS_H

#include <act/plugin.h>
#include <stddef.h>
#include <stdint.h>

struct conn;

/* Kept small: a server has one or two for each connection. */
struct topic {
	struct topic *next; /* in its bucket */
	union {
		struct conn *one;   /* the only member */
		struct conn **many; /* two or more: room for the next power of two */
	} members;
	uint32_t hash;
	uint32_t count;
	uint16_t id_len;
	uint8_t kind; /* enum hub_kind */
	char id[];    /* terminated */
};

enum { TOPICS_CHUNK = 512 }; /* buckets: a page of them */

struct topics {
	struct topic ***chunks;
	size_t buckets; /* in use */
	size_t whole;   /* the largest power of two that is not more */
	size_t count;
};

void topics_init(struct topics *topics);
/* It must be empty. */
void topics_free(struct topics *topics);

/* NULL: there is none. The same id of another kind is another topic. */
struct topic *topics_find(const struct topics *topics, uint8_t kind, act_bytes id);
/* Finds it, or makes one without members; `id` is at most UINT16_MAX bytes long. */
struct topic *topics_make(struct topics *topics, uint8_t kind, act_bytes id);
/* Takes it out of the table; the caller frees it. */
void topics_take(struct topics *topics, struct topic *topic);

#endif
