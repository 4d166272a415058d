#include "net/loop.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/container.h"
#include "net/conn.h"
#include "net/front.h"
#include "net/loop_timer.h"
#include "net/wire.h"

#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const uint64_t TICK_NS = (uint64_t)WHEEL_TICK_MS * 1000000;

static _Thread_local struct loop *self;

struct loop *loop_self(void)
{
	return self;
}

/* ---- the turn ---- */

static bool run_later(struct loop *loop)
{
	struct post *post = loop->later_first;
	loop->later_first = NULL;
	loop->later_last = &loop->later_first;
	bool any = post != NULL;
	while (post != NULL) {
		struct post *next = post->next;
		post->run(post);
		post = next;
	}
	return any;
}

void loop_run_later(struct loop *loop)
{
	while (loop->later_first != NULL)
		run_later(loop);
	hub_sweep(&loop->hub);
}

/* Nothing that a callback left behind waits for the next event. Taking up a waiting message may
 * leave more behind; each connection's queue is bounded, so this ends. */
static void turn_end(struct loop *loop)
{
	do {
		loop_run_later(loop);
		struct conn *conn = conn_turn_next(loop);
		if (conn != NULL)
			conn_turn(conn);
	} while (loop->turn_first != NULL || loop->later_first != NULL);
}

/* Each lag is one turn's own: the next tick counts from this one. */
static void feel_pulse(struct loop_pulse *pulse, uint64_t now_ns)
{
	uint64_t due_ns = count_read(&pulse->ticked_ns) + TICK_NS;
	uint64_t lag_ns = now_ns > due_ns ? now_ns - due_ns : 0;
	count_set(&pulse->ticked_ns, now_ns);
	count_set(&pulse->lag_ns, lag_ns);
	histogram_add(&pulse->lags, lag_ns);
}

static void run_deadlines(struct loop *loop, uint64_t now_ns)
{
	if (now_ns >= loop->next_tick_ns) {
		loop->next_tick_ns = now_ns + TICK_NS;
		feel_pulse(&loop->pulse, now_ns);
		wheel_run(&loop->wheel, loop->now_ms);
		if (loop->front != NULL)
			front_tick(loop->front);
	}
	loop_timers_run(loop, now_ns);
}

/* How long may it sleep? Rounded up, or it would wake before the time and find nothing due. */
static int patience_ms(const struct loop *loop)
{
	uint64_t until_ns = loop->next_tick_ns, now_ns = clock_ns();
	const struct heap_entry *first = heap_first(&loop->timers);
	if (first != NULL && first->due_ns < until_ns)
		until_ns = first->due_ns;
	int ms = until_ns > now_ns ? (int)((until_ns - now_ns + 999999) / 1000000) : 0;
	return loop->front != NULL ? front_patience_ms(loop->front, ms) : ms;
}

/* One turn: what is ready, what is due, and all that this has led to. Time stands still in it: what
 * is begun in a turn is never overdue in the same, however long a plugin takes, and who has spoken
 * in time is heard before his deadline is looked at. What leaves through libwebsockets may leave it
 * something to do: then the loop does not sleep, but looks at the others first. Clients who always
 * have something to say would have the loop to themselves otherwise. */
static void take_turn(struct loop *loop)
{
	poller_wait(&loop->poller, patience_ms(loop));
	uint64_t now_ns = clock_ns();
	loop->now_ms = now_ns / 1000000;
	poller_tell(&loop->poller);
	turn_end(loop);
	run_deadlines(loop, now_ns);
	turn_end(loop);
	if (loop->front != NULL && front_turn(loop->front))
		turn_end(loop);
}

static void on_wake(struct poller_watch *watch, uint32_t events)
{
	struct loop *loop = container_of(watch, struct loop, woken);
	uint64_t times;
	(void)events;
	(void)!read(loop->wake_fd, &times, sizeof times);
	count_add(&loop->counters.posts, inbox_run(&loop->inbox));
}

void loop_post(struct loop *loop, struct post *post)
{
	const uint64_t once = 1;
	if (inbox_put(&loop->inbox, post))
		(void)!write(loop->wake_fd, &once, sizeof once);
}

void loop_later(struct loop *loop, struct post *post)
{
	CHECK(loop_self() == loop);
	post->next = NULL;
	*loop->later_last = post;
	loop->later_last = &post->next;
}

/* ---- life ---- */

void loop_init(struct loop *loop, struct net *net, uint32_t index)
{
	CHECK(index < CONFIG_THREADS_MAX);
	*loop = (struct loop){ .net = net, .index = index, .woken.ready = on_wake };
	loop->later_last = &loop->later_first;
	loop->turn_last = &loop->turn_first;
	loop->now_ms = clock_ms();
	count_set(&loop->pulse.ticked_ns, clock_ns());
	wheel_init(&loop->wheel, loop->now_ms);
	slots_init(&loop->conns, index);
	hub_init(&loop->hub);
	loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	CHECK(loop->wake_fd >= 0 && poller_init(&loop->poller) == 0);
	CHECK(poller_add(&loop->poller, &loop->woken, loop->wake_fd, POLLER_READ) == 0);
}

static void *loop_main(void *arg)
{
	struct loop *loop = arg;
	self = loop;
	char name[16];
	snprintf(name, sizeof name, "loop-%u", loop->index);
	pthread_setname_np(pthread_self(), name);
	/* What passed since loop_init() is nobody's lag. */
	count_set(&loop->pulse.ticked_ns, clock_ns());
	loop->next_tick_ns = clock_ns() + TICK_NS;
	while (!loop->stopping)
		take_turn(loop);
	return NULL;
}

void loop_start(struct loop *loop)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	CHECK(pthread_create(&loop->thread, NULL, loop_main, loop) == 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct stop_post {
	struct post post;
	struct loop *loop;
};

static void on_stop(struct post *post)
{
	struct stop_post *stop = (struct stop_post *)post;
	stop->loop->stopping = true;
}

void loop_join(struct loop *loop)
{
	struct stop_post stop = { .post.run = on_stop, .loop = loop };
	loop_post(loop, &stop.post);
	pthread_join(loop->thread, NULL);
}

void loop_run_dry(struct loop *loop)
{
	CHECK(loop->conns.live == 0);
	/* What was posted too late is still owned by its run(). */
	self = loop;
	while (inbox_run(&loop->inbox) > 0 || run_later(loop))
		;
	self = NULL;
}

void loop_free(struct loop *loop)
{
	poller_drop(&loop->poller, &loop->woken, loop->wake_fd);
	poller_free(&loop->poller);
	close(loop->wake_fd);
	wire_desk_free(loop->desk);
	heap_free(&loop->timers);
	hub_free(&loop->hub);
	outbox_stock_free(&loop->stock);
	deflate_free(&loop->deflate);
	slots_free(&loop->conns);
}
