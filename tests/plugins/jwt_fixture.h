/* jwt_fixture: keys, tokens and the plugin jwt, for its tests.
 *
 * Tokens are signed by librhonabwy and keys made while the test runs, so that the plugin is held
 * against somebody else's idea of a token, and no key lies in the source. For the test's own
 * thread. What it returns is the caller's to free, where it does not say otherwise. */
#ifndef JWT_FIXTURE_H
#define JWT_FIXTURE_H

#include <act/fake.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rhonabwy.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SECRET "0123456789abcdef0123456789abcdef" /* the 32 bytes that are the least */

/* ---- keys and tokens -------------------------------------------------------------------------
 */

/* A pair of keys, as JWK and the public one as PEM. */
struct pair {
	jwk_t *private_jwk, *public_jwk;
	char public_pem[4096];
	char private_pem[8192];
};

/* Made by make_keys(), gone with drop_keys(): the setup and teardown of a group of tests. */
static struct pair rsa, rsa_other, rsa_short, ed25519, ec;

static inline void make_pair(struct pair *pair, int type, unsigned bits, const char *kid)
{
	size_t len = sizeof pair->public_pem - 1;
	assert_int_equal(r_jwk_init(&pair->private_jwk), RHN_OK);
	assert_int_equal(r_jwk_init(&pair->public_jwk), RHN_OK);
	assert_int_equal(
		r_jwk_generate_key_pair(pair->private_jwk, pair->public_jwk, type, bits, kid),
		RHN_OK);
	assert_int_equal(r_jwk_export_to_pem_der(pair->public_jwk, R_FORMAT_PEM,
	                                         (unsigned char *)pair->public_pem, &len, 0),
	                 RHN_OK);
	pair->public_pem[len] = '\0';
	len = sizeof pair->private_pem - 1;
	assert_int_equal(r_jwk_export_to_pem_der(pair->private_jwk, R_FORMAT_PEM,
	                                         (unsigned char *)pair->private_pem, &len, 0),
	                 RHN_OK);
	pair->private_pem[len] = '\0';
}

static inline void drop_pair(struct pair *pair)
{
	r_jwk_free(pair->private_jwk);
	r_jwk_free(pair->public_jwk);
}

static inline int make_keys(void **state)
{
	(void)state;
	make_pair(&rsa, R_KEY_TYPE_RSA, 2048, "rsa-1");
	make_pair(&rsa_other, R_KEY_TYPE_RSA, 2048, "rsa-2");
	make_pair(&rsa_short, R_KEY_TYPE_RSA, 1024, "rsa-short");
	make_pair(&ed25519, R_KEY_TYPE_EDDSA, 256, "ed-1");
	make_pair(&ec, R_KEY_TYPE_EC, 256, "ec-1");
	return 0;
}

static inline int drop_keys(void **state)
{
	struct pair *all[] = { &rsa, &rsa_other, &rsa_short, &ed25519, &ec };
	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		drop_pair(all[i]);
	return 0;
}

/* A JWK of a secret; the caller frees it. */
static inline jwk_t *secret_jwk(const char *secret, const char *kid)
{
	jwk_t *jwk = NULL;
	assert_int_equal(r_jwk_init(&jwk), RHN_OK);
	assert_int_equal(
		r_jwk_import_from_symmetric_key(jwk, (const unsigned char *)secret, strlen(secret)),
		RHN_OK);
	if (kid != NULL)
		assert_int_equal(r_jwk_set_property_str(jwk, "kid", kid), RHN_OK);
	return jwk;
}

/* Signs claims, with `header` as JSON text beside what librhonabwy writes (NULL: {}). The caller
 * frees the token. The key's own id goes into the header unless `header` has one. */
static inline char *sign(jwa_alg alg, jwk_t *key, const char *header, const char *claims)
{
	jwt_t *jwt = NULL;
	json_t *extra = json_loads(header != NULL ? header : "{}", 0, NULL);
	char *token, *copy;
	assert_non_null(extra);
	assert_int_equal(r_jwt_init(&jwt), RHN_OK);
	assert_int_equal(r_jwt_set_full_header_json_t(jwt, extra), RHN_OK);
	assert_int_equal(r_jwt_set_sign_alg(jwt, alg), RHN_OK);
	assert_int_equal(r_jwt_set_full_claims_json_str(jwt, claims), RHN_OK);
	token = r_jwt_serialize_signed(jwt, key, 0);
	assert_non_null(token);
	copy = strdup(token);
	assert_non_null(copy);
	r_free(token);
	r_jwt_free(jwt);
	json_decref(extra);
	return copy;
}

static inline char *sign_hs256(const char *secret, const char *claims)
{
	jwk_t *key = secret_jwk(secret, NULL);
	char *token = sign(R_JWA_ALG_HS256, key, NULL, claims);
	r_jwk_free(key);
	return token;
}

/* {"sub":"alice","exp":now+seconds}, in memory that the next call uses again. */
static inline const char *alice(int64_t seconds)
{
	static char claims[128];
	snprintf(claims, sizeof claims, "{\"sub\":\"alice\",\"exp\":%lld}",
	         (long long)(time(NULL) + seconds));
	return claims;
}

