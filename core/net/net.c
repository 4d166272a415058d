#include "net/net.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/latch.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/front.h"
#include "net/listen.h"
#include "net/request.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

enum { BARRIER_WARN_MS = 5000 };

static int listen_all(struct net *net, const struct config_listen *where, size_t count,
                      struct err *why)
{
	for (size_t i = 0; i < count; i++)
		if (listen_open(net->loops, net->loop_count, &where[i], why) != 0)
			return -1;
	return 0;
}

int net_open(struct net *net, const struct site *site, uint32_t loops,
             const struct net_upcalls *upcalls, struct err *why)
{
	const struct config *config = site->config;
	CHECK(loops >= 1 && loops <= CONFIG_THREADS_MAX);
	net->up = *upcalls;
	/* Where there is no randomness the time will do: it only has to differ. (getrandom(2)) */
	if (getrandom(&net->epoch, sizeof net->epoch, GRND_NONBLOCK) != sizeof net->epoch)
		net->epoch = clock_ns();
	atomic_store(&net->site, site);
	net->loops = mem_lines(loops, sizeof *net->loops);
	for (; net->loop_count < loops; net->loop_count++) {
		struct loop *loop = &net->loops[net->loop_count];
		loop_init(loop, net, net->loop_count);
		loop->front = front_new(loop, config->handshake_ms, config->tls.listen_count > 0);
		if (loop->front == NULL) {
			net->loop_count++;
			return err_set(why, "libwebsockets gave no context (is the package "
			                    "libwebsockets-evlib-uv installed?)");
		}
	}
	if (listen_all(net, config->listen, config->listen_count, why) != 0)
		return -1;
	return listen_all(net, config->tls.listen, config->tls.listen_count, why);
}

void net_run(struct net *net)
{
	front_quiet();
	net->running = true;
	for (uint32_t i = 0; i < net->loop_count; i++)
		loop_start(&net->loops[i]);
}

/* ---- barrier ---- */

struct barrier_post {
	struct post post;
	struct loop *loop;
	struct latch *latch;
	void (*run)(struct loop *loop, void *context);
	void *context;
};

static void on_barrier(struct post *post)
{
	struct barrier_post *barrier = (struct barrier_post *)post;
	if (barrier->run != NULL)
		barrier->run(barrier->loop, barrier->context);
	latch_down(barrier->latch);
	free(barrier);
}

void net_barrier(struct net *net, void (*run)(struct loop *loop, void *context), void *context)
{
	CHECK(loop_self() == NULL);
	struct latch *latch = latch_new(net->loop_count);
	for (uint32_t i = 0; i < net->loop_count; i++) {
		struct barrier_post *barrier = mem_new(1, sizeof *barrier);
		*barrier = (struct barrier_post){
			{ .run = on_barrier }, &net->loops[i], latch, run, context
		};
		loop_post(&net->loops[i], &barrier->post);
	}
	/* What run() uses may be the caller's own: there is no leaving before the last loop was
	 * here. */
	while (!latch_try(latch, BARRIER_WARN_MS))
		log_warn("net",
		         "a loop has not come to the end of its turn for %d s: is a plugin "
		         "that should not block blocking it?",
		         BARRIER_WARN_MS / 1000);
}

/* ---- the end ---- */

static void start_accepting(struct loop *loop, void *context)
{
	(void)context;
	listen_start(loop);
}

void net_accept(struct net *net)
{
	net->accepting = true;
	net_barrier(net, start_accepting, NULL);
}

static void stop_accepting(struct loop *loop, void *context)
{
	(void)context;
	listen_close(loop);
}

/* What was read is answered; what was not is asked again elsewhere, after the close. */
static void stop_reading(struct loop *loop, void *context)
{
	(void)context;
	struct conn *conn;
	loop->draining = true;
	for (uint32_t at = 0; (conn = conn_next(loop, &at)) != NULL;)
		if (!conn->close_wanted)
			conn_steer_reading(conn);
}

/* Who has not asked yet is asked to come again by a socket that ends. */
static void close_all(struct loop *loop, void *context)
{
	struct conn *conn;
	(void)context;
	request_end_all(loop);
	loop->closing = true;
	for (uint32_t at = 0; (conn = conn_next(loop, &at)) != NULL;)
		conn_close_restart(conn);
}

