/* token: who may ask over TCP: whoever knows what stands in a file.
 *
 * Only a hash of it is kept. Owner: whoever loaded it. Threads: any, for comparing. */
#ifndef ADMIN_TOKEN_H
#define ADMIN_TOKEN_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { TOKEN_BYTES_MIN = 16, TOKEN_BYTES_MAX = 1024 };

struct token {
	unsigned char hash[32]; /* SHA-256 */
};

/* Reads the file: one line of printable ASCII without blanks, its end of line not counted. 0; or -1
 * with `why`. Warns in the log where others may read the file. Blocks on it. */
int token_load(struct token *token, const char *path, struct err *why);

/* Is the value of an Authorization header "Bearer " and the token (RFC 6750, section 2.1)? NULL:
 * there was no header. How long it takes says nothing about the token. */
bool token_admits(const struct token *token, const char *authorization);

#endif
