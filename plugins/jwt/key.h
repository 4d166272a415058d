/* key: one key that tokens are checked with, fit for exactly one algorithm.
 *
 * That a key knows its algorithm, and not the token, is what keeps a public key from being taken
 * for a secret. A key does not change once it is made: any thread may read it. */
#ifndef JWT_KEY_H
#define JWT_KEY_H

#include "alg.h"
#include "why.h"

#include <rhonabwy.h>

/* RFC 7518: section 3.2 wants a secret no shorter than the hash, section 3.3 RSA keys of 2048 bits
 * or more. The upper ends bound the time of one check. */
#define KEY_SECRET_MIN 32
#define KEY_SECRET_MAX 4096
#define KEY_RSA_BITS_MIN 2048
#define KEY_RSA_BITS_MAX 8192

struct key {
	enum alg alg;
	char *kid;  /* its id (RFC 7517 section 4.5); NULL: it serves tokens with any id */
	jwk_t *jwk; /* RS256, EdDSA: the public key, and nothing but the key; otherwise NULL */
	unsigned char *secret; /* HS256; otherwise NULL */
	size_t secret_len;
};

/* An HS256 key from the bytes of a secret. `kid` may be NULL. 0; or -1 and the middle of a sentence
 * ("expected …, found …"). `out` is key_clear()'s in either case; both are copied. */
int key_from_secret(const void *secret, size_t len, const char *kid, struct key *out,
                    struct why *why);

/* An RS256 or EdDSA key from a JWK, the algorithm being what its type asks for. As above. */
int key_from_jwk(const json_t *jwk, const char *kid, struct key *out, struct why *why);

/* The algorithm that a JWK of this type serves: 0, or -1: none of ours. */
int key_alg(const json_t *jwk, enum alg *out);

/* Gives back what a key has; a secret is overwritten first. */
void key_clear(struct key *key);

#endif
