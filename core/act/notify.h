/* notify: what plugins are told of connections: opened, closed, a user bound or unbound.
 *
 * Each goes to the generations that are live at that moment and have the function: on the
 * connection's loop for a PARALLEL plugin, on its home loop otherwise, in the order in which it
 * happened, and before the calls that follow it. */
#ifndef ACT_NOTIFY_H
#define ACT_NOTIFY_H

#include <act/plugin.h>

struct conn;

/* [the loop, nothing of a plugin on the stack] */
void notify_opened(struct conn *conn);
void notify_closed(struct conn *conn);
/* [the loop] Told at the end of what runs now. `before`: who was bound until now, or empty. */
void notify_user(struct conn *conn, act_bytes before);

#endif
