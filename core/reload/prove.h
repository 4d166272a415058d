/* prove: a plugin file is tried in a process of its own before this one loads it.
 *
 * Loading runs constructors, and the loader trusts a file's content; create() and the other steps
 * of a plugin's life run its code. Each of them can kill or hang the process. So the server's own
 * program is started anew (posix_spawn(3), never fork alone: the server has threads) as
 * `actd --prove …`, lives the plugin's whole life there with its real settings, against a host that
 * touches nothing real (prove_host.h), and reports over a pipe. What happens to that process is
 * told in one sentence. Needs Linux 5.3 (pidfd_open(2)).
 *
 * The report bears a random number of the asker, so that nothing that a plugin prints or returns
 * can pass for it. This guards against accidents, not against a plugin that wants to deceive: that
 * one will run in the server anyway. */
#ifndef RELOAD_PROVE_H
#define RELOAD_PROVE_H

#include "base/err.h"

#include <stdint.h>

/* What is to be tried; borrowed for the call. */
struct prove_trial {
	const char *program;  /* what is started; NULL: this process's own, /proc/self/exe. Its
	                         main() passes `--prove` on to prove_main() */
	const char *path;     /* of the file, with a slash in it */
	const char *name;     /* of the plugin, for the log */
	const char *settings; /* of the plugin, JSON text */
	const char *folder;   /* where a data_dir for the trial alone is made, and removed */
	uint32_t deadline_ms; /* for each step */
};

/* 0: it was loaded, created, started, ended and unloaded, each step within the deadline; or one of
 * its steps failed in a way that the trial itself may be the reason of (prove_host.h), which the
 * log says. -1 and a sentence: refused by the checks of manifest.h and module.h, a step failed, was
 * not done in time, killed or ended the process, or left something behind that would harm the
 * server. What the plugin logged stands in the log, under "plugin <name> (trial)": at its own level
 * where it is refused, otherwise at the level of debugging.
 * The process and those of its group are gone when this returns, and no zombie stays. SIGCHLD must
 * not be ignored.
 * Threads: any that may block, several at once; it blocks for at most as many times `deadline_ms`
 * as there are steps. */
int prove_file(const struct prove_trial *trial, struct err *why);

/* The other side: `argv` is as prove_wire.h says. Returns what main() returns, if it returns: it
 * ends the process with the limits of a trial in force. */
int prove_main(int argc, char **argv);

#endif
