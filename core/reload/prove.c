#include "reload/prove.h"

#include "base/check.h"
#include "base/clock.h"
#include "reload/prove_report.h"
#include "reload/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* A trial under way. */
struct child {
	const struct prove_trial *trial;
	struct prove_report report;
	char data_dir[PATH_MAX];
	int pipe;     /* our end */
	int out;      /* the child's end, until it has it */
	int settings; /* a file in memory */
	pid_t pid;
	int pidfd;
	bool late;
	int status; /* as waitpid(2) gives it */
};

/* ---- what the child is given ---- */

/* Where no descriptor is that the child's own are put in the place of. */
static int move_up(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, PROVE_SETTINGS_FD + 1);
	close(fd);
	return moved;
}

/* Settings hold secrets: they go neither by the command line, which all can read, nor to a disk. */
static int make_settings(struct child *child, struct err *why)
{
	const char *text = child->trial->settings;
	size_t len = strlen(text);
	int fd = memfd_create("actd-settings", MFD_CLOEXEC);
	child->settings = fd < 0 ? -1 : move_up(fd);
	if (child->settings < 0 || write(child->settings, text, len) != (ssize_t)len)
		return err_set(why, "cannot be tried: its settings cannot be passed on: %s",
		               strerror(errno));
	return 0;
}

static int make_pipe(struct child *child, struct err *why)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		return err_set(why, "cannot be tried: pipe: %s", strerror(errno));
	child->pipe = ends[0];
	child->out = move_up(ends[1]);
	if (child->out < 0)
		return err_set(why, "cannot be tried: pipe: %s", strerror(errno));
	return 0;
}

/* The child begins as a process of its own does: default signals, no descriptor of the server, a
 * group that can be killed whole. Limits it sets itself, as posix_spawn() has no word for them. */
static int describe_child(posix_spawnattr_t *attr, posix_spawn_file_actions_t *actions,
                          const struct child *child)
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
	    (rc = posix_spawn_file_actions_adddup2(actions, child->out, PROVE_FD)) != 0 ||
	    (rc = posix_spawn_file_actions_adddup2(actions, child->settings, PROVE_SETTINGS_FD)) !=
	            0 ||
	    (rc = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY,
	                                           0)) != 0 ||
	    (rc = posix_spawn_file_actions_addclosefrom_np(actions, PROVE_SETTINGS_FD + 1)) != 0)
		return rc;
	return 0;
}

static int spawn(struct child *child, struct err *why)
{
	posix_spawnattr_t attr;
	posix_spawn_file_actions_t actions;
	const struct prove_trial *trial = child->trial;
	const char *program = trial->program != NULL ? trial->program : "/proc/self/exe";
	char name[] = "actd", verb[] = "--prove", deadline[16];
	char *argv[PROVE_ARGS + 1] = { name,
		                       verb,
		                       (char *)(uintptr_t)trial->path,
		                       child->report.cookie,
		                       deadline,
		                       child->data_dir,
		                       NULL };
	int rc;
	snprintf(deadline, sizeof deadline, "%" PRIu32, trial->deadline_ms);
	if ((rc = posix_spawnattr_init(&attr)) != 0)
		return err_set(why, "cannot be tried: %s", strerror(rc));
	if ((rc = posix_spawn_file_actions_init(&actions)) != 0)
		goto out;
	rc = describe_child(&attr, &actions, child);
	if (rc == 0)
		rc = posix_spawn(&child->pid, program, &actions, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
out:
	posix_spawnattr_destroy(&attr);
	if (rc != 0)
		return err_set(why, "cannot be tried: %s cannot be started: %s", program,
		               strerror(rc));
	return 0;
}

/* ---- its time ---- */

/* Takes what the pipe has. False: its other end is closed. `*moved` is set where another step has
 * begun. */
static bool read_report(struct child *child, bool *moved)
{
	char bytes[2048];
	for (;;) {
		ssize_t got = read(child->pipe, bytes, sizeof bytes);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got != 0;
		if (prove_report_feed(&child->report, bytes, (size_t)got))
			*moved = true;
	}
}

/* Until the child has ended or a step has had its time. The end of the pipe tells neither: a child
 * may close it and go on, or leave it to a process that it started. */
static int wait_for_end(struct child *child, struct err *why)
{
	uint64_t now, deadline = clock_ms() + child->trial->deadline_ms;
	struct pollfd fds[] = { { child->pidfd, POLLIN, 0 }, { child->pipe, POLLIN, 0 } };
	bool moved = false;
	while ((now = clock_ms()) < deadline) {
		uint64_t left = deadline - now;
		if (poll(fds, 2, left > INT32_MAX ? INT32_MAX : (int)left) < 0 && errno != EINTR)
			return err_set(why, "cannot be tried: poll: %s", strerror(errno));
		if (fds[1].revents != 0 && !read_report(child, &moved))
			fds[1].fd = -1;
		if (fds[0].revents != 0) {
			read_report(child, &moved);
			return 0;
		}
		if (moved)
			deadline = clock_ms() + child->trial->deadline_ms;
		moved = false;
	}
	child->late = true;
	return 0;
}

/* Nothing that the file started stays. The child is reaped last: until then its number, which is
 * the group's too, cannot belong to anybody else. */
static int end_child(struct child *child, struct err *why)
{
	pid_t got;
	kill(-child->pid, SIGKILL);
	/* Both belong to the child; the group is missing if it left it. */
	kill(child->pid, SIGKILL);
	do
		got = waitpid(child->pid, &child->status, 0);
	while (got < 0 && errno == EINTR);
	if (got != child->pid)
		return err_set(why,
		               "cannot be tried: the end of the process that tried it cannot "
		               "be waited for: %s",
		               strerror(errno));
	return 0;
}

static int see_it_through(struct child *child, struct err *why)
{
	int rc, reaped;
	child->pidfd = pidfd_open(child->pid, 0);
	if (child->pidfd < 0)
		rc = err_set(why, "cannot be tried: pidfd_open: %s (it needs Linux 5.3)",
		             strerror(errno));
	else
		rc = wait_for_end(child, why);
	reaped = end_child(child, rc == 0 ? why : NULL);
	if (child->pidfd >= 0)
		close(child->pidfd);
	return rc == 0 ? reaped : rc;
}

/* ---- all ---- */

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

static int run(struct child *child, struct err *why)
{
	int rc = -1;
	if (make_pipe(child, why) == 0 && make_settings(child, why) == 0)
		rc = spawn(child, why);
	close_if_open(child->out);
	close_if_open(child->settings);
	if (rc == 0)
		rc = see_it_through(child, why);
	close_if_open(child->pipe);
	return rc;
}

int prove_file(const struct prove_trial *trial, struct err *why)
{
	struct child child = { .trial = trial, .pipe = -1, .out = -1, .settings = -1 };
	int rc;
	CHECK(strchr(trial->path, '/') != NULL);
	CHECK(trial->deadline_ms > 0);
	if (prove_report_init(&child.report, why) != 0)
		return -1;
	if (scratch_make(trial->folder, child.data_dir, why) != 0)
		return -1;
	rc = run(&child, why);
	scratch_remove(child.data_dir);
	if (rc == 0) {
		rc = prove_report_judge(&child.report, child.late, trial->deadline_ms, child.status,
		                        why);
		prove_report_log(&child.report, trial->name, rc != 0);
	}
	prove_report_free(&child.report);
	return rc;
}
