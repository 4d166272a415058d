/* config_address: one address to listen on, as it is written in a config. */
#include "base/config_parts.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

/* The number of a port, or -1. */
static int parse_port(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	long port;
	if (digits == 0 || digits > 5 || text[digits] != '\0')
		return -1;
	port = strtol(text, NULL, 10);
	return port <= UINT16_MAX ? (int)port : -1;
}

/* Is it a numeric address? It is written anew in its shortest form, so that the same address is the
 * same text. */
static bool parse_host(char *host, size_t size, bool bracketed)
{
	unsigned char address[sizeof(struct in6_addr)];
	int family = bracketed ? AF_INET6 : AF_INET;
	if (!bracketed && strcmp(host, "*") == 0)
		return true;
	return inet_pton(family, host, address) == 1 &&
	       inet_ntop(family, address, host, (socklen_t)size) != NULL;
}

bool config_parse_address(const char *text, struct config_listen *out)
{
	const char *colon = strrchr(text, ':');
	bool bracketed = text[0] == '[';
	char host[INET6_ADDRSTRLEN];
	size_t len;
	int port;
	if (colon == NULL)
		return false;
	port = parse_port(colon + 1);
	len = (size_t)(colon - text);
	if (bracketed) {
		if (len < 2 || text[len - 1] != ']')
			return false;
		text++;
		len -= 2;
	}
	if (port < 0 || len >= sizeof host)
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (!parse_host(host, sizeof host, bracketed))
		return false;
	out->host = mem_text(host);
	out->port = (uint16_t)port;
	return true;
}

static void refuse_path(struct config_doc *doc, const cJSON *item, size_t len)
{
	struct sockaddr_un address;
	if (len >= sizeof address.sun_path)
		config_doc_finding(doc, item,
		                   "expected a socket's path of at most %zu bytes, found %zu; "
		                   "unix(7) allows no more",
		                   sizeof address.sun_path - 1, len);
	else
		config_doc_finding(doc, item, "expected a socket's path behind unix:, found none");
}

void config_read_address(struct config_doc *doc, const cJSON *item, struct config_listen *out)
{
	const char *text = item->valuestring;
	char found[128];
	out->text = mem_text(text);
	out->place = config_doc_place(doc, item);
	if (strncmp(text, "unix:", 5) == 0) {
		struct sockaddr_un address;
		size_t len;
		out->unix_path = config_absolute(doc, item, text + 5);
		len = strlen(out->unix_path);
		if (text[5] == '\0' || len >= sizeof address.sun_path)
			refuse_path(doc, item, text[5] == '\0' ? 0 : len);
	} else if (!config_parse_address(text, out)) {
		config_doc_found(item, found, sizeof found);
		config_doc_finding(doc, item,
		                   "expected a numeric address and a port (\"127.0.0.1:8080\", "
		                   "\"[::1]:8080\", \"*:8080\") or \"unix:/path\", found %s",
		                   found);
	}
}

bool config_is_same_address(const struct config_listen *a, const struct config_listen *b)
{
	if (a->unix_path != NULL && b->unix_path != NULL)
		return strcmp(a->unix_path, b->unix_path) == 0;
	return a->host != NULL && b->host != NULL && a->port == b->port && a->port != 0 &&
	       strcmp(a->host, b->host) == 0;
}
