#include "reload/prove.h"

#include "base/check.h"
#include "base/clock.h"
#include "reload/prove_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

/* More than the few lines that a child writes; what comes beyond is not kept. */
enum { REPORT_MAX = 4 * PROVE_LINE_MAX };

struct trial {
	pid_t pid;
	int pidfd;
	int pipe; /* our end */
	char cookie[PROVE_COOKIE_SIZE];
	uint32_t deadline_ms;
	bool late;
	int status; /* as waitpid(2) gives it */
	size_t len;
	char report[REPORT_MAX];
};

static int make_cookie(struct trial *trial, struct err *why)
{
	uint64_t number;
	if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
		return err_set(why, "cannot be tried: no random number: %s", strerror(errno));
	snprintf(trial->cookie, sizeof trial->cookie, "%016" PRIx64, number);
	return 0;
}

/* The child begins as a process of its own does: default signals, no descriptor of the server, a
 * group that can be killed whole. Limits it sets itself, as posix_spawn() has no word for them. */
static int describe_child(posix_spawnattr_t *attr, posix_spawn_file_actions_t *actions, int out)
{
	sigset_t all, none;
	int rc;
	sigfillset(&all);
	sigemptyset(&none);
	if ((rc = posix_spawnattr_setsigdefault(attr, &all)) != 0 ||
	    (rc = posix_spawnattr_setsigmask(attr, &none)) != 0 ||
	    (rc = posix_spawnattr_setpgroup(attr, 0)) != 0 ||
	    (rc = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
	                                                 POSIX_SPAWN_SETPGROUP)) != 0 ||
	    (rc = posix_spawn_file_actions_adddup2(actions, out, PROVE_FD)) != 0 ||
	    (rc = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY,
	                                           0)) != 0 ||
	    (rc = posix_spawn_file_actions_addclosefrom_np(actions, PROVE_FD + 1)) != 0)
		return rc;
	return 0;
}

static int spawn(struct trial *trial, const char *program, const char *path, int out,
                 struct err *why)
{
	posix_spawnattr_t attr;
	posix_spawn_file_actions_t actions;
	char name[] = "actd", verb[] = "--prove", deadline[16];
	char *argv[] = { name, verb, (char *)(uintptr_t)path, trial->cookie, deadline, NULL };
	int rc;
	snprintf(deadline, sizeof deadline, "%" PRIu32, trial->deadline_ms);
	if ((rc = posix_spawnattr_init(&attr)) != 0)
		return err_set(why, "cannot be tried: %s", strerror(rc));
	if ((rc = posix_spawn_file_actions_init(&actions)) != 0)
		goto out;
	rc = describe_child(&attr, &actions, out);
	if (rc == 0)
		rc = posix_spawn(&trial->pid, program, &actions, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
out:
	posix_spawnattr_destroy(&attr);
	if (rc != 0)
		return err_set(why, "cannot be tried: %s cannot be started: %s", program,
		               strerror(rc));
	return 0;
}

/* Takes what the pipe has. False: its other end is closed. */
static bool read_report(struct trial *trial)
{
	char beyond[256];
	for (;;) {
		bool full = trial->len == sizeof trial->report - 1;
		char *to = full ? beyond : trial->report + trial->len;
		size_t room = full ? sizeof beyond : sizeof trial->report - 1 - trial->len;
		ssize_t got = read(trial->pipe, to, room);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got != 0;
		if (!full)
			trial->len += (size_t)got;
	}
}

/* Until the child has ended or the deadline is over. The end of the pipe tells neither: a child may
 * close it and go on, or leave it to a process that it started. */
static int wait_for_end(struct trial *trial, struct err *why)
{
	uint64_t now, deadline = clock_ms() + trial->deadline_ms;
	struct pollfd fds[] = { { trial->pidfd, POLLIN, 0 }, { trial->pipe, POLLIN, 0 } };
	while ((now = clock_ms()) < deadline) {
		uint64_t left = deadline - now;
		if (poll(fds, 2, left > INT32_MAX ? INT32_MAX : (int)left) < 0 && errno != EINTR)
			return err_set(why, "cannot be tried: poll: %s", strerror(errno));
		if (fds[1].revents != 0 && !read_report(trial))
			fds[1].fd = -1;
		if (fds[0].revents != 0) {
			read_report(trial);
			return 0;
		}
	}
	trial->late = true;
	return 0;
}

/* Nothing that the file started stays. The child is reaped last: until then its number, which is
 * the group's too, cannot belong to anybody else. */
static int end_child(struct trial *trial, struct err *why)
{
	pid_t got;
	kill(-trial->pid, SIGKILL);
	/* Both belong to the child; the group is missing if it left it. */
	kill(trial->pid, SIGKILL);
	do
		got = waitpid(trial->pid, &trial->status, 0);
	while (got < 0 && errno == EINTR);
	if (got != trial->pid)
		return err_set(why,
		               "cannot be tried: the end of the process that tried it cannot "
		               "be waited for: %s",
		               strerror(errno));
	return 0;
}

/* The text behind the cookie of the last whole line that bears it; NULL: there is none. */
static const char *last_word(struct trial *trial)
{
	char *line = trial->report, *end;
	const char *word = NULL;
	size_t len = strlen(trial->cookie);
	trial->report[trial->len] = '\0';
	for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		if (strncmp(line, trial->cookie, len) == 0 && line[len] == ' ')
			word = line + len + 1;
	}
	return word;
}

