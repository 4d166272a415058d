#include "bench_peer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* RFC 6455, section 5.2. */
enum { CLOSE = 8, PING = 9, PONG = 10, CONTROL = 8, CONTROL_MAX = 125 };

/* How much of what a server said stands in a sentence. */
enum { QUOTE_MAX = 160 };

/* Is an answer owed to the connection, and by whose message? */
static const struct bench_peer *owed(const struct bench_load *load, const struct bench_peer *peer)
{
	const struct bench_peer *author = load->author != NULL ? load->author : peer;
	return author->sent > peer->answered ? author : NULL;
}

/* The printable part of what was said, the rest as dots. */
static const char *quote(const uint8_t *at, size_t len, char to[QUOTE_MAX + 1])
{
	size_t i;
	for (i = 0; i < len && i < QUOTE_MAX; i++)
		to[i] = isprint(at[i]) ? (char)at[i] : '.';
	to[i] = '\0';
	return to;
}

static int wrong(struct bench_load *load, const struct bench_peer *peer,
                 const struct bench_frame *frame, const uint8_t *body, size_t len)
{
	char text[QUOTE_MAX + 1];
	const struct bench_message *message = &load->message;
	quote(body, len < frame->len ? len : (size_t)frame->len, text);
	if (owed(load, peer) == NULL)
		return bench_load_fail(load, BENCH_WRONG,
		                       "connection %u: a message of %llu bytes while none is owed: "
		                       "\"%s\"",
		                       peer->number, (unsigned long long)frame->len, text);
	return bench_load_fail(load, BENCH_WRONG,
	                       "connection %u, answer %llu: expected one binary frame of %zu "
	                       "bytes, code %u and the payload that was sent, found opcode %u%s, "
	                       "%llu bytes: \"%s\"",
	                       peer->number, (unsigned long long)peer->answered + 1,
	                       message->reply_len - message->reply_head, message->reply_code,
	                       frame->opcode, frame->final ? "" : " (to be continued)",
	                       (unsigned long long)frame->len, text);
}

static int hear_close(struct bench_load *load, struct bench_peer *peer, const uint8_t *body,
                      size_t len)
{
	char text[QUOTE_MAX + 1];
	if (peer->state == PEER_CLOSING) {
		peer->state = PEER_CLOSED;
		return 0;
	}
	unsigned code = len >= 2 ? (unsigned)body[0] << 8 | body[1] : 1005;
	return bench_load_fail(load, BENCH_LOST,
	                       "connection %u: the server closed it with %u \"%s\"", peer->number,
	                       code, quote(body + 2, len > 2 ? len - 2 : 0, text));
}

static int hear_control(struct bench_load *load, struct bench_peer *peer,
                        const struct bench_frame *frame, const uint8_t *body)
{
	uint8_t pong[CONTROL_MAX + 6];
	size_t len = (size_t)frame->len;
	switch (frame->opcode) {
	case CLOSE:
		return hear_close(load, peer, body, len);
	case PING:
		if (peer->state == PEER_CLOSING) /* nothing follows a close frame */
			return 0;
		len = bench_frame_control(&load->message, PONG, body, len, pong);
		return bench_peer_send(load, peer, pong, len);
	default: /* a pong that nobody asked for is allowed: RFC 6455, section 5.5.3 */
		load->pong_count +=
			len == BENCH_PING_LEN && memcmp(body, bench_ping, BENCH_PING_LEN) == 0;
		return 0;
	}
}

/* A frame that is not the whole answer that is owed: a control frame, an answer that goes on in the
 * next read, or a fault. `*used` is 0 while it is not whole. */
static int hear_other(struct bench_load *load, struct bench_peer *peer, const uint8_t *at,
                      size_t len, size_t *used)
{
	struct bench_frame frame;
	const struct bench_message *message = &load->message;
	*used = 0;
	if (!bench_frame_read(at, len, &frame))
		return 0;
	bool control = (frame.opcode & CONTROL) != 0;
	bool known = frame.opcode <= 2 || (frame.opcode >= CLOSE && frame.opcode <= PONG);
	if (frame.odd || !known || (control && (!frame.final || frame.len > CONTROL_MAX)))
		return bench_load_fail(load, BENCH_WRONG,
		                       "connection %u: no frame of a server: it begins with %02x "
		                       "%02x",
		                       peer->number, at[0], at[1]);
	bool whole = len - frame.head >= frame.len;
	if (control) {
		*used = whole ? frame.head + (size_t)frame.len : 0;
		return whole ? hear_control(load, peer, &frame, at + frame.head) : 0;
	}
	if (owed(load, peer) == NULL || whole || len >= message->reply_len ||
	    memcmp(at, message->reply, message->reply_head) != 0)
		return wrong(load, peer, &frame, at + frame.head, len - frame.head);
	return 0;
}

int bench_peer_hear(struct bench_load *load, struct bench_peer *peer, const uint8_t *at, size_t len)
{
	const struct bench_message *message = &load->message;
	const struct bench_peer *author = owed(load, peer);
	uint64_t before = peer->answered;
	size_t done = 0, used = 1;
	while (used > 0 && peer->state != PEER_CLOSED) {
		if (author != NULL && author->sent > peer->answered &&
		    len - done >= message->reply_len &&
		    bench_message_is(message, author->number, peer->answered, at + done)) {
			peer->answered++;
			done += message->reply_len;
		} else if (hear_other(load, peer, at + done, len - done, &used) == 0) {
			done += used;
		} else {
			return -1;
		}
	}
	if (peer->state == PEER_CLOSED && done < len)
		return bench_load_fail(load, BENCH_WRONG,
		                       "connection %u: %zu bytes behind the server's close frame",
		                       peer->number, len - done);
	bench_rest_set(&peer->in, at + done, len - done);
	uint64_t count = peer->answered - before;
	load->result->answered += count;
	return count > 0 ? load->game->heard(load, peer, (uint32_t)count) : 0;
}
