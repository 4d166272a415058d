/* keypair: the server's certificate, those that vouch for it, and its private key: read from two
 * PEM files and found to belong together.
 *
 * Nothing in one changes, and a connection that was given one keeps what it needs of it. Owner:
 * whoever loaded or shared it. Threads: one loads, shares and frees; any may use. Source: the man
 * pages of PEM_read_bio_X509(3), PEM_read_bio_PrivateKey(3), SSL_use_cert_and_key(3). */
#ifndef BASE_KEYPAIR_H
#define BASE_KEYPAIR_H

#include "base/err.h"

#include <stdint.h>

struct keypair;
struct ssl_st;

/* Which of the two files is to blame. */
enum keypair_file { KEYPAIR_CERT, KEYPAIR_KEY };

/* Reads `cert_path` (the server's own certificate first) and `key_path`; they may be one file. 0
 * and `*out`; or -1, `*blame` and `why`. Whatever OpenSSL would refuse to serve with is refused
 * here. Blocks on the files. */
int keypair_load(const char *cert_path, const char *key_path, struct keypair **out,
                 enum keypair_file *blame, struct err *why);

/* The same one, with one more owner. NULL stays NULL. */
struct keypair *keypair_share(struct keypair *pair);
/* NULL is allowed. */
void keypair_free(struct keypair *pair);

/* Gives it to a connection whose handshake has just begun. 0; -1: there is no memory. */
int keypair_use(const struct keypair *pair, struct ssl_st *ssl);

/* Until when the certificate is valid: seconds since 1970. */
int64_t keypair_expires(const struct keypair *pair);

/* What an operator should know although it is served with (it has expired, for one), as it was when
 * it was loaded. NULL: nothing. */
const char *keypair_warning(const struct keypair *pair);

#endif
