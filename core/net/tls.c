#include "net/tls.h"

#include "base/check.h"
#include "base/keypair.h"
#include "net/net.h"

#include <openssl/ssl.h>

/* Of TLS 1.2: those with forward secrecy and an AEAD (RFC 9325, section 4.2). TLS 1.3 has no
 * others. */
static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

/* 1: go on; 0: the handshake fails with an alert. */
static int choose_certificate(SSL *ssl, void *context)
{
	const struct keypair *pair = net_site(context)->config->tls.pair;
	return pair != NULL && keypair_use(pair, ssl) == 0 ? 1 : 0;
}

/* No session is resumed: a connection is long, so that little would be saved, and whoever steals
 * the key of the tickets could read what was said under all of them. */
static void forget_sessions(SSL_CTX *context)
{
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
	CHECK(SSL_CTX_set_num_tickets(context, 0) == 1);
}

void tls_prepare(struct ssl_ctx_st *context, struct net *net)
{
	CHECK(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1);
	CHECK(SSL_CTX_set_cipher_list(context, ciphers) == 1);
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
	                                     SSL_OP_CIPHER_SERVER_PREFERENCE |
	                                     SSL_OP_PRIORITIZE_CHACHA);
	forget_sessions(context);
	SSL_CTX_set_cert_cb(context, choose_certificate, net);
}

struct ssl_ctx_st *tls_client(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	CHECK(context != NULL);
	return context;
}

void tls_client_free(struct ssl_ctx_st *context)
{
	SSL_CTX_free(context);
}
