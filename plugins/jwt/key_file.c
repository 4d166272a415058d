/* key_file: the setting "key_file": one secret as it is, or one PEM public key (RFC 7468). */
#include "file.h"
#include "keyset.h"

#include <act/easy.h>
#include <string.h>

#define PEM_BEGIN "-----BEGIN "
#define PEM_PUBLIC "-----BEGIN PUBLIC KEY-----"

/* Taking a public document for a secret would let everybody sign, so one that is evidently none is
 * refused. */
static int check_secret(const struct file *file, struct why *why)
{
	json_t *json = json_loadb(file->bytes, file->len, 0, NULL);
	bool object = json_is_object(json);
	json_decref(json);
	return object ? why_say(why, "expected a secret or a PEM public key, found JSON; "
	                             "\"jwks_file\" takes a key set")
	              : 0;
}

static int add_secret(const struct file *file, struct keyset *set, struct why *why)
{
	struct key key = { 0 };
	/* An editor, and `echo`, end the file with a newline that is not meant. */
	size_t len =
		file->len > 0 && file->bytes[file->len - 1] == '\n' ? file->len - 1 : file->len;
	if (check_secret(file, why) == 0 && key_from_secret(file->bytes, len, NULL, &key, why) == 0)
		return keyset_add(set, &key, why);
	key_clear(&key);
	return -1;
}

/* Is there exactly one PEM block in the file, and is it a public key? */
static int check_pem(const struct file *file, struct why *why)
{
	/* librhonabwy copies up to a zero byte and then reads the whole length. */
	if (strlen(file->bytes) != file->len)
		return why_say(why, "expected text, found a zero byte");
	if (strstr(file->bytes, "PRIVATE KEY-----") != NULL)
		return why_say(why, "expected a public key, found a private one, which only the "
		                    "issuer of tokens should have; openssl pkey -pubout makes the "
		                    "public one of it");
	if (strncmp(file->bytes, PEM_PUBLIC, strlen(PEM_PUBLIC)) != 0)
		return why_say(why, "expected \"" PEM_PUBLIC "\" first, found something else; for "
		                    "a certificate, openssl x509 -pubkey -noout gives its key");
	if (strstr(file->bytes + 1, PEM_BEGIN) != NULL)
		return why_say(why, "expected one key, found several; \"jwks_file\" takes a file "
		                    "with several");
	return 0;
}

static int add_pem(const struct file *file, struct keyset *set, struct why *why)
{
	struct key key = { 0 };
	jwk_t *jwk = NULL;
	int rc = -1;
	if (check_pem(file, why) != 0)
		return -1;
	if (r_jwk_init(&jwk) != RHN_OK)
		return why_say(why, "no memory for it");
	if (r_jwk_import_from_pem_der(jwk, R_X509_TYPE_PUBKEY, R_FORMAT_PEM,
	                              (const unsigned char *)file->bytes, file->len) != RHN_OK)
		why_say(why, "expected an RSA or Ed25519 public key, found one that is damaged "
		             "or of another kind");
	else if (key_from_jwk(jwk, NULL, &key, why) == 0)
		rc = keyset_add(set, &key, why);
	if (rc != 0)
		key_clear(&key);
	r_jwk_free(jwk);
	return rc;
}

static int add(const struct file *file, alg_set algorithms, struct keyset *set, struct why *why)
{
	/* Anywhere, not only at the start: text may stand before a PEM block. */
	bool pem = memmem(file->bytes, file->len, PEM_BEGIN, strlen(PEM_BEGIN)) != NULL;
	if ((pem ? add_pem(file, set, why) : add_secret(file, set, why)) != 0)
		return -1;
	/* Also what keeps a public key in this file from serving as a secret that all know. */
	if ((algorithms & ALG_BIT(set->keys[set->count - 1].alg)) == 0)
		return why_say(why, "expected a key for one of \"algorithms\", found %s, for %s",
		               pem ? "a public key" : "a secret",
		               alg_name(set->keys[set->count - 1].alg));
	return 0;
}

int key_file_load(const act_host *host, const char *path, alg_set algorithms, struct keyset *set,
                  struct why *why)
{
	struct file file;
	struct why what;
	int rc = 0;
	if (file_read(path, &file, &what) != 0)
		return why_say(why,
		               "\"key_file\": %s; for HS256 write a secret of %d bytes or more "
		               "there (openssl rand -hex 32), for RS256 and EdDSA the issuer's "
		               "public key in PEM",
		               what.text, KEY_SECRET_MIN);
	if (add(&file, algorithms, set, &what) != 0)
		rc = why_say(why, "\"key_file\": %s: %s", path, what.text);
	else if (set->keys[set->count - 1].secret != NULL)
		keyset_warn_exposed(host, path, file.mode);
	file_forget(&file);
	return rc;
}
