/* socket: what listening takes: addresses, binding, socket files that were left behind, and what to
 * do without descriptors.
 *
 * Threads: any; nothing blocks. Source: ip(7), ipv6(7), unix(7), socket(7). */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include "base/config.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
	struct sockaddr_storage room;
};

/* The address of one of the config's. 0; -1: it is none, or too long. */
int socket_address(const struct config_listen *where, union address *to, socklen_t *len);

enum socket_kind {
	SOCKET_ALONE,   /* nobody else may be bound to the same address */
	SOCKET_SHARED,  /* others of this process may (SO_REUSEPORT) */
	SOCKET_PRIVATE, /* a socket file that only its owner may connect to (mode 0600) */
};

/* A stream socket that is bound and does not block; the caller's to close. -1: errno says why. */
int socket_bind(const union address *address, socklen_t len, enum socket_kind kind);

/* Removes a socket file that nobody listens behind: one left over from a server that died. */
void socket_remove_stale(const union address *address, socklen_t len);

/* A descriptor to hold in reserve; -1: there is none. */
int socket_spare(void);

/* No descriptor is left: the one in reserve takes the waiting connection, to close it. False: none
 * waits (the kernel looks for a descriptor first, and lacks it also where nobody waits), or the
 * reserve is gone (`*spare` is negative then). */
bool socket_turn_away(int listening, int *spare);

#endif
