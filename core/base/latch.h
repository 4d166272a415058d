/* latch: wait until a number of things have happened elsewhere, with a deadline. */
#ifndef BASE_LATCH_H
#define BASE_LATCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Shared by the waiter and those it waits for: freed by whoever leaves last, so that a waiter that
 * gave up leaves nothing dangling. */
struct latch;

struct latch *latch_new(uint32_t count);
/* One of them has happened; `latch` is not the caller's any more. */
void latch_down(struct latch *latch);
/* True: all have. `latch` is not the caller's any more. timeout_ms 0: waits for ever. */
bool latch_wait(struct latch *latch, uint32_t timeout_ms);
/* The same, but after false `latch` stays the caller's, to be waited for again. */
bool latch_try(struct latch *latch, uint32_t timeout_ms);

#endif
