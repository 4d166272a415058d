#include "plugin_trial.h"

#include "base/clock.h"
#include "base/mem.h"
#include "child.h"
#include "file.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the other side has said so far. */
struct hearing {
	char step[64];
	bool ended;
	struct findings *findings;
	char line[8192];
	size_t len;
};

static void hear_line(struct hearing *hearing)
{
	const char *text = hearing->line + 1;
	hearing->line[hearing->len] = '\0';
	switch (hearing->line[0]) {
	case 's':
		snprintf(hearing->step, sizeof hearing->step, "%s", text);
		break;
	case 'e':
		hearing->ended = true;
		break;
	case FINDING_GOOD:
	case FINDING_CALL:
	case FINDING_NOTE:
	case FINDING_BAD:
		finding_add(hearing->findings, (enum finding_kind)hearing->line[0], "%s", text);
		break;
	default:
		break;
	}
}

static void hear(struct hearing *hearing, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n') {
			if (hearing->len > 0)
				hear_line(hearing);
			hearing->len = 0;
		} else if (hearing->len < sizeof hearing->line - 1) {
			hearing->line[hearing->len++] = bytes[i];
		}
	}
}

/* Until the pipe is closed at its other end, or the time is over: then false. */
static bool listen_to(int in, uint64_t deadline_ms, struct hearing *hearing)
{
	char bytes[4096];
	for (uint64_t now; (now = clock_ms()) < deadline_ms && !hearing->ended;) {
		struct pollfd fd = { in, POLLIN, 0 };
		uint64_t left = deadline_ms - now;
		if (poll(&fd, 1, left > INT32_MAX ? INT32_MAX : (int)left) <= 0)
			continue;
		ssize_t got = read(in, bytes, sizeof bytes);
		if (got == 0)
			return true;
		if (got > 0)
			hear(hearing, bytes, (size_t)got);
	}
	return hearing->ended;
}

static void explain(const struct hearing *hearing, bool in_time, uint32_t deadline_ms, int status)
{
	struct findings *to = hearing->findings;
	if (hearing->ended)
		return;
	if (!in_time)
		finding_add(to, FINDING_BAD, "%s did not end within %u ms (--timeout)",
		            hearing->step, deadline_ms);
	else if (WIFSIGNALED(status))
		finding_add(to, FINDING_BAD, "%s killed the process: signal %d (%s)", hearing->step,
		            WTERMSIG(status), sigdescr_np(WTERMSIG(status)));
	else
		finding_add(to, FINDING_BAD, "%s ended the process with exit(%d)", hearing->step,
		            WEXITSTATUS(status));
}

/* The trial in the process of its own. Its folders lie in `scratch`, which the asker removes,
 * whatever becomes of this process. */
static _Noreturn void child(const struct trial *trial, const char *scratch, int out)
{
	setpgid(0, 0);
	setenv("TMPDIR", scratch, 1);
	plugin_trial_run(trial, out);
	_exit(0);
}

static void follow(const struct trial *trial, pid_t pid, int in, struct findings *findings)
{
	struct hearing hearing = { .step = "the beginning", .findings = findings };
	uint64_t deadline_ms = clock_ms() + trial->deadline_ms;
	int status = 0;
	setpgid(pid, pid); /* whichever of the two is first */
	/* Where the pipe is closed the process is dying, or has closed all that it found open. */
	bool in_time = listen_to(in, deadline_ms, &hearing);
	bool ended = child_wait(pid, hearing.ended ? 0 : deadline_ms, &status);
	kill(-pid, SIGKILL); /* what it has started */
	explain(&hearing, in_time && ended, trial->deadline_ms, status);
}

void plugin_trial(const struct trial *trial, struct findings *findings)
{
	const char *tmp = getenv("TMPDIR");
	char *scratch = mem_format("%s/actctl-check-XXXXXX", tmp != NULL ? tmp : "/tmp");
	int ends[2];
	if (mkdtemp(scratch) == NULL || pipe(ends) != 0) {
		finding_add(findings, FINDING_BAD, "it cannot be tried: %s: %s", scratch,
		            strerror(errno));
		free(scratch);
		return;
	}
	fflush(NULL); /* what is buffered would be written twice */
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		child(trial, scratch, ends[1]);
	}
	close(ends[1]);
	if (pid < 0)
		finding_add(findings, FINDING_BAD, "it cannot be tried: fork: %s", strerror(errno));
	else
		follow(trial, pid, ends[0], findings);
	close(ends[0]);
	file_remove_tree(scratch);
	free(scratch);
}
