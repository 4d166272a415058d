/* token: a signed token taken apart (RFC 7515 section 3.1, RFC 7519).
 *
 * It is taken apart here once and by nothing else, because two readers of one token may read two
 * different things. Only what is needed to check the signature is looked at first; the claims are
 * read when the signature was found good. */
#ifndef JWT_TOKEN_H
#define JWT_TOKEN_H

#include "alg.h"

#include <act/plugin.h>
#include <jansson.h>

/* The longest token in bytes, and the longest signature (that of an RSA key of 8192 bits). */
#define TOKEN_MAX 8192
#define TOKEN_SIGNATURE_MAX 1024

struct token {
	enum alg alg;
	const char *kid;       /* the id of its key, or NULL; lives in `header` */
	act_bytes signed_part; /* header and claims as they were signed; borrowed */
	act_bytes claims_part; /* the claims, encoded; borrowed */
	size_t signature_len;
	unsigned char signature[TOKEN_SIGNATURE_MAX];
	json_t *header;
};

/* Takes `text` apart, which must stay as long as `out`. ACT_OK; ACT_E_INVAL: it is not a token
 * signed with one of `algorithms`, and `*why` is a sentence, static and without anything of the
 * token; ACT_E_NOMEM. `out` is token_clear()'s in either case. Any thread. */
act_rc token_read(act_bytes text, alg_set algorithms, struct token *out, const char **why);

/* The claims, a JSON object, which the caller gives back with json_decref(). As above. */
act_rc token_claims(const struct token *token, json_t **out, const char **why);

void token_clear(struct token *token);

#endif
