/* host: the server's side of act/plugin.h: the table that a plugin calls.
 *
 * Threads: any, as the header says. A function that changes a connection does so at once where it
 * is called on that connection's loop, and posts it otherwise; it never enters a plugin. */
#ifndef ACT_HOST_H
#define ACT_HOST_H

#include "act/generation.h"

void host_fill(act_host *host, struct generation *generation);

/* Parts of the table in files of their own. */
act_rc host_push(const act_host *h, const act_push *what);
act_rc host_bind_user(const act_host *h, act_conn conn, act_bytes user, act_bytes device);
act_rc host_group_join(const act_host *h, act_conn conn, act_bytes group);
act_rc host_group_leave(const act_host *h, act_conn conn, act_bytes group);
act_rc host_close_conn(const act_host *h, act_conn conn, uint16_t code, act_bytes reason);
act_rc host_work(const act_host *h, uint64_t tag, void *arg);
const void *host_extension(const act_host *h, const char *id, uint32_t size_min);

/* Bytes that can be read: not a length without a place. */
bool host_is_bytes(act_bytes bytes);
/* An id of a user, device or group: 1 to 255 bytes of UTF-8, none of them zero. */
bool host_is_id(act_bytes id);

#endif
