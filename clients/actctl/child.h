/* child: a process that was started, and its end. Thread: one. */
#ifndef ACTCTL_CHILD_H
#define ACTCTL_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Waits for its end until `deadline_ms` (clock_ms()), and kills it then; it is reaped in either
 * case. `*status` is that of waitpid(2). True: it ended by itself. */
bool child_wait(pid_t pid, uint64_t deadline_ms, int *status);

#endif
