/* keyset: the keys of one moment, read from the files that the settings name.
 *
 * A set does not change once it is loaded. It is counted: keyset_load() gives one reference,
 * keyset_hold() another; the last keyset_drop() frees it. */
#ifndef JWT_KEYSET_H
#define JWT_KEYSET_H

#include "key.h"
#include "settings.h"

#include <act/plugin.h>
#include <stdatomic.h>
#include <sys/types.h>

/* So many keys at most: a token without a key id is tried with each key of its algorithm. */
#define KEYSET_MAX 16

struct keyset {
	atomic_uint references;
	size_t count; /* 1 to KEYSET_MAX */
	struct key keys[KEYSET_MAX];
};

/* Reads the files, which blocks: [worker]. 0 and `*out`; or -1 and a sentence that names the file
 * and what to do. What is odd but no error (a secret that others may read) goes to the log of
 * `host`. */
int keyset_load(const act_host *host, const struct settings *settings, struct keyset **out,
                struct why *why);

/* Any thread. */
struct keyset *keyset_hold(struct keyset *set);
void keyset_drop(struct keyset *set);

/* For the loaders below: takes the key over, also where it fails. -1: there are too many, or two
 * with one id. */
int keyset_add(struct keyset *set, struct key *key, struct why *why);

/* Warns in the log where the permissions let every user of the machine at a file with secrets. */
void keyset_warn_exposed(const act_host *host, const char *path, mode_t mode);

/* Reads one secret or one PEM public key (key_file.c), or a JWKS (key_jwks.c), and adds the keys
 * that one of `algorithms` can use. */
int key_file_load(const act_host *host, const char *path, alg_set algorithms, struct keyset *set,
                  struct why *why);
int key_jwks_load(const act_host *host, const char *path, alg_set algorithms, struct keyset *set,
                  struct why *why);

#endif
