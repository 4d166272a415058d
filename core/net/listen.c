#include "net/listen.h"

#include "base/check.h"
#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/front.h"
#include "net/net.h"
#include "net/request.h"
#include "net/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 4096, ACCEPTS_A_TURN = 64, REST_MS = 200 };

struct listener {
	struct poller_watch watch;
	struct loop *loop;
	int fd;
	bool tls;
	int spare;           /* a descriptor to give up when there are no others */
	char *unix_path;     /* to be removed by the loop that has it */
	unsigned silence_ms; /* of bound_silence() */
	struct wheel_timer rest;
};

/* ---- accepting ---- */

static void name_peer(const union address *peer, char *to, size_t room)
{
	const char *mapped = "::ffff:";
	if (peer->any.sa_family == AF_INET) {
		inet_ntop(AF_INET, &peer->v4.sin_addr, to, (socklen_t)room);
	} else if (peer->any.sa_family == AF_INET6) {
		char text[INET6_ADDRSTRLEN];
		inet_ntop(AF_INET6, &peer->v6.sin6_addr, text, sizeof text);
		snprintf(to, room, "%s",
		         strncmp(text, mapped, strlen(mapped)) == 0 ? text + strlen(mapped) : text);
	} else {
		snprintf(to, room, "unix");
	}
}

static bool turn_away(struct listener *listener)
{
	bool away = socket_turn_away(listener->fd, &listener->spare);
	if (away)
		count_add(&listener->loop->counters.turned_away, 1);
	return away;
}

/* Nobody can be pinged behind bytes that do not leave: the kernel gives up on a peer that
 * acknowledges none of them for this long (TCP_USER_TIMEOUT, tcp(7); 0: as long as it would by
 * itself). Linux gives a connection what its listening socket has: so it is told there, and again
 * when the config has changed since; those that wait to be accepted then keep what was. */
