#include "reload/prove.h"

#include "act/manifest.h"
#include "act/module.h"
#include "reload/prove_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* The process is known to the asker alone; a person who finds the option gets this far. */
static int bad_usage(void)
{
	fputs("actd: --prove is for the server's own use: it tries a plugin file in a process of "
	      "its own. To check a config: actd -t -c FILE\n",
	      stderr);
	return 2;
}

static bool say(const char *cookie, const char *word, const char *sentence)
{
	char line[PROVE_LINE_MAX];
	int len = snprintf(line, sizeof line, "%s %s%s%s", cookie, word, sentence[0] ? " " : "",
	                   sentence);
	size_t size, i;
	ssize_t done;
	if (len < 0)
		return false;
	size = (size_t)len < sizeof line - 1 ? (size_t)len : sizeof line - 2;
	/* One line is one record, whatever a loader's message has in it. */
	for (i = 0; i < size; i++)
		if (line[i] == '\n' || line[i] == '\0')
			line[i] = ' ';
	line[size++] = '\n';
	do
		done = write(PROVE_FD, line, size);
	while (done < 0 && errno == EINTR);
	return done == (ssize_t)size;
}

/* The asker kills this process at the deadline; these hold where the asker is gone, too. A limit on
 * memory is not among them: sanitizers reserve terabytes of addresses. */
static bool set_limits(unsigned long deadline_ms)
{
	rlim_t seconds = deadline_ms / 1000 + 2;
	struct rlimit none = { 0, 0 }, cpu = { seconds, seconds + 1 };
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && setrlimit(RLIMIT_CORE, &none) == 0 &&
	       setrlimit(RLIMIT_CPU, &cpu) == 0;
}

/* Sanitizers turn a crash into an exit; here it is to be seen as the signal that it was. */
static void let_signals_kill(void)
{
	static const int deadly[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP };
	size_t i;
	for (i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
		signal(deadly[i], SIG_DFL);
}

static int try_file(const char *path, const char *cookie, struct err *why)
{
	struct manifest manifest;
	struct module *module;
	if (manifest_read_path(path, &manifest, why) != 0)
		return -1;
	if (!say(cookie, PROVE_LOADING, ""))
		return err_set(why, "the asker is gone");
	if (module_open(path, &manifest, &module, why) != 0)
		return -1;
	if (!say(cookie, PROVE_UNLOADING, ""))
		return err_set(why, "the asker is gone");
	/* One that stays in memory is not refused for that; the server says so when it unloads. */
	module_close(module, NULL);
	return 0;
}

int prove_main(int argc, char **argv)
{
	struct err why = { "" };
	char *end = NULL;
	const char *path, *cookie;
	unsigned long deadline_ms;
	bool told;
	if (argc != 5 || strlen(argv[3]) != PROVE_COOKIE_SIZE - 1 || strchr(argv[2], '/') == NULL)
		return bad_usage();
	path = argv[2];
	cookie = argv[3];
	deadline_ms = strtoul(argv[4], &end, 10);
	if (end == argv[4] || *end != '\0' || fcntl(PROVE_FD, F_SETFD, FD_CLOEXEC) != 0)
		return bad_usage();
	let_signals_kill();
	if (!set_limits(deadline_ms))
		told = say(cookie, PROVE_REFUSED, "cannot be tried: no limits can be set");
	else if (try_file(path, cookie, &why) != 0)
		told = say(cookie, PROVE_REFUSED, why.text);
	else
		told = say(cookie, PROVE_OK, "");
	/* Without exit(): a file that stayed in memory may have left functions to run there. */
	_exit(told ? 0 : 1);
}
