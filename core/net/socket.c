#include "net/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- opening ---- */

int socket_address(const struct config_listen *where, union address *to, socklen_t *len)
{
	memset(to, 0, sizeof *to);
	if (where->unix_path != NULL) {
		to->local.sun_family = AF_UNIX;
		if (strlen(where->unix_path) >= sizeof to->local.sun_path)
			return -1;
		memcpy(to->local.sun_path, where->unix_path, strlen(where->unix_path));
		*len = sizeof to->local;
	} else if (strcmp(where->host, "*") == 0) {
		to->v6.sin6_family = AF_INET6;
		to->v6.sin6_addr = in6addr_any;
		to->v6.sin6_port = htons(where->port);
		*len = sizeof to->v6;
	} else if (inet_pton(AF_INET, where->host, &to->v4.sin_addr) == 1) {
		to->v4.sin_family = AF_INET;
		to->v4.sin_port = htons(where->port);
		*len = sizeof to->v4;
	} else if (inet_pton(AF_INET6, where->host, &to->v6.sin6_addr) == 1) {
		to->v6.sin6_family = AF_INET6;
		to->v6.sin6_port = htons(where->port);
		*len = sizeof to->v6;
	} else {
		return -1;
	}
	return 0;
}

int socket_bind(const union address *address, socklen_t len, enum socket_kind kind)
{
	int family = address->any.sa_family, one = 1, off = 0;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (family != AF_UNIX) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
		/* Linux gives it to those that are accepted. */
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	}
	if (kind == SOCKET_SHARED)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	/* Linux makes the file with the mode of the socket: there is no moment in which others
	 * could connect. */
	if ((kind != SOCKET_PRIVATE || fchmod(fd, 0600) == 0) && bind(fd, &address->any, len) == 0)
		return fd;
	int saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* A socket file that nobody listens behind is left over from a server that died. (connect(2) says
 * the same of any other file, which is not ours to remove; and it would wait for a server that is
 * too busy to accept.) */
void socket_remove_stale(const union address *address, socklen_t len)
{
	struct stat file;
	if (lstat(address->local.sun_path, &file) != 0 || !S_ISSOCK(file.st_mode))
		return;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, &address->any, len) != 0 && errno == ECONNREFUSED)
		unlink(address->local.sun_path);
	close(fd);
}

/* ---- accepting ---- */

/* All who listen share the descriptors: another one would take the number that is free for a
 * moment. */
static pthread_mutex_t spare_lock = PTHREAD_MUTEX_INITIALIZER;

bool socket_turn_away(int listening, int *spare)
{
	pthread_mutex_lock(&spare_lock);
	if (*spare >= 0)
		close(*spare);
	int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	*spare = socket_spare();
	pthread_mutex_unlock(&spare_lock);
	return fd >= 0;
}

int socket_spare(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}
