#include "base/keypair.h"

#include "base/check.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The largest file that is read, in bytes: a chain has a few thousand. */
enum { FILE_BYTES_MAX = 1048576 };

struct keypair {
	uint32_t owners;
	X509 *cert;
	STACK_OF(X509) * chain; /* of those that vouch for it; may be empty */
	EVP_PKEY *key;
	int64_t expires_s;
	struct err warning; /* empty: none */
};

/* ---- files ---- */

struct file {
	char *bytes;
	size_t len;
	bool exposed; /* others may read it */
};

/* There was a key in it, most likely. */
static void file_forget(struct file *file)
{
	OPENSSL_cleanse(file->bytes, file->len);
	free(file->bytes);
}

static int read_all(int fd, const char *path, size_t size, struct file *file, struct err *why)
{
	ssize_t n = 1;
	file->bytes = mem_new(size + 1, 1);
	while (file->len < size && n > 0) {
		n = read(fd, file->bytes + file->len, size - file->len);
		if (n > 0)
			file->len += (size_t)n;
	}
	return n >= 0 ? 0 : err_set(why, "%s cannot be read: %s", path, strerror(errno));
}

static int file_read(const char *path, struct file *file, struct err *why)
{
	struct stat about;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not hang us */
	int rc = -1;
	*file = (struct file){ 0 };
	if (fd < 0 || fstat(fd, &about) != 0)
		err_set(why, "%s cannot be read: %s", path, strerror(errno));
	else if (!S_ISREG(about.st_mode))
		err_set(why, "expected a file in PEM, found %s, which is no file", path);
	else if (about.st_size > FILE_BYTES_MAX)
		err_set(why, "expected a file of at most %d bytes, found %lld in %s",
		        FILE_BYTES_MAX, (long long)about.st_size, path);
	else
		rc = read_all(fd, path, (size_t)about.st_size, file, why);
	file->exposed = rc == 0 && (about.st_mode & (S_IROTH | S_IWOTH)) != 0;
	if (fd >= 0)
		close(fd);
	return rc;
}

static BIO *file_bio(const struct file *file)
{
	BIO *bio = BIO_new_mem_buf(file->bytes, (int)file->len);
	CHECK(bio != NULL);
	return bio;
}

/* What OpenSSL complained of last, for sentences; its queue is empty then. */
static const char *openssl_reason(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	ERR_clear_error();
	return reason != NULL ? reason : "unknown reason";
}

/* ---- certificates ---- */

/* True: the file had no further one, which is no fault. */
static bool at_end(void)
{
	unsigned long error = ERR_peek_last_error();
	bool end =
		ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
	if (end)
		ERR_clear_error();
	return end;
}

static int parse_certs(struct keypair *pair, const char *path, BIO *bio, struct err *why)
{
	ERR_clear_error();
	for (int number = 1;; number++) {
		X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		if (cert == NULL && !at_end())
			return err_set(why, "certificate %d in %s cannot be read: %s", number, path,
			               openssl_reason());
		if (cert == NULL)
			break;
		if (pair->cert == NULL)
			pair->cert = cert;
		else
			CHECK(sk_X509_push(pair->chain, cert) > 0);
	}
	return pair->cert != NULL
	               ? 0
	               : err_set(why, "expected certificates in PEM, found none in %s", path);
}

static int load_certs(struct keypair *pair, const char *path, struct err *why)
{
	struct file file;
	if (file_read(path, &file, why) != 0) {
		file_forget(&file);
		return -1;
	}
	BIO *bio = file_bio(&file);
	int rc = parse_certs(pair, path, bio, why);
	BIO_free(bio);
	file_forget(&file);
	return rc;
}

/* ---- the key ---- */

/* OpenSSL would ask on the terminal. */
static int no_passphrase(char *to, int room, int writing, void *asked)
{
	(void)to, (void)room, (void)writing;
	*(bool *)asked = true;
	return -1;
}

