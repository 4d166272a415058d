#include "base/heartbeat.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

/* Looks within the supervisor's time. More than there are signs, so that one that was held back is
 * sent soon after what hung has come back. */
enum { LOOKS = 8 };

/* A loop ticks each 50 ms, and on a busy machine later: what is silent for less does not hang,
 * however short the supervisor's time is. */
enum { SILENT_MS_MIN = 500 };

struct heartbeat {
	struct supervisor *supervisor;
	heartbeat_look *look;
	void *context;
	uint64_t period_ms; /* between two signs */
	uint64_t look_ms;   /* between two looks */
	uint64_t due_ms;    /* the next sign; half a look early, as a look may come a little so */
	bool missed;        /* the last look found something that hangs */
	pthread_t thread;
	pthread_mutex_t lock; /* for `ending` */
	pthread_cond_t end;
	bool ending;
};

static uint32_t silent_ms(const struct heartbeat *heartbeat)
{
	uint64_t ms = heartbeat->period_ms;
	return ms < SILENT_MS_MIN ? SILENT_MS_MIN : ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
}

static void beat(struct heartbeat *heartbeat)
{
	struct err why;
	uint64_t now_ms = clock_ms();
	bool missed = heartbeat->look(heartbeat->context, silent_ms(heartbeat), &why) != 0;
	if (missed && !heartbeat->missed)
		log_error("supervisor", "no sign of life is sent until all gets on: %s", why.text);
	else if (!missed && heartbeat->missed)
		log_warn("supervisor", "all gets on: signs of life are sent again");
	heartbeat->missed = missed;
	if (missed || now_ms < heartbeat->due_ms)
		return;
	supervisor_alive(heartbeat->supervisor);
	heartbeat->due_ms = now_ms + heartbeat->period_ms - heartbeat->look_ms / 2;
}

/* Under the lock. */
static void wait_for_look(struct heartbeat *heartbeat)
{
	const struct timespec until = clock_moment(heartbeat->look_ms);
	pthread_cond_clockwait(&heartbeat->end, &heartbeat->lock, CLOCK_MONOTONIC, &until);
}

static void *heartbeat_main(void *arg)
{
	struct heartbeat *heartbeat = arg;
	pthread_setname_np(pthread_self(), "heartbeat");
	pthread_mutex_lock(&heartbeat->lock);
	while (!heartbeat->ending) {
		beat(heartbeat);
		wait_for_look(heartbeat);
	}
	pthread_mutex_unlock(&heartbeat->lock);
	return NULL;
}

struct heartbeat *heartbeat_new(struct supervisor *supervisor, heartbeat_look *look, void *context)
{
	sigset_t all, before;
	if (supervisor->watchdog_us == 0)
		return NULL;
	uint64_t look_ms = supervisor->watchdog_us / 1000 / LOOKS;
	struct heartbeat *heartbeat = mem_new(1, sizeof *heartbeat);
	*heartbeat = (struct heartbeat){ .supervisor = supervisor,
		                         .look = look,
		                         .context = context,
		                         .period_ms = supervisor->watchdog_us / 2000,
		                         .look_ms = look_ms > 0 ? look_ms : 1,
		                         .lock = PTHREAD_MUTEX_INITIALIZER,
		                         .end = PTHREAD_COND_INITIALIZER };
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	CHECK(pthread_create(&heartbeat->thread, NULL, heartbeat_main, heartbeat) == 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return heartbeat;
}

void heartbeat_free(struct heartbeat *heartbeat)
{
	if (heartbeat == NULL)
		return;
	pthread_mutex_lock(&heartbeat->lock);
	heartbeat->ending = true;
	pthread_cond_signal(&heartbeat->end);
	pthread_mutex_unlock(&heartbeat->lock);
	pthread_join(heartbeat->thread, NULL);
	pthread_cond_destroy(&heartbeat->end);
	pthread_mutex_destroy(&heartbeat->lock);
	free(heartbeat);
}
