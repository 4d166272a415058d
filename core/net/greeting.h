/* greeting: what the server says of itself and of the login, as JSON: the same words in act.v1 and
 * in act.json.v1.
 *
 * The members are written without the braces around them, so that act.json.v1 can put its own in
 * front. Thread: the connection's loop. */
#ifndef NET_GREETING_H
#define NET_GREETING_H

#include <stddef.h>

struct conn;

enum { GREETING_MAX = 2048 };

/* "version":1,"connection":…,"epoch":…,"heartbeat_s":…,"max_bytes":…,"calls":…,"capabilities":[…],
 * "user":…,"expires_in_s":… Returns the length, at most GREETING_MAX. */
size_t greeting_hello(const struct conn *conn, char *to);
/* "user":…,"expires_in_s":… */
size_t greeting_login(const struct conn *conn, char *to);

#endif
