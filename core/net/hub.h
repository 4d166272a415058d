/* hub: which of a loop's connections belong to a user, or to a group.
 *
 * Each loop has one for its own connections; a push to a user goes to every loop's hub. A topic (a
 * user or a group) exists while a connection is in it. Owner: the loop; thread: its own. */
#ifndef NET_HUB_H
#define NET_HUB_H

#include <act/plugin.h>
#include <stddef.h>
#include <stdint.h>

struct conn;
struct topic;

enum hub_kind { HUB_USER, HUB_GROUP };

struct hub {
	struct topic **buckets;
	size_t bucket_count; /* a power of two */
	size_t topic_count;
};

/* One membership, kept in the connection: where it stands in its topic. */
struct membership {
	struct topic *topic;
	size_t place;
};

void hub_init(struct hub *hub);
void hub_free(struct hub *hub);

/* Puts a connection in; twice is once. 0, or ACT_E_BUSY: the connection is in HUB_GROUPS_MAX
 * groups. */
enum { HUB_GROUPS_MAX = 1024 };
act_rc hub_join(struct hub *hub, struct conn *conn, enum hub_kind kind, act_bytes id);
void hub_leave(struct hub *hub, struct conn *conn, enum hub_kind kind, act_bytes id);
void hub_leave_all(struct hub *hub, struct conn *conn);

/* Calls each() for every connection in the topic. each() does not join or leave. */
void hub_each(const struct hub *hub, enum hub_kind kind, act_bytes id,
              void (*each)(struct conn *conn, void *context), void *context);

#endif
