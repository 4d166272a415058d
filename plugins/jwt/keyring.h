/* keyring: the keys in use now, and their replacement when a key file changes.
 *
 * Checks on any thread take the set in use and give it back; a worker that found a file changed
 * loads a new set beside it and exchanges the two. A set lives until its last check is through. */
#ifndef JWT_KEYRING_H
#define JWT_KEYRING_H

#include "file.h"
#include "keyset.h"

#include <pthread.h>

struct keyring {
	const act_host *host;
	const struct settings *settings; /* both borrowed */
	pthread_mutex_t lock;            /* guards `current`; held for a few instructions only */
	struct keyset *current;
	struct file_stamp key_file,
		jwks_file; /* as they were when last read; keyring_refresh()'s */
};

/* Makes the ring and loads the first keys: [worker]. 0, or -1 and a sentence, and then there is
 * nothing to close. `host` and `settings` must outlive the ring. */
int keyring_open(struct keyring *ring, const act_host *host, const struct settings *settings,
                 struct why *why);

/* The keys in use; never NULL; keyset_drop() gives them back. Any thread; does not wait for disks.
 */
struct keyset *keyring_take(struct keyring *ring);

/* Looks whether a file has changed, and if so reads the keys anew. Where they are no good, the old
 * ones stay in use and the log says why, once. [worker], never two at once. */
void keyring_refresh(struct keyring *ring);

/* When no check is under way. */
void keyring_close(struct keyring *ring);

#endif
