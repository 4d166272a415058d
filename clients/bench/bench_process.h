/* bench_process: what a process has used: its own CPU time and memory, or another's. Any thread. */
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

struct bench_use {
	uint64_t cpu_ns;         /* of all its threads, user and system (clock_getcpuclockid(3)) */
	uint64_t resident_bytes; /* proc_pid_statm(5) */
};

/* 0; or -1 and a sentence. `pid` 0 is this process. */
int bench_process_read(pid_t pid, struct bench_use *use, struct err *why);

#endif
