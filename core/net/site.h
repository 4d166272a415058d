/* site: what the network side needs of the configuration, as one immutable snapshot.
 *
 * The reload makes a new one and swaps it in; a loop reads the pointer when it needs it and keeps
 * it no longer than its turn. Owner: the reload, which frees an old one after a barrier through
 * every loop. Threads: any, for reading. */
#ifndef NET_SITE_H
#define NET_SITE_H

#include "base/config.h"

enum { SITE_ENDPOINTS_MAX = 1024 };

/* A path and its mode. Interned: it lives as long as the server, since connections that came in by
 * it may outlast the config that named it. */
struct endpoint {
	uint32_t id; /* small, counted from 0 */
	enum config_mode mode;
	char *path;
};

struct site_endpoint {
	const struct endpoint *endpoint;
	enum config_login login;
};

struct site {
	const struct config *config; /* outlives the site */
	struct site_endpoint *endpoints;
	size_t endpoint_count;
};

/* Thread: the one that reloads. NULL: more than SITE_ENDPOINTS_MAX different endpoints since the
 * start. */
struct site *site_new(const struct config *config);
void site_free(struct site *site);

/* The endpoint for a request's path: the same path, or the longest that ends in '/' and begins it;
 * NULL: none. */
const struct site_endpoint *site_find(const struct site *site, const char *path);

/* The interned endpoint of a number; NULL: none yet. */
const struct endpoint *site_endpoint(uint32_t id);
/* At the end of the program, when no connection is left. */
void site_forget_endpoints(void);

#endif
