/* The plugin jwt: which tokens it takes, and why it refuses the others. */
#include "jwt_fixture.h"

/* ---- what is allowed -------------------------------------------------------------------------
 */

static void takes_hs256(void **state)
{
	struct fake_host *fake = start_hs256();
	char *token = sign_hs256(SECRET, "{\"sub\":\"我们\",\"device\":\"phone\"}");
	act_auth_verdict verdict;
	(void)state;
	allows(fake, token, "我们");
	verdict = check(fake, token);
	assert_string_equal(verdict.device, "phone");
	assert_int_equal(verdict.expires_at, 0);
	free(token);
	fake_free(fake);
}

static void takes_rs256(void **state)
{
	struct fake_host *fake =
		start_with("{\"algorithms\": [\"RS256\"], \"key_file\": \"key.pem\"}", "key.pem",
	                   rsa.public_pem);
	char *token = sign(R_JWA_ALG_RS256, rsa.private_jwk, NULL, alice(60));
	(void)state;
	allows(fake, token, "alice");
	free(token);
	fake_free(fake);
}

static void takes_eddsa(void **state)
{
	struct fake_host *fake =
		start_with("{\"algorithms\": [\"EdDSA\"], \"key_file\": \"key.pem\"}", "key.pem",
	                   ed25519.public_pem);
	char *token = sign(R_JWA_ALG_EDDSA, ed25519.private_jwk, NULL, alice(60));
	(void)state;
	allows(fake, token, "alice");
	free(token);
	fake_free(fake);
}

static void takes_a_key_set(void **state)
{
	struct fake_host *fake = prepare("{\"algorithms\": [\"HS256\", \"RS256\", \"EdDSA\"], "
	                                 "\"jwks_file\": \"jwks.json\"}");
	jwk_t *secret = secret_jwk(SECRET, "hs-1");
	char *with_secret = sign(R_JWA_ALG_HS256, secret, NULL, alice(60));
	char *with_rsa = sign(R_JWA_ALG_RS256, rsa.private_jwk, NULL, alice(60));
	char *with_other = sign(R_JWA_ALG_RS256, rsa_other.private_jwk, NULL, alice(60));
	char *with_ed25519 = sign(R_JWA_ALG_EDDSA, ed25519.private_jwk, NULL, alice(60));
	(void)state;
	put_jwks(fake, "jwks.json", rsa.public_jwk, secret, ec.public_jwk, ed25519.public_jwk,
	         NULL);
	assert_int_equal(fake_run(fake), ACT_OK);
	logs(fake, "3 keys read");
	allows(fake, with_secret, "alice");
	allows(fake, with_rsa, "alice");
	allows(fake, with_ed25519, "alice");
	denies(fake, with_other, UNKNOWN_KEY);
	free(with_secret);
	free(with_rsa);
	free(with_other);
	free(with_ed25519);
	r_jwk_free(secret);
	fake_free(fake);
}

/* A token's id picks the key; without an id every key of the algorithm is tried. */
static void honours_key_ids(void **state)
{
	struct fake_host *fake = prepare("{\"algorithms\": [\"RS256\"], "
	                                 "\"jwks_file\": \"jwks.json\"}");
	json_t *nameless = json_deep_copy(rsa_other.private_jwk);
	char *plain, *wrong;
	(void)state;
	assert_int_equal(json_object_del(nameless, "kid"), 0);
	plain = sign(R_JWA_ALG_RS256, nameless, NULL, alice(60));
	wrong = sign(R_JWA_ALG_RS256, nameless, "{\"kid\":\"rsa-1\"}", alice(60));
	put_jwks(fake, "jwks.json", rsa.public_jwk, rsa_other.public_jwk, NULL);
	assert_int_equal(fake_run(fake), ACT_OK);
	allows(fake, plain, "alice");
	denies(fake, wrong, BAD_SIGNATURE);
	free(plain);
	free(wrong);
	json_decref(nameless);
	fake_free(fake);
}

