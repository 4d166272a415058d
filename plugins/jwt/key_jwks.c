/* key_jwks: the setting "jwks_file": a set of keys as JSON (RFC 7517 section 5).
 *
 * Such files serve many programs. Keys that are not for us (another type, another algorithm, for
 * encryption) are passed over, as the RFC asks; one that is for us and unfit is an error. */
#include "base64url.h"
#include "file.h"
#include "keyset.h"

#include <act/easy.h>
#include <string.h>

/* Does an array have this string? */
static bool has(const json_t *array, const char *text)
{
	size_t i;
	const json_t *value;
	json_array_foreach(array, i, value)
	{
		if (json_is_string(value) && strcmp(json_string_value(value), text) == 0)
			return true;
	}
	return false;
}

/* Is the key meant for checking signatures by an algorithm of the set? (RFC 7517 section 4) */
static bool is_ours(const json_t *jwk, alg_set algorithms)
{
	const char *use = json_string_value(json_object_get(jwk, "use"));
	const char *named = json_string_value(json_object_get(jwk, "alg"));
	const json_t *operations = json_object_get(jwk, "key_ops");
	enum alg alg;
	if (key_alg(jwk, &alg) != 0 || (algorithms & ALG_BIT(alg)) == 0)
		return false;
	if (use != NULL && strcmp(use, "sig") != 0)
		return false;
	if (named != NULL && strcmp(named, alg_name(alg)) != 0)
		return false;
	return operations == NULL || has(operations, "verify");
}

static int add_secret(const json_t *jwk, const char *kid, struct key *key, struct why *why)
{
	unsigned char secret[KEY_SECRET_MAX];
	const json_t *k = json_object_get(jwk, "k");
	ptrdiff_t len = -1;
	int rc;
	if (json_is_string(k))
		len = base64url_decode(json_string_value(k), json_string_length(k), secret,
		                       sizeof secret);
	if (len < 0)
		return why_say(why, "\"k\": expected base64url of %d to %d bytes", KEY_SECRET_MIN,
		               KEY_SECRET_MAX);
	rc = key_from_secret(secret, (size_t)len, kid, key, why);
	explicit_bzero(secret, sizeof secret);
	return rc;
}

static int add(const json_t *jwk, struct keyset *set, struct why *why)
{
	struct key key = { 0 };
	const json_t *kid = json_object_get(jwk, "kid");
	enum alg alg = ALG_HS256;
	int rc;
	if (kid != NULL && !json_is_string(kid))
		return why_say(why, "\"kid\": expected a string, found something else");
	rc = key_alg(jwk, &alg);
	if (rc == 0 && alg == ALG_HS256)
		rc = add_secret(jwk, json_string_value(kid), &key, why);
	else if (rc == 0)
		rc = key_from_jwk(jwk, json_string_value(kid), &key, why);
	if (rc == 0)
		return keyset_add(set, &key, why);
	key_clear(&key);
	return -1;
}

/* The sentences do not quote the file: it may hold secrets. */
static int read_set(const struct file *file, alg_set algorithms, struct keyset *set,
                    struct why *why)
{
	json_error_t error;
	json_t *root = json_loadb(file->bytes, file->len, JSON_REJECT_DUPLICATES, &error);
	const json_t *keys = json_object_get(root, "keys"), *jwk;
	size_t i;
	int rc = 0;
	if (root == NULL)
		rc = why_say(why, "expected JSON, found what is none at line %d, column %d",
		             error.line, error.column);
	else if (!json_is_array(keys))
		rc = why_say(why, "expected a JSON object with an array \"keys\", found none");
	json_array_foreach(keys, i, jwk)
	{
		struct why what;
		if (rc != 0)
			break;
		if (is_ours(jwk, algorithms) && add(jwk, set, &what) != 0)
			rc = why_say(why, "keys[%zu]: %s", i, what.text);
	}
	json_decref(root);
	return rc;
}

int key_jwks_load(const act_host *host, const char *path, alg_set algorithms, struct keyset *set,
                  struct why *why)
{
	struct file file;
	struct why what;
	size_t before = set->count;
	bool secret = false;
	int rc = 0;
	if (file_read(path, &file, &what) != 0)
		return why_say(why,
		               "\"jwks_file\": %s; put the issuer's key set there, which most "
		               "issuers publish as jwks.json",
		               what.text);
	if (read_set(&file, algorithms, set, &what) != 0)
		rc = why_say(why, "\"jwks_file\": %s: %s", path, what.text);
	for (size_t i = before; i < set->count; i++)
		secret = secret || set->keys[i].secret != NULL;
	if (rc == 0 && secret)
		keyset_warn_exposed(host, path, file.mode);
	file_forget(&file);
	return rc;
}
