/* Signs of life: they come while all gets on, stop while something hangs, and come again. The tests
 * wait for what comes, and for so many looks; how fast that is does not matter. */
#include "base/heartbeat.h"

#include "fixtures/listener.h"
#include "fixtures/log_file.h"

#include "base/clock.h"
#include "base/pulse.h"

#include <stdatomic.h>
#include <time.h>

struct scene {
	struct supervisor supervisor;
	struct listener listener;
	_Atomic bool hangs;
	_Atomic uint32_t looks;
	_Atomic uint32_t silent_ms;
};

static int look(void *context, uint32_t silent_ms, struct err *why)
{
	struct scene *scene = context;
	atomic_store(&scene->silent_ms, silent_ms);
	atomic_fetch_add(&scene->looks, 1);
	return atomic_load(&scene->hangs) ? err_set(why, "loop-7 hangs") : 0;
}

static void begin(struct scene *scene, const char *usec)
{
	listener_open(&scene->listener, 1);
	setenv("NOTIFY_SOCKET", scene->listener.name, 1);
	if (usec != NULL)
		setenv("WATCHDOG_USEC", usec, 1);
	supervisor_open(&scene->supervisor);
}

static void end(struct scene *scene)
{
	supervisor_close(&scene->supervisor);
	listener_close(&scene->listener);
}

static void wait_for_looks(struct scene *scene, uint32_t more)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	uint32_t until = atomic_load(&scene->looks) + more;
	while (atomic_load(&scene->looks) < until)
		nanosleep(&moment, NULL);
}

static void hear_some(struct scene *scene)
{
	for (int i = 0; i < 5; i++)
		assert_string_equal(listener_hear(&scene->listener), "WATCHDOG=1");
}

static void nobody_wants_them(void **state)
{
	struct scene scene = { .hangs = false };
	(void)state;
	begin(&scene, NULL);
	assert_null(heartbeat_new(&scene.supervisor, look, &scene));
	heartbeat_free(NULL);
	assert_true(listener_is_quiet(&scene.listener));
	end(&scene);
}

static void they_come_until_the_end(void **state)
{
	struct scene scene = { .hangs = false };
	(void)state;
	begin(&scene, "40000");
	struct heartbeat *heartbeat = heartbeat_new(&scene.supervisor, look, &scene);
	hear_some(&scene);
	heartbeat_free(heartbeat);
	while (!listener_is_quiet(&scene.listener))
		;
	assert_true(atomic_load(&scene.looks) > 5);
	assert_int_equal(atomic_load(&scene.silent_ms), 500);
	end(&scene);
}

/* While it hangs there are many looks and not one sign. */
static void what_hangs_is_not_hidden(void **state)
{
	struct scene scene = { .hangs = false };
	(void)state;
	log_file_begin(LOG_INFO);
	begin(&scene, "40000");
	struct heartbeat *heartbeat = heartbeat_new(&scene.supervisor, look, &scene);
	hear_some(&scene);
	atomic_store(&scene.hangs, true);
	wait_for_looks(&scene, 2); /* one may have been under way */
	while (!listener_is_quiet(&scene.listener))
		;
	wait_for_looks(&scene, 40);
	assert_true(listener_is_quiet(&scene.listener));
	atomic_store(&scene.hangs, false);
	hear_some(&scene);
	heartbeat_free(heartbeat);
	const char *log = log_file_text();
	const char *stop = strstr(
		log, "error supervisor: no sign of life is sent until all gets on: loop-7 hangs");
	assert_non_null(stop);
	assert_null(strstr(strchr(stop, '\n'), "loop-7 hangs"));
	assert_non_null(
		strstr(stop, "warn  supervisor: all gets on: signs of life are sent again"));
	log_file_end();
	end(&scene);
}

static void half_of_the_time_counts(void **state)
{
	struct scene scene = { .hangs = false };
	(void)state;
	begin(&scene, "30000000");
	struct heartbeat *heartbeat = heartbeat_new(&scene.supervisor, look, &scene);
	assert_string_equal(listener_hear(&scene.listener), "WATCHDOG=1");
	heartbeat_free(heartbeat);
	assert_int_equal(atomic_load(&scene.silent_ms), 15000);
	end(&scene);
}

/* ---- the main thread's pulse ---- */

static void a_step_has_its_time(void **state)
{
	(void)state;
	assert_false(pulse_overdue(UINT64_MAX));
	uint64_t before_ms = clock_ms();
	pulse_step(1000);
	uint64_t after_ms = clock_ms();
	assert_false(pulse_overdue(before_ms + 1000 + PULSE_SPARE_MS));
	assert_true(pulse_overdue(after_ms + 1000 + PULSE_SPARE_MS + 1));
	pulse_step((uint64_t)UINT32_MAX * 16);
	assert_false(pulse_overdue(after_ms + 1000 + PULSE_SPARE_MS + 1));
	pulse_rest();
	assert_false(pulse_overdue(UINT64_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_wants_them),
		cmocka_unit_test(they_come_until_the_end),
		cmocka_unit_test(what_hangs_is_not_hidden),
		cmocka_unit_test(half_of_the_time_counts),
		cmocka_unit_test(a_step_has_its_time),
	};
	return cmocka_run_group_tests_name("heartbeat", tests, NULL, NULL);
}