static void checks_issuer_and_audience(void **state)
{
	static const struct {
		const char *claims;
		const char *why; /* NULL: allowed */
	} cases[] = {
		{ "{\"sub\":\"a\",\"iss\":\"https://id\",\"aud\":\"chat\"}", NULL },
		{ "{\"sub\":\"a\",\"iss\":\"https://id\",\"aud\":[\"x\",\"chat\"]}", NULL },
		{ "{\"sub\":\"a\",\"iss\":\"https://ix\",\"aud\":\"chat\"}",
		  "the token is from an issuer (iss) not taken here" },
		{ "{\"sub\":\"a\",\"aud\":\"chat\"}",
		  "the token is from an issuer (iss) not taken here" },
		{ "{\"sub\":\"a\",\"iss\":\"https://id\",\"aud\":[\"x\"]}",
		  "the token is for another audience (aud)" },
		{ "{\"sub\":\"a\",\"iss\":\"https://id\",\"aud\":[]}",
		  "the token is for another audience (aud)" },
		{ "{\"sub\":\"a\",\"iss\":\"https://id\"}",
		  "the token is for another audience (aud)" },
	};
	struct fake_host *fake =
		start_with("{\"algorithms\": [\"HS256\"], \"key_file\": \"secret\", \"issuer\": "
	                   "\"https://id\", \"audience\": \"chat\", \"device_claim\": \"dev\"}",
	                   "secret", SECRET);
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *token = sign_hs256(SECRET, cases[i].claims);
		if (cases[i].why == NULL)
			allows(fake, token, "a");
		else
			refuses(fake, token, ACT_AUTH_FORBID, cases[i].why);
		free(token);
	}
	fake_free(fake);
}

/* ---- what is refused -------------------------------------------------------------------------
 */

static void denies_what_is_no_token(void **state)
{
	static const char claims[] = "{\"sub\":\"alice\"}";
	struct fake_host *fake = start_hs256();
	char token[512] = "";
	(void)state;
	denies(fake, "", NOT_A_JWT);
	denies(fake, "abc", NOT_A_JWT);
	denies(fake, "a.b", NOT_A_JWT);
	denies(fake, "..", BAD_HEADER);
	denies(fake, "e30=.e30.AA", BAD_HEADER);
	denies(fake, "e3 0.e30.AA", BAD_HEADER);
	denies(fake, "W10.e30.AA", BAD_HEADER); /* [] */
	denies(fake, "e31.e30.AA", BAD_HEADER); /* {}, with bits left over */
	denies(fake, "e30.e30.AA", "the token's header names no algorithm");
	append(token, "{\"alg\":\"HS256\",\"alg\":\"HS256\"}");
	strcat(token, ".e30.AA");
	denies(fake, token, BAD_HEADER); /* twice the same key */
	token[0] = '\0';
	append(token, "{\"alg\":\"HS256\"}");
	strcat(token, ".");
	append(token, claims);
	denies(fake, token, NOT_A_JWT);
	strcat(token, ".");
	denies(fake, token, NO_SIGNATURE);
	strcat(token, "AAAA.AAAA");
	denies(fake, token, NO_SIGNATURE);
	fake_free(fake);
}

/* Good signatures around claims that are none. */
static void denies_claims_that_are_none(void **state)
{
	static const char *const payloads[] = { "[]",
		                                "\"alice\"",
		                                "{",
		                                "{\"sub\":\"a\\u0000b\"}",
		                                "{\"sub\":\"\xff\"}",
		                                "{\"sub\":\"a\",\"sub\":\"b\"}" };
	struct fake_host *fake = start_hs256();
	jwk_t *key = secret_jwk(SECRET, NULL);
	(void)state;
	for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
		jws_t *jws = NULL;
		char *token;
		assert_int_equal(r_jws_init(&jws), RHN_OK);
		assert_int_equal(r_jws_set_alg(jws, R_JWA_ALG_HS256), RHN_OK);
		assert_int_equal(r_jws_set_payload(jws, (const unsigned char *)payloads[i],
		                                   strlen(payloads[i])),
		                 RHN_OK);
		token = r_jws_serialize(jws, key, 0);
		assert_non_null(token);
		denies(fake, token, BAD_CLAIMS);
		r_free(token);
		r_jws_free(jws);
	}
	r_jwk_free(key);
	fake_free(fake);
}

