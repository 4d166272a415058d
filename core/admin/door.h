/* door: a socket where the admin listener is asked.
 *
 * Whoever comes by the unix socket is its owner, and trusted; over TCP a token is asked for. Owner:
 * the admin listener. Threads: main opens and closes, the admin thread accepts. */
#ifndef ADMIN_DOOR_H
#define ADMIN_DOOR_H

#include "base/config.h"
#include "base/err.h"

#include <stdbool.h>

#define DOOR_FILE "admin.sock" /* in the state folder */

struct door {
	int fd;       /* -1: not open */
	int spare;    /* a descriptor to give up when there are no others */
	char *path;   /* of a socket file, to be removed; or NULL */
	bool trusted; /* no token is asked for */
};

/* Listens on <state_dir>/admin.sock, which only its owner may connect to; one that a dead server
 * left behind is replaced. The folder is there, and locked by this process. 0, or -1 with `why`;
 * the log says where. */
int door_open_unix(struct door *door, const char *state_dir, struct err *why);
/* Listens on an address of the config. The same. */
int door_open_tcp(struct door *door, const struct config_listen *where, struct err *why);
void door_close(struct door *door);

/* Takes a waiting connection, which does not block; -1: none waits. Where there is no descriptor
 * for it, it is taken and closed. */
int door_accept(struct door *door);

#endif
