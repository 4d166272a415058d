/* hub: which of a loop's connections belong to a user, or to a group.
 *
 * Each loop has one for its own connections; a push to a user goes to every loop's hub. A topic (a
 * user or a group) exists while a connection is in it. Owner: the loop; thread: its own. */
#ifndef NET_HUB_H
#define NET_HUB_H

#include "net/topics.h"

struct conn;

enum hub_kind { HUB_USER, HUB_GROUP };

struct hub {
	struct topics topics;
	struct topic *dropped; /* of nobody any more: their names may be lent */
};

/* One membership: a topic, and where the connection stands in it. */
struct membership {
	struct topic *topic;
	uint32_t place;
};

/* All of a connection's; zeroed: none. A user and a group need no memory of their own. */
enum { MEMBERSHIPS_HERE = 2 };
union memberships {
	struct membership here[MEMBERSHIPS_HERE];
	struct membership *there; /* when there are more */
};

void hub_init(struct hub *hub);
void hub_free(struct hub *hub);

/* Puts a connection in; twice is once. 0, or ACT_E_BUSY: the connection is in HUB_GROUPS_MAX
 * groups. */
enum { HUB_GROUPS_MAX = 1024 };
act_rc hub_join(struct hub *hub, struct conn *conn, enum hub_kind kind, act_bytes id);
void hub_leave(struct hub *hub, struct conn *conn, enum hub_kind kind, act_bytes id);
void hub_leave_all(struct hub *hub, struct conn *conn);

/* The hub's own copy of a name that a connection is in, terminated. It outlasts the last one in it
 * until hub_sweep(). */
const char *hub_name(const struct hub *hub, enum hub_kind kind, act_bytes id);
/* Frees the names that nobody is in any more. Nothing of a plugin is on the stack: a handler may
 * have been lent one. */
void hub_sweep(struct hub *hub);

/* Calls each() for every connection in the topic. each() does not join or leave. */
void hub_each(const struct hub *hub, enum hub_kind kind, act_bytes id,
              void (*each)(struct conn *conn, void *context), void *context);

#endif
