#include "token.h"

#include "base64url.h"

#include <string.h>

/* The bytes that TOKEN_MAX characters of base64url are at most. */
#define DECODED_MAX (TOKEN_MAX / 4 * 3)

/* Splits off what stands before the next dot. -1: there is no further dot. */
static int split(act_bytes *rest, act_bytes *part)
{
	const char *dot = memchr(rest->ptr, '.', rest->len);
	if (dot == NULL)
		return -1;
	part->ptr = rest->ptr;
	part->len = (size_t)(dot - (const char *)rest->ptr);
	rest->ptr = dot + 1;
	rest->len -= part->len + 1;
	return 0;
}

/* A part of the token as a JSON object. */
static act_rc read_object(act_bytes part, json_t **out, const char *sentence, const char **why)
{
	unsigned char bytes[DECODED_MAX];
	json_error_t error;
	ptrdiff_t len = base64url_decode(part.ptr, part.len, bytes, sizeof bytes);
	*why = sentence;
	if (len < 0)
		return ACT_E_INVAL;
	*out = json_loadb((const char *)bytes, (size_t)len, JSON_REJECT_DUPLICATES, &error);
	if (*out == NULL && json_error_code(&error) == json_error_out_of_memory)
		return ACT_E_NOMEM;
	if (json_is_object(*out))
		return ACT_OK;
	json_decref(*out);
	*out = NULL;
	return ACT_E_INVAL;
}

/* RFC 7515 section 4.1. Keys that the header brings along or points to (jwk, jku, x5c, x5u) are not
 * looked at: anybody can write them. */
static act_rc check_header(struct token *token, alg_set algorithms, const char **why)
{
	const json_t *kid = json_object_get(token->header, "kid");
	const char *alg = json_string_value(json_object_get(token->header, "alg"));
	if (alg == NULL) {
		*why = "the token's header names no algorithm";
		return ACT_E_INVAL;
	}
	if (strcmp(alg, "none") == 0) {
		*why = "the token is not signed (alg none)";
		return ACT_E_INVAL;
	}
	if (alg_find(alg, &token->alg) != 0 || (algorithms & ALG_BIT(token->alg)) == 0) {
		*why = "the token is signed with an algorithm that is not allowed here";
		return ACT_E_INVAL;
	}
	if (json_object_get(token->header, "crit") != NULL) {
		*why = "the token demands an extension that is not known here (crit)";
		return ACT_E_INVAL;
	}
	if (kid != NULL && !json_is_string(kid)) {
		*why = "the token's key id (kid) is not a string";
		return ACT_E_INVAL;
	}
	token->kid = json_string_value(kid);
	return ACT_OK;
}

act_rc token_read(act_bytes text, alg_set algorithms, struct token *out, const char **why)
{
	act_bytes rest = text, header;
	ptrdiff_t len;
	act_rc rc;
	memset(out, 0, sizeof *out);
	if (text.len > TOKEN_MAX) {
		*why = "the token is longer than 8192 bytes";
		return ACT_E_INVAL;
	}
	if (text.len == 0 || split(&rest, &header) != 0 || split(&rest, &out->claims_part) != 0) {
		*why = "the token is not a JWT: three parts with dots between them";
		return ACT_E_INVAL;
	}
	out->signed_part.ptr = text.ptr;
	out->signed_part.len = text.len - rest.len - 1;
	rc = read_object(header, &out->header, "the token's header is not base64url of JSON", why);
	if (rc == ACT_OK)
		rc = check_header(out, algorithms, why);
	if (rc != ACT_OK)
		return rc;
	len = base64url_decode(rest.ptr, rest.len, out->signature, sizeof out->signature);
	if (len <= 0) {
		*why = "the token's signature is not base64url, or too long, or missing";
		return ACT_E_INVAL;
	}
	out->signature_len = (size_t)len;
	return ACT_OK;
}

act_rc token_claims(const struct token *token, json_t **out, const char **why)
{
	return read_object(token->claims_part, out,
	                   "the token's claims are not base64url of a JSON object", why);
}

void token_clear(struct token *token)
{
	json_decref(token->header);
	token->header = NULL;
}
