#include "jwt.h"

#include "base/mem.h"
#include "secret.h"

#include <act/easy.h>
#include <rhonabwy.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { USER_MAX = 255 };

static enum outcome check_user(const char *user)
{
	size_t len = strlen(user);
	if (len < 1 || len > USER_MAX)
		return say_failure(USAGE, "give a shorter name",
		                   "USER: expected 1 to %d bytes, found %zu", USER_MAX, len);
	if (act_utf8_span(user, len) != len)
		return say_failure(USAGE, "is the terminal set to UTF-8?", "USER: expected UTF-8");
	for (const char *at = user; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7F)
			return say_failure(USAGE, "leave them out",
			                   "USER: expected a name without control characters");
	return DONE;
}

/* NULL: librhonabwy could not do it, for want of memory. */
static char *sign(const struct secret *secret, const char *user, int64_t now, int64_t expires_at)
{
	jwt_t *jwt = NULL;
	char *token = NULL, *copy = NULL;
	if (r_jwt_init(&jwt) != RHN_OK)
		return NULL;
	bool good = r_jwt_set_header_str_value(jwt, "typ", "JWT") == RHN_OK &&
	            r_jwt_set_sign_alg(jwt, R_JWA_ALG_HS256) == RHN_OK &&
	            r_jwt_set_claim_str_value(jwt, "sub", user) == RHN_OK &&
	            r_jwt_set_claim_int_value(jwt, "iat", now) == RHN_OK &&
	            r_jwt_set_claim_int_value(jwt, "exp", expires_at) == RHN_OK &&
	            r_jwt_add_sign_key_symmetric(jwt, secret->key.at, secret->key.len) == RHN_OK;
	if (good && secret->issuer != NULL)
		good = r_jwt_set_claim_str_value(jwt, "iss", secret->issuer) == RHN_OK;
	if (good && secret->audience != NULL)
		good = r_jwt_set_claim_str_value(jwt, "aud", secret->audience) == RHN_OK;
	if (good)
		token = r_jwt_serialize_signed(jwt, NULL, 0);
	if (token != NULL)
		copy = mem_text(token);
	r_free(token);
	r_jwt_free(jwt);
	return copy;
}

enum outcome jwt_make(const struct config *config, const char *user, uint32_t seconds, char **token,
                      int64_t *expires_at)
{
	struct secret secret = { 0 };
	int64_t now = time(NULL);
	enum outcome outcome = check_user(user);
	if (outcome == DONE)
		outcome = secret_read(config, &secret);
	if (outcome == DONE) {
		*expires_at = now + seconds;
		*token = sign(&secret, user, now, *expires_at);
		if (*token == NULL)
			outcome = say_failure(USAGE, "is there memory left?",
			                      "the token could not be signed");
	}
	secret_forget(&secret);
	return outcome;
}