static void close_front(struct loop *loop, void *context)
{
	struct conn *conn;
	(void)context;
	for (uint32_t at = 0; (conn = conn_next(loop, &at)) != NULL;)
		conn->carrier->drop(conn);
	front_close(loop->front);
}

static void sum_calls(struct loop *loop, void *context)
{
	_Atomic uint32_t *sum = context;
	const struct conn *conn;
	for (uint32_t at = 0; (conn = conn_next(loop, &at)) != NULL;)
		atomic_fetch_add(sum, conn->calls + conn->pending_count);
}

static bool wait_until_idle(struct net *net, uint64_t until_ms)
{
	const struct timespec moment = { .tv_nsec = 10000000 };
	for (;;) {
		_Atomic uint32_t calls = 0;
		net_barrier(net, sum_calls, &calls);
		if (atomic_load(&calls) == 0)
			return true;
		if (clock_ms() >= until_ms)
			return false;
		nanosleep(&moment, NULL);
	}
}

void net_drain(struct net *net, uint32_t drain_ms)
{
	const struct timespec moment = { .tv_nsec = 10000000 };
	uint64_t until_ms = clock_ms() + drain_ms;
	if (net->accepting)
		net_barrier(net, stop_accepting, NULL);
	net_barrier(net, stop_reading, NULL);
	if (!wait_until_idle(net, until_ms))
		log_warn("net", "calls are still open at the end of drain_ms: given up");
	net_barrier(net, close_all, NULL);
	until_ms = clock_ms() + net_site(net)->config->close_ms;
	while (atomic_load(&net->connections) > 0 && clock_ms() < until_ms)
		nanosleep(&moment, NULL);
	net_barrier(net, close_front, NULL);
}

void net_end(struct net *net)
{
	for (uint32_t i = 0; i < net->loop_count; i++)
		loop_join(&net->loops[i]);
}

uint64_t net_count(const struct net *net, size_t counter)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < net->loop_count; i++) {
		const char *counters = (const char *)&net->loops[i].counters;
		sum += count_read((const _Atomic uint64_t *)(const void *)(counters + counter));
	}
	return sum;
}

static void log_totals(const struct net *net)
{
#define SUM(member) net_count(net, offsetof(struct loop_counters, member))
	log_info(
		"net",
		"served %lu connections (%lu refused, %lu turned away), %lu messages in, %lu out "
		"in %lu writes; closed %lu for the protocol, %lu too big, %lu too slow, %lu silent",
		SUM(connections), SUM(refused), SUM(turned_away), SUM(messages_in),
		SUM(messages_out), SUM(writes), SUM(closed_protocol), SUM(closed_too_big),
		SUM(closed_too_slow), SUM(dropped_silent));
#undef SUM
}

void net_free(struct net *net)
{
	if (net->running)
		log_totals(net);
	for (uint32_t i = 0; i < net->loop_count; i++) {
		struct loop *loop = &net->loops[i];
		if (!net->running && loop->front != NULL)
			front_close(loop->front);
		loop_run_dry(loop);
		if (loop->front != NULL)
			front_free(loop->front);
		listen_free(loop);
		loop_free(loop);
	}
	free(net->loops);
}

int net_alive(const struct net *net, uint64_t silent_ms, struct err *why)
{
	uint64_t now_ns = clock_ns();
	for (uint32_t i = 0; i < net->loop_count; i++) {
		uint64_t ticked_ns = count_read(&net->loops[i].pulse.ticked_ns);
		uint64_t since_ms = now_ns > ticked_ns ? (now_ns - ticked_ns) / 1000000 : 0;
		if (since_ms > silent_ms)
			return err_set(why,
			               "loop-%u has not come to the end of a turn for %lu s: is a "
			               "plugin that should not block blocking it?",
			               i, since_ms / 1000);
	}
	return 0;
}

bool net_conn_alive(const struct net *net, act_conn id)
{
	struct loop *loop = net_loop_of(net, id);
	return loop != NULL && slots_alive(&loop->conns, id);
}

struct loop *net_loop_of(const struct net *net, act_conn id)
{
	uint32_t owner = slots_owner(id);
	if (slots_kind(id) != CONN_KIND || owner >= net->loop_count)
		return NULL;
	return &net->loops[owner];
}
