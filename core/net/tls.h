/* tls: what all TLS connections of the server have in common: versions, ciphers, and the
 * certificate that is in force when a connection begins.
 *
 * libwebsockets makes one SSL_CTX a loop and does the handshakes with it. It has no certificate of
 * its own: each handshake is given the one that the site of that moment has. So a reload needs to
 * touch none of them, and a connection keeps what it began with. Source: SSL_CTX_set_cert_cb(3),
 * RFC 9325 (recommendations for TLS). */
#ifndef NET_TLS_H
#define NET_TLS_H

struct net;
struct ssl_ctx_st;

/* [main, before the loops run] Sets a new, empty SSL_CTX up; `net` outlives it. */
void tls_prepare(struct ssl_ctx_st *context, struct net *net);

/* [main] An SSL_CTX for connections that are never made: libwebsockets wants one beside the other,
 * and does not free those that it makes itself. NULL is allowed where it is freed. */
struct ssl_ctx_st *tls_client(void);
void tls_client_free(struct ssl_ctx_st *context);

#endif
