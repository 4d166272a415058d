/* routes: which request is answered with what. Needs no library of HTTP.
 *
 * Thread: admin. */
#ifndef ADMIN_ROUTES_H
#define ADMIN_ROUTES_H

#include "admin/board.h"

#include <stddef.h>

/* A whole answer. Zeroed: none yet. */
struct response {
	int code;            /* as in HTTP */
	const char *type;    /* of the body */
	const char *headers; /* further ones, each with its end; static */
	char *body;          /* free() it */
	size_t len;
};

enum routes_word {
	ROUTES_ANSWERED, /* `*response` is the answer */
	/* Main is to be asked for this; its report is the answer: */
	ROUTES_RELOAD,
	ROUTES_PROMOTE,
	ROUTES_ROLLBACK,
};

/* `method`: "GET", "POST", …; HEAD is answered as GET is, and the body not sent. `path`: without
 * the query. */
enum routes_word routes_answer(struct board *board, const char *method, const char *path,
                               struct response *response);

/* The answer to one who may not ask. */
void routes_unauthorized(struct response *response);
/* The answers to an upgrade, and to a body without Content-Length. */
void routes_no_upgrade(struct response *response);
void routes_length_required(struct response *response);
/* The answers to one who waited for a reload: the report, which becomes the response's; or that it
 * takes longer than anyone waits; or that the server ends. */
void routes_reloaded(char *report, struct response *response);
void routes_reload_late(uint32_t waited_ms, struct response *response);
void routes_reload_ending(struct response *response);

#endif