/* Base64url of any bytes, as the test writes tokens that no library would. */
static inline void append(char *out, const char *text)
{
	static const char set[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const unsigned char *in = (const unsigned char *)text;
	size_t len = strlen(text);
	out += strlen(out);
	for (size_t i = 0; i < len; i += 3) {
		unsigned bits = (unsigned)in[i] << 16 |
		                (i + 1 < len ? (unsigned)in[i + 1] << 8 : 0) |
		                (i + 2 < len ? in[i + 2] : 0);
		size_t chars = len - i > 2 ? 4 : len - i + 1;
		for (size_t k = 0; k < chars; k++)
			*out++ = set[bits >> (18 - 6 * k) & 63];
	}
	*out = '\0';
}

/* ---- the plugin ------------------------------------------------------------------------------
 */

/* Writes a file into the data folder, under another name first, so that it appears at once. */
static inline void put(struct fake_host *fake, const char *name, const char *text)
{
	char path[512], fresh[520];
	FILE *file;
	snprintf(path, sizeof path, "%s/%s", fake_data_dir(fake), name);
	snprintf(fresh, sizeof fresh, "%s.new", path);
	file = fopen(fresh, "w");
	assert_non_null(file);
	assert_int_equal(fputs(text, file) >= 0, 1);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(fresh, 0600), 0);
	assert_int_equal(rename(fresh, path), 0);
}

/* A JWKS of the keys given, ended by NULL. */
static inline void put_jwks(struct fake_host *fake, const char *name, ...)
{
	json_t *keys = json_array(), *root = json_pack("{s:o}", "keys", keys), *key;
	va_list args;
	char *text;
	va_start(args, name);
	while ((key = va_arg(args, json_t *)) != NULL)
		assert_int_equal(json_array_append(keys, key), 0);
	va_end(args);
	text = json_dumps(root, 0);
	assert_non_null(text);
	put(fake, name, text);
	free(text);
	json_decref(root);
}

#define HS256_SETTINGS "{\"algorithms\": [\"HS256\"], \"key_file\": \"secret\"}"

static inline struct fake_host *prepare(const char *settings)
{
	struct fake_host *fake = fake_new(settings);
	fake_load(fake, FAKE_PLUGIN("jwt"));
	return fake;
}

static inline struct fake_host *start_with(const char *settings, const char *name, const char *text)
{
	struct fake_host *fake = prepare(settings);
	put(fake, name, text);
	if (fake_run(fake) != ACT_OK) {
		fake_log_print(fake);
		fail_msg("the plugin did not start");
	}
	return fake;
}

static inline struct fake_host *start_hs256(void)
{
	return start_with(HS256_SETTINGS, "secret", SECRET "\n");
}

static inline act_auth_verdict check(struct fake_host *fake, const char *token)
{
	const act_auth_provider *provider =
		fake_plugin(fake)->extension(fake_self(fake), ACT_EXT_AUTH);
	act_auth_request request = { .size = sizeof request, .token = act_str(token) };
	act_auth_verdict verdict = { .size = sizeof verdict };
	assert_non_null(provider);
	request.endpoint = act_str("/serv/");
	request.address = act_str("127.0.0.1");
	assert_int_equal(provider->check(fake_self(fake), &request, &verdict), ACT_OK);
	return verdict;
}

static inline void allows(struct fake_host *fake, const char *token, const char *user)
{
	act_auth_verdict verdict = check(fake, token);
	assert_string_equal(verdict.why, "");
	assert_int_equal(verdict.verdict, ACT_AUTH_ALLOW);
	assert_string_equal(verdict.user, user);
}

static inline void refuses(struct fake_host *fake, const char *token, uint32_t how, const char *why)
{
	act_auth_verdict verdict = check(fake, token);
	assert_string_equal(verdict.why, why);
	assert_int_equal(verdict.verdict, how);
	assert_string_equal(verdict.user, "");
	assert_string_equal(verdict.device, "");
}

static inline void denies(struct fake_host *fake, const char *token, const char *why)
{
	refuses(fake, token, ACT_AUTH_DENY, why);
}

/* Signs with the secret of start_hs256(), checks, frees. */
static inline void denies_claims(struct fake_host *fake, const char *claims, const char *why)
{
	char *token = sign_hs256(SECRET, claims);
	denies(fake, token, why);
	free(token);
}

static inline void logs(struct fake_host *fake, const char *sentence)
{
	if (fake_logged(fake, sentence))
		return;
	fake_log_print(fake);
	fail_msg("the log does not have: %s", sentence);
}

#define NOT_A_JWT "the token is not a JWT: three parts with dots between them"
#define BAD_HEADER "the token's header is not base64url of JSON"
#define BAD_CLAIMS "the token's claims are not base64url of a JSON object"
#define BAD_SIGNATURE "the token's signature is wrong"
#define NO_SIGNATURE "the token's signature is not base64url, or too long, or missing"
#define UNKNOWN_KEY "the token is signed with a key that is not known here"
#define NOT_ALLOWED "the token is signed with an algorithm that is not allowed here"
#define NO_USER "the token names no user (sub) of 1 to 255 bytes"
#define NO_TIME "the token's time (exp or nbf) is not a number of seconds since 1970"

#endif
