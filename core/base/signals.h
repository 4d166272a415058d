/* signals: SIGHUP, SIGTERM and SIGINT as words for the main thread.
 *
 * A thread of its own waits for them (sigwaitinfo(2)), so that the server hears that it is to end
 * also while the main thread is in the middle of a reload, and ends after a deadline even where
 * something hangs. Other threads can ask for what SIGHUP asks for, with a ticket that tells them
 * when it was done. Owner: the main program; there is one. */
#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H

#include <stdint.h>

enum signals_word {
	SIGNALS_RELOAD,   /* read everything anew */
	SIGNALS_PROMOTE,  /* what is being tried serves all */
	SIGNALS_ROLLBACK, /* what was before serves again */
	SIGNALS_NOTHING,  /* the time is over */
	SIGNALS_END,
};

enum { SIGNALS_FOR_EVER = -1 };

/* [main, before other threads are made] Blocks the three signals in this thread and in all that it
 * makes, and begins to listen. */
void signals_open(void);

/* [main] Waits for the next word, at most `wait_ms` (or SIGNALS_FOR_EVER). Words come in the order
 * in which they were asked for; reloads that were asked for with nothing else between count as one.
 * `*ticket` (or NULL) tells whom that answers: every ticket up to that number. The end goes first.
 */
enum signals_word signals_wait_for(int wait_ms, uint64_t *ticket);
static inline enum signals_word signals_wait(uint64_t *ticket)
{
	return signals_wait_for(SIGNALS_FOR_EVER, ticket);
}

/* [any] Asks for SIGNALS_RELOAD, as SIGHUP does, or for SIGNALS_PROMOTE or SIGNALS_ROLLBACK.
 * Returns the ticket; tickets go up. Of those two one can wait at a time: the later word counts,
 * and has the ticket of the one before. */
uint64_t signals_ask(enum signals_word word);

/* [any] How long the server may take from SIGTERM to its end; then the process is ended with
 * status 1. */
void signals_end_within(uint32_t ms);

/* For a process that tries a plugin: a crash is to be seen as the signal that it is. Sanitizers
 * turn it into an exit. */
void signals_let_kill(void);

#endif
