/* folder: the state folder: who uses it, and where the private copies of plugins lie.
 *
 *   <state_dir>/actd.pid        locked by the server that uses the folder
 *   <state_dir>/run/            private copies; emptied at the start
 *   <state_dir>/data/<plugin>/  a plugin's own files
 *
 * Thread: main. */
#ifndef RELOAD_FOLDER_H
#define RELOAD_FOLDER_H

#include "base/err.h"

#include <limits.h>

struct folder {
	char state_dir[PATH_MAX / 2];
	char run_dir[PATH_MAX / 2 + 8];
	int lock_fd;
};

/* Makes what is missing, takes the lock, writes the process id, empties run/. 0, or -1 with `why`
 * (another server uses it, permissions). */
int folder_open(struct folder *folder, const char *state_dir, struct err *why);
/* Removes the pid file and the copies. */
void folder_close(struct folder *folder);

/* Makes <state_dir>/data/<plugin>. 0 and its path; or -1 with `why`. */
int folder_data_dir(const struct folder *folder, const char *plugin, char path[PATH_MAX],
                    struct err *why);

#endif
