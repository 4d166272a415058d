/* conn_in: what a connection receives: messages go up as its protocol allows, the others wait in
 * order. */
#include "net/conn.h"

#include "base/check.h"
#include "base/log.h"
#include "net/net.h"
#include "net/show.h"

#include <act/easy.h>
#include <stdlib.h>
#include <string.h>

/* A message that waits for the one before it. */
struct pending {
	struct pending *next; /* in the ring */
	size_t len;
	bool text;
	bool control; /* it becomes no call */
	uint8_t bytes[];
};

static const struct config_limits *limits_of(const struct conn *conn)
{
	return &net_site(conn->loop->net)->config->limits;
}

struct decode_terms conn_terms(const struct conn *conn)
{
	size_t most = limits_of(conn)->message_bytes;
	return (struct decode_terms){ .message_bytes = most,
		                      .packed_bytes =
		                              conn->deflate_bits != 0 ? deflate_bound(most) : 0 };
}

static bool pending_full(const struct conn *conn)
{
	const struct config_limits *limits = limits_of(conn);
	return conn->pending_count >= limits->pending_messages ||
	       conn->pending_bytes >= limits->pending_bytes;
}

/* Reading goes on while the queue has room. A pause counts from the next message on: one of the
 * longest may overrun the bound, never more. */
void conn_steer_reading(struct conn *conn)
{
	bool pause = pending_full(conn) || conn_congested(conn) || conn->loop->draining;
	if (pause == conn->paused || conn->draining)
		return;
	conn->paused = pause;
	conn->carrier->pause(conn, pause);
}

static void put_pending(struct conn *conn, bool text, bool control, const uint8_t *bytes,
                        size_t len)
{
	struct pending *pending = malloc(sizeof *pending + len);
	if (pending == NULL) {
		conn_close(conn, CLOSE_OVERLOAD, "no memory for the message");
		return;
	}
	*pending =
		(struct pending){ .next = pending, .len = len, .text = text, .control = control };
	if (len != 0)
		memcpy(pending->bytes, bytes, len);
	struct pending *last = conn->pending_last != NULL ? conn->pending_last : pending;
	pending->next = last->next;
	last->next = pending;
	conn->pending_last = pending;
	conn->pending_count++;
	conn->pending_bytes += (uint32_t)len;
}

static struct pending *take_pending(struct conn *conn)
{
	struct pending *last = conn->pending_last, *first = last->next;
	last->next = first->next;
	if (first == last)
		conn->pending_last = NULL;
	conn->pending_count--;
	conn->pending_bytes -= (uint32_t)first->len;
	return first;
}

void conn_pending_free(struct conn *conn)
{
	while (conn->pending_last != NULL)
		free(take_pending(conn));
}

/* Can one more call begin? */
static bool may_call(const struct conn *conn)
{
	return conn->calls < (conn->protocol->in_order ? 1 : limits_of(conn)->calls);
}

/* Which of the two a message is that cannot become a call now: looked at once, when it arrives. */
static void receive_or_queue(struct conn *conn, bool text, const uint8_t *bytes, size_t len)
{
	const struct protocol *protocol = conn->protocol;
	bool control = protocol->is_control != NULL && protocol->is_control(text, bytes, len);
	if (control && conn->pending_last == NULL && !conn_congested(conn)) {
		protocol->receive(conn, text, bytes, len);
		return;
	}
	put_pending(conn, text, control, bytes, len);
	conn_steer_reading(conn);
}

void conn_message(struct conn *conn, bool text, const uint8_t *bytes, size_t len)
{
	struct loop *loop = conn->loop;
	count_add(&loop->counters.messages_in, 1);
	count_add(&loop->counters.bytes_in, len);
	if (conn->close_wanted || conn->draining)
		return;
	conn_alive(conn);
	if (net_site(loop->net)->config->log.frames)
		show_message(conn, "<", text, bytes, len);
	if (conn->pending_last == NULL && may_call(conn) && !conn_congested(conn))
		conn->protocol->receive(conn, text, bytes, len);
	else
		receive_or_queue(conn, text, bytes, len);
}

void conn_message_unread(struct conn *conn, bool text, const uint8_t *bytes, size_t len)
{
	if (text && act_utf8_span(bytes, len) != len)
		conn_close(conn, CLOSE_BAD_TEXT, "text is not UTF-8");
	else
		conn_message(conn, text, bytes, len);
}

/* One that becomes no call does not wait for calls to end: a login is renewed also where all of
 * them hang. */
static bool first_is_ready(const struct conn *conn)
{
	const struct pending *last = conn->pending_last;
	return last != NULL && (last->next->control || may_call(conn)) && !conn_congested(conn);
}

void conn_pump(struct conn *conn)
{
	while (!conn->close_wanted && first_is_ready(conn)) {
		struct pending *pending = take_pending(conn);
		conn->protocol->receive(conn, pending->text, pending->bytes, pending->len);
		free(pending);
	}
	if (!conn->close_wanted)
		conn_steer_reading(conn);
}

void conn_call_begun(struct conn *conn)
{
	conn->calls++;
}

void conn_call_ended(struct conn *conn)
{
	CHECK(conn->calls > 0);
	conn->calls--;
	if (conn->pending_last != NULL)
		conn_in_turn(conn);
}
