/* http: the admin listener's connections: libwebsockets reads the requests, and each connection
 * gets one answer and is closed.
 *
 * Every bound is small, as those who ask are few: 64 connections, a request's head of 4 KiB, five
 * seconds for it, a body of nothing. Owner: the admin listener. */
#ifndef ADMIN_HTTP_H
#define ADMIN_HTTP_H

#include "admin/board.h"
#include "admin/token.h"
#include "base/config.h"
#include "base/err.h"

enum { HTTP_CONNECTIONS_MAX = 64, HTTP_HEAD_MAX = 4096, HTTP_REQUEST_S = 5 };

struct http;

/* [main, before any thread runs libwebsockets] Makes the context and listens: in the state folder,
 * and where the config says. NULL with `why`. */
struct http *http_new(const struct config *config, struct board *board, struct err *why);
/* [main, the thread has ended] */
void http_free(struct http *http);

/* [admin] Waits for something to happen, and handles it. */
void http_serve(struct http *http);
/* [any] http_serve() looks at the board again, and returns. */
void http_wake(struct http *http);

#endif
