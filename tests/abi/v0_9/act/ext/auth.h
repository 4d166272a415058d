/* act/ext/auth.h: the service act.auth/1: who is behind a token.
 *
 * The server asks its provider at the upgrade of each connection that brings a token. A plugin may
 * ask too (a login in band): its facade has the same function with the host in front. */
#ifndef ACT_EXT_AUTH_H
#define ACT_EXT_AUTH_H

#include "../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ACT_EXT_AUTH "act.auth/1"

#define ACT_AUTH_ALLOW 0u   /* `user` is set */
#define ACT_AUTH_DENY 1u    /* not a good token: HTTP 401 before the upgrade */
#define ACT_AUTH_FORBID 2u  /* known, and not allowed here: HTTP 403 */
#define ACT_AUTH_EXPIRED 3u /* was a good token: HTTP 401, token_expired */

/* The question; borrowed for the call. */
typedef struct act_auth_request {
	uint32_t size;
	uint32_t reserved;
	act_bytes token;
	act_bytes endpoint; /* the path, "/serv/" */
	act_bytes address;  /* of the peer        */
} act_auth_request;

/* The answer; the asker's memory, zeroed but for `size`. Longer than its array: deny. */
typedef struct act_auth_verdict {
	uint32_t size;
	uint32_t verdict;   /* ACT_AUTH_*                                               */
	int64_t expires_at; /* seconds since 1970, UTC; 0: the token does not expire    */
	char user[256];     /* terminated; 1 to 255 bytes of UTF-8 with ACT_AUTH_ALLOW  */
	char device[256];   /* terminated; or empty                                     */
	char why[256];      /* terminated; for the log and the client, without secrets  */
} act_auth_verdict;

/* The provider's table (act_plugin.extension returns it). The provider is ACT_F_PARALLEL. */
typedef struct act_auth_provider {
	uint32_t size;
	uint32_t reserved;
	/* [any] Must not block: it is asked on the loops. ACT_OK: `out` is filled, whatever the
	 * verdict; ACT_E_*: it could not be found out (HTTP 503). */
	act_rc (*check)(void *self, const act_auth_request *request, act_auth_verdict *out);
} act_auth_provider;

/* The facade that a consumer gets from act_host.extension. */
typedef struct act_auth {
	uint32_t size;
	uint32_t reserved;
	/* [any] As above. ACT_E_GONE: there is no provider. */
	act_rc (*check)(const act_host *h, const act_auth_request *request, act_auth_verdict *out);
} act_auth;

#ifdef __cplusplus
}
#endif
#endif
