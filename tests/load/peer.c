#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CLOSE = 8, PING = 9, PONG = 10 };                    /* RFC 6455 section 5.2 */
enum { V1_HEAD = 12, V1_REQ = 0, V1_RES = 1, V1_CTRL = 4 }; /* docs/protocol.md */
enum { FAULTS_TOLD = 10, FRAME_MAX = 128 };
#define V1_HELLO 0xFFFFFF00u

uint64_t load_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

__attribute__((format(printf, 2, 3))) static void fault(struct peer *peer, const char *format, ...)
{
	va_list args;
	if (peer->load->faults++ >= FAULTS_TOLD)
		return;
	fprintf(stderr, "load: connection %u (%s): ", peer->index, peer->v1 ? "act.v1" : "base");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

static void put_u32(uint8_t *at, uint32_t value)
{
	value = htonl(value);
	memcpy(at, &value, sizeof value);
}

static uint32_t get_u32(const uint8_t *at)
{
	uint32_t value;
	memcpy(&value, at, sizeof value);
	return ntohl(value);
}

/* ---- opening ---- */

static int upgrade(struct peer *peer, const char *path)
{
	char text[1024];
	int len = snprintf(text, sizeof text,
	                   "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
	                   "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
	                   path, peer->v1 ? "Sec-WebSocket-Protocol: act.v1\r\n" : "");
	if (send(peer->fd, text, (size_t)len, MSG_NOSIGNAL) != len)
		return -1;
	while (peer->in_len < sizeof peer->in) {
		ssize_t got =
			recv(peer->fd, peer->in + peer->in_len, sizeof peer->in - peer->in_len, 0);
		if (got <= 0)
			return -1;
		peer->in_len += (size_t)got;
		uint8_t *end = memmem(peer->in, peer->in_len, "\r\n\r\n", 4);
		if (end == NULL)
			continue;
		if (memcmp(peer->in, "HTTP/1.1 101", 12) != 0)
			return -1;
		size_t head = (size_t)(end + 4 - peer->in);
		peer->in_len -= head;
		memmove(peer->in, peer->in + head, peer->in_len);
		return 0;
	}
	return -1;
}

int peer_open(struct peer *peer, struct load *load, uint32_t index, bool v1, uint16_t port,
              const char *path)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons(port),
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval patience = { .tv_sec = 60 };
	int one = 1;
	memset(peer, 0, sizeof *peer);
	peer->load = load;
	peer->index = index;
	peer->v1 = v1;
	peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (peer->fd < 0)
		goto out;
	setsockopt(peer->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(peer->fd, (struct sockaddr *)&to, sizeof to) != 0 || upgrade(peer, path) != 0)
		goto out;
	if (fcntl(peer->fd, F_SETFL, O_NONBLOCK) == 0)
		return 0;
out:
	fprintf(stderr, "load: connection %u does not open: %s: %.*s\n", index, strerror(errno),
	        (int)peer->in_len, (const char *)peer->in);
	peer_close(peer);
	return -1;
}

void peer_close(struct peer *peer)
{
	if (peer->fd >= 0)
		close(peer->fd);
	peer->fd = -1;
}

/* ---- asking ---- */

/* A masked frame (RFC 6455 section 5.3). The mask is zero, which leaves the payload as it is: a
 * server cannot tell it from another, and there is no proxy between that could be fooled. */
static void put_frame(struct peer *peer, uint8_t opcode, const uint8_t *payload, size_t len)
{
	uint8_t *at = peer->out + peer->out_len;
	at[0] = (uint8_t)(0x80 | opcode);
	at[1] = (uint8_t)(0x80 | len);
	memset(at + 2, 0, 4);
	if (len != 0)
		memcpy(at + 6, payload, len);
	peer->out_len += 6 + len;
}

void peer_flush(struct peer *peer)
{
	while (peer->out_len > 0 && !peer->ended) {
		ssize_t sent = send(peer->fd, peer->out, peer->out_len, MSG_NOSIGNAL);
		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (sent < 0) {
			fault(peer, "it cannot be written to: %s", strerror(errno));
			peer->ended = true;
			return;
		}
		peer->out_len -= (size_t)sent;
		memmove(peer->out, peer->out + sent, peer->out_len);
	}
}

void peer_ping(struct peer *peer)
{
	put_frame(peer, PING, (const uint8_t *)"end", 3);
	peer_flush(peer);
}

/* Requests are spread evenly: the first of each connection in turn, then the second of each. */
static uint64_t due_ns(const struct peer *peer, uint32_t number)
{
	double nth = (double)number * peer->load->peers + peer->index;
	return peer->load->start_ns + (uint64_t)(nth * peer->load->interval_ns);
}

static struct tally *tally_of(const struct peer *peer, uint32_t number)
{
	return &peer->load->tallies[(number + peer->index) % peer->load->tally_count];
}

static bool has_room(const struct peer *peer)
{
	return !peer->slots[peer->asked % PEER_SLOTS].open &&
	       peer->out_len + FRAME_MAX <= sizeof peer->out;
}

static void ask_one(struct peer *peer, uint64_t due)
{
	uint8_t body[FRAME_MAX];
	uint32_t number = peer->asked++;
	struct tally *tally = tally_of(peer, number);
	size_t head = 4;
	put_u32(body, tally->code);
	if (peer->v1) {
		memset(body + 4, 0, 4);
		body[4] = 1 << 4 | V1_REQ;
		put_u32(body + 8, number + 1); /* 0 is no seq of a request */
		head = V1_HEAD;
	}
	int len = snprintf((char *)body + head, sizeof body - head, "%u.%u", peer->index, number);
	put_frame(peer, 2, body, head + (size_t)len);
	peer->slots[number % PEER_SLOTS] =
		(struct slot){ true, due, number, peer->load->watch.number };
	peer->load->open_calls++;
	tally->sent++;
}

