#include "reload/folder.h"

#include "reload/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_MODE = 0750 };

/* mkdir -p */
static int make_path(const char *path, struct err *why)
{
	char part[PATH_MAX];
	size_t len = strlen(path);
	if (len >= sizeof part)
		return err_set(why, "the path of a folder is longer than %zu bytes",
		               sizeof part - 1);
	memcpy(part, path, len + 1);
	for (size_t i = 1; i <= len; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		char saved = part[i];
		part[i] = '\0';
		if (mkdir(part, FOLDER_MODE) != 0 && errno != EEXIST)
			return err_set(why, "the folder %s cannot be made: %s (see state_dir)",
			               part, strerror(errno));
		part[i] = saved;
	}
	return 0;
}

/* A server that ends removes its file: the lock on a file that is gone keeps nobody out. */
static bool is_still_there(int fd, const char *path)
{
	struct stat open_one, named_one;
	return fstat(fd, &open_one) == 0 && stat(path, &named_one) == 0 &&
	       open_one.st_ino == named_one.st_ino && open_one.st_dev == named_one.st_dev;
}

/* The lock goes with the process, however that ends; the number in the file is for people and
 * scripts. */
static int take_lock(struct folder *folder, struct err *why)
{
	char path[PATH_MAX], number[32] = "";
	snprintf(path, sizeof path, "%s/actd.pid", folder->state_dir);
	folder->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (folder->lock_fd < 0)
		return err_set(why, "%s: %s (see state_dir)", path, strerror(errno));
	if (flock(folder->lock_fd, LOCK_EX | LOCK_NB) != 0 ||
	    !is_still_there(folder->lock_fd, path)) {
		ssize_t n = read(folder->lock_fd, number, sizeof number - 1);
		number[n > 0 ? strcspn(number, "\n") : 0] = '\0';
		close(folder->lock_fd);
		folder->lock_fd = -1;
		return err_set(
			why,
			"state_dir: %s is in use by another actd (process %s): stop that one, or "
			"give this one a folder of its own",
			folder->state_dir, number);
	}
	int len = snprintf(number, sizeof number, "%d\n", (int)getpid());
	if (ftruncate(folder->lock_fd, 0) != 0 ||
	    pwrite(folder->lock_fd, number, (size_t)len, 0) != len)
		return err_set(why, "%s: %s", path, strerror(errno));
	return 0;
}

/* A copy of a plugin or, where a server ended in the middle of a trial, the folder of that. */
static void empty_one(const struct folder *folder, int run_fd, const char *name)
{
	char path[PATH_MAX];
	if (name[0] == '.' || unlinkat(run_fd, name, 0) == 0 || errno != EISDIR)
		return;
	int len = snprintf(path, sizeof path, "%s/%s", folder->run_dir, name);
	if (len > 0 && (size_t)len < sizeof path)
		scratch_remove(path);
}

static void empty_run(const struct folder *folder)
{
	DIR *dir = opendir(folder->run_dir);
	if (dir == NULL)
		return;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		empty_one(folder, dirfd(dir), entry->d_name);
	closedir(dir);
}

int folder_open(struct folder *folder, const char *state_dir, struct err *why)
{
	folder->lock_fd = -1;
	if (strlen(state_dir) >= sizeof folder->state_dir)
		return err_set(why, "state_dir: the path is longer than %zu bytes",
		               sizeof folder->state_dir - 1);
	snprintf(folder->state_dir, sizeof folder->state_dir, "%s", state_dir);
	snprintf(folder->run_dir, sizeof folder->run_dir, "%s/run", state_dir);
	if (make_path(folder->run_dir, why) != 0 || take_lock(folder, why) != 0)
		return -1;
	empty_run(folder);
	return 0;
}

void folder_close(struct folder *folder)
{
	char path[PATH_MAX];
	if (folder->lock_fd < 0)
		return;
	empty_run(folder);
	snprintf(path, sizeof path, "%s/actd.pid", folder->state_dir);
	unlink(path);
	close(folder->lock_fd);
	folder->lock_fd = -1;
}

int folder_data_dir(const struct folder *folder, const char *plugin, char path[PATH_MAX],
                    struct err *why)
{
	snprintf(path, PATH_MAX, "%s/data/%s", folder->state_dir, plugin);
	if (make_path(path, why) != 0)
		return -1;
	/* Databases and keys: for the server's own user alone, whatever the umask makes of the
	 * files. */
	if (chmod(path, 0700) != 0)
		return err_set(why, "%s: %s", path, strerror(errno));
	return 0;
}
