/* memory_file: a file that lies in memory alone and holds what the fuzzer gave (memfd_create(2)).
 *
 * One a program, made at the first use and kept: a run costs two system calls. Thread: one. */
#ifndef FUZZ_MEMORY_FILE_H
#define FUZZ_MEMORY_FILE_H

#include "base/check.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* Fills the file; returns its descriptor, which stays open. */
static inline int memory_file_put(const void *bytes, size_t len)
{
	static int fd = -1;
	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	CHECK(fd >= 0 && ftruncate(fd, 0) == 0);
	CHECK(pwrite(fd, bytes, len, 0) == (ssize_t)len);
	return fd;
}

/* The same for code that wants a path; static memory. */
static inline const char *memory_file_path(const void *bytes, size_t len)
{
	static char path[64];
	snprintf(path, sizeof path, "/proc/self/fd/%d", memory_file_put(bytes, len));
	return path;
}

#endif
