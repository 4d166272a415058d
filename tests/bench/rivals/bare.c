/* bare: the least that a WebSocket server can do and still do this work; the limit to measure
 * against. No layers, no plugins, no timeouts, one thread, epoll(7): a batch of messages is one
 * recv(), answered in place in the buffer that it came in, by one send().
 *
 *     bare        listens on a free port of 127.0.0.1 and prints it
 *
 * Code 1: `u32 code + payload` back. Code 2: the payload under 1002 to every connection. A client
 * that breaks the protocol, or sends what this does not know, is dropped. */
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum { EVENTS = 512, BACKLOG = 4096, IN_MAX = 256 * 1024, MESSAGE_MAX = (1 << 20) + 4 };
enum { ECHO = 1, TELL = 2, TOLD = 1002 };
enum { OUT_MAX = 64 << 20, FILES_MAX = 1 << 20 };
enum { FINAL_BINARY = 0x82, FINAL_CLOSE = 0x88, FINAL_PING = 0x89, FINAL_PONG = 0x8a };

struct conn {
	int fd;
	bool upgraded, closing;
	uint32_t place; /* in `conns` */
	uint8_t *rest;  /* of a message that is not whole yet */
	size_t rest_len;
	uint8_t *out; /* what the socket did not take; nothing is read meanwhile */
	size_t out_len;
};

static int poller;
static struct conn **conns;
static uint32_t conn_count;
/* What came, behind the rest of before, and the answers to it; and what goes to all. */
static uint8_t in[MESSAGE_MAX + 16 + IN_MAX + 1], all[sizeof in];
static size_t all_len;

static void watch(struct conn *conn, uint32_t events, int how)
{
	struct epoll_event event = { .events = events, .data.ptr = conn };
	if (epoll_ctl(poller, how, conn->fd, &event) != 0) {
		perror("bare: epoll_ctl");
		exit(1);
	}
}

static void drop(struct conn *conn)
{
	close(conn->fd);
	conns[conn->place] = conns[--conn_count];
	conns[conn->place]->place = conn->place;
	free(conn->rest);
	free(conn->out);
	free(conn);
}

/* Memory for `len` more bytes behind those that are kept. */
static bool keep(uint8_t **kept, size_t *kept_len, const uint8_t *bytes, size_t len)
{
	uint8_t *more = realloc(*kept, *kept_len + len);
	if (more == NULL || *kept_len + len > OUT_MAX)
		return false;
	memcpy(more + *kept_len, bytes, len);
	*kept = more;
	*kept_len += len;
	return true;
}

/* False: the connection is of no use any more. */
static bool say(struct conn *conn, const uint8_t *bytes, size_t len)
{
	ssize_t sent = 0;
	if (conn->out_len == 0) {
		sent = send(conn->fd, bytes, len, MSG_NOSIGNAL);
		if (sent == (ssize_t)len)
			return !conn->closing;
		if (sent < 0 && errno != EAGAIN)
			return false;
		sent = sent < 0 ? 0 : sent;
		watch(conn, EPOLLOUT, EPOLL_CTL_MOD);
	}
	return keep(&conn->out, &conn->out_len, bytes + sent, len - (size_t)sent);
}

static bool say_rest(struct conn *conn)
{
	ssize_t sent = send(conn->fd, conn->out, conn->out_len, MSG_NOSIGNAL);
	if (sent < 0)
		return errno == EAGAIN;
	conn->out_len -= (size_t)sent;
	if (conn->out_len > 0) {
		memmove(conn->out, conn->out + sent, conn->out_len);
		return true;
	}
	free(conn->out);
	conn->out = NULL;
	watch(conn, EPOLLIN, EPOLL_CTL_MOD);
	return !conn->closing;
}

/* ---- frames ---- */

