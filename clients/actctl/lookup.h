/* lookup: the addresses of a host, within a time (getaddrinfo_a(3)). libwebsockets would ask for
 * them too, but with nothing to end the wait, and without a word about what went wrong. */
#ifndef ACTCTL_LOOKUP_H
#define ACTCTL_LOOKUP_H

#include "say.h"
#include "url.h"

#include <netinet/in.h>
#include <stddef.h>

/* As many as are tried. */
enum { LOOKUP_MAX = 8 };

struct lookup {
	char addresses[LOOKUP_MAX][INET6_ADDRSTRLEN + 16]; /* numeric; the 16 are for a scope */
	size_t count;
};

/* DONE and at least one address; or it was said why not. */
enum outcome lookup_host(const struct url *url, uint64_t deadline_ms, struct lookup *out);

/* The address of the server for connect(2): its socket, or the numeric one with the port of `url`.
 * Its length; 0: it is no address. */
socklen_t lookup_address(const struct url *url, const char *numeric,
                         struct sockaddr_storage *address);

/* Tries to connect to one of the addresses, and says in words why that does not work (connect(2)):
 * libwebsockets tells only that it does not. NULL: now it works. The text is static. */
const char *lookup_why(const struct url *url, const char *address);

#endif
