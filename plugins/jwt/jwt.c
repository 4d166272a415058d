/* jwt: who is behind a token? Provides act.auth/1 for signed JSON Web Tokens (RFC 7519).
 *
 * The way of a check: token.c takes the token apart, signature.c finds the key and checks the
 * signature, claims.c holds what the token says against the settings. Keys come from files, by
 * keyset.c, and are exchanged while the server runs, by keyring.c; nothing is ever fetched from a
 * network. docs/login.md is the page for those who use it.
 *
 * r_global_init() is not called: all it does is to start libcurl for keys behind URLs, and it must
 * not run while another thread uses the library, as the generation before this one may. */
#include "claims.h"
#include "keyring.h"
#include "signature.h"

#include <act/easy.h>
#include <time.h>

ACT_MANIFEST("jwt", "1.0", "", ACT_EXT_AUTH);

/* How often the key files are looked at, and how it is called. */
#define REFRESH_MS 1000
#define REFRESH 1

struct jwt {
	const act_host *host;
	struct settings settings;
	struct keyring ring;
	bool ring_open;
	bool refreshing; /* a refresh is queued or under way; the home loop's */
};

/* ---- checks: any thread, several at once ----------------------------------------------------- */

static act_rc check_token(const struct jwt *jwt, const struct keyset *keys, act_bytes text,
                          act_auth_verdict *out, const char **why)
{
	struct token token;
	json_t *claims = NULL;
	act_rc rc = token_read(text, jwt->settings.algorithms, &token, why);
	if (rc == ACT_OK)
		rc = signature_check(&token, keys, why);
	if (rc == ACT_OK)
		rc = token_claims(&token, &claims, why);
	if (rc == ACT_OK)
		claims_check(claims, &jwt->settings, (int64_t)time(NULL), out);
	json_decref(claims);
	token_clear(&token);
	return rc;
}

static act_rc jwt_check(void *self, const act_auth_request *request, act_auth_verdict *out)
{
	struct jwt *jwt = self;
	struct keyset *keys;
	const char *why = "";
	act_rc rc;
	if (!ACT_HAS(request, token) || !ACT_HAS(out, why))
		return ACT_E_INVAL;
	out->verdict = ACT_AUTH_DENY;
	keys = keyring_take(&jwt->ring);
	rc = check_token(jwt, keys, request->token, out, &why);
	keyset_drop(keys);
	if (rc != ACT_E_INVAL)
		return rc;
	snprintf(out->why, sizeof out->why, "%s", why);
	return ACT_OK; /* that the token is no good is an answer too */
}

static const act_auth_provider provider = {
	.size = sizeof provider,
	.check = jwt_check,
};

static const void *jwt_extension(void *self, const char *id)
{
	(void)self;
	return strcmp(id, ACT_EXT_AUTH) == 0 ? &provider : NULL;
}

/* ---- rotation: the home loop has a worker look at the files, one look at a time -------------- */

static void jwt_on_timer(void *self, uint64_t tag)
{
	struct jwt *jwt = self;
	(void)tag;
	/* Where the workers have no room, the next second will do. */
	if (!jwt->refreshing && jwt->host->work(jwt->host, REFRESH, NULL) == ACT_OK)
		jwt->refreshing = true;
}

static void jwt_work(void *self, uint64_t tag, void *arg)
{
	struct jwt *jwt = self;
	(void)tag, (void)arg;
	keyring_refresh(&jwt->ring);
}

static void jwt_work_done(void *self, uint64_t tag, void *arg)
{
	struct jwt *jwt = self;
	(void)tag, (void)arg;
	jwt->refreshing = false;
}

/* ---- life ------------------------------------------------------------------------------------ */

static act_rc jwt_create(const act_host *host, void **self)
{
	struct why why;
	struct jwt *jwt = calloc(1, sizeof *jwt);
	if (jwt == NULL)
		return ACT_E_NOMEM;
	jwt->host = host;
	if (settings_read(host->config(host), host->data_dir(host), &jwt->settings, &why) != 0) {
		act_logf(host, ACT_LOG_ERROR, "%s", why.text);
		settings_free(&jwt->settings);
		free(jwt);
		return ACT_E_INVAL;
	}
	*self = jwt;
	return ACT_OK;
}

static act_rc jwt_start(void *self)
{
	struct jwt *jwt = self;
	struct why why;
	if (keyring_open(&jwt->ring, jwt->host, &jwt->settings, &why) != 0) {
		act_logf(jwt->host, ACT_LOG_ERROR, "%s", why.text);
		return ACT_E_FAIL;
	}
	jwt->ring_open = true;
	return ACT_OK;
}

static void jwt_activate(void *self)
{
	struct jwt *jwt = self;
	act_rc rc = jwt->host->timer_set(jwt->host, REFRESH, REFRESH_MS, 1, NULL);
	if (rc != ACT_OK)
		act_logf(jwt->host, ACT_LOG_WARN,
		         "the key files are not watched: no timer (%d); new keys need a restart",
		         (int)rc);
}

static void jwt_destroy(void *self)
{
	struct jwt *jwt = self;
	if (jwt->ring_open)
		keyring_close(&jwt->ring);
	settings_free(&jwt->settings);
	free(jwt);
}

const act_plugin act_plugin_v1 = {
	.size = sizeof(act_plugin),
	.flags = ACT_F_PARALLEL,
	.name = "jwt",
	.version = "1.0",
	.action_size = sizeof(act_action),
	.push_size = sizeof(act_pushing),
	.create = jwt_create,
	.start = jwt_start,
	.activate = jwt_activate,
	.destroy = jwt_destroy,
	.on_timer = jwt_on_timer,
	.work = jwt_work,
	.work_done = jwt_work_done,
	.extension = jwt_extension,
};
