#include "net/conn.h"

#include "base/check.h"
#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/status.h"
#include "net/net.h"

#include <act/easy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct config *config_of(const struct conn *conn)
{
	return net_site(conn->loop->net)->config;
}

/* ---- liveness: a silent connection is pinged, and dropped when it stays silent ---- */

static void on_silence(struct wheel_timer *timer);

static void watch_silence(struct conn *conn)
{
	uint32_t ping_s = config_of(conn)->ping_s;
	/* With pings off it still looks now and then: they may be switched on while it lives. */
	uint64_t wait_ms = ping_s != 0 ? (uint64_t)ping_s * 1000 : 60000;
	wheel_set(&conn->loop->wheel, &conn->timer, conn->seen_ms + wait_ms, on_silence);
}

static void on_silence(struct wheel_timer *timer)
{
	struct conn *conn = container_of(timer, struct conn, timer);
	const struct config *config = config_of(conn);
	uint64_t now_ms = conn->loop->now_ms;
	if (config->ping_s == 0) {
		conn->seen_ms = now_ms;
		conn->pinged = false;
	} else if (conn->paused || conn->carrier->blocked(conn)) {
		/* What it says is not read, or a ping would not leave: this is our silence, not
		 * its. A call has its deadline, and the kernel bounds what is not acknowledged. */
		conn->seen_ms = now_ms;
		conn->pinged = false;
	} else if (conn->pinged) {
		count_add(&conn->loop->counters.dropped_silent, 1);
		log_debug("net", "%s: no sign of life, dropped", conn_address(conn));
		conn->carrier->drop(conn);
		return;
	} else if (now_ms - conn->seen_ms >= (uint64_t)config->ping_s * 1000) {
		conn->pinged = true;
		conn_ping(conn);
		wheel_set(&conn->loop->wheel, &conn->timer,
		          now_ms + (uint64_t)config->pong_s * 1000, on_silence);
		return;
	}
	watch_silence(conn);
}

void conn_alive(struct conn *conn)
{
	conn->seen_ms = conn->loop->now_ms;
	if (!conn->pinged)
		return;
	conn->pinged = false;
	if (!conn->close_wanted)
		watch_silence(conn);
}

/* ---- life ---- */

/* One piece of memory, with what the carrier keeps and the address. */
static struct conn *make(struct loop *loop, const struct carrier *carrier, void *carried,
                         const struct conn_birth *birth)
{
	size_t address_size = strlen(birth->address) + 1;
	struct conn *conn = mem_new(1, sizeof *conn + carrier->room + address_size);
	conn->loop = loop;
	conn->carrier = carrier;
	conn->carried = carrier->room != 0 ? memcpy(conn->behind, carried, carrier->room) : carried;
	memcpy(conn->behind + carrier->room, birth->address, address_size);
	conn->endpoint = birth->endpoint;
	conn->protocol = birth->protocol;
	conn->deflate_bits = birth->deflate_bits;
	conn->seen_ms = loop->now_ms;
	return conn;
}

struct conn *conn_next(const struct loop *loop, uint32_t *at)
{
	return slots_next(&loop->conns, at);
}

struct conn *conn_open(struct loop *loop, const struct carrier *carrier, void *carried,
                       const struct conn_birth *birth)
{
	struct conn *conn = make(loop, carrier, carried, birth);
	conn->id = slots_put(&loop->conns, CONN_KIND, conn);
	if (conn->id != 0 && carrier->start != NULL && carrier->start(conn) != 0) {
		slots_drop(&loop->conns, conn->id);
		conn->id = 0;
	}
	if (conn->id == 0) {
		free(conn);
		return NULL;
	}
	atomic_fetch_add(&loop->net->connections, 1);
	count_add(&loop->counters.connections, 1);
	conn_bind(conn, act_str(birth->user), act_str(birth->device));
	conn_expire_at(conn, birth->expires_at);
	watch_silence(conn);
	if (conn->protocol->opened != NULL)
		conn->protocol->opened(conn);
	loop->net->up.opened(conn);
	if (loop->closing)
		conn_close_restart(conn);
	return conn;
}

static void leave_turn(struct conn *conn)
{
	struct loop *loop = conn->loop;
	struct conn **at = &loop->turn_first;
	if (!conn->in_turn)
		return;
	while (*at != conn)
		at = &(*at)->turn_next;
	*at = conn->turn_next;
	if (loop->turn_last == &conn->turn_next)
		loop->turn_last = at;
	conn->in_turn = false;
}

