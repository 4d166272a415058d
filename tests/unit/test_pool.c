/* The workers. The .c is included to see when the pool begins to stop. */
#include "base/pool.c"

#include "fixtures/dies.h"

#include <sched.h>
#include <stdatomic.h>

enum { QUEUE_MAX = 2, TASKS_MAX = 256 };

/* A task that notes that it ran, in which order and where. */
struct noted {
	struct task task;
	uint32_t number;
	int worker;
};

static struct pool *pool;
static struct noted noted[TASKS_MAX];
static _Atomic uint32_t order[TASKS_MAX]; /* numbers in the order in which they ran */
static _Atomic uint32_t ran;

static void note(struct task *task)
{
	struct noted *mine = (struct noted *)task;
	mine->worker = pool_self();
	order[atomic_fetch_add(&ran, 1)] = mine->number;
}

static struct task *task_of(uint32_t number)
{
	noted[number] = (struct noted){ { .run = note }, number, -2 };
	return &noted[number].task;
}

static void wait_for(uint32_t count)
{
	while (ran < count)
		sched_yield();
}

/* ---- a task that holds its worker until it is let go ---- */

static _Atomic bool held, let_go;

static void hold(struct task *task)
{
	(void)task;
	held = true;
	while (!let_go)
		sched_yield();
}

static struct task holder = { .run = hold };

static void hold_worker(uint32_t worker)
{
	held = let_go = false;
	pool_submit_to(pool, worker, &holder);
	while (!held)
		sched_yield();
}

static bool is_stopping(void)
{
	pthread_mutex_lock(&pool->lock);
	bool stopping = pool->stopping;
	pthread_mutex_unlock(&pool->lock);
	return stopping;
}

/* ---- tests ---- */

static int begin_with(uint32_t workers)
{
	ran = 0;
	pool = pool_new(workers, QUEUE_MAX);
	return 0;
}

static int begin_one(void **state)
{
	(void)state;
	return begin_with(1);
}

static int begin_four(void **state)
{
	(void)state;
	return begin_with(4);
}

static int end(void **state)
{
	(void)state;
	pool_free(pool);
	return 0;
}

static void runs_tasks_in_order_on_workers(void **state)
{
	(void)state;
	assert_int_equal(pool_workers(pool), 1);
	assert_int_equal(pool_threads(pool), 2);
	assert_int_equal(pool_self(), -1);
	pool_queue_max(pool, 100);
	for (uint32_t i = 0; i < 100; i++)
		assert_true(pool_submit(pool, task_of(i)));
	wait_for(100);
	for (uint32_t i = 0; i < 100; i++) {
		assert_int_equal(order[i], i);
		assert_int_equal(noted[i].worker, 0);
	}
}

static void clients_work_has_a_bound(void **state)
{
	(void)state;
	hold_worker(0);
	assert_true(pool_submit(pool, task_of(0)));
	assert_true(pool_submit(pool, task_of(1)));
	assert_false(pool_submit(pool, task_of(2)));
	/* The server's own work is not refused, and does not wait for clients. */
	pool_submit_always(pool, task_of(3));
	wait_for(1);
	assert_int_equal(noted[3].worker, 1);
	assert_false(pool_submit(pool, task_of(4)));
	pool_queue_max(pool, QUEUE_MAX + 1);
	assert_true(pool_submit(pool, task_of(5)));
	assert_false(pool_submit(pool, task_of(6)));
	let_go = true;
	wait_for(4);
	assert_true(pool_submit(pool, task_of(7)));
	wait_for(5);
	const uint32_t expected[] = { 3, 0, 1, 5, 7 };
	for (int i = 0; i < 5; i++)
		assert_int_equal(order[i], expected[i]);
}

