/* find.h: where the unit tests find the plugins of this folder: beside their own program. */
#ifndef BAD_FIND_H
#define BAD_FIND_H

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The absolute path of a file in <build>/tests/bad. Static memory, good until the next call. */
static inline const char *bad_path(const char *file)
{
	static char path[2 * PATH_MAX];
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
	char *slash;
	if (len < 0)
		abort();
	self[len] = '\0';
	slash = strrchr(self, '/');
	if (slash == NULL)
		abort();
	*slash = '\0';
	snprintf(path, sizeof path, "%s/bad/%s", self, file);
	return path;
}

#endif
