#include "net/greeting.h"

#include "base/json_text.h"
#include "net/net.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static size_t put_user(char *to, const char *user)
{
	if (user == NULL) {
		memcpy(to, "null", 4);
		return 4;
	}
	to[0] = '"';
	size_t len = 1 + json_text_escape(to + 1, 6 * GATE_ID_MAX, user, strlen(user));
	to[len] = '"';
	return len + 1;
}

size_t greeting_login(const struct conn *conn, char *to)
{
	static const char before[] = "\"user\":";
	size_t n = sizeof before - 1;
	memcpy(to, before, n);
	n += put_user(to + n, conn->user);
	if (conn->expiry == NULL)
		return n + (size_t)sprintf(to + n, ",\"expires_in_s\":null");
	return n + (size_t)sprintf(to + n, ",\"expires_in_s\":%u", conn_expires_in_s(conn));
}

size_t greeting_hello(const struct conn *conn, char *to)
{
	const struct net *net = conn->loop->net;
	const struct config *config = net_site(net)->config;
	int n = snprintf(to, GREETING_MAX,
	                 "\"version\":1,\"connection\":\"%016" PRIx64 "\",\"epoch\":\"%016" PRIx64
	                 "\",\"heartbeat_s\":%u,\"max_bytes\":%u,\"calls\":%u,"
	                 "\"capabilities\":[\"auth\"],",
	                 conn->id, net->epoch, config->ping_s, config->limits.message_bytes,
	                 config->limits.calls);
	return (size_t)n + greeting_login(conn, to + n);
}
