/* settings: what "plugins": {"jwt": {…}} of the config says, checked. docs/login.md has the list.
 * Made once by create(); read by all threads after that. */
#ifndef JWT_SETTINGS_H
#define JWT_SETTINGS_H

#include "alg.h"
#include "why.h"

#include <act/plugin.h>

#define SETTINGS_LEEWAY_MAX_S 300

struct settings {
	alg_set algorithms; /* never empty */
	char *key_file;     /* absolute path of a secret or a PEM public key; or NULL */
	char *jwks_file;    /* absolute path of a JWKS (RFC 7517 section 5); or NULL; one of the
	                       two is there */
	char *issuer;       /* what "iss" must be; NULL: anything */
	char *audience;     /* what "aud" must be or contain; NULL: anything */
	char *device_claim; /* the claim that names the device */
	int64_t leeway_s;   /* seconds by which clocks may differ: 0 to SETTINGS_LEEWAY_MAX_S */
};

/* Reads the JSON object `text`. File names that are not absolute are taken from `folder`, an
 * absolute path. 0; or -1 and a sentence that names the key, what was expected and what was found.
 * `out` is settings_free()'s in either case. */
int settings_read(act_bytes text, act_bytes folder, struct settings *out, struct why *why);
void settings_free(struct settings *settings);

#endif