static int load_key(struct keypair *pair, const char *path, bool *exposed, struct err *why)
{
	struct file file;
	bool asked = false;
	int rc = file_read(path, &file, why);
	*exposed = file.exposed;
	if (rc == 0) {
		BIO *bio = file_bio(&file);
		ERR_clear_error();
		pair->key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &asked);
		BIO_free(bio);
		if (pair->key == NULL && asked)
			rc = err_set(why,
			             "expected a key without a passphrase, found an encrypted one "
			             "in %s; openssl pkey -in FILE -out FILE takes it off",
			             path);
		else if (pair->key == NULL)
			rc = err_set(why, "expected a private key in PEM, found none in %s: %s",
			             path, openssl_reason());
		ERR_clear_error();
	}
	file_forget(&file);
	return rc;
}

/* ---- both ---- */

/* In a context that nobody uses: what a handshake would fail of shows here (a key that is too
 * short, a digest that is too weak). */
static int try_both(const struct keypair *pair, const char *cert_path, enum keypair_file *blame,
                    struct err *why)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	CHECK(context != NULL);
	int rc = 0;
	*blame = KEYPAIR_KEY;
	if (X509_check_private_key(pair->cert, pair->key) != 1) {
		rc = err_set(why,
		             "expected the key of the first certificate in %s, found another; the "
		             "server's own certificate comes first, then those that vouch for it",
		             cert_path);
	} else if (SSL_CTX_use_cert_and_key(context, pair->cert, pair->key, pair->chain, 1) != 1) {
		*blame = KEYPAIR_CERT;
		rc = err_set(why, "OpenSSL does not serve with what is in %s: %s", cert_path,
		             openssl_reason());
	}
	ERR_clear_error();
	SSL_CTX_free(context);
	return rc;
}

static int64_t seconds_of(const ASN1_TIME *when)
{
	struct tm parts;
	return ASN1_TIME_to_tm(when, &parts) == 1 ? (int64_t)timegm(&parts) : 0;
}

static void look_closer(struct keypair *pair, const char *cert_path, const char *key_path,
                        bool exposed)
{
	int64_t begins_s = seconds_of(X509_get0_notBefore(pair->cert));
	int64_t now_s = (int64_t)time(NULL);
	time_t edge_s;
	struct tm parts;
	char text[32];
	pair->expires_s = seconds_of(X509_get0_notAfter(pair->cert));
	edge_s = (time_t)(now_s < begins_s ? begins_s : pair->expires_s);
	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&edge_s, &parts));
	if (now_s < begins_s)
		err_set(&pair->warning, "tls.cert: %s is not valid before %s: clients refuse it",
		        cert_path, text);
	else if (now_s >= pair->expires_s)
		err_set(&pair->warning, "tls.cert: %s has expired on %s: clients refuse it",
		        cert_path, text);
	else if (exposed)
		err_set(&pair->warning, "tls.key: others may read or change %s: chmod 600 it",
		        key_path);
}

int keypair_load(const char *cert_path, const char *key_path, struct keypair **out,
                 enum keypair_file *blame, struct err *why)
{
	struct keypair *pair = mem_new(1, sizeof *pair);
	bool exposed = false;
	*out = NULL;
	pair->owners = 1;
	pair->chain = sk_X509_new_null();
	CHECK(pair->chain != NULL);
	*blame = KEYPAIR_CERT;
	if (load_certs(pair, cert_path, why) != 0)
		goto fail;
	*blame = KEYPAIR_KEY;
	if (load_key(pair, key_path, &exposed, why) != 0 ||
	    try_both(pair, cert_path, blame, why) != 0)
		goto fail;
	look_closer(pair, cert_path, key_path, exposed);
	*out = pair;
	return 0;
fail:
	keypair_free(pair);
	return -1;
}

struct keypair *keypair_share(struct keypair *pair)
{
	if (pair != NULL)
		pair->owners++;
	return pair;
}

void keypair_free(struct keypair *pair)
{
	if (pair == NULL || --pair->owners > 0)
		return;
	X509_free(pair->cert);
	sk_X509_pop_free(pair->chain, X509_free);
	EVP_PKEY_free(pair->key);
	free(pair);
}

int keypair_use(const struct keypair *pair, struct ssl_st *ssl)
{
	return SSL_use_cert_and_key(ssl, pair->cert, pair->key, pair->chain, 1) == 1 ? 0 : -1;
}

int64_t keypair_expires(const struct keypair *pair)
{
	return pair->expires_s;
}

const char *keypair_warning(const struct keypair *pair)
{
	return pair->warning.text[0] != '\0' ? pair->warning.text : NULL;
}
