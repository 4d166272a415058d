#include "bench_peer.h"

#include "base/clock.h"
#include "base/mem.h"
#include "bench_upgrade.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* What a connection may have waiting for a server that does not read. */
enum { OUT_MAX = 2 * BENCH_BATCH_MAX };

void bench_rest_set(struct bench_rest *rest, const uint8_t *at, size_t len)
{
	uint8_t *copy = NULL;
	if (len > 0) {
		copy = mem_new(1, len);
		memcpy(copy, at, len);
	}
	free(rest->at);
	*rest = (struct bench_rest){ copy, len };
}

static void rest_add(struct bench_rest *rest, const uint8_t *at, size_t len)
{
	rest->at = mem_grow(rest->at, rest->len + len, 1);
	memcpy(rest->at + rest->len, at, len);
	rest->len += len;
}

void bench_peer_drop(struct bench_peer *peer)
{
	if (peer->fd >= 0)
		close(peer->fd);
	bench_rest_set(&peer->in, NULL, 0);
	bench_rest_set(&peer->out, NULL, 0);
	peer->fd = -1;
	peer->state = PEER_NONE;
	peer->wants_room = false;
}

/* ---- connecting ---- */

/* One of the local addresses. The port is chosen at connect(), so that the same one can serve
 * towards another address (ip(7), IP_BIND_ADDRESS_NO_PORT). */
