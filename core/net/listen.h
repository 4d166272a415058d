/* listen: listening sockets and the accept loop.
 *
 * Each loop has a socket of its own on every TCP address (SO_REUSEPORT, socket(7): the kernel
 * spreads the connections); a unix socket is shared. A loop that is out of descriptors takes the
 * waiting connection and closes it, so that the listener does not stay ready for ever. Thread: the
 * main one opens, the loop accepts and closes. */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include "base/config.h"
#include "base/err.h"

#include <stdint.h>

struct loop;

struct listener;

/* [main, before the loop runs] Adds sockets for `where` to all `count` loops; logs the address that
 * was bound. */
int listen_open(struct loop *loops, uint32_t count, const struct config_listen *where,
                struct err *why);
/* [the loop, or main before it runs] Begins to accept. */
void listen_start(struct loop *loop);
/* [the loop] Accepts what waits, then closes. */
void listen_close(struct loop *loop);
/* [main, the loop has ended] */
void listen_free(struct loop *loop);

#endif
