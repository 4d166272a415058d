/* The plugin jwt: settings and key files that it refuses, each with a sentence that says why. */
#include "jwt_fixture.h"

static void refuses_settings(void **state)
{
	static const struct {
		const char *settings;
		const char *sentence;
	} cases[] = {
		{ "{}", "\"algorithms\": expected the algorithms that tokens may be signed with, "
		        "for instance [\"HS256\"], found nothing" },
		{ "{\"algorithms\": []}", "\"algorithms\": expected an array with at least one of "
		                          "\"HS256\", \"RS256\", \"EdDSA\", found an empty one" },
		{ "{\"algorithms\": \"HS256\"}", "\"EdDSA\", found a string" },
		{ "{\"algorithms\": [5]}", "\"algorithms\": expected strings, found a number" },
		{ "{\"algorithms\": [\"HS256\", \"none\"]}",
		  "\"algorithms\": \"none\" is refused: anybody could write such a token" },
		{ "{\"algorithms\": [\"HS999\"]}",
		  "\"algorithms\": expected \"HS256\", \"RS256\" or \"EdDSA\", found \"HS999\"" },
		{ "{\"algorithms\": [\"HS256\"]}",
		  "expected \"key_file\" or \"jwks_file\", found neither" },
		{ "{\"algorithms\": [\"HS256\"], \"key_file\": 5}",
		  "\"key_file\": expected a string, found a number" },
		{ "{\"algorithms\": [\"HS256\"], \"key_file\": \"\"}",
		  "\"key_file\": expected a string that is not empty" },
		{ "{\"algorithms\": [\"HS256\"], \"key_file\": \"k\", \"leeway_s\": 301}",
		  "\"leeway_s\": expected a whole number from 0 to 300, found 301" },
		{ "{\"algorithms\": [\"HS256\"], \"key_file\": \"k\", \"leeway_s\": -1}",
		  "\"leeway_s\": expected a whole number from 0 to 300, found -1" },
		{ "{\"algorithms\": [\"HS256\"], \"key_file\": \"k\", \"leeway_s\": 0.5}",
		  "\"leeway_s\": expected a whole number from 0 to 300, found a fraction" },
		{ "{\"algorithms\": [\"HS256\"], \"key_file\": \"k\", \"issuer\": [\"x\"]}",
		  "\"issuer\": expected a string, found an array" },
		{ "{\"algorithms\": [\"HS256\"], \"keyfile\": \"k\"}",
		  "\"keyfile\": there is no such setting; expected one of algorithms, key_file, "
		  "jwks_file, leeway_s, issuer, audience, device_claim" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct fake_host *fake = prepare(cases[i].settings);
		assert_int_equal(fake_create(fake), ACT_E_INVAL);
		logs(fake, cases[i].sentence);
		fake_free(fake);
	}
}

/* `text` NULL: there is no such file. */
static void refuses_file(const char *settings, const char *text, const char *sentence)
{
	struct fake_host *fake = prepare(settings);
	if (text != NULL)
		put(fake, "key", text);
	assert_int_equal(fake_create(fake), ACT_OK);
	assert_int_equal(fake_start(fake), ACT_E_FAIL);
	logs(fake, sentence);
	fake_free(fake);
}

static void refuses_key_files(void **state)
{
	static const char hs256[] = "{\"algorithms\": [\"HS256\"], \"key_file\": \"key\"}";
	static const char rs256[] = "{\"algorithms\": [\"RS256\"], \"key_file\": \"key\"}";
	char two[sizeof rsa.public_pem * 2 + 1], after[sizeof rsa.public_pem + 16];
	(void)state;
	refuses_file(hs256, NULL,
	             "/key: No such file or directory; for HS256 write a secret of 32 "
	             "bytes or more there (openssl rand -hex 32)");
	refuses_file("{\"algorithms\": [\"HS256\"], \"key_file\": \"/\"}", NULL,
	             "\"key_file\": /: expected a file, found a folder");
	refuses_file(hs256, "0123456789abcdef0123456789abcde\n",
	             "/key: expected a secret of 32 to 4096 bytes, found 31");
	refuses_file(hs256, rsa.public_pem,
	             "/key: expected a key for one of \"algorithms\", found a public key, for "
	             "RS256");
	snprintf(after, sizeof after, "my key:\n%s", rsa.public_pem);
	refuses_file(hs256, after, "/key: expected \"-----BEGIN PUBLIC KEY-----\" first");
	refuses_file(hs256, "{\"keys\":[]}             \n             \n",
	             "/key: expected a secret or a PEM public key, found JSON");
	refuses_file(rs256, SECRET,
	             "/key: expected a key for one of \"algorithms\", found a "
	             "secret, for HS256");
	refuses_file(rs256, rsa.private_pem, "/key: expected a public key, found a private one");
	refuses_file(rs256, rsa_short.public_pem,
	             "/key: expected an RSA key of 2048 to 8192 bits, found one of 1024");
	refuses_file(rs256, ec.public_pem,
	             "/key: expected an RSA or Ed25519 public key, found another kind");
	snprintf(two, sizeof two, "%s%s", rsa.public_pem, rsa_other.public_pem);
	refuses_file(rs256, two, "/key: expected one key, found several");
	refuses_file(rs256, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
	             "/key: expected an RSA or Ed25519 public key, found one that is damaged");
}

static void refuses_key_sets(void **state)
{
	static const char settings[] =
		"{\"algorithms\": [\"HS256\", \"RS256\"], \"jwks_file\": \"key\"}";
	(void)state;
	refuses_file(settings, NULL, "\"jwks_file\": ");
	refuses_file(settings, "{\n  \"keys\": [}",
	             "/key: expected JSON, found what is none at "
	             "line 2, column");
	refuses_file(settings, "[]", "/key: expected a JSON object with an array \"keys\"");
	refuses_file(settings, "{\"keys\":[]}",
	             "/key: expected a key that \"algorithms\" can use, found none");
	refuses_file(settings, "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}",
	             "/key: keys[0]: expected a secret of 32 to 4096 bytes, found 3");
	refuses_file(settings, "{\"keys\":[{\"kty\":\"oct\",\"k\":\"A=\"}]}",
	             "/key: keys[0]: \"k\": expected base64url");
	refuses_file(settings, "{\"keys\":[5,{\"kty\":\"RSA\",\"n\":\"AQAB\"}]}",
	             "/key: keys[1]: expected a public key for RS256, found one with parts "
	             "missing");
	refuses_file(settings, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":7}]}",
	             "/key: keys[0]: \"kid\": expected a string");
	/* Not for signatures, or for another algorithm: passed over. */
	refuses_file(settings,
	             "{\"keys\":[{\"kty\":\"RSA\",\"use\":\"enc\"},{\"kty\":\"RSA\",\"alg\":"
	             "\"RS512\"},{\"kty\":\"oct\",\"key_ops\":[\"sign\"]}]}",
	             "found none");
}

static void refuses_key_sets_with_too_much(void **state)
{
	static const char settings[] =
		"{\"algorithms\": [\"HS256\", \"RS256\"], \"jwks_file\": \"key\"}";
	char text[4096] = "{\"keys\":[";
	struct fake_host *fake = prepare(settings);
	(void)state;
	put_jwks(fake, "key", rsa.public_jwk, rsa.public_jwk, NULL);
	assert_int_equal(fake_run(fake), ACT_E_FAIL);
	logs(fake, "keys[1]: expected ids (\"kid\") that differ, found two keys for RS256 with one "
	           "id");
	fake_free(fake);

	fake = prepare(settings);
	put_jwks(fake, "key", rsa.private_jwk, NULL);
	assert_int_equal(fake_run(fake), ACT_E_FAIL);
	logs(fake, "keys[0]: expected a public key, found a private one");
	fake_free(fake);

	for (int i = 0; i < 17; i++) {
		strcat(text, i > 0 ? ",{\"kty\":\"oct\",\"k\":\"" : "{\"kty\":\"oct\",\"k\":\"");
		append(text, SECRET);
		strcat(text, "\"}");
	}
	strcat(text, "]}");
	refuses_file(settings, text, "/key: keys[16]: expected at most 16 keys, found more");
}

static void warns_of_secrets_that_all_can_read(void **state)
{
	struct fake_host *fake = prepare(HS256_SETTINGS);
	char path[512];
	(void)state;
	put(fake, "secret", SECRET);
	snprintf(path, sizeof path, "%s/secret", fake_data_dir(fake));
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(fake_run(fake), ACT_OK);
	logs(fake, "/secret holds a secret and every user of this machine can read it: chmod 600");
	fake_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_settings),
		cmocka_unit_test(refuses_key_files),
		cmocka_unit_test(refuses_key_sets),
		cmocka_unit_test(refuses_key_sets_with_too_much),
		cmocka_unit_test(warns_of_secrets_that_all_can_read),
	};
	return cmocka_run_group_tests_name("jwt: settings", tests, make_keys, drop_keys);
}