void peer_ask(struct peer *peer, uint64_t now_ns)
{
	uint64_t until = now_ns < peer->load->stop_ns ? now_ns : peer->load->stop_ns;
	while (!peer->ended && has_room(peer)) {
		uint64_t due = due_ns(peer, peer->asked);
		if (due > until)
			break;
		ask_one(peer, due);
	}
	peer_flush(peer);
}

bool peer_is_through(const struct peer *peer)
{
	return peer->ended || due_ns(peer, peer->asked) > peer->load->stop_ns;
}

/* ---- hearing ---- */

/* "LETTER:CONNECTION.NUMBER", as all the plugins of this load answer. */
static void check_answer(struct peer *peer, uint32_t number, uint32_t code, const uint8_t *text,
                         size_t len)
{
	struct slot *slot = &peer->slots[number % PEER_SLOTS];
	struct tally *tally = tally_of(peer, number);
	char wanted[40];
	int wanted_len = snprintf(wanted, sizeof wanted, ":%u.%u", peer->index, number);
	if (!slot->open || slot->number != number) {
		fault(peer, "an answer to request %u, which is not open: \"%.*s\"", number,
		      (int)len, (const char *)text);
		return;
	}
	slot->open = false;
	peer->load->open_calls--;
	if (code != tally->code || len != (size_t)wanted_len + 1 || text[0] < 'a' ||
	    text[0] > 'z' || memcmp(text + 1, wanted, len - 1) != 0) {
		fault(peer,
		      "request %u (code %u): expected \"%s\" behind a letter, found code %u "
		      "\"%.*s\"",
		      number, tally->code, wanted, code, (int)len, (const char *)text);
		return;
	}
	tally_add(tally, (char)text[0], load_now() - slot->due_ns);
	if (!watch_sees(&peer->load->watch, &peer->memory, slot->watch, code, (char)text[0]))
		fault(peer,
		      "request %u (code %u) was answered by \"%c\", one before by another build",
		      number, code, text[0]);
}

static void take_base(struct peer *peer, const uint8_t *body, size_t len)
{
	if (len < 4)
		fault(peer, "an answer of %zu bytes, without a code", len);
	else if (peer->oldest == peer->asked)
		fault(peer, "an answer while nothing is owed: \"%.*s\"", (int)len - 4,
		      (const char *)body + 4);
	else
		check_answer(peer, peer->oldest++, get_u32(body), body + 4, len - 4);
}

static void take_v1(struct peer *peer, const uint8_t *body, size_t len)
{
	if (len < V1_HEAD) {
		fault(peer, "a frame of %zu bytes, without a head", len);
		return;
	}
	uint32_t code = get_u32(body), seq = get_u32(body + 8);
	uint8_t type = body[4], flags = body[5];
	if (type == (1 << 4 | V1_CTRL) && code == V1_HELLO)
		return;
	if (type != (1 << 4 | V1_RES) || seq == 0)
		fault(peer, "expected an answer, found type 0x%02x, code %u, seq %u: \"%.*s\"",
		      type, code, seq, (int)(len - V1_HEAD), (const char *)body + V1_HEAD);
	else /* an error is no answer to what was asked: no code fits it */
		check_answer(peer, seq - 1, flags == 0 ? code : 0, body + V1_HEAD, len - V1_HEAD);
}

static void take_close(struct peer *peer, const uint8_t *body, size_t len)
{
	unsigned code = len >= 2 ? (unsigned)body[0] << 8 | body[1] : 0;
	fault(peer, "the server closed it with %u \"%.*s\"", code, len > 2 ? (int)len - 2 : 0,
	      (const char *)body + 2);
	peer->ended = true;
}

static void take(struct peer *peer, uint8_t head, const uint8_t *body, size_t len)
{
	switch (head) {
	case 0x80 | 2:
		peer->v1 ? take_v1(peer, body, len) : take_base(peer, body, len);
		break;
	case 0x80 | PING:
		if (peer->out_len + FRAME_MAX <= sizeof peer->out && len < FRAME_MAX - 6)
			put_frame(peer, PONG, body, len);
		break;
	case 0x80 | PONG:
		peer->ponged = true;
		break;
	case 0x80 | CLOSE:
		take_close(peer, body, len);
		break;
	default:
		fault(peer, "a frame that begins with 0x%02x", head);
	}
}

/* All whole frames in the buffer. An answer of this load is short: 16 bits of length do. */
static void take_frames(struct peer *peer)
{
	size_t at = 0;
	while (!peer->ended && peer->in_len - at >= 2) {
		const uint8_t *frame = peer->in + at;
		size_t head = frame[1] < 126 ? 2 : 4, len = frame[1];
		if (peer->in_len - at < head)
			break;
		if (head == 4)
			len = (size_t)frame[2] << 8 | frame[3];
		if (frame[1] > 126 || head + len > sizeof peer->in) {
			fault(peer, "a frame that is longer than any answer");
			peer->ended = true;
			break;
		}
		if (peer->in_len - at < head + len)
			break;
		take(peer, frame[0], frame + head, len);
		at += head + len;
	}
	peer->in_len -= at;
	memmove(peer->in, peer->in + at, peer->in_len);
}

void peer_hear(struct peer *peer)
{
	if (peer->ended)
		return;
	ssize_t got = recv(peer->fd, peer->in + peer->in_len, sizeof peer->in - peer->in_len, 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		fault(peer, "the connection ended: %s",
		      got < 0 ? strerror(errno) : "end of stream");
		peer->ended = true;
		return;
	}
	peer->in_len += (size_t)got;
	take_frames(peer);
	peer_ask(peer, load_now());
}
