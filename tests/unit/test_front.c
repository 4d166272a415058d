/* libwebsockets in the loop's turn: however much it finds to do, the loop gets on. */
#include "fixtures/live_net.h"

#include "net/front_private.h"

static _Atomic int rounds;

/* Has something to do again as soon as it has done it, as a client is that always has something to
 * say. */
static void on_busy(uv_idle_t *busy)
{
	rounds++;
	front_tick(busy->data);
}

static uv_idle_t busy;

static void make_busy(struct loop *loop, void *context)
{
	(void)context;
	if (loop->index != 0)
		return;
	uv_idle_init(&loop->front->uv, &busy);
	busy.data = loop->front;
	uv_idle_start(&busy, on_busy);
	front_tick(loop->front);
}

static void end_busy(struct loop *loop, void *context)
{
	(void)context;
	if (loop->index == 0)
		uv_close((uv_handle_t *)&busy, NULL);
}

/* A front that has something to do again and again waits neither for others nor lets them wait. */
static void a_busy_front_keeps_nobody_waiting(void **state)
{
	(void)state;
	net_barrier(&net, make_busy, NULL);
	for (int i = 0; i < 10; i++) {
		int fd = live_open("/raw", ""), before = rounds;
		live_frame(fd, 0x81, "hi", 2);
		live_hears(fd, "\x81\2hi", 4);
		close(fd);
		net_barrier(&net, NULL, NULL);
		while (rounds == before)
			net_barrier(&net, NULL, NULL);
	}
	net_barrier(&net, end_busy, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_busy_front_keeps_nobody_waiting, live_begin,
		                                live_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