static void bound_silence(struct listener *listener, int fd)
{
	const struct config *settings = net_site(listener->loop->net)->config;
	unsigned ms = settings->ping_s != 0 ? (settings->ping_s + settings->pong_s) * 1000 : 0;
	if (ms == listener->silence_ms)
		return;
	listener->silence_ms = ms;
	setsockopt(listener->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
}

static void take(struct listener *listener, int fd, const union address *peer)
{
	struct loop *loop = listener->loop;
	char name[48];
	if (loop->handshakes >= net_site(loop->net)->config->limits.handshakes) {
		count_add(&loop->counters.turned_away, 1);
		close(fd);
		return;
	}
	if (peer->any.sa_family != AF_UNIX)
		bound_silence(listener, fd);
	name_peer(peer, name, sizeof name);
	if (listener->tls)
		front_adopt(loop->front, fd, name);
	else
		request_begin(loop, fd, name);
}

/* False: there is no memory, or no descriptor, not even to turn somebody away with. */
static bool accept_some(struct listener *listener, int most)
{
	for (int i = 0; i < most; i++) {
		union address peer = { .any.sa_family = AF_UNIX };
		socklen_t len = sizeof peer;
		int fd = accept4(listener->fd, &peer.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			take(listener, fd, &peer);
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			return true;
		else if ((errno == EMFILE || errno == ENFILE) && !turn_away(listener))
			return listener->spare >= 0;
		else if (errno == ENOBUFS || errno == ENOMEM)
			return false;
	}
	return true;
}

static void on_rested(struct wheel_timer *timer)
{
	struct listener *listener = container_of(timer, struct listener, rest);
	poller_change(&listener->loop->poller, &listener->watch, listener->fd, POLLER_READ);
}

/* A listener that can do nothing about those who wait would stay ready, and keep its loop busy. */
static void on_ready(struct poller_watch *watch, uint32_t events)
{
	struct listener *listener = container_of(watch, struct listener, watch);
	struct loop *loop = listener->loop;
	(void)events;
	if (accept_some(listener, ACCEPTS_A_TURN))
		return;
	poller_change(&loop->poller, watch, listener->fd, 0);
	wheel_set(&loop->wheel, &listener->rest, loop->now_ms + REST_MS, on_rested);
}

/* ---- opening ---- */

static int listener_add(struct loop *loop, int fd, bool tls, const char *unix_path)
{
	loop->listeners =
		mem_grow(loop->listeners, loop->listener_count + 1, sizeof *loop->listeners);
	loop->listeners[loop->listener_count++] = (struct listener){
		.loop = loop,
		.fd = fd,
		.tls = tls,
		.spare = socket_spare(),
		.unix_path = mem_text(unix_path),
	};
	return listen(fd, BACKLOG);
}

static const char *with_tls(const struct config_listen *where)
{
	return where->tls ? " with TLS" : "";
}

static int open_unix(struct loop *loops, uint32_t count, const struct config_listen *where,
                     const union address *address, socklen_t len)
{
	socket_remove_stale(address, len);
	int fd = socket_bind(address, len, SOCKET_ALONE);
	if (fd < 0 || listener_add(&loops[0], fd, where->tls, where->unix_path) != 0)
		return -1;
	for (uint32_t i = 1; i < count; i++) {
		int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (copy < 0 || listener_add(&loops[i], copy, where->tls, NULL) != 0)
			return -1;
	}
	log_info("net", "listening on %s%s", where->text, with_tls(where));
	return 0;
}

static int open_tcp(struct loop *loops, uint32_t count, const struct config_listen *where,
                    union address *address, socklen_t len)
{
	/* SO_REUSEPORT would let a second server of the same user share the port unnoticed. A
	 * socket without it finds out whether the port is free. */
	int probe = socket_bind(address, len, SOCKET_ALONE);
	if (probe < 0 && errno == EAFNOSUPPORT && strcmp(where->host, "*") == 0) {
		/* A kernel without IPv6: every address is every IPv4 address. */
		*address = (union address){ .v4 = { .sin_family = AF_INET,
			                            .sin_port = htons(where->port) } };
		len = sizeof address->v4;
		probe = socket_bind(address, len, SOCKET_ALONE);
	}
	if (probe < 0)
		return -1;
	close(probe);
	for (uint32_t i = 0; i < count; i++) {
		int fd = socket_bind(address, len, SOCKET_SHARED);
		if (fd < 0)
			return -1;
		/* Port 0: the others take what the first was given. */
		if (i == 0 && getsockname(fd, &address->any, &len) != 0) {
			close(fd);
			return -1;
		}
		if (listener_add(&loops[i], fd, where->tls, NULL) != 0)
			return -1;
	}
	unsigned port = ntohs(address->any.sa_family == AF_INET ? address->v4.sin_port
	                                                        : address->v6.sin6_port);
	bool colons = strchr(where->host, ':') != NULL;
	log_info("net", colons ? "listening on [%s]:%u%s" : "listening on %s:%u%s", where->host,
	         port, with_tls(where));
	return 0;
}

static const char *key_of(const struct config_listen *where)
{
	return where->tls ? "tls.listen" : "listen";
}

int listen_open(struct loop *loops, uint32_t count, const struct config_listen *where,
                struct err *why)
{
	union address address;
	socklen_t len;
	if (socket_address(where, &address, &len) != 0)
		return err_set(why, "%s: \"%s\": not an address, or too long", key_of(where),
		               where->text);
	int rc = where->unix_path != NULL ? open_unix(loops, count, where, &address, len)
	                                  : open_tcp(loops, count, where, &address, len);
	if (rc == 0)
		return 0;
	return err_set(why, "%s: %s: %s%s", key_of(where), where->text, strerror(errno),
	               errno == EADDRINUSE ? ": another server listens there" : "");
}

void listen_start(struct loop *loop)
{
	for (size_t i = 0; i < loop->listener_count; i++) {
		struct listener *listener = &loop->listeners[i];
		listener->watch.ready = on_ready;
		CHECK(poller_add(&loop->poller, &listener->watch, listener->fd, POLLER_READ) == 0);
	}
}

void listen_close(struct loop *loop)
{
	for (size_t i = 0; i < loop->listener_count; i++) {
		struct listener *listener = &loop->listeners[i];
		/* Those that the kernel has taken already would be reset. */
		(void)accept_some(listener, BACKLOG);
		wheel_drop(&loop->wheel, &listener->rest);
		if (listener->unix_path != NULL)
			unlink(listener->unix_path);
		poller_drop(&loop->poller, &listener->watch, listener->fd);
		close(listener->fd);
		listener->fd = -1;
	}
}

void listen_free(struct loop *loop)
{
	for (size_t i = 0; i < loop->listener_count; i++) {
		struct listener *listener = &loop->listeners[i];
		if (listener->fd >= 0) {
			/* It was never started, or it would have been closed. */
			if (listener->unix_path != NULL)
				unlink(listener->unix_path);
			close(listener->fd);
		}
		close(listener->spare);
		free(listener->unix_path);
	}
	free(loop->listeners);
	loop->listeners = NULL;
	loop->listener_count = 0;
}
