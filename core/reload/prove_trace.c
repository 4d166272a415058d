#include "reload/prove_trace.h"

#include "base/clock.h"

#include <dirent.h>
#include <sys/wait.h>
#include <time.h>

static int count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	int count = 0;
	if (dir == NULL)
		return 0;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		count += entry->d_name[0] != '.' ? 1 : 0;
	closedir(dir);
	return count;
}

void prove_trace_take(struct prove_trace *trace)
{
	trace->threads = count_threads();
	for (int number = 1; number < PROVE_SIGNALS; number++)
		trace->known[number] = sigaction(number, NULL, &trace->handlers[number]) == 0;
}

int prove_trace_threads(const struct prove_trace *before, uint32_t wait_ms)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	uint64_t until_ms = clock_ms() + wait_ms;
	int more;
	while ((more = count_threads() - before->threads) > 0 && clock_ms() < until_ms)
		nanosleep(&moment, NULL);
	return more > 0 ? more : 0;
}

bool prove_trace_process(void)
{
	siginfo_t ended;
	int rc;
	/* Those that have ended run no more. */
	do {
		ended = (siginfo_t){ 0 };
		rc = waitid(P_ALL, 0, &ended, WEXITED | WNOHANG);
	} while (rc == 0 && ended.si_pid != 0);
	return rc == 0;
}

/* The C library's two ways to keep a handler are one member. */
static bool is_function(const struct sigaction *action)
{
	return action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
}

int prove_trace_signal(const struct prove_trace *before, bool *function)
{
	for (int number = 1; number < PROVE_SIGNALS; number++) {
		struct sigaction now;
		if (!before->known[number] || sigaction(number, NULL, &now) != 0 ||
		    now.sa_handler == before->handlers[number].sa_handler)
			continue;
		*function = is_function(&now);
		return number;
	}
	return 0;
}
