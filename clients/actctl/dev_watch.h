/* dev_watch: waits until something below a folder changes (inotify(7)). What is built there, and
 * what editors leave beside a file, does not count. Owner: whoever opened it. Thread: one. */
#ifndef ACTCTL_DEV_WATCH_H
#define ACTCTL_DEV_WATCH_H

#include "base/err.h"

/* The most folders that are watched; more is an error. */
enum { DEV_WATCH_MAX = 1024 };

struct dev_watch {
	int fd;
	const char *folder; /* the caller's */
};

/* Begins to watch. 0; or -1 and a sentence. */
int dev_watch_open(const char *folder, struct dev_watch *watch, struct err *why);
/* Waits, without an end, for a change since it was opened or since the last call, and then until
 * writing pauses. 0; or -1 and a sentence. */
int dev_watch_wait(struct dev_watch *watch, struct err *why);
/* Ends it. */
void dev_watch_close(struct dev_watch *watch);

#endif
