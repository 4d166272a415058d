/* login: who a connection is for: --user, --token or --token-file, brought to the server. */
#ifndef ACTCTL_LOGIN_H
#define ACTCTL_LOGIN_H

#include "options.h"
#include "url.h"

/* What the upgrade brings along; both may be NULL. */
struct login {
	char *bearer; /* for "Authorization: Bearer …" */
	char *header; /* a whole header, "Name: value" */
};

/* Finds the token to bring, if any, and how: with --user in the first of the places where the
 * server's config looks for it, otherwise as a bearer. The query of `url` may be that place, and
 * takes the name itself where the config says "auth": "none". DONE; or it was said why not.
 * login_free() in either case. */
enum outcome login_prepare(const struct options *options, struct url *url, struct login *login);
void login_free(struct login *login);

#endif
