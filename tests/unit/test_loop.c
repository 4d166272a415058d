/* A loop and its thread: what reaches it, in which order, and its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/loop_timer.h"

#include "base/clock.h"
#include "base/latch.h"
#include "base/mem.h"

#include "fixtures/dies.h"

#include <stdatomic.h>
#include <time.h>

static struct loop loop;

static int begin(void **state)
{
	(void)state;
	loop_init(&loop, NULL, 3);
	loop_start(&loop);
	return 0;
}

static int end(void **state)
{
	(void)state;
	loop_join(&loop);
	loop_run_dry(&loop);
	loop_free(&loop);
	return 0;
}

/* ---- a post that calls a function on the loop ---- */

struct errand {
	struct post post;
	void (*run)(void *arg);
	void *arg;
	struct latch *latch; /* or NULL */
};

static void on_errand(struct post *post)
{
	struct errand *errand = (struct errand *)post;
	errand->run(errand->arg);
	if (errand->latch != NULL)
		latch_down(errand->latch);
	free(errand);
}

static struct errand *errand_new(void (*run)(void *arg), void *arg)
{
	struct errand *errand = mem_new(1, sizeof *errand);
	*errand = (struct errand){ { .run = on_errand }, run, arg, NULL };
	return errand;
}

/* Runs it on the loop, and returns when it has run. */
static void on_loop(void (*run)(void *arg), void *arg)
{
	struct errand *errand = errand_new(run, arg);
	struct latch *latch = latch_new(1);
	errand->latch = latch;
	loop_post(&loop, &errand->post);
	assert_true(latch_wait(latch, 0));
}

/* ---- tests ---- */

static void note_self(void *arg)
{
	struct loop **to = arg;
	*to = loop_self();
}

static void knows_its_thread(void **state)
{
	struct loop *seen = NULL;
	(void)state;
	assert_null(loop_self());
	on_loop(note_self, &seen);
	assert_ptr_equal(seen, &loop);
	assert_null(loop_self());
}

static char order[256];

static void write_letter(void *arg)
{
	const char *letter = arg;
	size_t end = strlen(order);
	order[end] = *letter;
	order[end + 1] = '\0';
}

static void later_letter(void *arg)
{
	loop_later(&loop, &errand_new(write_letter, arg)->post);
}

static void nothing(void *arg)
{
	(void)arg;
}

static void posts_keep_their_order(void **state)
{
	char letters[] = "abcdefghijklmnopqrstuvwxyz";
	(void)state;
	order[0] = '\0';
	for (int i = 0; i < 26; i++)
		loop_post(&loop, &errand_new(write_letter, letters + i)->post);
	on_loop(nothing, NULL);
	assert_string_equal(order, letters);
}

static void make_a_turn(void *arg)
{
	char *letters = arg;
	later_letter(letters + 1);
	later_letter(letters + 2);
	write_letter(letters);
}

static void later_is_at_the_end_of_the_turn(void **state)
{
	char letters[] = "abc";
	(void)state;
	order[0] = '\0';
	on_loop(make_a_turn, letters);
	on_loop(nothing, NULL);
	assert_string_equal(order, "abc");
}

static void leave_a_chain(void *arg)
{
	char *letter = arg;
	write_letter(letter);
	if (letter[1] != '\0')
		loop_later(&loop, &errand_new(leave_a_chain, letter + 1)->post);
}

static void run_it_now(void *arg)
{
	leave_a_chain(arg);
	loop_run_later(&loop);
	write_letter("!");
}

/* What is left behind may leave more behind: all is done before the next event. */
static void later_runs_until_nothing_is_left(void **state)
{
	char letters[] = "abcdef";
	(void)state;
	order[0] = '\0';
	on_loop(run_it_now, letters);
	assert_string_equal(order, "abcdef!");
}

/* ---- many threads ---- */

enum { THREADS = 4, POSTS = 1000 };

static uint32_t count; /* the loop's */

static void count_up(void *arg)
{
	(void)arg;
	count++;
}

static void *post_many(void *arg)
{
	(void)arg;
	for (int i = 0; i < POSTS; i++)
		loop_post(&loop, &errand_new(count_up, NULL)->post);
	return NULL;
}

static void read_count(void *arg)
{
	*(uint32_t *)arg = count;
	count = 0;
}

static void any_thread_may_post(void **state)
{
	pthread_t threads[THREADS];
	uint32_t seen = 0;
	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, post_many, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	on_loop(read_count, &seen);
	assert_int_equal(seen, THREADS * POSTS);
}

/* ---- timers ---- */

struct chime {
	struct loop_timer timer;
	int fired;
	int strays; /* of these, on another thread */
	int stop_after;
	uint32_t ms;
	bool repeat;
	struct latch *gone;
};

static void on_gone(struct loop_timer *timer)
{
	latch_down(((struct chime *)timer)->gone);
}

static void on_fire(struct loop_timer *timer)
{
	struct chime *chime = (struct chime *)timer;
	chime->strays += loop_self() != &loop;
	if (++chime->fired == chime->stop_after)
		loop_timer_stop(timer, on_gone);
}

static void start_chime(void *arg)
{
	struct chime *chime = arg;
	loop_timer_start(&loop, &chime->timer, chime->ms, chime->repeat, on_fire);
}

static void stop_chime(void *arg)
{
	struct chime *chime = arg;
	loop_timer_stop(&chime->timer, on_gone);
}

