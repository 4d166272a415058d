#include "net/topics.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void topics_init(struct topics *topics)
{
	*topics = (struct topics){ .buckets = TOPICS_CHUNK, .whole = TOPICS_CHUNK };
	topics->chunks = mem_new(1, sizeof *topics->chunks);
	topics->chunks[0] = mem_new(TOPICS_CHUNK, sizeof **topics->chunks);
}

void topics_free(struct topics *topics)
{
	CHECK(topics->count == 0);
	for (size_t at = 0; at < topics->buckets; at += TOPICS_CHUNK)
		free(topics->chunks[at / TOPICS_CHUNK]);
	free(topics->chunks);
}

/* FNV-1a, 64 bits (the constants of draft-eastlake-fnv). It does not resist someone who makes up
 * ids to collide; users come from tokens, and groups from plugins. */
static uint32_t hash_of(uint8_t kind, act_bytes id)
{
	uint64_t hash = 0xCBF29CE484222325u ^ kind;
	const uint8_t *bytes = id.ptr;
	for (size_t i = 0; i < id.len; i++)
		hash = (hash ^ bytes[i]) * 0x100000001B3u;
	return (uint32_t)(hash ^ hash >> 32);
}

static struct topic **bucket_at(const struct topics *topics, size_t at)
{
	return &topics->chunks[at / TOPICS_CHUNK][at % TOPICS_CHUNK];
}

/* A bucket that is not divided yet still holds what belongs to its other half. */
static struct topic **bucket_of(const struct topics *topics, uint32_t hash)
{
	size_t at = hash & (2 * topics->whole - 1);
	if (at >= topics->buckets)
		at -= topics->whole;
	return bucket_at(topics, at);
}

/* Where the pointer to it stands, or would stand. */
static struct topic **place_of(const struct topics *topics, uint8_t kind, act_bytes id,
                               uint32_t hash)
{
	struct topic **at = bucket_of(topics, hash);
	while (*at != NULL && ((*at)->hash != hash || (*at)->kind != kind ||
	                       (*at)->id_len != id.len || memcmp((*at)->id, id.ptr, id.len) != 0))
		at = &(*at)->next;
	return at;
}

struct topic *topics_find(const struct topics *topics, uint8_t kind, act_bytes id)
{
	return *place_of(topics, kind, id, hash_of(kind, id));
}

/* Divides the next bucket in turn. */
static void grow(struct topics *topics)
{
	size_t to = topics->buckets, chunk = to / TOPICS_CHUNK;
	if (to % TOPICS_CHUNK == 0) {
		topics->chunks = mem_grow(topics->chunks, chunk + 1, sizeof *topics->chunks);
		topics->chunks[chunk] = mem_new(TOPICS_CHUNK, sizeof **topics->chunks);
	}
	struct topic **stays = bucket_at(topics, to - topics->whole);
	struct topic **moves = bucket_at(topics, to);
	topics->buckets++;
	while (*stays != NULL) {
		struct topic *topic = *stays;
		if ((topic->hash & (2 * topics->whole - 1)) != to) {
			stays = &topic->next;
			continue;
		}
		*stays = topic->next;
		topic->next = *moves;
		*moves = topic;
	}
	if (topics->buckets == 2 * topics->whole)
		topics->whole = topics->buckets;
}

static struct topic *topic_new(uint8_t kind, act_bytes id, uint32_t hash)
{
	size_t size = offsetof(struct topic, id) + id.len + 1;
	struct topic *topic = mem_new(1, size > sizeof *topic ? size : sizeof *topic);
	CHECK(id.len <= UINT16_MAX);
	topic->hash = hash;
	topic->kind = kind;
	topic->id_len = (uint16_t)id.len;
	if (id.len != 0)
		memcpy(topic->id, id.ptr, id.len);
	return topic;
}

struct topic *topics_make(struct topics *topics, uint8_t kind, act_bytes id)
{
	uint32_t hash = hash_of(kind, id);
	struct topic *topic = *place_of(topics, kind, id, hash);
	if (topic != NULL)
		return topic;
	if (topics->count == topics->buckets)
		grow(topics);
	topic = topic_new(kind, id, hash);
	struct topic **bucket = bucket_of(topics, hash);
	topic->next = *bucket;
	*bucket = topic;
	topics->count++;
	return topic;
}

void topics_take(struct topics *topics, struct topic *topic)
{
	struct topic **at = bucket_of(topics, topic->hash);
	while (*at != topic) {
		CHECK(*at != NULL);
		at = &(*at)->next;
	}
	*at = topic->next;
	topics->count--;
}
