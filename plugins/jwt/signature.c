/* The arithmetic is GnuTLS's, which librhonabwy is built on, and not librhonabwy's own check: that
 * one parses the token a second time, unpacks a compressed one of any size before it looks at the
 * signature, and compares HMACs with strcmp(), whose time depends on how much of them is right. */
#include "signature.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <stdbool.h>
#include <string.h>

#define SHA256_SIZE 32

static act_rc check_hmac(const struct token *token, const struct key *key)
{
	unsigned char expected[SHA256_SIZE];
	if (gnutls_hmac_fast(GNUTLS_MAC_SHA256, key->secret, key->secret_len,
	                     token->signed_part.ptr, token->signed_part.len, expected) != 0)
		return ACT_E_NOMEM;
	if (token->signature_len != sizeof expected ||
	    gnutls_memcmp(token->signature, expected, sizeof expected) != 0)
		return ACT_E_INVAL;
	return ACT_OK;
}

/* GnuTLS lets one thread at a time use an object, so each check makes its own of the JWK, which is
 * only read. */
static act_rc check_public(const struct token *token, const struct key *key)
{
	gnutls_datum_t data = { (unsigned char *)(uintptr_t)token->signed_part.ptr,
		                (unsigned)token->signed_part.len };
	gnutls_datum_t signature = { (unsigned char *)(uintptr_t)token->signature,
		                     (unsigned)token->signature_len };
	gnutls_sign_algorithm_t algorithm =
		key->alg == ALG_RS256 ? GNUTLS_SIGN_RSA_SHA256 : GNUTLS_SIGN_EDDSA_ED25519;
	gnutls_pubkey_t public = r_jwk_export_to_gnutls_pubkey(key->jwk, R_FLAG_IGNORE_REMOTE);
	int rc;
	if (public == NULL) /* it was good when the key was read */
		return ACT_E_NOMEM;
	rc = gnutls_pubkey_verify_data2(public, algorithm, 0, &data, &signature);
	gnutls_pubkey_deinit(public);
	if (rc == GNUTLS_E_MEMORY_ERROR)
		return ACT_E_NOMEM;
	return rc >= 0 ? ACT_OK : ACT_E_INVAL;
}

static bool fits(const struct token *token, const struct key *key)
{
	if (key->alg != token->alg)
		return false;
	return key->kid == NULL || token->kid == NULL || strcmp(key->kid, token->kid) == 0;
}

act_rc signature_check(const struct token *token, const struct keyset *set, const char **why)
{
	*why = "the token is signed with a key that is not known here";
	for (size_t i = 0; i < set->count; i++) {
		const struct key *key = &set->keys[i];
		act_rc rc;
		if (!fits(token, key))
			continue;
		rc = key->alg == ALG_HS256 ? check_hmac(token, key) : check_public(token, key);
		if (rc != ACT_E_INVAL)
			return rc;
		*why = "the token's signature is wrong";
	}
	return ACT_E_INVAL;
}