static void denies_unsigned_tokens(void **state)
{
	static const char *const algs[] = { "none", "None", "NONE", "" };
	struct fake_host *fake = start_hs256();
	(void)state;
	for (size_t i = 0; i < sizeof algs / sizeof algs[0]; i++) {
		char token[512] = "", header[64];
		const char *why = i == 0 ? "the token is not signed (alg none)" : NOT_ALLOWED;
		snprintf(header, sizeof header, "{\"alg\":\"%s\"}", algs[i]);
		append(token, header);
		strcat(token, ".");
		append(token, "{\"sub\":\"alice\"}");
		strcat(token, ".");
		denies(fake, token, why);
		strcat(token, "AAAA");
		denies(fake, token, why);
	}
	fake_free(fake);
}

/* Every character of a good token, replaced by another one: never a good token again. */
static void denies_tampered_tokens(void **state)
{
	struct fake_host *fake = start_hs256();
	char *token = sign_hs256(SECRET, "{\"sub\":\"alice\",\"device\":\"phone\"}");
	size_t len = strlen(token);
	(void)state;
	allows(fake, token, "alice");
	for (size_t i = 0; i < len; i++) {
		char was = token[i];
		token[i] = was == 'B' ? 'C' : 'B';
		assert_int_equal(check(fake, token).verdict, ACT_AUTH_DENY);
		token[i] = was;
		if (i > 0) { /* and cut off there */
			char *cut = strndup(token, i);
			assert_int_equal(check(fake, cut).verdict, ACT_AUTH_DENY);
			free(cut);
		}
	}
	allows(fake, token, "alice");
	free(token);
	fake_free(fake);
}

static void denies_other_keys(void **state)
{
	struct fake_host *fake = start_hs256();
	char *token = sign_hs256("fedcba9876543210fedcba9876543210", alice(60));
	(void)state;
	denies(fake, token, BAD_SIGNATURE);
	free(token);
	fake_free(fake);

	fake = start_with("{\"algorithms\": [\"RS256\"], \"key_file\": \"key.pem\"}", "key.pem",
	                  rsa.public_pem);
	token = sign(R_JWA_ALG_RS256, rsa_other.private_jwk, NULL, alice(60));
	denies(fake, token, BAD_SIGNATURE);
	free(token);
	fake_free(fake);
}

static void denies_algorithms_that_are_not_allowed(void **state)
{
	struct fake_host *fake = start_hs256();
	jwk_t *secret = secret_jwk(SECRET SECRET, NULL);
	char *hs512 = sign(R_JWA_ALG_HS512, secret, NULL, alice(60));
	char *rs256 = sign(R_JWA_ALG_RS256, rsa.private_jwk, NULL, alice(60));
	(void)state;
	denies(fake, hs512, NOT_ALLOWED);
	denies(fake, rs256, NOT_ALLOWED);
	free(hs512);
	free(rs256);
	r_jwk_free(secret);
	fake_free(fake);
}

/* The classic: a token signed by HMAC with the public key, which everybody has, as the secret. */
static void denies_a_public_key_as_secret(void **state)
{
	struct fake_host *fake =
		start_with("{\"algorithms\": [\"RS256\", \"HS256\"], \"key_file\": \"key.pem\"}",
	                   "key.pem", rsa.public_pem);
	char *token = sign_hs256(rsa.public_pem, alice(60));
	(void)state;
	denies(fake, token, UNKNOWN_KEY);
	logs(fake, "\"algorithms\" has HS256, but there is no key for it: its tokens are refused");
	free(token);
	fake_free(fake);

	fake = start_with("{\"algorithms\": [\"RS256\"], \"key_file\": \"key.pem\"}", "key.pem",
	                  rsa.public_pem);
	token = sign_hs256(rsa.public_pem, alice(60));
	denies(fake, token, NOT_ALLOWED);
	free(token);
	fake_free(fake);
}

