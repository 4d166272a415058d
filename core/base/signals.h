/* signals: SIGHUP, SIGTERM and SIGINT as words for the main thread.
 *
 * A thread of its own waits for them (sigwaitinfo(2)), so that the server hears that it is to end
 * also while the main thread is in the middle of a reload, and ends after a deadline even where
 * something hangs. Other threads can ask for what SIGHUP asks for, with a ticket that tells them
 * when it was done. Owner: the main program; there is one. */
#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H

#include <stdint.h>

enum signals_word { SIGNALS_RELOAD, SIGNALS_END };

/* [main, before other threads are made] Blocks the three signals in this thread and in all that it
 * makes, and begins to listen. */
void signals_open(void);

/* [main] Waits for the next word. All that was asked since the last SIGNALS_RELOAD counts as one,
 * which `*ticket` (or NULL) tells: it answers every ticket up to that number. The end goes first.
 */
enum signals_word signals_wait(uint64_t *ticket);

/* [any] Asks for a reload, as SIGHUP does. Returns its ticket; tickets go up. */
uint64_t signals_ask_reload(void);

/* [any] How long the server may take from SIGTERM to its end; then the process is ended with
 * status 1. */
void signals_end_within(uint32_t ms);

#endif
