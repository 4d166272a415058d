/* alg: the signature algorithms that tokens may be signed with (RFC 7518 section 3.1, RFC 8037). */
#ifndef JWT_ALG_H
#define JWT_ALG_H

enum alg { ALG_HS256, ALG_RS256, ALG_EDDSA };
#define ALG_COUNT 3

/* A set of algorithms: bit 1 << alg for each. */
typedef unsigned alg_set;
#define ALG_BIT(alg) (1u << (unsigned)(alg))

/* The algorithm of that name, exactly as it is written in a token ("HS256"). 0, or -1: not one of
 * these; "none" is not either. */
int alg_find(const char *name, enum alg *out);

/* Its name. */
const char *alg_name(enum alg alg);

#endif
