#include "net/hub.h"

#include "base/check.h"
#include "base/mem.h"
#include "net/conn.h"

#include <stdlib.h>
#include <string.h>

struct topic {
	struct topic *next; /* in its bucket */
	uint64_t hash;
	struct conn **members;
	size_t count;
	size_t room;
	enum hub_kind kind;
	size_t id_len;
	char id[];
};

enum { FIRST_BUCKETS = 64, FIRST_MEMBERS = 2 };

void hub_init(struct hub *hub)
{
	*hub = (struct hub){ .bucket_count = FIRST_BUCKETS };
	hub->buckets = mem_new(FIRST_BUCKETS, sizeof *hub->buckets);
}

void hub_free(struct hub *hub)
{
	CHECK(hub->topic_count == 0);
	free(hub->buckets);
}

/* FNV-1a, 64 bits (the constants of draft-eastlake-fnv). It does not resist someone who makes up
 * ids to collide; users come from tokens, and groups from plugins. */
static uint64_t hash_of(enum hub_kind kind, act_bytes id)
{
	uint64_t hash = 0xCBF29CE484222325u ^ (uint64_t)kind;
	const uint8_t *bytes = id.ptr;
	for (size_t i = 0; i < id.len; i++)
		hash = (hash ^ bytes[i]) * 0x100000001B3u;
	return hash ^ hash >> 32;
}

static struct topic **find(const struct hub *hub, enum hub_kind kind, act_bytes id, uint64_t hash)
{
	struct topic **at = &hub->buckets[hash & (hub->bucket_count - 1)];
	while (*at != NULL && ((*at)->hash != hash || (*at)->kind != kind ||
	                       (*at)->id_len != id.len || memcmp((*at)->id, id.ptr, id.len) != 0))
		at = &(*at)->next;
	return at;
}

static void grow(struct hub *hub)
{
	size_t count = hub->bucket_count * 2;
	struct topic **buckets = mem_new(count, sizeof *buckets);
	for (size_t i = 0; i < hub->bucket_count; i++) {
		for (struct topic *topic = hub->buckets[i], *next; topic != NULL; topic = next) {
			next = topic->next;
			topic->next = buckets[topic->hash & (count - 1)];
			buckets[topic->hash & (count - 1)] = topic;
		}
	}
	free(hub->buckets);
	hub->buckets = buckets;
	hub->bucket_count = count;
}

static struct topic *topic_make(struct hub *hub, enum hub_kind kind, act_bytes id)
{
	uint64_t hash = hash_of(kind, id);
	struct topic **at = find(hub, kind, id, hash);
	if (*at != NULL)
		return *at;
	if (hub->topic_count == hub->bucket_count) {
		grow(hub);
		at = find(hub, kind, id, hash);
	}
	struct topic *topic = mem_new(1, sizeof *topic + id.len);
	topic->hash = hash;
	topic->kind = kind;
	topic->id_len = id.len;
	memcpy(topic->id, id.ptr, id.len);
	*at = topic;
	hub->topic_count++;
	return topic;
}

static void topic_drop(struct hub *hub, struct topic *topic)
{
	act_bytes id = { topic->id, topic->id_len };
	struct topic **at = find(hub, topic->kind, id, topic->hash);
	CHECK(*at == topic);
	*at = topic->next;
	hub->topic_count--;
	free(topic->members);
	free(topic);
}

act_rc hub_join(struct hub *hub, struct conn *conn, enum hub_kind kind, act_bytes id)
{
	struct topic *topic = topic_make(hub, kind, id);
	size_t groups = 0;
	for (size_t i = 0; i < conn->membership_count; i++) {
		if (conn->memberships[i].topic == topic)
			return ACT_OK;
		groups += conn->memberships[i].topic->kind == HUB_GROUP;
	}
	if (kind == HUB_GROUP && groups >= HUB_GROUPS_MAX) {
		if (topic->count == 0)
			topic_drop(hub, topic);
		return ACT_E_BUSY;
	}
	if (topic->count == topic->room) {
		topic->room = topic->room != 0 ? topic->room * 2 : FIRST_MEMBERS;
		topic->members = mem_grow(topic->members, topic->room, sizeof(*topic->members));
	}
	conn->memberships =
		mem_grow(conn->memberships, conn->membership_count + 1, sizeof *conn->memberships);
	conn->memberships[conn->membership_count++] = (struct membership){ topic, topic->count };
	topic->members[topic->count++] = conn;
	return ACT_OK;
}

/* The last member takes the place of the one that leaves, and is told so. */
static void leave_topic(struct hub *hub, const struct membership *membership)
{
	struct topic *topic = membership->topic;
	struct conn *last = topic->members[--topic->count];
	if (membership->place != topic->count) {
		topic->members[membership->place] = last;
		for (size_t i = 0; i < last->membership_count; i++)
			if (last->memberships[i].topic == topic)
				last->memberships[i].place = membership->place;
	}
	if (topic->count == 0)
		topic_drop(hub, topic);
}

void hub_leave(struct hub *hub, struct conn *conn, enum hub_kind kind, act_bytes id)
{
	struct topic *topic = *find(hub, kind, id, hash_of(kind, id));
	for (size_t i = 0; topic != NULL && i < conn->membership_count; i++) {
		if (conn->memberships[i].topic != topic)
			continue;
		struct membership membership = conn->memberships[i];
		conn->memberships[i] = conn->memberships[--conn->membership_count];
		leave_topic(hub, &membership);
		return;
	}
}

void hub_leave_all(struct hub *hub, struct conn *conn)
{
	while (conn->membership_count > 0) {
		struct membership membership = conn->memberships[--conn->membership_count];
		leave_topic(hub, &membership);
	}
	free(conn->memberships);
	conn->memberships = NULL;
}

void hub_each(const struct hub *hub, enum hub_kind kind, act_bytes id,
              void (*each)(struct conn *conn, void *context), void *context)
{
	const struct topic *topic = *find(hub, kind, id, hash_of(kind, id));
	for (size_t i = 0; topic != NULL && i < topic->count; i++)
		each(topic->members[i], context);
}
