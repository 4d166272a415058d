#include "net/request.h"

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/front.h"
#include "net/net.h"
#include "net/wire.h"

#include <act/easy.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
	struct poller_watch watch;
	struct wheel_timer deadline;
	struct loop *loop;
	struct request *next;
	struct request **back;
	int fd;
	bool waits;    /* for more, at the poller */
	bool refused;  /* an answer is out: what still comes is not looked at */
	uint8_t *head; /* what has come, where it did not come at once */
	size_t len;
	char address[48];
};

/* Takes the socket out of the hands that wait for it; the caller closes it, or passes it on. */
static int release(struct request *request)
{
	int fd = request->fd;
	if (request->waits)
		poller_drop(&request->loop->poller, &request->watch, fd);
	wheel_drop(&request->loop->wheel, &request->deadline);
	request->loop->handshakes--;
	*request->back = request->next;
	if (request->next != NULL)
		request->next->back = request->back;
	free(request->head);
	free(request);
	return fd;
}

static void on_deadline(struct wheel_timer *timer)
{
	close(release(container_of(timer, struct request, deadline)));
}

/* How long is the head, with the empty line at its end (RFC 9112, section 2.1)? A line may end in
 * LF alone (section 2.2). 0: it is not whole. */
static size_t head_length(const uint8_t *bytes, size_t len)
{
	const uint8_t *end = bytes + len;
	for (const uint8_t *at = bytes; at < end; at++) {
		at = memchr(at, '\n', (size_t)(end - at));
		if (at == NULL)
			return 0;
		if (end - at >= 2 && at[1] == '\n')
			return (size_t)(at + 2 - bytes);
		if (end - at >= 3 && at[1] == '\r' && at[2] == '\n')
			return (size_t)(at + 3 - bytes);
	}
	return 0;
}

/* The client may still be sending: closing now would throw the answer away with what it sends. */
static void refuse(struct request *request)
{
	struct gate_verdict verdict;
	char answer[GATE_RESPONSE_MAX];
	gate_too_long(&verdict);
	size_t len = gate_response(&verdict, answer);
	count_add(&request->loop->counters.refused, 1);
	log_debug("net", "%s: refused: %d %s", request->address, verdict.http, verdict.body);
	(void)!send(request->fd, answer, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	shutdown(request->fd, SHUT_WR);
	request->refused = true;
}

/* The head is whole. */
static void serve(struct request *request, act_bytes head, uint8_t *behind, size_t len)
{
	struct loop *loop = request->loop;
	uint8_t *kept = request->head;
	char address[sizeof request->address];
	memcpy(address, request->address, sizeof address);
	request->head = NULL;
	front_serve(loop->front, release(request), address, head, behind, len);
	free(kept);
}

static void keep(struct request *request, const uint8_t *bytes, size_t len)
{
	if (request->head == NULL)
		request->head = mem_new(1, GATE_HEAD_MAX);
	memcpy(request->head + request->len, bytes, len);
	request->len += len;
}

/* Empty lines in front of a request do not count (RFC 9112, section 2.2). */
static void skip_empty_lines(uint8_t **bytes, size_t *len)
{
	while (*len > 0 && (**bytes == '\r' || **bytes == '\n')) {
		(*bytes)++;
		(*len)--;
	}
}

/* More has come. Nearly always it is all, and is not copied. False: the request is no more. */
static bool take(struct request *request, uint8_t *bytes, size_t len)
{
	if (request->len == 0)
		skip_empty_lines(&bytes, &len);
	size_t known = request->len, room = GATE_HEAD_MAX - known;
	size_t some = len < room ? len : room;
	if (known != 0)
		keep(request, bytes, some);
	const uint8_t *head = known != 0 ? request->head : bytes;
	/* The empty line may have begun in what came before. */
	size_t from = known > 3 ? known - 3 : 0;
	size_t found = head_length(head + from, known + some - from);
	if (found != 0) {
		size_t used = from + found - known;
		serve(request, act_mem(head, from + found), bytes + used, len - used);
		return false;
	}
	if (known == 0 && some != 0)
		keep(request, bytes, some);
	if (request->len == GATE_HEAD_MAX)
		refuse(request);
	return true;
}

/* False: the request is no more. */
static bool read_some(struct request *request)
{
	size_t room;
	uint8_t *bytes = wire_receive_room(request->loop, &room);
	ssize_t n = recv(request->fd, bytes, room, MSG_DONTWAIT);
	if (n > 0)
		return request->refused || take(request, bytes, (size_t)n);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	close(release(request));
	return false;
}

static void on_ready(struct poller_watch *watch, uint32_t events)
{
	(void)events;
	(void)read_some(container_of(watch, struct request, watch));
}

static void wait_for_more(struct request *request)
{
	request->waits =
		poller_add(&request->loop->poller, &request->watch, request->fd, POLLER_READ) == 0;
	if (request->waits)
		return;
	log_warn("net", "%s: cannot be waited for: %s", request->address, strerror(errno));
	close(release(request));
}

void request_begin(struct loop *loop, int fd, const char *address)
{
	struct request *request = mem_new(1, sizeof *request);
	request->watch.ready = on_ready;
	request->loop = loop;
	request->fd = fd;
	snprintf(request->address, sizeof request->address, "%s", address);
	loop->handshakes++;
	wheel_set(&loop->wheel, &request->deadline,
	          loop->now_ms + net_site(loop->net)->config->handshake_ms, on_deadline);
	request->next = loop->requests;
	request->back = &loop->requests;
	if (request->next != NULL)
		request->next->back = &request->next;
	loop->requests = request;
	/* Who asks as soon as he is connected has mostly done so by now. */
	if (read_some(request))
		wait_for_more(request);
}

void request_end_all(struct loop *loop)
{
	while (loop->requests != NULL)
		close(release(loop->requests));
}
