/* watch: a thread that notices who does not come back from a plugin.
 *
 * It looks at what each loop and worker is inside (act/inside.h), several times within stuck_ms.
 * A thread that is in one stay for longer than that is told of in the log: the plugin, its
 * function, the call and its connection; again each WATCH_AGAIN_MS, and when it came back. The
 * threads that are watched take no clock for it: a stay is as old as the watch has seen it. There
 * is one; owner: the main program. */
#ifndef ACT_WATCH_H
#define ACT_WATCH_H

#include "act/inside.h"

#include <stdbool.h>
#include <stdint.h>

struct act;
struct watcher;

enum { WATCH_AGAIN_MS = 10000 };

/* A stay that was told of. */
struct watch_stay {
	struct inside_view view;
	uint64_t ms; /* how long it is at least */
	char plugin[32];
	char version[16];
	char action[64]; /* "" where the stay is for no call */
};

/* [main] Begins to watch. It reads `act->stuck_ms` each time that it looks. */
struct watcher *watch_new(struct act *act);
/* [main] Ends; NULL is taken for nothing. */
void watch_free(struct watcher *watch);

/* [any] Has this thread (a number of act/inside.h) been told of, and is still inside? */
bool watch_find(struct watcher *watch, uint32_t thread, struct watch_stay *out);

/* [any] For how long the watch has seen this stay of the thread (as inside_look() counts them), in
 * milliseconds; 0: it is younger than its last look. */
uint64_t watch_age(struct watcher *watch, uint32_t thread, uint64_t stays);

/* A stay in words, into `out`: "plugin echo 1.0 (generation 3): handle of raw, code 1, connection
 * 77". */
void watch_say(const struct watch_stay *stay, char *out, size_t size);

#endif
