#include "net/loop.h"

#include "base/check.h"
#include "base/clock.h"
#include "net/conn.h"

#include <signal.h>
#include <stdio.h>

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
}

/* Runs before and after each poll of libuv: nothing that a callback left behind waits for the next
 * event. Taking up a waiting message may leave more behind; each connection's queue is bounded, so
 * this ends. */
static void turn_end(struct loop *loop)
{
	do {
		loop_run_later(loop);
		struct conn *conn = conn_turn_next(loop);
		if (conn != NULL)
			conn_turn(conn);
	} while (loop->turn_first != NULL || loop->later_first != NULL);
}

static void on_prepare(uv_prepare_t *handle)
{
	turn_end(handle->data);
}

static void on_check(uv_check_t *handle)
{
	turn_end(handle->data);
}

static void on_wake(uv_async_t *handle)
{
	struct loop *loop = handle->data;
	count_add(&loop->counters.posts, inbox_run(&loop->inbox));
}

/* libuv counts the next tick from this one: each lag is one turn's own. */
static void feel_pulse(struct loop_pulse *pulse, uint64_t now_ns)
{
	uint64_t due_ns = count_read(&pulse->ticked_ns) + (uint64_t)WHEEL_TICK_MS * 1000000;
	uint64_t lag_ns = now_ns > due_ns ? now_ns - due_ns : 0;
	count_set(&pulse->ticked_ns, now_ns);
	count_set(&pulse->lag_ns, lag_ns);
	histogram_add(&pulse->lags, lag_ns);
}

static void on_tick(uv_timer_t *handle)
{
	struct loop *loop = handle->data;
	uint64_t now_ns = clock_ns();
	feel_pulse(&loop->pulse, now_ns);
	loop->now_ms = now_ns / 1000000;
	wheel_run(&loop->wheel, loop->now_ms);
}

void loop_post(struct loop *loop, struct post *post)
{
	if (inbox_put(&loop->inbox, post))
		uv_async_send(&loop->wake);
}

void loop_later(struct loop *loop, struct post *post)
{
	CHECK(loop_self() == loop);
	post->next = NULL;
	*loop->later_last = post;
	loop->later_last = &post->next;
}

/* ---- timers ---- */

static void on_timer(uv_timer_t *handle)
{
	struct loop_timer *timer = handle->data;
	timer->fire(timer);
}

void loop_timer_start(struct loop *loop, struct loop_timer *timer, uint32_t ms, bool repeat,
                      void (*fire)(struct loop_timer *timer))
{
	CHECK(loop_self() == loop);
	timer->fire = fire;
	uv_timer_init(&loop->uv, &timer->uv);
	timer->uv.data = timer;
	uv_update_time(&loop->uv);
	uv_timer_start(&timer->uv, on_timer, ms, repeat ? ms : 0);
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct loop_timer *timer = handle->data;
	timer->gone(timer);
}

void loop_timer_stop(struct loop_timer *timer, void (*gone)(struct loop_timer *timer))
{
	timer->gone = gone;
	uv_close((uv_handle_t *)&timer->uv, on_timer_closed);
}

/* ---- life ---- */

void loop_init(struct loop *loop, struct net *net, uint32_t index)
{
	CHECK(index < CONFIG_THREADS_MAX);
	*loop = (struct loop){ .net = net, .index = index };
	loop->later_last = &loop->later_first;
	loop->turn_last = &loop->turn_first;
	loop->now_ms = clock_ms();
	count_set(&loop->pulse.ticked_ns, clock_ns());
	wheel_init(&loop->wheel, loop->now_ms);
	slots_init(&loop->conns, index);
	hub_init(&loop->hub);
	CHECK(uv_loop_init(&loop->uv) == 0);
	CHECK(uv_async_init(&loop->uv, &loop->wake, on_wake) == 0);
	uv_timer_init(&loop->uv, &loop->tick);
	uv_prepare_init(&loop->uv, &loop->prepare);
	uv_check_init(&loop->uv, &loop->check);
	loop->wake.data = loop->tick.data = loop->prepare.data = loop->check.data = loop;
	uv_timer_start(&loop->tick, on_tick, WHEEL_TICK_MS, WHEEL_TICK_MS);
	uv_prepare_start(&loop->prepare, on_prepare);
	uv_check_start(&loop->check, on_check);
}

static void *loop_main(void *arg)
{
	struct loop *loop = arg;
	self = loop;
	char name[16];
	snprintf(name, sizeof name, "loop-%u", loop->index);
	pthread_setname_np(pthread_self(), name);
	/* What passed since loop_init() is nobody's lag. */
	uv_update_time(&loop->uv);
	uv_timer_again(&loop->tick);
	count_set(&loop->pulse.ticked_ns, clock_ns());
	/* Not one turn at a time (UV_RUN_ONCE): that looks twice at the kernel for each event. */
	uv_run(&loop->uv, UV_RUN_DEFAULT);
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
	uv_stop(&stop->loop->uv);
}

void loop_join(struct loop *loop)
{
	struct stop_post stop = { .post.run = on_stop, .loop = loop };
	loop_post(loop, &stop.post);
	pthread_join(loop->thread, NULL);
}

void loop_run_dry(struct loop *loop)
{
	CHECK(loop->conn_list == NULL);
	uv_close((uv_handle_t *)&loop->wake, NULL);
	uv_close((uv_handle_t *)&loop->tick, NULL);
	uv_close((uv_handle_t *)&loop->prepare, NULL);
	uv_close((uv_handle_t *)&loop->check, NULL);
	/* What was posted too late is still owned by its run(). */
	self = loop;
	do {
		while (inbox_run(&loop->inbox) > 0 || run_later(loop))
			;
		uv_run(&loop->uv, UV_RUN_NOWAIT);
	} while (uv_loop_alive(&loop->uv) != 0);
	self = NULL;
}

void loop_free(struct loop *loop)
{
	CHECK(uv_loop_close(&loop->uv) == 0);
	hub_free(&loop->hub);
	outbox_stock_free(&loop->stock);
	deflate_free(&loop->deflate);
	slots_free(&loop->conns);
}
