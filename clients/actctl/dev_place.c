#include "dev_build.h"

#include "act/manifest.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int copy_bytes(int from, int to)
{
	static char room[1 << 16];
	for (ssize_t got; (got = read(from, room, sizeof room)) != 0;) {
		if (got < 0 && errno == EINTR)
			continue;
		for (ssize_t done = 0, put; done < got; done += put)
			if ((put = write(to, room + done, (size_t)(got - done))) <= 0)
				return -1;
		if (got < 0)
			return -1;
	}
	return 0;
}

/* A copy beside the target, under a name that the server passes over, then renamed: whoever opens
 * the target has the old file or the new one, whole. */
static int place_file(const char *from, const char *plugin_dir, const char *name, struct err *why)
{
	char *target = mem_format("%s/%s.so", plugin_dir, name);
	char *beside = mem_format("%s/.%s.XXXXXX", plugin_dir, name);
	int in = open(from, O_RDONLY | O_CLOEXEC), out = mkostemp(beside, O_CLOEXEC);
	int rc = in >= 0 && out >= 0 && copy_bytes(in, out) == 0 && fchmod(out, 0755) == 0 &&
	                         rename(beside, target) == 0
	                 ? 0
	                 : -1;
	if (rc != 0) {
		err_set(why, "%s cannot be put in place: %s", target, strerror(errno));
		if (out >= 0)
			unlink(beside);
	}
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	free(beside);
	free(target);
	return rc;
}

static int place_one(const char *path, const char *plugin_dir, struct err *why)
{
	struct manifest manifest;
	struct err reason;
	if (manifest_read_path(path, &manifest, &reason) != 0)
		return err_set(why, "%s: %.400s", path, reason.text);
	return place_file(path, plugin_dir, manifest.name, why);
}

static bool is_shared_object(const char *name)
{
	size_t len = strlen(name);
	return name[0] != '.' && len > 3 && strcmp(name + len - 3, ".so") == 0;
}

/* How many were placed from this folder, none where it is not there; or -1. */
static int place_from(const char *built, const char *plugin_dir, struct err *why)
{
	DIR *folder = opendir(built);
	int count = 0;
	if (folder == NULL)
		return 0;
	for (struct dirent *entry; count >= 0 && (entry = readdir(folder)) != NULL;) {
		if (!is_shared_object(entry->d_name))
			continue;
		char *path = mem_format("%s/%s", built, entry->d_name);
		count = place_one(path, plugin_dir, why) == 0 ? count + 1 : -1;
		free(path);
	}
	closedir(folder);
	return count;
}

int dev_place(const char *folder, const char *plugin_dir, struct err *why)
{
	char *cmake = mem_format("%s/build", folder),
	     *cargo = mem_format("%s/target/release", folder);
	char *list = mem_format("%s/CMakeLists.txt", folder);
	int count = place_from(access(list, R_OK) == 0 ? cmake : cargo, plugin_dir, why);
	free(list);
	free(cargo);
	free(cmake);
	if (count == 0)
		return err_set(why,
		               "the build made no plugin: expected a .so file in %s/build (see "
		               "actd_add_plugin()), or in target/release with cargo",
		               folder);
	return count;
}
