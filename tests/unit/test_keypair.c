/* A certificate and its key, read from files: what is taken, and what is not. */
#include "base/keypair.h"
#include "fixtures/pem.h"

#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/actd-keypair-XXXXXX";

static int enter(void **state)
{
	(void)state;
	return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	char command[80];
	(void)state;
	snprintf(command, sizeof command, "rm -r %s", folder);
	return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static struct keypair *good(const char *cert, const char *key)
{
	struct keypair *pair;
	enum keypair_file blame;
	struct err why;
	if (keypair_load(cert, key, &pair, &blame, &why) != 0)
		fail_msg("%s and %s were refused: %s", cert, key, why.text);
	return pair;
}

static void refused(const char *cert, const char *key, enum keypair_file expected,
                    const char *words)
{
	struct keypair *pair;
	enum keypair_file blame;
	struct err why;
	assert_int_equal(keypair_load(cert, key, &pair, &blame, &why), -1);
	assert_null(pair);
	assert_int_equal(blame, expected);
	if (strstr(why.text, words) == NULL)
		fail_msg("expected \"%s\", found \"%s\"", words, why.text);
}

/* ---- good ones ---- */

static void a_pair(void **state)
{
	(void)state;
	pem_pair("a");
	struct keypair *pair = good("a.pem", "a.key");
	assert_null(keypair_warning(pair));
	int64_t left = keypair_expires(pair) - (int64_t)time(NULL);
	assert_true(left > PEM_DAY - 60 && left <= PEM_DAY);
	keypair_free(pair);
}

static void it_has_as_many_owners_as_share_it(void **state)
{
	(void)state;
	assert_null(keypair_share(NULL));
	keypair_free(NULL);
	pem_pair("a");
	struct keypair *pair = good("a.pem", "a.key");
	assert_ptr_equal(keypair_share(pair), pair);
	keypair_free(pair);
	assert_true(keypair_expires(pair) > 0);
	keypair_free(pair);
}

/* What a client would be shown. */
static void a_connection_gets_all_of_it(void **state)
{
	(void)state;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *vouching = pem_cert("vouching", key, -PEM_DAY, PEM_DAY);
	STACK_OF(X509) *chain = NULL;
	pem_pair("a");
	pem_append_cert("a.pem", vouching);
	struct keypair *pair = good("a.pem", "a.key");
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	SSL *ssl = SSL_new(context);
	assert_int_equal(keypair_use(pair, ssl), 0);
	keypair_free(pair); /* the connection keeps what it was given */
	assert_non_null(SSL_get_certificate(ssl));
	assert_int_equal(X509_check_private_key(SSL_get_certificate(ssl), SSL_get_privatekey(ssl)),
	                 1);
	assert_int_equal(SSL_get0_chain_certs(ssl, &chain), 1);
	assert_int_equal(sk_X509_num(chain), 1);
	assert_int_equal(X509_cmp(sk_X509_value(chain, 0), vouching), 0);
	SSL_free(ssl);
	SSL_CTX_free(context);
	X509_free(vouching);
	EVP_PKEY_free(key);
}

static void both_in_one_file(void **state)
{
	(void)state;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = pem_cert("one", key, -PEM_DAY, PEM_DAY);
	pem_write_key("one.pem", key, NULL);
	pem_append_cert("one.pem", cert);
	keypair_free(good("one.pem", "one.pem"));
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void other_kinds_of_keys(void **state)
{
	(void)state;
	pem_pair_of("rsa", EVP_RSA_gen(2048), -PEM_DAY, PEM_DAY);
	keypair_free(good("rsa.pem", "rsa.key"));
	pem_pair_of("p384", EVP_EC_gen("P-384"), -PEM_DAY, PEM_DAY);
	keypair_free(good("p384.pem", "p384.key"));
}

/* ---- served, with a word ---- */

static void warns(const char *cert, const char *key, const char *words)
{
	struct keypair *pair = good(cert, key);
	const char *warning = keypair_warning(pair);
	assert_non_null(warning);
	if (strstr(warning, words) == NULL)
		fail_msg("expected \"%s\", found \"%s\"", words, warning);
	keypair_free(pair);
}

static void expired(void **state)
{
	(void)state;
	pem_pair_of("old", EVP_EC_gen("P-256"), -2 * PEM_DAY, -PEM_DAY);
	warns("old.pem", "old.key", "tls.cert: old.pem has expired on 20");
}

static void not_valid_yet(void **state)
{
	(void)state;
	pem_pair_of("soon", EVP_EC_gen("P-256"), PEM_DAY, 2 * PEM_DAY);
	warns("soon.pem", "soon.key", "tls.cert: soon.pem is not valid before 20");
}

static void a_key_for_everybody(void **state)
{
	(void)state;
	pem_pair("open");
	assert_int_equal(chmod("open.key", 0644), 0);
	warns("open.pem", "open.key", "tls.key: others may read or change open.key: chmod 600 it");
}

/* ---- refused ---- */

static void no_such_files(void **state)
{
	(void)state;
	pem_pair("a");
	refused("none", "a.key", KEYPAIR_CERT, "none cannot be read: No such file or directory");
	refused("a.pem", "none", KEYPAIR_KEY, "none cannot be read: No such file or directory");
	refused(".", "a.key", KEYPAIR_CERT, "expected a file in PEM, found ., which is no file");
	refused("a.pem", "/dev/null", KEYPAIR_KEY, "found /dev/null, which is no file");
}

static void not_what_they_should_be(void **state)
{
	(void)state;
	pem_pair("a");
	write_text("text", "this is no certificate\n");
	write_text("empty", "");
	write_text("torn", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
	refused("text", "a.key", KEYPAIR_CERT, "expected certificates in PEM, found none in text");
	refused("empty", "a.key", KEYPAIR_CERT, "found none in empty");
	refused("a.key", "a.key", KEYPAIR_CERT, "found none in a.key");
	refused("torn", "a.key", KEYPAIR_CERT, "certificate 1 in torn cannot be read: ");
	refused("a.pem", "text", KEYPAIR_KEY, "expected a private key in PEM, found none in text");
	refused("a.pem", "empty", KEYPAIR_KEY, "found none in empty");
	refused("a.pem", "a.pem", KEYPAIR_KEY, "found none in a.pem");
}

static void a_bad_one_behind_a_good_one(void **state)
{
	(void)state;
	pem_pair("bad");
	FILE *file = fopen("bad.pem", "a");
	assert_non_null(file);
	fputs("-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----\n", file);
	assert_int_equal(fclose(file), 0);
	refused("bad.pem", "bad.key", KEYPAIR_CERT, "certificate 2 in bad.pem cannot be read: ");
}

static void too_long(void **state)
{
	(void)state;
	pem_pair("a");
	write_text("long", "");
	assert_int_equal(truncate("long", 1048577), 0);
	refused("long", "a.key", KEYPAIR_CERT,
	        "expected a file of at most 1048576 bytes, found 1048577 in long");
}

static void somebody_elses_key(void **state)
{
	(void)state;
	pem_pair("a");
	pem_pair("b");
	refused("a.pem", "b.key", KEYPAIR_KEY,
	        "expected the key of the first certificate in a.pem, found another");
}

static void an_encrypted_key_is_not_asked_about(void **state)
{
	(void)state;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	pem_pair("a");
	pem_write_key("secret.key", key, "open sesame");
	EVP_PKEY_free(key);
	refused("a.pem", "secret.key", KEYPAIR_KEY,
	        "expected a key without a passphrase, found an encrypted one in secret.key");
}

static void a_key_that_openssl_finds_too_short(void **state)
{
	(void)state;
	pem_pair_of("weak", EVP_RSA_gen(512), -PEM_DAY, PEM_DAY);
	refused("weak.pem", "weak.key", KEYPAIR_CERT,
	        "OpenSSL does not serve with what is in weak.pem: ee key too small");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pair),
		cmocka_unit_test(it_has_as_many_owners_as_share_it),
		cmocka_unit_test(a_connection_gets_all_of_it),
		cmocka_unit_test(both_in_one_file),
		cmocka_unit_test(other_kinds_of_keys),
		cmocka_unit_test(expired),
		cmocka_unit_test(not_valid_yet),
		cmocka_unit_test(a_key_for_everybody),
		cmocka_unit_test(no_such_files),
		cmocka_unit_test(not_what_they_should_be),
		cmocka_unit_test(a_bad_one_behind_a_good_one),
		cmocka_unit_test(too_long),
		cmocka_unit_test(somebody_elses_key),
		cmocka_unit_test(an_encrypted_key_is_not_asked_about),
		cmocka_unit_test(a_key_that_openssl_finds_too_short),
	};
	return cmocka_run_group_tests(tests, enter, leave);
}
