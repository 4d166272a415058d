#include "reload/scratch.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int scratch_make(const char *parent, char path[PATH_MAX], struct err *why)
{
	int len = snprintf(path, PATH_MAX, "%s/trial-XXXXXX", parent);
	if (len < 0 || len >= PATH_MAX)
		return err_set(why, "the path of a folder is longer than %d bytes", PATH_MAX - 1);
	if (mkdtemp(path) == NULL)
		return err_set(why, "no folder can be made in %s: %s", parent, strerror(errno));
	return 0;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
	(void)about;
	(void)kind;
	(void)place;
	remove(path);
	return 0;
}

void scratch_remove(const char *path)
{
	enum { DESCRIPTORS = 16 };
	nftw(path, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