static void directed_work_goes_first(void **state)
{
	(void)state;
	hold_worker(0);
	assert_true(pool_submit(pool, task_of(0)));
	pool_submit_to(pool, 0, task_of(1));
	pool_submit_to(pool, 0, task_of(2));
	let_go = true;
	wait_for(3);
	assert_int_equal(order[0], 1);
	assert_int_equal(order[1], 2);
	assert_int_equal(order[2], 0);
}

static void directed_work_runs_where_it_was_sent(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		pool_submit_to(pool, i % 4, task_of(i));
	wait_for(100);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(noted[i].worker, i % 4);
}

/* While one worker is held the others go on. */
static void a_held_worker_holds_nobody_up(void **state)
{
	(void)state;
	hold_worker(2);
	for (uint32_t i = 0; i < 20; i++)
		pool_submit_always(pool, task_of(i));
	wait_for(20);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_not_equal(noted[i].worker, 2);
	let_go = true;
}

static void hold_until_stopping(struct task *task)
{
	(void)task;
	while (!is_stopping())
		sched_yield();
}

static struct task stop_holder = { .run = hold_until_stopping };

static void what_is_queued_runs_while_it_stops(void **state)
{
	(void)state;
	begin_with(1);
	pool_submit_to(pool, 0, &stop_holder);
	pool_submit_to(pool, 0, task_of(0));
	for (uint32_t i = 1; i < 10; i++)
		pool_submit_always(pool, task_of(i));
	pool_free(pool);
	assert_int_equal(ran, 10);
}

/* Sends more work to a worker that had none when the stop began. */
static void send_while_stopping(struct task *task)
{
	const struct timespec moment = { .tv_nsec = 2000000 };
	hold_until_stopping(task);
	nanosleep(&moment, NULL); /* an idle worker has the time to leave, were it so minded */
	pool_submit_to(pool, 3, task_of(0));
	pool_submit_to(pool, 0, task_of(1));
	pool_submit_always(pool, task_of(2));
}

static void what_the_last_work_sends_runs_too(void **state)
{
	static struct task sender = { .run = send_while_stopping };
	(void)state;
	begin_with(4);
	pool_submit_to(pool, 0, &sender);
	pool_free(pool);
	assert_int_equal(ran, 3);
	assert_int_equal(noted[0].worker, 3);
	assert_int_equal(noted[1].worker, 0);
}

enum { SENDERS = 4 };

static void *send_many(void *arg)
{
	uint32_t first = (uint32_t)(uintptr_t)arg * 50;
	for (uint32_t i = first; i < first + 50; i++)
		while (!pool_submit(pool, task_of(i)))
			sched_yield();
	return NULL;
}

static void many_may_send(void **state)
{
	pthread_t threads[SENDERS];
	(void)state;
	for (uintptr_t i = 0; i < SENDERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, send_many, (void *)i), 0);
	for (int i = 0; i < SENDERS; i++)
		pthread_join(threads[i], NULL);
	wait_for(SENDERS * 50);
	for (uint32_t i = 0; i < SENDERS * 50; i++)
		assert_in_range(noted[i].worker, 0, 3);
}

static void start_without_workers(void)
{
	pool_new(0, QUEUE_MAX);
}

static void faults_stop_the_program(void **state)
{
	(void)state;
	assert_dies(start_without_workers, "workers >= 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(runs_tasks_in_order_on_workers, begin_one, end),
		cmocka_unit_test_setup_teardown(clients_work_has_a_bound, begin_one, end),
		cmocka_unit_test_setup_teardown(directed_work_goes_first, begin_one, end),
		cmocka_unit_test_setup_teardown(directed_work_runs_where_it_was_sent, begin_four,
		                                end),
		cmocka_unit_test_setup_teardown(a_held_worker_holds_nobody_up, begin_four, end),
		cmocka_unit_test(what_is_queued_runs_while_it_stops),
		cmocka_unit_test(what_the_last_work_sends_runs_too),
		cmocka_unit_test_setup_teardown(many_may_send, begin_four, end),
		cmocka_unit_test(faults_stop_the_program),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
