/* url: where a server is, taken apart.
 *
 *      ws://HOST[:PORT]/PATH     wss:// the same with TLS
 *      ws+unix:SOCKET:/PATH      a unix socket, as "listen": "unix:SOCKET" makes one
 *      http://HOST[:PORT]        https:// the same with TLS; for the admin interface
 *
 * Owner: the caller has the struct. */
#ifndef ACTCTL_URL_H
#define ACTCTL_URL_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* libwebsockets cuts a longer request line without a word. */
enum { URL_PATH_MAX = 1900, URL_HOST_MAX = 255 };

/* struct sockaddr_un has room for no more. */
enum { URL_SOCKET_MAX = 107 };

struct url {
	bool tls;
	bool is_unix;
	char host[URL_HOST_MAX + 1]; /* a name or a numeric address, without brackets; or the path
	                                of the socket */
	uint16_t port;
	char authority[URL_HOST_MAX + 16]; /* what the Host header says */
	char path[URL_PATH_MAX + 1];       /* with the query; begins with '/' */
};

enum url_for { URL_WEBSOCKET, URL_HTTP };

/* 0; or -1 and a sentence. */
int url_parse(const char *text, enum url_for use, struct url *url, struct err *why);

/* A unix socket, and a path on the server behind it. 0; or -1 and a sentence. */
int url_of_socket(const char *socket, const char *path, struct url *url, struct err *why);

/* Appends "?NAME=VALUE" to the path, or "&…" where there is a query, with the value escaped (RFC
 * 3986, section 2.1). 0; or -1 and a sentence. */
int url_add_query(struct url *url, const char *name, const char *value, struct err *why);

/* "127.0.0.1:8080", "the socket /run/actd.sock": for sentences. */
void url_where(const struct url *url, char *to, size_t room);

#endif