static int explain_signal(int number, bool unloading, struct err *why)
{
	const char *text = sigdescr_np(number);
	return err_set(why, "its %s killed the process that tried it: signal %d (%s)%s",
	               unloading ? "destructor" : "constructor", number,
	               text != NULL ? text : "unknown",
	               unloading ? "" : "; if it has none, the file is damaged");
}

/* The child did not come to a verdict. `word` is what it said last. */
static int explain_end(const struct trial *trial, const char *word, struct err *why)
{
	bool unloading = word != NULL && strcmp(word, PROVE_UNLOADING) == 0;
	if (trial->late)
		return err_set(why,
		               "it did not finish %s within %" PRIu32 " ms (load_ms in the "
		               "config): does a %s wait for something?",
		               unloading ? "unloading" : "loading", trial->deadline_ms,
		               unloading ? "destructor" : "constructor");
	if (word == NULL)
		return err_set(why,
		               "cannot be tried: the process that was to try it ended before it "
		               "began (wait status 0x%x); its reason may stand on stderr",
		               (unsigned)trial->status);
	if (WIFSIGNALED(trial->status))
		return explain_signal(WTERMSIG(trial->status), unloading, why);
	return err_set(why, "it ended the process with exit(%d) while being %s",
	               WEXITSTATUS(trial->status), unloading ? "unloaded" : "loaded");
}

static int judge(struct trial *trial, struct err *why)
{
	const char *word = last_word(trial);
	size_t refused = strlen(PROVE_REFUSED);
	if (!trial->late && word != NULL && strcmp(word, PROVE_OK) == 0)
		return 0;
	if (word != NULL && strncmp(word, PROVE_REFUSED " ", refused + 1) == 0)
		return err_set(why, "%s", word + refused + 1);
	return explain_end(trial, word, why);
}

static int run(struct trial *trial, const char *program, const char *path, struct err *why)
{
	int ends[2], rc, reaped;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		return err_set(why, "cannot be tried: pipe: %s", strerror(errno));
	trial->pipe = ends[0];
	rc = spawn(trial, program, path, ends[1], why);
	close(ends[1]);
	if (rc != 0)
		goto out;
	trial->pidfd = pidfd_open(trial->pid, 0);
	if (trial->pidfd < 0)
		rc = err_set(why, "cannot be tried: pidfd_open: %s (it needs Linux 5.3)",
		             strerror(errno));
	else
		rc = wait_for_end(trial, why);
	reaped = end_child(trial, rc == 0 ? why : NULL);
	if (trial->pidfd >= 0)
		close(trial->pidfd);
	if (rc == 0)
		rc = reaped;
out:
	close(trial->pipe);
	return rc == 0 ? judge(trial, why) : rc;
}

int prove_file(const char *program, const char *path, uint32_t deadline_ms, struct err *why)
{
	struct trial trial = { .deadline_ms = deadline_ms };
	CHECK(strchr(path, '/') != NULL);
	CHECK(deadline_ms > 0);
	if (make_cookie(&trial, why) != 0)
		return -1;
	return run(&trial, program != NULL ? program : "/proc/self/exe", path, why);
}
