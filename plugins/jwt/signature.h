/* signature: was this signed with that key? */
#ifndef JWT_SIGNATURE_H
#define JWT_SIGNATURE_H

#include "keyset.h"
#include "token.h"

/* Checks the token against the keys of `set` that fit it: the same algorithm, and the same id where
 * both have one. ACT_OK; ACT_E_INVAL: it is signed with none of them, and `*why` is a static
 * sentence; ACT_E_NOMEM. Any thread; does not block. */
act_rc signature_check(const struct token *token, const struct keyset *set, const char **why);

#endif
