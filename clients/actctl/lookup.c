#include "lookup.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void take(const struct addrinfo *list, struct lookup *out)
{
	for (; list != NULL && out->count < LOOKUP_MAX; list = list->ai_next)
		if (getnameinfo(list->ai_addr, list->ai_addrlen, out->addresses[out->count],
		                sizeof out->addresses[0], NULL, 0, NI_NUMERICHOST) == 0)
			out->count++;
}

/* 0, or EAI_*; EAI_INPROGRESS when the time was up. */
static int resolve(const char *host, uint64_t deadline_ms, struct addrinfo **result)
{
	static const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	/* Not on the stack: the C library may still write to it after the deadline. */
	static struct gaicb request;
	struct gaicb *requests[] = { &request };
	uint64_t now = clock_ms();
	uint64_t left = now < deadline_ms ? deadline_ms - now : 0;
	struct timespec patience = { (time_t)(left / 1000), (long)(left % 1000) * 1000000 };
	request = (struct gaicb){ .ar_name = host, .ar_request = &hints };
	int rc = getaddrinfo_a(GAI_NOWAIT, requests, 1, NULL);
	if (rc != 0)
		return rc;
	while ((rc = gai_suspend((const struct gaicb *const *)requests, 1, &patience)) == EAI_INTR)
		continue;
	rc = gai_error(&request);
	*result = request.ar_result;
	return rc;
}

enum outcome lookup_host(const struct url *url, uint64_t deadline_ms, struct lookup *out)
{
	struct addrinfo *list = NULL;
	*out = (struct lookup){ 0 };
	if (url->is_unix) {
		out->count = 1; /* itself */
		return DONE;
	}
	int rc = resolve(url->host, deadline_ms, &list);
	if (rc == EAI_INPROGRESS)
		return say_failure(TIMED_OUT,
		                   "give it longer with --timeout, or name the host by "
		                   "its address",
		                   "no name server told the address of %s in time", url->host);
	if (rc == 0) {
		take(list, out);
		freeaddrinfo(list);
	}
	if (out->count != 0)
		return DONE;
	return say_failure(UNREACHED, "is the host's name right?", "%s has no address: %s",
	                   url->host, gai_strerror(rc));
}

socklen_t lookup_address(const struct url *url, const char *numeric,
                         struct sockaddr_storage *address)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		                  .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *list = NULL;
	char port[8];
	socklen_t len = 0;
	if (url->is_unix) {
		struct sockaddr_un *local = (struct sockaddr_un *)address;
		local->sun_family = AF_UNIX;
		snprintf(local->sun_path, sizeof local->sun_path, "%.107s", url->host);
		return sizeof *local;
	}
	snprintf(port, sizeof port, "%u", url->port);
	if (getaddrinfo(numeric, port, &hints, &list) != 0)
		return 0;
	len = list->ai_addrlen;
	memcpy(address, list->ai_addr, len);
	freeaddrinfo(list);
	return len;
}

const char *lookup_why(const struct url *url, const char *address)
{
	enum { PATIENCE_MS = 1000 };
	struct sockaddr_storage to = { 0 };
	socklen_t len = lookup_address(url, address, &to), size = sizeof(int);
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error = 0;
	if (fd < 0)
		return strerror(errno);
	if (connect(fd, (struct sockaddr *)&to, len) != 0)
		error = errno;
	if (error == EINPROGRESS) {
		struct pollfd wait = { .fd = fd, .events = POLLOUT };
		if (poll(&wait, 1, PATIENCE_MS) != 1)
			error = ETIMEDOUT;
		else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
			error = errno;
	}
	close(fd);
	return error != 0 ? strerror(error) : NULL;
}
