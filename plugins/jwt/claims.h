/* claims: what a token with a good signature says, held against the settings (RFC 7519 section
 * 4.1). */
#ifndef JWT_CLAIMS_H
#define JWT_CLAIMS_H

#include "settings.h"

#include <act/ext/auth.h>
#include <jansson.h>

/* Fills `out` with the verdict at the time `now` (seconds since 1970, UTC). The time is looked at
 * last: EXPIRED says that a token was good in all else. `out->expires_at` has the leeway in it: it
 * is when this server stops taking the token. Any thread. */
void claims_check(const json_t *claims, const struct settings *settings, int64_t now,
                  act_auth_verdict *out);

#endif