static size_t put_head(uint8_t *at, uint8_t first, size_t len)
{
	at[0] = first;
	if (len < 126) {
		at[1] = (uint8_t)len;
		return 2;
	}
	if (len <= UINT16_MAX) {
		at[1] = 126;
		at[2] = (uint8_t)(len >> 8);
		at[3] = (uint8_t)len;
		return 4;
	}
	memset(at + 2, 0, 4);
	at[1] = 127;
	for (int i = 0; i < 4; i++)
		at[6 + i] = (uint8_t)(len >> (24 - 8 * i));
	return 10;
}

/* Eight bytes at a time; `to` may lie before `from` in the same buffer. */
static void unmask(uint8_t *to, const uint8_t *from, size_t len, const uint8_t mask[4])
{
	uint64_t wide, word;
	memcpy(&wide, mask, 4);
	memcpy((uint8_t *)&wide + 4, mask, 4);
	size_t i = 0;
	for (; i + 8 <= len; i += 8) {
		memcpy(&word, from + i, 8);
		word ^= wide;
		memcpy(to + i, &word, 8);
	}
	for (; i < len; i++)
		to[i] = from[i] ^ mask[i % 4];
}

/* The code that a message begins with; 0 where it has none. */
static uint32_t code_of(const uint8_t *body, size_t len, const uint8_t *mask)
{
	uint32_t masked, key;
	if (len < sizeof masked)
		return 0;
	memcpy(&masked, body, sizeof masked);
	memcpy(&key, mask, sizeof key);
	return ntohl(masked ^ key);
}

/* The answer to one frame, written to `to`; its length, or -1. */
static ssize_t answer(struct conn *conn, uint8_t first, const uint8_t *mask, const uint8_t *body,
                      size_t len, uint8_t *to)
{
	if (first == FINAL_PONG)
		return 0;
	if (first != FINAL_BINARY && (len > 125 || (first != FINAL_CLOSE && first != FINAL_PING)))
		return -1;
	uint32_t code = first == FINAL_BINARY ? code_of(body, len, mask) : ECHO;
	if (code == TELL) {
		static const uint8_t told[4] = { 0, 0, TOLD >> 8, TOLD & 0xff };
		size_t head = put_head(all + all_len, FINAL_BINARY, len);
		memcpy(all + all_len + head, told, 4);
		unmask(all + all_len + head + 4, body + 4, len - 4, mask);
		all_len += head + len;
		return 0;
	}
	if (code != ECHO)
		return -1;
	conn->closing = first == FINAL_CLOSE;
	size_t head = put_head(to, first == FINAL_PING ? FINAL_PONG : first, len);
	unmask(to + head, body, len, mask); /* the mask lay before the body: this is behind */
	return (ssize_t)(head + len);
}

/* Where the body of a masked frame begins, and its length; 0: the head is not whole; -1: no frame
 * of a client. */
static ssize_t read_head(const uint8_t *at, size_t have, size_t *len)
{
	size_t head = 6;
	if (have < 2)
		return 0;
	*len = at[1] & 0x7f;
	if (*len == 126)
		head = 8;
	else if (*len == 127)
		head = 14;
	if (have < head)
		return 0;
	if (head == 8)
		*len = (size_t)at[2] << 8 | at[3];
	for (size_t i = 2; head == 14 && i < 10; i++)
		*len = i == 2 ? at[i] : *len << 8 | at[i];
	return (at[1] & 0x80) != 0 && *len <= MESSAGE_MAX ? (ssize_t)head : -1;
}

/* What came in one recv() for all. One that does not take it is cut off; its own event drops it, so
 * that none is dropped while an event of this turn is still for it. */
static void say_all(void)
{
	for (uint32_t i = 0; i < conn_count; i++)
		if (conns[i]->upgraded && !conns[i]->closing && !say(conns[i], all, all_len))
			shutdown(conns[i]->fd, SHUT_RDWR);
	all_len = 0;
}

