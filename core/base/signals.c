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
static uint64_t last_ticket;
static uint64_t first_reload, last_reload; /* that main has not heard of; 0: none */
static uint64_t steer;                     /* the ticket of steer_word; 0: none */
static enum signals_word steer_word;
static bool end_wanted;
static _Atomic uint32_t end_within_ms = 60000;
static sigset_t heard;

static void note(int number)
{
	if (number == SIGHUP) {
		(void)signals_ask(SIGNALS_RELOAD);
		return;
	}
	pthread_mutex_lock(&lock);
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

uint64_t signals_ask(enum signals_word word)
{
	pthread_mutex_lock(&lock);
	uint64_t ticket = word != SIGNALS_RELOAD && steer != 0 ? steer : ++last_ticket;
	if (word != SIGNALS_RELOAD) {
		steer = ticket;
		steer_word = word;
	} else {
		last_reload = ticket;
		first_reload = first_reload != 0 ? first_reload : ticket;
	}
	pthread_cond_signal(&word_came);
	pthread_mutex_unlock(&lock);
	return ticket;
}

/* Under the lock. */
static bool nothing_came(void)
{
	return first_reload == 0 && steer == 0 && !end_wanted;
}

/* Under the lock. Reloads that were asked for after a word of another kind come after it. */
static enum signals_word take_word(uint64_t *ticket)
{
	if (end_wanted)
		return SIGNALS_END;
	if (steer != 0 && (first_reload == 0 || steer < first_reload)) {
		*ticket = steer;
		steer = 0;
		return steer_word;
	}
	if (first_reload == 0)
		return SIGNALS_NOTHING;
	bool split = steer != 0 && steer < last_reload;
	*ticket = split ? steer - 1 : last_reload;
	first_reload = split ? steer + 1 : 0;
	return SIGNALS_RELOAD;
}

enum signals_word signals_wait_for(int wait_ms, uint64_t *ticket)
{
	const struct timespec until = clock_moment(wait_ms > 0 ? (uint64_t)wait_ms : 0);
	uint64_t none;
	int rc = 0;
	pthread_mutex_lock(&lock);
	while (nothing_came() && rc == 0)
		rc = wait_ms < 0
		             ? pthread_cond_wait(&word_came, &lock)
		             : pthread_cond_clockwait(&word_came, &lock, CLOCK_MONOTONIC, &until);
	enum signals_word word = take_word(ticket != NULL ? ticket : &none);
	pthread_mutex_unlock(&lock);
	return word;
}

void signals_end_within(uint32_t ms)
{
	atomic_store(&end_within_ms, ms);
}

void signals_let_kill(void)
{
	static const int deadly[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP };
	for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
		signal(deadly[i], SIG_DFL);
}
