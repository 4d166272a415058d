#include "reload/preview.h"

#include "base/clock.h"
#include "base/keypair.h"
#include "base/mem.h"
#include "reload/plan.h"
#include "reload/preview_look.h"
#include "reload/prove_report.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child has said, and how it ended. */
struct hearing {
	char *text;
	size_t len, room;
	bool late;
	int status;
};

/* The last line tells that all was said. */
static bool is_done(const struct hearing *hearing)
{
	size_t len = hearing->len;
	return len >= 2 && hearing->text[len - 2] == PREVIEW_DONE &&
	       hearing->text[len - 1] == '\n' && (len == 2 || hearing->text[len - 3] == '\n');
}

/* False: the pipe is closed, or nothing came in time. */
static bool hear_more(struct hearing *hearing, int in, uint32_t load_ms)
{
	uint64_t now = clock_ms(), deadline = now + load_ms;
	struct pollfd fd = { in, POLLIN, 0 };
	if (hearing->room - hearing->len < 4096) {
		hearing->room += 16384;
		hearing->text = mem_grow(hearing->text, hearing->room, 1);
	}
	for (; now < deadline; now = clock_ms()) {
		if (poll(&fd, 1, (int)(deadline - now)) <= 0)
			continue;
		ssize_t got = read(in, hearing->text + hearing->len, 4096);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		hearing->len += (size_t)got;
		return true;
	}
	hearing->late = true;
	return false;
}

/* Ends the child, and whatever it started. */
static void end(pid_t pid, struct hearing *hearing)
{
	pid_t got;
	if (hearing->late || is_done(hearing))
		kill(-pid, SIGKILL);
	do
		got = waitpid(pid, &hearing->status, 0);
	while (got < 0 && errno == EINTR);
	kill(-pid, SIGKILL);
}

/* One look at all files but those in `sight->bad`. 0; -1: there is no child. */
static int look(const struct preview_sight *sight, struct hearing *hearing)
{
	int ends[2];
	if (pipe(ends) != 0)
		return -1;
	fflush(NULL); /* what is buffered would be written twice */
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		setpgid(0, 0);
		preview_look(sight, ends[1]);
	}
	close(ends[1]);
	if (pid > 0) {
		setpgid(pid, pid); /* whichever of the two is first */
		while (!is_done(hearing) && hear_more(hearing, ends[0], sight->config->load_ms)) {
		}
		end(pid, hearing);
	}
	close(ends[0]);
	return pid > 0 ? 0 : -1;
}

/* ---- what it has found ---- */

static void take(const struct hearing *hearing, struct config_errors *errors,
                 struct config_errors *warnings)
{
	const char *at = hearing->text, *stop = at + hearing->len;
	while (at < stop) {
		const char *line_end = memchr(at, '\n', (size_t)(stop - at));
		int len = (int)(line_end - at) - 1;
		if (*at == PREVIEW_ERROR)
			config_errors_add(errors, "%.*s", len, at + 1);
		else if (*at == PREVIEW_WARNING)
			config_errors_add(warnings, "%.*s", len, at + 1);
		at = line_end + 1;
	}
}

/* The line about the file that was being loaded, behind its first letter; NULL: none was. */
static const char *last_file(const struct hearing *hearing)
{
	const char *found = NULL;
	for (size_t i = 0; i < hearing->len; i++)
		if (hearing->text[i] == PREVIEW_FILE && (i == 0 || hearing->text[i - 1] == '\n'))
			found = hearing->text + i + 1;
	return found;
}

/* The file ended the process, or hangs in it: it is passed over from now on. False: it was not a
 * file. */
static bool blame(struct preview_sight *sight, const struct hearing *hearing,
                  struct config_errors *warnings)
{
	struct prove_report report = { .begun = true, .step = PROVE_LOAD };
	const char *line = last_file(hearing);
	struct err why;
	char *plugin;
	if (line == NULL)
		return false;
	size_t file = strtoul(line, &plugin, 10);
	if (file >= sight->count || sight->bad[file])
		return false;
	sight->bad[file] = true;
	prove_report_judge(&report, hearing->late, sight->config->load_ms, hearing->status, &why);
	config_errors_add(warnings, "plugin%.*s: refused: %s", (int)strcspn(plugin, "\n"), plugin,
	                  why.text);
	return true;
}

/* ---- all ---- */

/* False: it has to be done again, without a file that was in its way. */
static bool look_once(struct preview_sight *sight, struct config_errors *errors,
                      struct config_errors *warnings)
{
	struct hearing hearing = { .len = 0 };
	bool over = true;
	if (look(sight, &hearing) != 0)
		config_errors_add(errors, "the plugins cannot be looked at: %s", strerror(errno));
	else if (is_done(&hearing))
		take(&hearing, errors, warnings);
	else if (blame(sight, &hearing, warnings))
		over = false;
	else
		config_errors_add(errors,
		                  "the plugins cannot be looked at: the process that was to do "
		                  "it ended (wait status 0x%x)",
		                  (unsigned)hearing.status);
	free(hearing.text);
	return over;
}

int preview_make(const struct config *config, struct config_errors *errors,
                 struct config_errors *warnings)
{
	struct preview_sight sight = { .config = config };
	const char *certificate =
		config->tls.pair != NULL ? keypair_warning(config->tls.pair) : NULL;
	size_t before = errors->count;
	struct err why;
	if (certificate != NULL)
		config_errors_add(warnings, "%s", certificate);
	int count = plan_files(config, &sight.files, &why);
	if (count < 0) {
		config_errors_add(errors, "%s", why.text);
		return -1;
	}
	sight.count = (size_t)count;
	sight.bad = mem_new(sight.count, sizeof *sight.bad);
	while (!look_once(&sight, errors, warnings)) {
	}
	for (size_t i = 0; i < sight.count; i++)
		free(sight.files[i]);
	free(sight.files);
	free(sight.bad);
	return errors->count == before ? 0 : -1;
}