/* An answer is shorter than what it answers, by the mask: all are written over what was read. */
static bool hear_frames(struct conn *conn, uint8_t *at, size_t have)
{
	uint8_t *const start = at, *to = at;
	while (!conn->closing) {
		size_t len;
		ssize_t head = read_head(at, have, &len);
		if (head < 0)
			return false;
		if (head == 0 || have - (size_t)head < len)
			break;
		uint8_t mask[4];
		memcpy(mask, at + head - 4, 4);
		ssize_t put = answer(conn, at[0], mask, at + head, len, to);
		if (put < 0)
			return false;
		to += put;
		at += (size_t)head + len;
		have -= (size_t)head + len;
	}
	if (have > 0 && !conn->closing && !keep(&conn->rest, &conn->rest_len, at, have))
		return false;
	if (all_len > 0)
		say_all();
	return to == start || say(conn, start, (size_t)(to - start));
}

/* ---- the upgrade ---- */

static bool upgrade(struct conn *conn, size_t have)
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	char joined[128], accept[32], text[256];
	unsigned char digest[SHA_DIGEST_LENGTH];
	in[have] = '\0';
	const char *end = strstr((char *)in, "\r\n\r\n");
	if (end == NULL)
		return have < 16384 && keep(&conn->rest, &conn->rest_len, in, have);
	const char *key = strcasestr((char *)in, "\r\nSec-WebSocket-Key:");
	if (key == NULL)
		return false;
	key += strlen("\r\nSec-WebSocket-Key:");
	key += strspn(key, " ");
	snprintf(joined, sizeof joined, "%.*s%s", (int)strcspn(key, " \r") % 64, key, guid);
	SHA1((unsigned char *)joined, strlen(joined), digest);
	EVP_EncodeBlock((unsigned char *)accept, digest, sizeof digest);
	int len = snprintf(text, sizeof text,
	                   "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	                   "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
	                   accept);
	conn->upgraded = true;
	size_t head = (size_t)(end + 4 - (char *)in);
	return say(conn, (uint8_t *)text, (size_t)len) && hear_frames(conn, in + head, have - head);
}

/* ---- the loop ---- */

static bool hear(struct conn *conn)
{
	size_t have = conn->rest_len;
	ssize_t got = recv(conn->fd, in + have, IN_MAX, 0);
	if (got <= 0)
		return got < 0 && errno == EAGAIN;
	if (have > 0) {
		memcpy(in, conn->rest, have);
		free(conn->rest);
		conn->rest = NULL;
		conn->rest_len = 0;
	}
	have += (size_t)got;
	return conn->upgraded ? hear_frames(conn, in, have) : upgrade(conn, have);
}

static void welcome(int listener)
{
	int one = 1, fd;
	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct conn *conn = calloc(1, sizeof *conn);
		if (conn == NULL || conn_count == FILES_MAX) {
			free(conn);
			close(fd);
			return;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		conn->fd = fd;
		conn->place = conn_count;
		conns[conn_count++] = conn;
		watch(conn, EPOLLIN, EPOLL_CTL_ADD);
	}
}

static int listen_somewhere(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
	    listen(fd, BACKLOG) != 0 || getsockname(fd, (struct sockaddr *)&at, &size) != 0) {
		perror("bare: listen");
		exit(1);
	}
	printf("listening on 127.0.0.1:%u\n", ntohs(at.sin_port));
	fflush(stdout);
	return fd;
}

int main(void)
{
	struct epoll_event events[EVENTS], event = { .events = EPOLLIN };
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	poller = epoll_create1(EPOLL_CLOEXEC);
	conns = calloc(FILES_MAX, sizeof(struct conn *));
	int listener = listen_somewhere();
	if (poller < 0 || conns == NULL ||
	    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) != 0) {
		perror("bare");
		return 1;
	}
	for (;;) {
		int count = epoll_wait(poller, events, EVENTS, -1);
		for (int i = 0; i < count; i++) {
			struct conn *conn = events[i].data.ptr;
			if (conn == NULL)
				welcome(listener);
			else if (conn->out_len > 0 ? !say_rest(conn) : !hear(conn))
				drop(conn);
		}
	}
}
