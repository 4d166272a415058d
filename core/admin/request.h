/* request: one connection of the admin listener, from accept to its end. Internal to http. */
#ifndef ADMIN_REQUEST_H
#define ADMIN_REQUEST_H

#include "admin/http.h"
#include "admin/routes.h"

#include <libwebsockets.h>

struct request {
	struct http *http;
	struct lws *wsi;
	struct request *next; /* of those that wait for a reload */
	bool trusted;         /* no token is asked for */
	bool head;            /* the body is not sent */
	bool waits;           /* for a reload: `ask` is on the board */
	bool late;            /* it waited as long as anyone does */
	uint32_t patience_ms;
	struct board_ask ask;
	bool *gone; /* tells who adopts the socket that libwebsockets gave up at once */
};

/* A request is complete: answers it, or begins to wait. What libwebsockets is to be told: -1:
 * close. */
int request_answer(struct request *request, struct lws *wsi);
/* There is nothing to upgrade to. The same. */
int request_refuse_upgrade(const struct request *request, struct lws *wsi);
/* A reload may be over. The same. */
int request_resume(struct request *request, struct lws *wsi);
/* Its connection is no more. */
void request_drop(struct request *request);

#endif
