#include "base/config_parts.h"

#include "base/check.h"
#include "base/config_keys.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

/* Sockets that are listened on, at most. */
#define LISTEN_MAX 64

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

/* "HOST:PORT" into `out`. False: it is not that. */
static bool parse_address(const char *text, struct config_listen *out)
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
	} else if (!parse_address(text, out)) {
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

static void find_same(struct config_doc *doc, const cJSON *first, const struct config *config)
{
	const cJSON *item = first;
	for (size_t i = 0; i < config->listen_count; i++, item = item->next) {
		const cJSON *before = first;
		for (size_t j = 0; j < i; j++, before = before->next) {
			char where[400];
			if (!config_is_same_address(&config->listen[i], &config->listen[j]))
				continue;
			config_doc_where(doc, before, where, sizeof where);
			config_doc_finding(doc, item,
			                   "expected each address once, found \"%s\" again; it "
			                   "stands at %s already",
			                   config->listen[i].text, where);
			break;
		}
	}
}

static bool is_loopback(const struct config_listen *listen)
{
	if (listen->host == NULL) /* a unix socket, or refused already */
		return true;
	return strncmp(listen->host, "127.", 4) == 0 || strcmp(listen->host, "::1") == 0 ||
	       strncmp(listen->host, "::ffff:127.", 11) == 0;
}

static void check_auth(struct config_doc *doc, const cJSON *first, const struct config *config)
{
	const cJSON *item = first;
	if (config->auth != CONFIG_AUTH_NONE || config->auth_anywhere)
		return;
	for (size_t i = 0; i < config->listen_count && item != NULL; i++, item = item->next) {
		if (!is_loopback(&config->listen[i]))
			config_doc_finding(doc, item,
			                   "expected a loopback address with \"auth\": \"none\", "
			                   "found \"%s\"; use \"auth\": \"token\", or insist with "
			                   "\"auth_anywhere\": true",
			                   config->listen[i].text);
	}
}

/* What the table of keys says where the config is silent. */
static void read_default(struct config *config)
{
	cJSON *text = cJSON_Parse(config_key_find("", "listen")->fallback);
	CHECK(cJSON_IsString(text) && parse_address(text->valuestring, &config->listen[0]));
	config->listen[0].text = mem_text(text->valuestring);
	config->listen_count = 1;
	cJSON_Delete(text);
}

void config_read_listen(struct config_doc *doc, struct config *config)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(doc->root, "listen");
	const cJSON *first = cJSON_IsArray(item) ? item->child : item;
	size_t count = cJSON_IsArray(item) ? (size_t)cJSON_GetArraySize(item) : 1;
	if (count > LISTEN_MAX) {
		config_doc_finding(doc, item, "expected at most %d addresses, found %zu",
		                   LISTEN_MAX, count);
		return;
	}
	config->listen = mem_new(count == 0 ? 1 : count, sizeof *config->listen);
	if (item == NULL) {
		read_default(config);
		return;
	}
	/* one that is not a string was refused already, and leaves an empty place */
	for (item = first; item != NULL && config->listen_count < count; item = item->next) {
		struct config_listen *listen = &config->listen[config->listen_count++];
		if (cJSON_IsString(item))
			config_read_address(doc, item, listen);
	}
	find_same(doc, first, config);
	check_auth(doc, first, config);
}