static int bind_from(struct bench_load *load, struct bench_peer *peer)
{
	int one = 1;
	const struct bench_plan *plan = load->plan;
	if (plan->from_count == 0)
		return 0;
	const struct sockaddr_storage *from = &plan->from[load->from_next++ % plan->from_count];
	setsockopt(peer->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
	if (bind(peer->fd, (const struct sockaddr *)from, plan->from_len) == 0)
		return 0;
	return bench_load_fail(load, BENCH_CANNOT, "a local address cannot be used: %s",
	                       strerror(errno));
}

static int watch(struct bench_load *load, struct bench_peer *peer, int how)
{
	struct epoll_event event = {
		.events = EPOLLIN | (peer->wants_room ? (uint32_t)EPOLLOUT : 0u),
		.data.ptr = peer,
	};
	if (epoll_ctl(load->epoll, how, peer->fd, &event) == 0)
		return 0;
	return bench_load_fail(load, BENCH_CANNOT, "epoll_ctl: %s", strerror(errno));
}

static int unreached(struct bench_load *load, const struct bench_peer *peer, int error)
{
	return bench_load_fail(load, BENCH_UNREACHED, "connection %u: %s", peer->number,
	                       strerror(error));
}

int bench_peer_open(struct bench_load *load, struct bench_peer *peer)
{
	const struct bench_plan *plan = load->plan;
	int family = plan->to->sa_family, one = 1;
	peer->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (peer->fd < 0)
		return bench_load_fail(load, BENCH_CANNOT, "socket: %s", strerror(errno));
	if (family != AF_UNIX) {
		setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		if (bind_from(load, peer) != 0)
			return -1;
	}
	peer->left_ns = clock_ns();
	peer->state = PEER_CONNECTING;
	peer->wants_room = true;
	if (connect(peer->fd, plan->to, plan->to_len) != 0 && errno != EINPROGRESS)
		return unreached(load, peer, errno);
	return watch(load, peer, EPOLL_CTL_ADD);
}

/* The connection is there, or is not to be had. */
static int connected(struct bench_load *load, struct bench_peer *peer)
{
	int error = 0;
	socklen_t size = sizeof error;
	if (getsockopt(peer->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
		error = errno;
	if (error != 0)
		return unreached(load, peer, error);
	peer->state = PEER_UPGRADING;
	size_t len = bench_upgrade_put(load->plan, peer->number, load->out, load->out_room);
	if (len == 0)
		return bench_load_fail(load, BENCH_CANNOT,
		                       "the path and the headers: expected at most %d bytes in all",
		                       BENCH_UPGRADE_MAX);
	return bench_peer_send(load, peer, load->out, len);
}

/* ---- saying ---- */

static int set_wants_room(struct bench_load *load, struct bench_peer *peer, bool wants)
{
	if (peer->wants_room == wants)
		return 0;
	peer->wants_room = wants;
	return watch(load, peer, EPOLL_CTL_MOD);
}

/* How much the socket took; -1 and the run is over. */
static ssize_t send_some(struct bench_load *load, struct bench_peer *peer, const uint8_t *bytes,
                         size_t len)
{
	ssize_t sent = send(peer->fd, bytes, len, MSG_NOSIGNAL);
	if (sent >= 0)
		return sent;
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	return bench_load_fail(load, BENCH_LOST, "connection %u cannot be written to: %s",
	                       peer->number, strerror(errno));
}

int bench_peer_send(struct bench_load *load, struct bench_peer *peer, const uint8_t *bytes,
                    size_t len)
{
	ssize_t sent = 0;
	if (peer->out.len == 0)
		sent = send_some(load, peer, bytes, len);
	if (sent < 0)
		return -1;
	if ((size_t)sent == len)
		return set_wants_room(load, peer, false);
	if (peer->out.len + len > OUT_MAX)
		return bench_load_fail(load, BENCH_SILENT,
		                       "connection %u: the server is %d bytes behind with reading",
		                       peer->number, OUT_MAX);
	rest_add(&peer->out, bytes + sent, len - (size_t)sent);
	return set_wants_room(load, peer, true);
}

static int send_rest(struct bench_load *load, struct bench_peer *peer)
{
	ssize_t sent = send_some(load, peer, peer->out.at, peer->out.len);
	if (sent < 0)
		return -1;
	bench_rest_set(&peer->out, peer->out.at + sent, peer->out.len - (size_t)sent);
	return set_wants_room(load, peer, peer->out.len > 0);
}

int bench_peer_ask(struct bench_load *load, struct bench_peer *peer, uint32_t count)
{
	size_t len = 0;
	for (uint32_t i = 0; i < count; i++) {
		bench_message_put(&load->message, peer->number, peer->sent++, load->out + len);
		len += load->message.ask_len;
	}
	load->result->sent += count;
	return bench_peer_send(load, peer, load->out, len);
}

const uint8_t bench_ping[BENCH_PING_LEN] = { 'h', 'e', 'r', 'e' };

int bench_peer_ping(struct bench_load *load, struct bench_peer *peer)
{
	uint8_t frame[16];
	size_t len = bench_frame_control(&load->message, 9, bench_ping, sizeof bench_ping, frame);
	return bench_peer_send(load, peer, frame, len);
}

int bench_peer_close(struct bench_load *load, struct bench_peer *peer)
{
	static const uint8_t normal[2] = { 1000 >> 8, 1000 & 0xff };
	uint8_t frame[16];
	size_t len = bench_frame_control(&load->message, 8, normal, sizeof normal, frame);
	peer->state = PEER_CLOSING;
	return bench_peer_send(load, peer, frame, len);
}

/* ---- hearing ---- */

/* The stream has ended. */
static int ended(struct bench_load *load, struct bench_peer *peer, int error)
{
	const char *how = error != 0 ? strerror(error) : "the server ended the stream";
	switch (peer->state) {
	case PEER_CLOSED:
		bench_peer_drop(peer);
		return load->game->closed(load, peer);
	case PEER_UPGRADING:
		return bench_load_fail(load, BENCH_UNREACHED, "connection %u, at the upgrade: %s",
		                       peer->number, how);
	case PEER_CLOSING:
		return bench_load_fail(load, BENCH_LOST,
		                       "connection %u: our close was not answered with a close: %s",
		                       peer->number, how);
	default:
		return bench_load_fail(load, BENCH_LOST, "connection %u, after %llu answers: %s",
		                       peer->number, (unsigned long long)peer->answered, how);
	}
}

/* The bytes at load->in go on with the answer to the upgrade. */
static int upgrade(struct bench_load *load, struct bench_peer *peer, size_t len)
{
	struct err why;
	size_t head = 0;
	if (bench_upgrade_read(load->in, len, &head, &why) != 0)
		return bench_load_fail(load, BENCH_UNREACHED, "connection %u: %s", peer->number,
		                       why.text);
	if (head == 0) {
		bench_rest_set(&peer->in, load->in, len);
		return 0;
	}
	peer->state = PEER_OPEN;
	load->result->opened++;
	load->open_count++;
	bench_rest_set(&peer->in, NULL, 0);
	if (load->game->opened(load, peer) != 0)
		return -1;
	return bench_peer_hear(load, peer, load->in + head, len - head);
}

static int receive(struct bench_load *load, struct bench_peer *peer)
{
	size_t kept = peer->in.len;
	ssize_t got = recv(peer->fd, load->in + kept, load->in_room, 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	load->now_ns = clock_ns();
	load->progress_ns = load->now_ns;
	if (got <= 0)
		return ended(load, peer, got < 0 ? errno : 0);
	if (kept > 0)
		memcpy(load->in, peer->in.at, kept);
	if (peer->state == PEER_UPGRADING)
		return upgrade(load, peer, kept + (size_t)got);
	return bench_peer_hear(load, peer, load->in, kept + (size_t)got);
}

int bench_peer_event(struct bench_load *load, struct bench_peer *peer, uint32_t events)
{
	if (peer->state == PEER_NONE)
		return 0;
	if (peer->state == PEER_CONNECTING)
		return connected(load, peer);
	if ((events & EPOLLOUT) != 0 && peer->out.len > 0 && send_rest(load, peer) != 0)
		return -1;
	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
		return receive(load, peer);
	return 0;
}
