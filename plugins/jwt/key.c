#include "key.h"

#include <assert.h>
#include <gnutls/abstract.h>
#include <stdlib.h>
#include <string.h>

int key_alg(const json_t *jwk, enum alg *out)
{
	const char *kty = json_string_value(json_object_get(jwk, "kty"));
	const char *crv = json_string_value(json_object_get(jwk, "crv"));
	if (kty == NULL)
		return -1;
	if (strcmp(kty, "oct") == 0)
		*out = ALG_HS256;
	else if (strcmp(kty, "RSA") == 0)
		*out = ALG_RS256;
	else if (strcmp(kty, "OKP") == 0 && crv != NULL && strcmp(crv, "Ed25519") == 0)
		*out = ALG_EDDSA;
	else
		return -1;
	return 0;
}

static int set_kid(struct key *key, const char *kid, struct why *why)
{
	if (kid != NULL && (key->kid = strdup(kid)) == NULL)
		return why_say(why, "no memory for it");
	return 0;
}

int key_from_secret(const void *secret, size_t len, const char *kid, struct key *out,
                    struct why *why)
{
	*out = (struct key){ .alg = ALG_HS256 };
	if (len < KEY_SECRET_MIN || len > KEY_SECRET_MAX)
		return why_say(why, "expected a secret of %d to %d bytes, found %zu",
		               KEY_SECRET_MIN, KEY_SECRET_MAX, len);
	out->secret = malloc(len);
	if (out->secret == NULL)
		return why_say(why, "no memory for it");
	memcpy(out->secret, secret, len);
	out->secret_len = len;
	return set_kid(out, kid, why);
}

/* Copies the members that make a public key, and no others: a link to a certificate (x5u) among
 * them would have librhonabwy fetch it. NULL: a member is missing or is not a string. */
static jwk_t *copy_public(const json_t *jwk, enum alg alg)
{
	static const char *const rsa[] = { "kty", "n", "e", NULL };
	static const char *const ed25519[] = { "kty", "crv", "x", NULL };
	jwk_t *copy = NULL;
	if (r_jwk_init(&copy) != RHN_OK)
		return NULL;
	for (const char *const *name = alg == ALG_RS256 ? rsa : ed25519; *name != NULL; name++) {
		const char *value = json_string_value(json_object_get(jwk, *name));
		if (value == NULL || r_jwk_set_property_str(copy, *name, value) != RHN_OK) {
			r_jwk_free(copy);
			return NULL;
		}
	}
	return copy;
}

/* Tries the key as a check will, and measures it. */
static int prove(const struct key *key, struct why *why)
{
	unsigned bits = 0;
	gnutls_pubkey_t public = r_jwk_export_to_gnutls_pubkey(key->jwk, R_FLAG_IGNORE_REMOTE);
	int type = public != NULL ? gnutls_pubkey_get_pk_algorithm(public, &bits) : -1;
	gnutls_pubkey_deinit(public);
	if (type != (key->alg == ALG_RS256 ? GNUTLS_PK_RSA : GNUTLS_PK_EDDSA_ED25519))
		return why_say(why, "expected a public key for %s, found one that is damaged",
		               alg_name(key->alg));
	if (type == GNUTLS_PK_RSA && (bits < KEY_RSA_BITS_MIN || bits > KEY_RSA_BITS_MAX))
		return why_say(why, "expected an RSA key of %d to %d bits, found one of %u",
		               KEY_RSA_BITS_MIN, KEY_RSA_BITS_MAX, bits);
	return 0;
}

int key_from_jwk(const json_t *jwk, const char *kid, struct key *out, struct why *why)
{
	*out = (struct key){ 0 };
	if (key_alg(jwk, &out->alg) != 0 || out->alg == ALG_HS256)
		return why_say(why, "expected an RSA or Ed25519 public key, found another kind");
	if (json_object_get(jwk, "d") != NULL)
		return why_say(why, "expected a public key, found a private one, which only the "
		                    "issuer of tokens should have");
	out->jwk = copy_public(jwk, out->alg);
	if (out->jwk == NULL)
		return why_say(why, "expected a public key for %s, found one with parts missing",
		               alg_name(out->alg));
	if (prove(out, why) != 0)
		return -1;
	return set_kid(out, kid, why);
}

void key_clear(struct key *key)
{
	if (key->secret != NULL)
		explicit_bzero(key->secret, key->secret_len);
	free(key->secret);
	free(key->kid);
	r_jwk_free(key->jwk);
	*key = (struct key){ 0 };
}
