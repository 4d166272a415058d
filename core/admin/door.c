#include "admin/door.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 512 };

static int listen_there(struct door *door)
{
	door->spare = socket_spare();
	return listen(door->fd, BACKLOG);
}

/* An address has room for 107 bytes of a path (unix(7)). A longer one goes by a descriptor of its
 * folder, which proc(5) has a short path for. Returns that descriptor, or -1. */
static int fill_path(const char *state_dir, const char *path, struct sockaddr_un *to)
{
	*to = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) < sizeof to->sun_path) {
		memcpy(to->sun_path, path, strlen(path));
		return -1;
	}
	int folder = open(state_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(to->sun_path, sizeof to->sun_path, "/proc/self/fd/%d/" DOOR_FILE, folder);
	return folder;
}

int door_open_unix(struct door *door, const char *state_dir, struct err *why)
{
	union address address;
	char *path = mem_format("%s/" DOOR_FILE, state_dir);
	int folder = fill_path(state_dir, path, &address.local);
	*door = (struct door){ .fd = -1, .spare = -1, .trusted = true };
	socket_remove_stale(&address, sizeof address.local);
	door->fd = socket_bind(&address, sizeof address.local, SOCKET_PRIVATE);
	if (door->fd >= 0)
		door->path = path;
	int rc = door->fd < 0 || listen_there(door) != 0
	                 ? err_set(why, "%s: %s (see state_dir)", path, strerror(errno))
	                 : 0;
	if (rc == 0)
		log_info("admin", "listening on unix:%s", path);
	if (folder >= 0)
		close(folder);
	if (door->path == NULL)
		free(path);
	return rc;
}

int door_open_tcp(struct door *door, const struct config_listen *where, struct err *why)
{
	union address address;
	socklen_t len;
	*door = (struct door){ .fd = -1, .spare = -1 };
	if (socket_address(where, &address, &len) != 0)
		return err_set(why, "admin.listen: \"%s\": not an address", where->text);
	door->fd = socket_bind(&address, len, SOCKET_ALONE);
	if (door->fd < 0 || listen_there(door) != 0 ||
	    getsockname(door->fd, &address.any, &len) != 0)
		return err_set(why, "admin.listen: %s: %s%s", where->text, strerror(errno),
		               errno == EADDRINUSE ? ": another server, or \"listen\", is there"
		                                   : "");
	unsigned port = ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port
	                                                       : address.v6.sin6_port);
	bool colons = strchr(where->host, ':') != NULL;
	log_info("admin", colons ? "listening on [%s]:%u" : "listening on %s:%u", where->host,
	         port);
	return 0;
}

void door_close(struct door *door)
{
	if (door->path != NULL)
		unlink(door->path);
	free(door->path);
	if (door->fd >= 0)
		close(door->fd);
	if (door->spare >= 0)
		close(door->spare);
	*door = (struct door){ .fd = -1, .spare = -1 };
}

int door_accept(struct door *door)
{
	const struct timespec rest = { .tv_nsec = 100000000 };
	int fd = accept4(door->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0 || (errno != EMFILE && errno != ENFILE))
		return fd;
	/* With nothing to give up the door would stay ready, and its thread busy. */
	if (!socket_turn_away(door->fd, &door->spare) && door->spare < 0)
		nanosleep(&rest, NULL);
	return -1;
}
