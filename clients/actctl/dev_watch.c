#include "dev_watch.h"

#include "base/clock.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* Editors write in several steps: so long a pause ends them, and so long a wait is enough. */
enum { PAUSE_MS = 30, PAUSES_MS = 1000, DEPTH_MAX = 32 };

static const uint32_t events =
	IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ONLYDIR;

/* Hidden files, copies that editors keep, and what a build makes. */
static bool is_passed_over(const char *name)
{
	size_t len = strlen(name);
	return len == 0 || name[0] == '.' || name[len - 1] == '~' || strcmp(name, "build") == 0 ||
	       strcmp(name, "target") == 0 || strcmp(name, "4913") == 0;
}

static bool is_folder(const char *path)
{
	struct stat about;
	return lstat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* Folders that come and go meanwhile are no error: the event that tells of them is still to come.
 */
static int add_folder(int fd, const char *path, unsigned depth, unsigned *count, struct err *why)
{
	int rc = 0;
	if (++*count > DEV_WATCH_MAX || depth > DEPTH_MAX)
		return err_set(why,
		               "there are more than %d folders to watch, or deeper than %d; is "
		               "it the folder of one plugin?",
		               DEV_WATCH_MAX, DEPTH_MAX);
	if (inotify_add_watch(fd, path, events) < 0 && (errno != ENOENT || depth == 0))
		return err_set(why, "%s cannot be watched: %s", path, strerror(errno));
	DIR *folder = opendir(path);
	if (folder == NULL)
		return 0;
	for (struct dirent *entry; rc == 0 && (entry = readdir(folder)) != NULL;) {
		if (is_passed_over(entry->d_name))
			continue;
		char *below = mem_format("%s/%s", path, entry->d_name);
		if (is_folder(below))
			rc = add_folder(fd, below, depth + 1, count, why);
		free(below);
	}
	closedir(folder);
	return rc;
}

int dev_watch_open(const char *folder, struct dev_watch *watch, struct err *why)
{
	unsigned count = 0;
	*watch = (struct dev_watch){ inotify_init1(IN_NONBLOCK | IN_CLOEXEC), folder };
	if (watch->fd < 0)
		return err_set(why, "files cannot be watched: %s", strerror(errno));
	if (add_folder(watch->fd, folder, 0, &count, why) == 0)
		return 0;
	dev_watch_close(watch);
	return -1;
}

void dev_watch_close(struct dev_watch *watch)
{
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}

/* Takes what waits; `*folders`: one came, whose files are not watched yet. True: it counts. */
static bool take_events(const struct dev_watch *watch, bool *folders)
{
	_Alignas(
		struct inotify_event) char room[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
	bool counts = false;
	for (ssize_t got; (got = read(watch->fd, room, sizeof room)) > 0;) {
		for (char *at = room; at < room + got;) {
			const struct inotify_event *event = (const void *)at;
			at += sizeof *event + event->len;
			if ((event->mask & IN_Q_OVERFLOW) != 0) {
				counts = *folders = true;
				continue;
			}
			if (event->len == 0 || is_passed_over(event->name))
				continue;
			/* A file that was only opened for writing is not written yet. */
			bool folder = (event->mask & IN_ISDIR) != 0;
			*folders |= folder;
			counts |= folder || (event->mask & IN_CREATE) == 0;
		}
	}
	return counts;
}

int dev_watch_wait(struct dev_watch *watch, struct err *why)
{
	struct pollfd fd = { watch->fd, POLLIN, 0 };
	unsigned count = 0;
	bool folders = false;
	do {
		if (poll(&fd, 1, -1) < 0 && errno != EINTR)
			return err_set(why, "poll: %s", strerror(errno));
	} while (!take_events(watch, &folders));
	for (uint64_t end = clock_ms() + PAUSES_MS; clock_ms() < end && poll(&fd, 1, PAUSE_MS) > 0;)
		take_events(watch, &folders);
	/* A folder that is watched already stays so. */
	return folders ? add_folder(watch->fd, watch->folder, 0, &count, why) : 0;
}