/* Keys that the token brings along, and demands of its header. */
static void denies_demands_of_the_header(void **state)
{
	struct fake_host *fake =
		start_with("{\"algorithms\": [\"RS256\"], \"key_file\": \"key.pem\"}", "key.pem",
	                   rsa.public_pem);
	char *jwk = json_dumps(rsa_other.public_jwk, 0), header[2048];
	json_t *nameless = json_deep_copy(rsa.private_jwk);
	char *brings, *demands, *numbered;
	(void)state;
	snprintf(header, sizeof header, "{\"jku\":\"https://127.0.0.1:1/\",\"jwk\":%s}", jwk);
	brings = sign(R_JWA_ALG_RS256, rsa_other.private_jwk, header, alice(60));
	demands = sign(R_JWA_ALG_RS256, rsa.private_jwk, "{\"crit\":[\"exp\"]}", alice(60));
	assert_int_equal(json_object_del(nameless, "kid"), 0);
	numbered = sign(R_JWA_ALG_RS256, nameless, "{\"kid\":5}", alice(60));
	denies(fake, brings, BAD_SIGNATURE);
	denies(fake, demands, "the token demands an extension that is not known here (crit)");
	denies(fake, numbered, "the token's key id (kid) is not a string");
	free(brings);
	free(demands);
	free(numbered);
	free(jwk);
	json_decref(nameless);
	fake_free(fake);
}

static void denies_tokens_that_are_too_long(void **state)
{
	struct fake_host *fake = start_hs256();
	char claims[8300], *token;
	(void)state;
	for (int longer = 0; longer < 2; longer++) {
		/* 6,080 bytes of claims make a token of just under 8,192 bytes. */
		int pad = longer ? 6200 : 6040;
		snprintf(claims, sizeof claims, "{\"sub\":\"alice\",\"pad\":\"%0*d\"}", pad, 0);
		token = sign_hs256(SECRET, claims);
		assert_true((strlen(token) > 8192) == (longer != 0));
		assert_true(strlen(token) > 8000);
		if (longer)
			denies(fake, token, "the token is longer than 8192 bytes");
		else
			allows(fake, token, "alice");
		free(token);
	}
	fake_free(fake);
}

static void denies_missing_and_odd_users(void **state)
{
	struct fake_host *fake = start_hs256();
	char claims[512], *token;
	(void)state;
	denies_claims(fake, "{}", NO_USER);
	denies_claims(fake, "{\"sub\":\"\"}", NO_USER);
	denies_claims(fake, "{\"sub\":5}", NO_USER);
	denies_claims(fake, "{\"sub\":\"a\",\"device\":5}",
	              "the token's device is not a string of 1 to 255 bytes");
	denies_claims(fake, "{\"sub\":\"a\",\"device\":\"\"}",
	              "the token's device is not a string of 1 to 255 bytes");
	snprintf(claims, sizeof claims, "{\"sub\":\"%0256d\"}", 0);
	denies_claims(fake, claims, NO_USER);
	snprintf(claims, sizeof claims, "{\"sub\":\"%0255d\"}", 0);
	token = sign_hs256(SECRET, claims);
	assert_int_equal(check(fake, token).verdict, ACT_AUTH_ALLOW);
	assert_int_equal(strlen(check(fake, token).user), 255);
	free(token);
	fake_free(fake);
}

static void says_what_it_provides(void **state)
{
	struct fake_host *fake = start_hs256();
	const act_plugin *plugin = fake_plugin(fake);
	(void)state;
	assert_int_equal(plugin->flags, ACT_F_PARALLEL);
	assert_int_equal(plugin->action_count, 0);
	assert_null(plugin->extension(fake_self(fake), ACT_EXT_SQL));
	assert_int_equal(fake_timers(fake), 1);
	fake_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_hs256),
		cmocka_unit_test(takes_rs256),
		cmocka_unit_test(takes_eddsa),
		cmocka_unit_test(takes_a_key_set),
		cmocka_unit_test(honours_key_ids),
		cmocka_unit_test(checks_issuer_and_audience),
		cmocka_unit_test(denies_what_is_no_token),
		cmocka_unit_test(denies_claims_that_are_none),
		cmocka_unit_test(denies_unsigned_tokens),
		cmocka_unit_test(denies_tampered_tokens),
		cmocka_unit_test(denies_other_keys),
		cmocka_unit_test(denies_algorithms_that_are_not_allowed),
		cmocka_unit_test(denies_a_public_key_as_secret),
		cmocka_unit_test(denies_demands_of_the_header),
		cmocka_unit_test(denies_tokens_that_are_too_long),
		cmocka_unit_test(denies_missing_and_odd_users),
		cmocka_unit_test(says_what_it_provides),
	};
	return cmocka_run_group_tests_name("jwt", tests, make_keys, drop_keys);
}
