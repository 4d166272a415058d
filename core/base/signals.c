#include "base/signals.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t word_came = PTHREAD_COND_INITIALIZER;
static uint64_t asked,
	taken; /* reloads: the newest ticket, and the newest that main has heard of */
static bool end_wanted;
static _Atomic uint32_t end_within_ms = 60000;
static sigset_t heard;

static void note(int number)
{
	pthread_mutex_lock(&lock);
	if (number == SIGHUP)
		asked++;
	else
		end_wanted = true;
	pthread_cond_signal(&word_came);
	pthread_mutex_unlock(&lock);
}

/* The process ends by itself before this is over, or something in it hangs: a plugin that does not
 * return, most likely. */
static void await_end(void)
{
	uint64_t until_ms = clock_ms() + atomic_load(&end_within_ms);
	const struct timespec moment = { .tv_nsec = 100000000 };
	while (clock_ms() < until_ms)
		nanosleep(&moment, NULL);
	log_error("main", "the server does not come to its end: something hangs (a plugin?); the "
	                  "process is ended as it is");
	_exit(EXIT_FAILURE);
}

static void *listen_main(void *unused)
{
	(void)unused;
	pthread_setname_np(pthread_self(), "signals");
	for (;;) {
		int number = sigwaitinfo(&heard, NULL);
		if (number < 0)
			continue;
		note(number);
		if (number != SIGHUP)
			await_end();
	}
	return NULL;
}

void signals_open(void)
{
	pthread_t thread;
	sigemptyset(&heard);
	sigaddset(&heard, SIGHUP);
	sigaddset(&heard, SIGINT);
	sigaddset(&heard, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &heard, NULL);
	CHECK(pthread_create(&thread, NULL, listen_main, NULL) == 0);
	pthread_detach(thread);
}

uint64_t signals_ask_reload(void)
{
	pthread_mutex_lock(&lock);
	uint64_t ticket = ++asked;
	pthread_cond_signal(&word_came);
	pthread_mutex_unlock(&lock);
	return ticket;
}

enum signals_word signals_wait(uint64_t *ticket)
{
	pthread_mutex_lock(&lock);
	while (taken == asked && !end_wanted)
		pthread_cond_wait(&word_came, &lock);
	enum signals_word word = end_wanted ? SIGNALS_END : SIGNALS_RELOAD;
	if (word == SIGNALS_RELOAD)
		taken = asked;
	if (ticket != NULL)
		*ticket = taken;
	pthread_mutex_unlock(&lock);
	return word;
}

void signals_end_within(uint32_t ms)
{
	atomic_store(&end_within_ms, ms);
}
