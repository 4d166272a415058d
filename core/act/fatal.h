/* fatal: a line in the log about what killed the process.
 *
 * Plugins run in the server's own process, and one that crashes ends it: no code can make that
 * good. The handler names who it was, then lets the signal do what it would have done, so that a
 * core is dumped and whoever handled the signal before (a sanitizer) has its turn. It calls nothing
 * that is not safe in a handler (signal-safety(7)). Owner: the process; there is one. */
#ifndef ACT_FATAL_H
#define ACT_FATAL_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* [main] Handles SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT from now on. Also: an exit(3) from
 * inside a plugin is told of and ends the process with EXIT_FAILURE, whatever its status; a fork(2)
 * is told of, and its process ends with the thread that made it. Once in a process. */
void fatal_open(void);

/* [the thread] Takes the signals from those that the thread blocks: one of them that comes while it
 * is blocked kills without a word. And gives it a stack of its own for the handler, so that one
 * that has used up its stack can still say so. One for each number of act/inside.h, kept for ever;
 * a thread that has one already (from a sanitizer) keeps that. Does nothing before fatal_open(). */
void fatal_thread(uint32_t thread);

/* [any] Looks whether one of those signals leads elsewhere by now, puts the handler back, and says
 * in the log which they were and that `who` ("plugin x: create") is the likely one. False: they
 * were as they should be. */
bool fatal_restore(const char *who);

#endif