void conn_gone(struct conn *conn)
{
	struct loop *loop = conn->loop;
	conn->close_wanted = true;
	loop->net->up.closed(conn);
	leave_turn(conn);
	wheel_drop(&loop->wheel, &conn->timer);
	conn_expire_at(conn, 0);
	hub_leave_all(&loop->hub, conn);
	conn_pending_free(conn);
	outbox_clear(&conn->outbox, &loop->stock);
	slots_drop(&loop->conns, conn->id);
	atomic_fetch_sub(&loop->net->connections, 1);
	count_add(&loop->counters.ended, 1);
	free(conn->close_reason);
	free(conn->device);
	free(conn);
}

struct conn *conn_find(const struct loop *loop, act_conn id)
{
	struct conn *conn = slots_kind(id) == CONN_KIND ? slots_get(&loop->conns, id) : NULL;
	return conn != NULL && !conn->close_wanted ? conn : NULL;
}

/* ---- closing ---- */

static void count_close(struct loop_counters *counters, uint16_t code)
{
	if (code == CLOSE_PROTOCOL || code == CLOSE_UNSUPPORTED || code == CLOSE_BAD_TEXT)
		count_add(&counters->closed_protocol, 1);
	if (code == CLOSE_TOO_BIG)
		count_add(&counters->closed_too_big, 1);
	if (code == CLOSE_TOO_SLOW)
		count_add(&counters->closed_too_slow, 1);
	if (code == CLOSE_EXPIRED)
		count_add(&counters->closed_expired, 1);
}

static void on_close_overdue(struct wheel_timer *timer)
{
	struct conn *conn = container_of(timer, struct conn, timer);
	conn->carrier->drop(conn);
}

/* The status that tells a client of a fault for which the server closes; STATUS_OK: the close frame
 * says it all. */
static enum status status_of_close(uint16_t code)
{
	switch (code) {
	case CLOSE_PROTOCOL:
	case CLOSE_UNSUPPORTED:
	case CLOSE_BAD_TEXT:
		return STATUS_BAD_FRAME;
	case CLOSE_TOO_BIG:
		return STATUS_TOO_LARGE;
	case CLOSE_OVERLOAD:
		return STATUS_OVERLOADED;
	case CLOSE_EXPIRED:
		return STATUS_TOKEN_EXPIRED;
	default:
		return STATUS_OK;
	}
}

void conn_close(struct conn *conn, uint16_t code, const char *reason)
{
	enum status status = status_of_close(code);
	if (conn->close_wanted)
		return;
	if (status != STATUS_OK && conn->protocol->farewell != NULL)
		conn->protocol->farewell(conn, status, reason);
	conn->close_wanted = true;
	conn->close_code = code;
	conn->close_reason = mem_text(reason);
	count_close(&conn->loop->counters, code);
	log_debug("net", "%s: closed by the server: %u %s", conn_address(conn), code, reason);
	wheel_set(&conn->loop->wheel, &conn->timer, conn->loop->now_ms + config_of(conn)->close_ms,
	          on_close_overdue);
	conn_in_turn(conn);
}

void conn_close_restart(struct conn *conn)
{
	conn_close(conn, CLOSE_RESTART, "retry=1");
}

void conn_peer_closing(struct conn *conn)
{
	conn->draining = true;
	if (!conn->close_wanted) {
		conn->close_wanted = true;
		wheel_set(&conn->loop->wheel, &conn->timer,
		          conn->loop->now_ms + config_of(conn)->close_ms, on_close_overdue);
	}
	/* The carrier answers the close when this returns; what was answered before goes first. A
	 * failure shows there too. */
	if (!conn->mute && outbox_len(&conn->outbox) != 0 && !conn->carrier->blocked(conn))
		(void)conn->carrier->send(conn, outbox_bytes(&conn->outbox),
		                          outbox_len(&conn->outbox));
	outbox_clear(&conn->outbox, &conn->loop->stock);
	conn->mute = true;
}

/* ---- the end of a turn ---- */

void conn_in_turn(struct conn *conn)
{
	struct loop *loop = conn->loop;
	if (conn->in_turn)
		return;
	conn->in_turn = true;
	conn->turn_next = NULL;
	*loop->turn_last = conn;
	loop->turn_last = &conn->turn_next;
}

struct conn *conn_turn_next(struct loop *loop)
{
	struct conn *conn = loop->turn_first;
	if (conn == NULL)
		return NULL;
	loop->turn_first = conn->turn_next;
	if (loop->turn_first == NULL)
		loop->turn_last = &loop->turn_first;
	conn->in_turn = false;
	return conn;
}

void conn_turn(struct conn *conn)
{
	if (!conn->close_wanted)
		conn_pump(conn);
	if (!conn_flush(conn))
		return;
	/* A close waits until what was said before it is out; the timer bounds that. */
	if (conn->close_wanted && !conn->mute && !conn->carrier->blocked(conn)) {
		conn->mute = true;
		conn->carrier->close(conn, conn->close_code, conn->close_reason);
	}
}

void conn_writable(struct conn *conn)
{
	conn_in_turn(conn);
}
