/* prove: a plugin file is tried in a process of its own before this one loads it.
 *
 * Loading runs constructors, and the loader trusts a file's content: both can kill or hang the
 * process. So the server's own program is started anew (posix_spawn(3), never fork alone: the
 * server has threads) as `actd --prove …`, loads the file there, unloads it, and reports over a
 * pipe. What happens to that process is told in one sentence. Needs Linux 5.3 (pidfd_open(2)).
 *
 * The report bears a random number of the asker, so that nothing that a constructor prints or
 * returns can pass for it. This guards against accidents, not against a plugin that wants to
 * deceive: that one will run in the server anyway. */
#ifndef RELOAD_PROVE_H
#define RELOAD_PROVE_H

#include "base/err.h"

#include <stdint.h>

/* Tries the file at `path` (with a slash in it). `program` is what to start: NULL is this process's
 * own, /proc/self/exe; its main() passes `--prove` on to prove_main(). 0: it was loaded and
 * unloaded within `deadline_ms`. -1 and a sentence: refused by the checks of manifest.h and
 * module.h, killed the process, ended it, or was not done in time. The process and those of its
 * group are gone when this returns, and no zombie stays. SIGCHLD must not be ignored.
 * Threads: any that may block, several at once; it blocks for `deadline_ms` at most. */
int prove_file(const char *program, const char *path, uint32_t deadline_ms, struct err *why);

/* The other side: `argv` is {"actd", "--prove", path, cookie, deadline_ms}. Returns what main()
 * returns, if it returns: it ends the process with the limits of a trial in force. */
int prove_main(int argc, char **argv);

#endif
