/* pulse: does the main thread get on with what it does?
 *
 * Loops tick; main does not: it waits for a word, for as long as none comes, or it is in the middle
 * of a reload, which is a row of steps of which each has its deadline. It says what it begins, so
 * that others can tell a long reload from one that hangs. There is one main thread. */
#ifndef BASE_PULSE_H
#define BASE_PULSE_H

#include <stdbool.h>
#include <stdint.h>

/* What a step may take beyond its deadlines: files are read, on a disk that may be slow. */
enum { PULSE_SPARE_MS = 60000 };

/* [main] What begins now has deadlines that add up to `ms`. Takes the place of what was said
 * before. */
void pulse_step(uint64_t ms);
/* [main] It waits for a word, which may take for ever; so it does before the first step. */
void pulse_rest(void);

/* [any] A step takes longer than it may. `now_ms`: clock_ms(). */
bool pulse_overdue(uint64_t now_ms);

#endif
