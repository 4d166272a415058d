/* copy: private copies of plugin files, so that nobody can change a file that is loaded.
 *
 * A shared object that is overwritten in place while it is mapped kills its process, and a path
 * that was loaded once gives the old code again. So each load has a copy of its own, under a name
 * that was never used before, in a folder of the server.
 * Threads: any that may block; several at once. */
#ifndef RELOAD_COPY_H
#define RELOAD_COPY_H

#include "base/err.h"

#include <limits.h>
#include <stdint.h>

/* The largest plugin file, in bytes. */
#define PLUGIN_FILE_MAX (256u << 20)

enum { PLUGIN_HASH_SIZE = 32 };

struct plugin_copy {
	char path[PATH_MAX];           /* absolute; deleting it is the caller's */
	uint8_t sha[PLUGIN_HASH_SIZE]; /* SHA-256 of the bytes that were copied */
	uint64_t size;                 /* in bytes */
};

/* Copies the file `source` to `<directory>/<stem>.<counter>.<16 hex digits of its hash>.so`, mode
 * 0500. `directory` is absolute and exists, `stem` is a file name without a slash. 0 and `*out`;
 * or -1 and a sentence, with nothing left in the directory: the source cannot be read, is too
 * large, or kept changing; the directory cannot be written, is full, or does not allow code to be
 * run.
 *
 * What was copied is one state of the source as far as two equal readings of it can tell; one that
 * a writer left half-written is found by manifest_read() of the copy. Waits 100 ms at most. */
int plugin_copy(const char *source, const char *directory, const char *stem,
                struct plugin_copy *out, struct err *why);

/* The SHA-256 (FIPS 180-4) of a file. 0 and `sha`; or -1 and a sentence, as above. */
int plugin_hash(const char *path, uint8_t sha[PLUGIN_HASH_SIZE], struct err *why);

#endif
