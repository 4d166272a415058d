/* secret: the key that the plugin jwt checks tokens with, as plugins/jwt reads it. */
#ifndef ACTCTL_SECRET_H
#define ACTCTL_SECRET_H

#include "base/config.h"
#include "buffer.h"
#include "say.h"

/* What the plugin's settings say about the tokens that it takes. */
struct secret {
	struct buffer key; /* for HS256 */
	char *issuer;      /* "iss"; NULL: any */
	char *audience;    /* "aud"; NULL: any */
};

/* Reads the secret of the plugin that checks tokens. Where there is no file yet in the plugin's own
 * folder, one is made first, with 32 random bytes in hex; one that is there is never written to.
 * DONE; or it was said why not. secret_forget() in either case. */
enum outcome secret_read(const struct config *config, struct secret *secret);
/* Overwrites the key with zeros first. */
void secret_forget(struct secret *secret);

#endif
