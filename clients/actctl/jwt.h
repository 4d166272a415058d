/* jwt: a development token: a JSON Web Token (RFC 7519), signed with HS256 by librhonabwy. */
#ifndef ACTCTL_JWT_H
#define ACTCTL_JWT_H

#include "base/config.h"
#include "say.h"

#include <stdint.h>

/* Makes a token for `user` that is good for `seconds`, as the server of that config takes it. DONE,
 * `*token` (the caller frees it) and when it ends, in seconds since 1970; or it was said why not.
 */
enum outcome jwt_make(const struct config *config, const char *user, uint32_t seconds, char **token,
                      int64_t *expires_at);

#endif