static void run_until_gone(struct chime *chime)
{
	chime->gone = latch_new(1);
	struct latch *gone = chime->gone;
	on_loop(start_chime, chime);
	assert_true(latch_wait(gone, 0));
}

static void a_timer_fires(void **state)
{
	struct chime once = { .ms = 1, .stop_after = 1 };
	struct chime often = { .ms = 1, .repeat = true, .stop_after = 5 };
	struct chime now = { .ms = 0, .stop_after = 1 };
	(void)state;
	run_until_gone(&once);
	run_until_gone(&often);
	run_until_gone(&now);
	assert_int_equal(once.fired, 1);
	assert_int_equal(often.fired, 5);
	assert_int_equal(now.fired, 1);
	assert_int_equal(once.strays + often.strays + now.strays, 0);
}

static void a_stopped_timer_does_not(void **state)
{
	struct chime chime = { .ms = 3600000, .repeat = true, .gone = latch_new(1) };
	(void)state;
	on_loop(start_chime, &chime);
	on_loop(stop_chime, &chime);
	assert_true(latch_wait(chime.gone, 0));
	assert_int_equal(chime.fired, 0);
}

struct deadline {
	struct wheel_timer timer;
	struct latch *latch;
};

static void on_deadline(struct wheel_timer *timer)
{
	latch_down(((struct deadline *)timer)->latch);
}

static void set_deadline(void *arg)
{
	struct deadline *deadline = arg;
	wheel_set(&loop.wheel, &deadline->timer, loop.now_ms, on_deadline);
}

static void the_loop_turns_its_wheel(void **state)
{
	struct deadline deadline = { .latch = latch_new(1) };
	struct latch *latch = deadline.latch;
	(void)state;
	on_loop(set_deadline, &deadline);
	assert_true(latch_wait(latch, 0));
}

/* ---- the end ---- */

/* What comes when the thread has ended already is run all the same: run() owns it. */
static void late_posts_run_too(void **state)
{
	char letters[] = "abc";
	(void)state;
	order[0] = '\0';
	loop_init(&loop, NULL, 0);
	loop_start(&loop);
	loop_join(&loop);
	loop_post(&loop, &errand_new(write_letter, letters)->post);
	loop_post(&loop, &errand_new(later_letter, letters + 1)->post);
	loop_run_dry(&loop);
	assert_string_equal(order, "ab");
	assert_null(loop_self());
	loop_free(&loop);
}

/* ---- the pulse ---- */

enum { OVERRUN_MS = 150 };

static void nap(void)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	nanosleep(&moment, NULL);
}

/* Keeps the loop until its tick is that much too late. */
static void overrun(void *arg)
{
	uint64_t until_ns = count_read(&loop.pulse.ticked_ns) +
	                    (uint64_t)(WHEEL_TICK_MS + OVERRUN_MS) * 1000000;
	(void)arg;
	while (clock_ns() < until_ns)
		nap();
}

/* Ticks that were at least as late as the bucket's lower bound. */
static uint64_t late_ticks(void)
{
	struct histogram_sum sum = { 0 };
	uint64_t late = 0;
	histogram_read(&loop.pulse.lags, &sum);
	for (size_t i = HISTOGRAM_BOUNDS; i > 0 && histogram_bounds_ns[i - 1] >= 100000000; i--)
		late += sum.counts[i];
	return late;
}

static void a_late_tick_is_noted(void **state)
{
	(void)state;
	uint64_t before = late_ticks(), began_ns = clock_ns();
	on_loop(overrun, NULL);
	while (late_ticks() == before)
		nap();
	assert_true(count_read(&loop.pulse.ticked_ns) >= began_ns);
	assert_true(count_read(&loop.pulse.ticked_ns) <= clock_ns());
}

static void a_loop_ticks_by_itself(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		uint64_t ticked_ns = count_read(&loop.pulse.ticked_ns);
		while (count_read(&loop.pulse.ticked_ns) == ticked_ns)
			nap();
		assert_true(count_read(&loop.pulse.ticked_ns) > ticked_ns);
	}
}

static void a_loop_need_not_start(void **state)
{
	(void)state;
	loop_init(&loop, NULL, 0);
	loop_run_dry(&loop);
	loop_free(&loop);
}

static void one_loop_too_many(void)
{
	loop_init(&loop, NULL, CONFIG_THREADS_MAX);
}

static void later_from_elsewhere(void)
{
	struct post post = { 0 };
	loop_later(&loop, &post);
}

static void faults_stop_the_program(void **state)
{
	(void)state;
	assert_dies(one_loop_too_many, "index < CONFIG_THREADS_MAX does not hold");
	assert_dies(later_from_elsewhere, "loop_self() == loop does not hold");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(knows_its_thread),
		TEST(posts_keep_their_order),
		TEST(later_is_at_the_end_of_the_turn),
		TEST(later_runs_until_nothing_is_left),
		TEST(any_thread_may_post),
		TEST(a_timer_fires),
		TEST(a_stopped_timer_does_not),
		TEST(the_loop_turns_its_wheel),
		cmocka_unit_test(late_posts_run_too),
		TEST(a_late_tick_is_noted),
		TEST(a_loop_ticks_by_itself),
		cmocka_unit_test(a_loop_need_not_start),
		cmocka_unit_test(faults_stop_the_program),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
