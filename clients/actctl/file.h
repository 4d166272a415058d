/* file: a file that the command line names, or the standard input, read whole; a folder that is
 * removed. */
#ifndef ACTCTL_FILE_H
#define ACTCTL_FILE_H

#include "buffer.h"
#include "say.h"

#include <stdbool.h>

/* Appends the file to `to`; "-" is the standard input. DONE; or it was said why not. */
enum outcome file_read(const char *path, struct buffer *to);

/* Copies a file to a path where none is. False: errno says why, and there is still none. */
bool file_copy(const char *from, const char *to);

/* Removes a folder with all that is in it, as far as that can be done. */
void file_remove_tree(const char *path);

#endif
