#include "child.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

bool child_wait(pid_t pid, uint64_t deadline_ms, int *status)
{
	struct pollfd fd = { pidfd_open(pid, 0), POLLIN, 0 };
	bool ended = false;
	for (uint64_t now; fd.fd >= 0 && !ended && (now = clock_ms()) < deadline_ms;) {
		uint64_t left = deadline_ms - now;
		ended = poll(&fd, 1, left > INT32_MAX ? INT32_MAX : (int)left) > 0;
	}
	if (!ended)
		kill(pid, SIGKILL);
	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		;
	if (fd.fd >= 0)
		close(fd.fd);
	return ended;
}
