/* secret_file: a file with a secret: made so that it is never seen half written, and read. */
#ifndef ACTCTL_SECRET_FILE_H
#define ACTCTL_SECRET_FILE_H

#include "buffer.h"
#include "say.h"

/* As plugins/jwt has it: RFC 7518, section 3.2, wants a secret no shorter than the hash. */
enum { SECRET_FILE_MIN = 32, SECRET_FILE_MAX = 4096 };

/* Where nothing has that path, makes a file with 32 random bytes in hex and a line end, for nobody
 * but this user. Of two that make it at once, both get the one that was there first. DONE; or it
 * was said why not. */
enum outcome secret_file_make(const char *path);

/* Reads it, less one line end at its end. DONE; or it was said why not. */
enum outcome secret_file_read(const char *path, struct buffer *key);

#endif
