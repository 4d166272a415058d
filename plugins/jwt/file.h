/* file: small files with keys: read whole, and watched for change. [worker] or the test's thread:
 * these functions block. */
#ifndef JWT_FILE_H
#define JWT_FILE_H

#include "why.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* A key file is never longer than this, in bytes. */
#define FILE_MAX ((size_t)65536)

/* A file's contents, and its permissions. A zero byte stands behind the contents. */
struct file {
	char *bytes;
	size_t len;
	mode_t mode;
};

/* Reads a regular file of at most FILE_MAX bytes. 0, and file_forget() gives it back; or -1 and a
 * sentence that names the path. */
int file_read(const char *path, struct file *out, struct why *why);

/* Overwrites the contents with zeros, then frees them. */
void file_forget(struct file *file);

/* What tells one state of a file from another: which file it is, its size, its times (stat(2)). */
struct file_stamp {
	bool there;
	struct stat info;
};

/* The stamp of a path as it is now; `path` NULL: that of no file. */
struct file_stamp file_stamp(const char *path);
bool file_stamp_same(const struct file_stamp *a, const struct file_stamp *b);

#endif
