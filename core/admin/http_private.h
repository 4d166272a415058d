/* http_private: what http.c and request.c share. */
#ifndef ADMIN_HTTP_PRIVATE_H
#define ADMIN_HTTP_PRIVATE_H

#include "admin/door.h"
#include "admin/http.h"

#include <libwebsockets.h>

enum { HTTP_DOORS = 2 };

struct http {
	struct board *board;
	struct token token;
	struct door doors[HTTP_DOORS]; /* the unix socket, and TCP */
	size_t door_count;
	struct lws_context *context;
	struct lws_vhost *vhost;
	uint32_t connections;
	struct request *waiting; /* for a reload */
};

#endif
