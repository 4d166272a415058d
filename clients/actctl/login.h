/* login: who a connection is for: --user, --token or --token-file, brought to the server. */
#ifndef ACTCTL_LOGIN_H
#define ACTCTL_LOGIN_H

#include "options.h"
#include "url.h"

/* Finds the token to bring, if any: `*token`, or NULL; the caller frees it. Where the server's
 * config says "auth": "none", a user's name is put into the query of `url` instead. DONE; or it was
 * said why not. */
enum outcome login_prepare(const struct options *options, struct url *url, char **token);

#endif
