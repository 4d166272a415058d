#include "url.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct scheme {
	const char *text;
	enum url_for use;
	bool tls, is_unix;
	uint16_t port;
} schemes[] = {
	{ "ws://", URL_WEBSOCKET, false, false, 80 },
	{ "wss://", URL_WEBSOCKET, true, false, 443 },
	{ "ws+unix:", URL_WEBSOCKET, false, true, 0 },
	{ "http://", URL_HTTP, false, false, 80 },
	{ "https://", URL_HTTP, true, false, 443 },
};

static const struct scheme *find_scheme(const char *text, enum url_for use)
{
	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
		if (schemes[i].use == use &&
		    strncasecmp(text, schemes[i].text, strlen(schemes[i].text)) == 0)
			return &schemes[i];
	return NULL;
}

static int set_path(const char *path, struct url *url, struct err *why)
{
	size_t len = strcspn(path, "#"); /* a fragment stays with the client: RFC 6455, section 3 */
	if (len > URL_PATH_MAX)
		return err_set(why, "expected a path and query of at most %d bytes, found %zu",
		               URL_PATH_MAX, len);
	for (size_t i = 0; i < len; i++)
		if (!isgraph((unsigned char)path[i]))
			return err_set(why, "expected a path of printable ASCII without blanks, "
			                    "the rest as %%XX");
	snprintf(url->path, sizeof url->path, "%s%.*s", path[0] == '/' ? "" : "/", (int)len, path);
	return 0;
}

static int set_port(const char *text, size_t len, uint16_t *port, struct err *why)
{
	unsigned long number = 0;
	for (size_t i = 0; i < len && number <= UINT16_MAX; i++) {
		if (!isdigit((unsigned char)text[i]))
			number = UINT16_MAX; /* and on, beyond what is one */
		number = number * 10 + (unsigned long)(text[i] - '0');
	}
	if (len == 0 || number < 1 || number > UINT16_MAX)
		return err_set(why,
		               "expected a port from 1 to 65535 behind the ':', found "
		               "\"%.*s\"",
		               (int)len, text);
	*port = (uint16_t)number;
	return 0;
}

/* HOST, HOST:PORT, [ADDRESS] or [ADDRESS]:PORT in `len` bytes. */
static int set_host(const char *text, size_t len, struct url *url, struct err *why)
{
	const char *end = text + len, *host = text, *host_end, *port;
	if (len > 0 && text[0] == '[') {
		host = text + 1;
		host_end = memchr(text, ']', len);
		if (host_end == NULL)
			return err_set(why, "expected a ']' behind the address");
		port = host_end + 1;
	} else {
		host_end = memchr(text, ':', len);
		host_end = host_end != NULL ? host_end : end;
		port = host_end;
	}
	if (host_end == host || host_end - host > URL_HOST_MAX)
		return err_set(why, "expected a host of 1 to %d bytes", URL_HOST_MAX);
	for (const char *at = host; at < host_end; at++)
		if (!isgraph((unsigned char)*at) || *at == '@')
			return err_set(why, "expected a host's name or address, found \"%.*s\"",
			               (int)(host_end - host), host);
	snprintf(url->host, sizeof url->host, "%.*s", (int)(host_end - host), host);
	snprintf(url->authority, sizeof url->authority, "%.*s", (int)len, text);
	if (port == end)
		return 0;
	if (*port != ':')
		return err_set(why, "expected a ':' and the port, found \"%.*s\"",
		               (int)(end - port), port);
	return set_port(port + 1, (size_t)(end - port - 1), &url->port, why);
}

/* SOCKET or SOCKET:/PATH. */
static int parse_unix(const char *text, struct url *url, struct err *why)
{
	char socket[URL_SOCKET_MAX + 2];
	const char *colon = strstr(text, ":/");
	size_t len = colon != NULL ? (size_t)(colon - text) : strlen(text);
	snprintf(socket, sizeof socket, "%.*s", (int)(len < sizeof socket ? len : sizeof socket),
	         text);
	return url_of_socket(socket, colon != NULL ? colon + 1 : "/", url, why);
}

int url_of_socket(const char *socket, const char *path, struct url *url, struct err *why)
{
	size_t len = strlen(socket);
	*url = (struct url){ .is_unix = true };
	if (len == 0 || len > URL_SOCKET_MAX)
		return err_set(why, "expected the path of a socket, of 1 to %d bytes",
		               URL_SOCKET_MAX);
	snprintf(url->host, sizeof url->host, "%s", socket);
	snprintf(url->authority, sizeof url->authority, "localhost");
	return set_path(path, url, why);
}

int url_parse(const char *text, enum url_for use, struct url *url, struct err *why)
{
	const struct scheme *scheme = find_scheme(text, use);
	if (scheme == NULL)
		return err_set(why, "expected %s, found \"%.200s\"",
		               use == URL_WEBSOCKET
		                       ? "ws://HOST:PORT/PATH, wss://… or ws+unix:SOCKET:/PATH"
		                       : "http://HOST:PORT or https://…",
		               text);
	text += strlen(scheme->text);
	if (scheme->is_unix)
		return parse_unix(text, url, why);
	*url = (struct url){ .tls = scheme->tls, .port = scheme->port };
	size_t len = strcspn(text, "/?#");
	if (set_host(text, len, url, why) != 0)
		return -1;
	return set_path(text + len, url, why);
}

int url_add_query(struct url *url, const char *name, const char *value, struct err *why)
{
	char *to = url->path + strlen(url->path);
	size_t left = sizeof url->path - strlen(url->path);
	int n = snprintf(to, left, "%c%s=", strchr(url->path, '?') != NULL ? '&' : '?', name);
	for (const char *at = value; n >= 0 && (size_t)n + 4 < left && *at != '\0'; at++) {
		bool plain = isalnum((unsigned char)*at) || strchr("-._~", *at) != NULL;
		n += snprintf(to + n, left - (size_t)n, plain ? "%c" : "%%%02X",
		              (unsigned char)*at);
		value = at + 1;
	}
	if (*value == '\0')
		return 0;
	return err_set(why, "the path and its query are longer than %d bytes", URL_PATH_MAX);
}

void url_where(const struct url *url, char *to, size_t room)
{
	const char *host = url->host;
	bool brackets = strchr(host, ':') != NULL;
	if (url->is_unix)
		snprintf(to, room, "the socket %s", host);
	else
		snprintf(to, room, brackets ? "[%s]:%u" : "%s:%u", host, url->port);
}
