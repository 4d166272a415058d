#include "bench_process.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int read_resident(pid_t pid, uint64_t *bytes, struct err *why)
{
	char path[64];
	unsigned long long pages;
	snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return err_set(why, "process %d: its memory cannot be read: %s", (int)pid,
		               strerror(errno));
	int found = fscanf(file, "%*u %llu", &pages);
	fclose(file);
	if (found != 1)
		return err_set(why, "%s: expected numbers of pages", path);
	*bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
	return 0;
}

int bench_process_read(pid_t pid, struct bench_use *use, struct err *why)
{
	clockid_t clock;
	struct timespec time;
	pid = pid != 0 ? pid : getpid();
	int error = clock_getcpuclockid(pid, &clock);
	if (error != 0 || clock_gettime(clock, &time) != 0)
		return err_set(why, "process %d: its CPU time cannot be read: %s", (int)pid,
		               error != 0 ? strerror(error) : "it has ended");
	use->cpu_ns = (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
	return read_resident(pid, &use->resident_bytes, why);
}
