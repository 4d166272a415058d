#include "net/hub.h"

#include "base/check.h"
#include "base/mem.h"
#include "net/conn.h"

#include <stdlib.h>
#include <string.h>

void hub_init(struct hub *hub)
{
	*hub = (struct hub){ 0 };
	topics_init(&hub->topics);
}

void hub_free(struct hub *hub)
{
	hub_sweep(hub);
	topics_free(&hub->topics);
}

/* ---- what a connection keeps ---- */

static struct membership *memberships_of(struct conn *conn)
{
	return conn->membership_count > MEMBERSHIPS_HERE ? conn->memberships.there
	                                                 : conn->memberships.here;
}

static void put_membership(struct conn *conn, struct membership membership)
{
	uint32_t count = conn->membership_count++;
	if (count < MEMBERSHIPS_HERE) {
		conn->memberships.here[count] = membership;
		return;
	}
	struct membership *there = count > MEMBERSHIPS_HERE ? conn->memberships.there : NULL;
	there = mem_grow(there, count + 1, sizeof *there);
	if (count == MEMBERSHIPS_HERE)
		memcpy(there, conn->memberships.here, sizeof conn->memberships.here);
	there[count] = membership;
	conn->memberships.there = there;
}

/* The last one takes the place of the one that is taken. */
static struct membership take_membership(struct conn *conn, uint32_t at)
{
	struct membership *all = memberships_of(conn), taken = all[at];
	all[at] = all[--conn->membership_count];
	if (conn->membership_count == MEMBERSHIPS_HERE) {
		memcpy(conn->memberships.here, all, sizeof conn->memberships.here);
		free(all);
	}
	return taken;
}

/* ---- what a topic keeps ---- */

static struct conn **members_of(struct topic *topic)
{
	return topic->count > 1 ? topic->members.many : &topic->members.one;
}

static uint32_t put_member(struct topic *topic, struct conn *conn)
{
	uint32_t count = topic->count++;
	if (count == 0) {
		topic->members.one = conn;
		return 0;
	}
	/* Each power of two is as many as there is room for. */
	if ((count & (count - 1)) == 0) {
		struct conn *one = topic->members.one;
		struct conn **many = count > 1 ? topic->members.many : NULL;
		many = mem_grow(many, 2 * (size_t)count, sizeof(*many));
		if (count == 1)
			many[0] = one;
		topic->members.many = many;
	}
	topic->members.many[count] = conn;
	return count;
}

/* The last member takes the place of the one that leaves, and is told so. */
static void take_member(struct topic *topic, uint32_t place)
{
	struct conn **members = members_of(topic), *last = members[--topic->count];
	members[place] = last;
	if (place != topic->count) {
		struct membership *theirs = memberships_of(last);
		for (uint32_t i = 0; i < last->membership_count; i++)
			if (theirs[i].topic == topic)
				theirs[i].place = place;
	}
	if (topic->count == 1) {
		topic->members.one = members[0];
		free(members);
	}
}

static void drop_if_empty(struct hub *hub, struct topic *topic)
{
	if (topic->count != 0)
		return;
	topics_take(&hub->topics, topic);
	topic->next = hub->dropped;
	hub->dropped = topic;
}

void hub_sweep(struct hub *hub)
{
	while (hub->dropped != NULL) {
		struct topic *topic = hub->dropped;
		hub->dropped = topic->next;
		free(topic);
	}
}

/* ---- joining and leaving ---- */

act_rc hub_join(struct hub *hub, struct conn *conn, enum hub_kind kind, act_bytes id)
{
	struct topic *topic = topics_make(&hub->topics, (uint8_t)kind, id);
	const struct membership *all = memberships_of(conn);
	size_t groups = 0;
	for (uint32_t i = 0; i < conn->membership_count; i++) {
		if (all[i].topic == topic)
			return ACT_OK;
		groups += all[i].topic->kind == HUB_GROUP;
	}
	if (kind == HUB_GROUP && groups >= HUB_GROUPS_MAX) {
		drop_if_empty(hub, topic);
		return ACT_E_BUSY;
	}
	put_membership(conn, (struct membership){ topic, put_member(topic, conn) });
	return ACT_OK;
}

static void leave(struct hub *hub, struct conn *conn, uint32_t at)
{
	struct membership left = take_membership(conn, at);
	take_member(left.topic, left.place);
	drop_if_empty(hub, left.topic);
}

void hub_leave(struct hub *hub, struct conn *conn, enum hub_kind kind, act_bytes id)
{
	const struct topic *topic = topics_find(&hub->topics, (uint8_t)kind, id);
	const struct membership *all = memberships_of(conn);
	for (uint32_t i = 0; topic != NULL && i < conn->membership_count; i++) {
		if (all[i].topic == topic) {
			leave(hub, conn, i);
			return;
		}
	}
}

void hub_leave_all(struct hub *hub, struct conn *conn)
{
	while (conn->membership_count > 0)
		leave(hub, conn, conn->membership_count - 1);
}

const char *hub_name(const struct hub *hub, enum hub_kind kind, act_bytes id)
{
	const struct topic *topic = topics_find(&hub->topics, (uint8_t)kind, id);
	CHECK(topic != NULL);
	return topic->id;
}

void hub_each(const struct hub *hub, enum hub_kind kind, act_bytes id,
              void (*each)(struct conn *conn, void *context), void *context)
{
	struct topic *topic = topics_find(&hub->topics, (uint8_t)kind, id);
	for (uint32_t i = 0; topic != NULL && i < topic->count; i++)
		each(members_of(topic)[i], context);
}
