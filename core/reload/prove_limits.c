#include "reload/prove_limits.h"

#include "reload/prove_wire.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define ADDRESSES_MAX ((rlim_t)4 << 30)
#define FILE_MAX ((rlim_t)256 << 20)

enum { DESCRIPTORS_MAX = 1024, TASKS_MORE = 256 };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RESERVES_ADDRESSES 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
	__has_feature(memory_sanitizer)
#define RESERVES_ADDRESSES 1
#endif
#endif
#ifndef RESERVES_ADDRESSES
#define RESERVES_ADDRESSES 0
#endif

/* A limit that is lower already stays. */
static bool limit(__rlimit_resource_t what, rlim_t most)
{
	struct rlimit now;
	if (getrlimit(what, &now) != 0)
		return false;
	now.rlim_max = now.rlim_max < most ? now.rlim_max : most;
	now.rlim_cur = now.rlim_cur < now.rlim_max ? now.rlim_cur : now.rlim_max;
	return setrlimit(what, &now) == 0;
}

static bool limit_addresses(void)
{
	rlim_t half = (rlim_t)sysconf(_SC_PHYS_PAGES) * (rlim_t)sysconf(_SC_PAGESIZE) / 2;
	if (RESERVES_ADDRESSES)
		return true;
	return limit(RLIMIT_AS, half < ADDRESSES_MAX ? half : ADDRESSES_MAX);
}

/* The limit counts all that the user runs. How many those are is costly to find out; they are not
 * more than the machine runs (proc_loadavg(5)). */
static bool limit_tasks(void)
{
	unsigned long tasks;
	FILE *load = fopen("/proc/loadavg", "re");
	if (load == NULL)
		return true; /* no /proc: nothing to reckon with */
	int found = fscanf(load, "%*f %*f %*f %*u/%lu", &tasks);
	fclose(load);
	return found != 1 || limit(RLIMIT_NPROC, tasks + TASKS_MORE);
}

/* Not to be had everywhere; the trial does without it. */
static void be_killed_first(void)
{
	static const char most[] = "1000";
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	ssize_t done = write(fd, most, strlen(most));
	(void)done;
	close(fd);
}

bool prove_limits_set(unsigned long deadline_ms)
{
	rlim_t seconds = PROVE_STEPS * (deadline_ms / 1000 + 1) + 1;
	be_killed_first();
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && limit(RLIMIT_CORE, 0) &&
	       limit(RLIMIT_CPU, seconds) && limit(RLIMIT_FSIZE, FILE_MAX) &&
	       limit(RLIMIT_NOFILE, DESCRIPTORS_MAX) && limit_addresses() && limit_tasks();
}
