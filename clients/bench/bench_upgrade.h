/* bench_upgrade: the HTTP request of a connection, and the answer to it (RFC 6455, section 4). */
#ifndef BENCH_UPGRADE_H
#define BENCH_UPGRADE_H

#include "bench.h"

/* Longest request that is sent, and longest head of an answer that is taken, in bytes. */
enum { BENCH_UPGRADE_MAX = 16384 };

/* Writes the request of a connection: its length, or 0 where `room` is too little. */
size_t bench_upgrade_put(const struct bench_plan *plan, uint32_t number, uint8_t *at, size_t room);

/* Reads the answer. 0 and the length of its head in `*head`, which is 0 while it is not whole; or
 * -1 and why it is no good one. */
int bench_upgrade_read(const uint8_t *at, size_t len, size_t *head, struct err *why);

#endif
