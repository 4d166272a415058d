/* prove_limits: what the process of a trial may take.
 *
 * The asker kills it at the deadline; the limits hold where the asker is gone, too, and where the
 * deadline would be too late: memory, files, processes. */
#ifndef RELOAD_PROVE_LIMITS_H
#define RELOAD_PROVE_LIMITS_H

#include <stdbool.h>

/* Sets them for this process and those it starts, for good: processor time for steps of
 * `deadline_ms`; 4 GiB of addresses or, where that is less, half of the machine's memory (not under
 * a sanitizer, which reserves terabytes); 256 MiB a file; 1,024 descriptors; 256 processes and
 * threads more than the machine has (not for root, setrlimit(2)); no core file. It dies with its
 * asker and, where memory is short, before it. False: one cannot be set. */
bool prove_limits_set(unsigned long deadline_ms);

#endif
