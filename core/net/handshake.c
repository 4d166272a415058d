#include "net/handshake.h"

#include "net/front_private.h"
#include "net/net.h"
#include "net/session.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <string.h>

/* Where the strings of a struct gate_request live while the gate decides. */
struct head {
	char path[1024];
	char version[64];
	char key[256];
	/* These two: what libwebsockets reads; it leaves a longer one without a reply. */
	char subprotocol[127];
	char extensions[255];
	char origin[512];
	char authorization[GATE_TOKEN_MAX];
	char cookie[GATE_TOKEN_MAX];
	char query[GATE_TOKEN_MAX];
	char user[1024];
};

/* A header that libwebsockets knows by a number. Longer than its room: the request is too long. */
static const char *known_header(struct lws *wsi, enum lws_token_indexes token, char *to,
                                size_t room, struct gate_request *request)
{
	if (lws_hdr_total_length(wsi, token) <= 0)
		return NULL;
	if (lws_hdr_copy(wsi, to, (int)room, token) < 0) {
		request->too_long = true;
		return NULL;
	}
	return to;
}

/* A header by its lower-case name: libwebsockets keeps those that it has no number for apart. */
static const char *named_header(struct lws *wsi, const char *name, char *to, size_t room,
                                struct gate_request *request)
{
	char with_colon[128];
	int len = snprintf(with_colon, sizeof with_colon, "%s:", name);
	for (int token = 0; token < WSI_TOKEN_COUNT; token++) {
		const unsigned char *known = lws_token_to_string((enum lws_token_indexes)token);
		if (known != NULL && strcmp((const char *)known, with_colon) == 0)
			return known_header(wsi, (enum lws_token_indexes)token, to, room, request);
	}
	if (lws_hdr_custom_length(wsi, with_colon, len) <= 0)
		return NULL;
	if (lws_hdr_custom_copy(wsi, to, (int)room, with_colon, len) < 0) {
		request->too_long = true;
		return NULL;
	}
	return to;
}

static const char *take_value(const char *value, size_t len, char *to, size_t room,
                              struct gate_request *request)
{
	if (len >= room) {
		request->too_long = true;
		return NULL;
	}
	memcpy(to, value, len);
	to[len] = '\0';
	return to;
}

/* ?name=…; libwebsockets has taken the query apart and undone the percent signs. */
static const char *query_value(struct lws *wsi, const char *name, char *to, size_t room,
                               struct gate_request *request)
{
	char part[GATE_HEAD_MAX];
	size_t name_len = strlen(name);
	int len;
	for (int i = 0;
	     (len = lws_hdr_copy_fragment(wsi, part, sizeof part, WSI_TOKEN_HTTP_URI_ARGS, i)) >= 0;
	     i++)
		if ((size_t)len > name_len && part[name_len] == '=' &&
		    memcmp(part, name, name_len) == 0)
			return take_value(part + name_len + 1, (size_t)len - name_len - 1, to, room,
			                  request);
	return NULL;
}

/* The value of a cookie (RFC 6265, section 4.2.1). libwebsockets' own search takes "evilsession=…"
 * for "session". */
static const char *cookie_value(struct lws *wsi, const char *name, char *to, size_t room,
                                struct gate_request *request)
{
	char part[GATE_HEAD_MAX];
	size_t name_len = strlen(name);
	int len;
	for (int i = 0;
	     (len = lws_hdr_copy_fragment(wsi, part, sizeof part, WSI_TOKEN_HTTP_COOKIE, i)) >= 0;
	     i++) {
		for (const char *at = part; *at != '\0';) {
			at += strspn(at, " ;\t");
			size_t pair = strcspn(at, ";");
			if (pair > name_len && at[name_len] == '=' &&
			    memcmp(at, name, name_len) == 0)
				return take_value(at + name_len + 1, pair - name_len - 1, to, room,
				                  request);
			at += pair;
		}
	}
	return NULL;
}

static void read_path(struct lws *wsi, struct head *head, struct gate_request *request)
{
	static const enum lws_token_indexes methods[] = {
		WSI_TOKEN_GET_URI,   WSI_TOKEN_POST_URI,   WSI_TOKEN_OPTIONS_URI, WSI_TOKEN_PUT_URI,
		WSI_TOKEN_PATCH_URI, WSI_TOKEN_DELETE_URI, WSI_TOKEN_HEAD_URI,
	};
	request->path = "";
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
		const char *path =
			known_header(wsi, methods[i], head->path, sizeof head->path, request);
		if (path == NULL)
			continue;
		request->path = path;
		request->is_get = methods[i] == WSI_TOKEN_GET_URI;
		return;
	}
}

static void read_login(struct lws *wsi, const struct config *config, struct head *head,
                       struct gate_request *request)
{
	if (config->auth == CONFIG_AUTH_NONE) {
		request->query_user =
			query_value(wsi, "user", head->user, sizeof head->user, request);
		return;
	}
	if (config->login_header != NULL)
		request->authorization =
			named_header(wsi, config->login_header, head->authorization,
		                     sizeof head->authorization, request);
	if (config->login_cookie != NULL)
		request->cookie = cookie_value(wsi, config->login_cookie, head->cookie,
		                               sizeof head->cookie, request);
	if (config->login_query != NULL)
		request->query = query_value(wsi, config->login_query, head->query,
		                             sizeof head->query, request);
}

void handshake_decide(struct lws *wsi, const struct session *session, const char *upgrade,
                      bool full, struct gate_verdict *verdict)
{
	struct net *net = session->front->loop->net;
	const struct site *site = net_site(net);
	struct head head;
	struct gate_request request = { .upgrade = upgrade, .address = session->address };
	read_path(wsi, &head, &request);
	request.version =
		known_header(wsi, WSI_TOKEN_VERSION, head.version, sizeof head.version, &request);
	request.key = known_header(wsi, WSI_TOKEN_KEY, head.key, sizeof head.key, &request);
	request.subprotocol = known_header(wsi, WSI_TOKEN_PROTOCOL, head.subprotocol,
	                                   sizeof head.subprotocol, &request);
	request.extensions = known_header(wsi, WSI_TOKEN_EXTENSIONS, head.extensions,
	                                  sizeof head.extensions, &request);
	request.origin =
		known_header(wsi, WSI_TOKEN_ORIGIN, head.origin, sizeof head.origin, &request);
	read_login(wsi, site->config, &head, &request);
	gate_decide(site, &request, full, net->up.authenticate, verdict);
	/* For libwebsockets a tab ends an offer, so it would not count them as the gate did. */
	if (request.extensions != NULL && strchr(request.extensions, '\t') != NULL)
		verdict->offer.taken = false;
}

void handshake_refuse(struct lws *wsi, const struct gate_verdict *verdict)
{
	char bytes[LWS_PRE + GATE_RESPONSE_MAX];
	size_t len = gate_response(verdict, bytes + LWS_PRE);
	/* A client that is gone already is no loss: the connection is closed next. */
	(void)lws_write(wsi, (unsigned char *)bytes + LWS_PRE, len, LWS_WRITE_HTTP_HEADERS);
}
