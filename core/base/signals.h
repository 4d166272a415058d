/* signals: SIGHUP, SIGTERM and SIGINT as words for the main thread.
 *
 * A thread of its own waits for them (sigwaitinfo(2)), so that the server hears that it is to end
 * also while the main thread is in the middle of a reload, and ends after a deadline even where
 * something hangs. Owner: the main program; there is one. */
#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H

#include <stdint.h>

enum signals_word { SIGNALS_RELOAD, SIGNALS_END };

/* [main, before other threads are made] Blocks the three signals in this thread and in all that it
 * makes, and begins to listen. */
void signals_open(void);

/* [main] Waits for the next word. SIGHUPs that came since the last one count as one; the end goes
 * first. */
enum signals_word signals_wait(void);

/* [any] How long the server may take from SIGTERM to its end; then the process is ended with
 * status 1. */
void signals_end_within(uint32_t ms);

#endif
