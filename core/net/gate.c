#include "net/gate.h"

#include "base/check.h"
#include "base/status.h"

#include <act/easy.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* 16 bytes in base64 (RFC 6455, section 4.1; RFC 4648, section 4). */
enum { KEY_LETTERS = 22, KEY_LEN = 24 };
/* The longest name of a subprotocol that libwebsockets takes apart. */
enum { SUBPROTOCOL_MAX = 63 };

struct http_reason {
	int http;
	const char *reason;
	enum status status;
};

static const struct http_reason bad_request = { 400, "Bad Request", STATUS_BAD_FRAME };
static const struct http_reason unauthorized = { 401, "Unauthorized", STATUS_NOT_LOGGED_IN };
static const struct http_reason token_expired = { 401, "Unauthorized", STATUS_TOKEN_EXPIRED };
static const struct http_reason forbidden = { 403, "Forbidden", STATUS_FORBIDDEN };
static const struct http_reason not_found = { 404, "Not Found", STATUS_UNKNOWN_ACTION };
static const struct http_reason bad_method = { 405, "Method Not Allowed", STATUS_BAD_FRAME };
static const struct http_reason need_upgrade = { 426, "Upgrade Required", STATUS_BAD_FRAME };
static const struct http_reason too_large = { 431, "Request Header Fields Too Large",
	                                      STATUS_TOO_LARGE };
static const struct http_reason overloaded = { 503, "Service Unavailable", STATUS_OVERLOADED };
static const struct http_reason unavailable = { 503, "Service Unavailable", STATUS_UNAVAILABLE };

/* The body has the shape of every other error of the server; its code is the HTTP status. */
__attribute__((format(printf, 4, 5))) static void refuse(struct gate_verdict *verdict,
                                                         const struct http_reason *why,
                                                         const char *header, const char *format,
                                                         ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	verdict->endpoint = NULL;
	verdict->http = why->http;
	verdict->reason = why->reason;
	verdict->header = header;
	const struct status_info *info = status_info(why->status);
	status_json_named(verdict->body, sizeof verdict->body, (uint32_t)why->http,
	                  why->http == 404 ? "not_found" : info->name, info->retry, text,
	                  strlen(text));
}

static bool origin_allowed(const struct config *config, const char *origin)
{
	if (config->origins == NULL || origin == NULL)
		return true;
	for (size_t i = 0; i < config->origin_count; i++)
		if (strcasecmp(config->origins[i], origin) == 0)
			return true;
	return false;
}

static bool key_fits(const char *key)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	return key != NULL && strspn(key, letters) == KEY_LETTERS &&
	       strcmp(key + KEY_LETTERS, "==") == 0;
}

/* The parts that RFC 6455, section 4.2.1 asks of a request. */
static bool handshake_fits(const struct gate_request *request, struct gate_verdict *verdict)
{
	static const char version_header[] = "Sec-WebSocket-Version: 13\r\n";
	if (!request->is_get) {
		refuse(verdict, &bad_method, "Allow: GET\r\n", "a WebSocket opens with GET");
	} else if (request->upgrade == NULL) {
		refuse(verdict, &need_upgrade,
		       "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
		       "this is a WebSocket endpoint: expected the header Upgrade: websocket, "
		       "found none");
	} else if (strcasecmp(request->upgrade, "websocket") != 0) {
		refuse(verdict, &bad_request, "",
		       "expected the header Upgrade: websocket, found \"%.40s\"", request->upgrade);
	} else if (request->version == NULL || strcmp(request->version, "13") != 0) {
		refuse(verdict, &need_upgrade, version_header,
		       "expected Sec-WebSocket-Version: 13, found \"%.20s\"",
		       request->version != NULL ? request->version : "");
	} else if (!key_fits(request->key)) {
		refuse(verdict, &bad_request, "",
		       "expected a Sec-WebSocket-Key of %d characters, 16 bytes in base64; found "
		       "\"%.40s\"",
		       KEY_LEN, request->key != NULL ? request->key : "");
	} else {
		return true;
	}
	return false;
}

/* Of the names that the client offers, in its order, the first that is known here. libwebsockets
 * chooses in the same way, but leaves without a word where it does not like the list: what it reads
 * is read more strictly here. NULL: there is none. */
static const struct protocol *choose(const char *offer)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
	const struct protocol *chosen = NULL;
	for (const char *at = offer;; at++) {
		at += strspn(at, " \t");
		size_t len = strspn(at, letters);
		if (len == 0 || len > SUBPROTOCOL_MAX)
			return NULL;
		if (chosen == NULL)
			chosen = protocol_named(at, len);
		at += len;
		at += strspn(at, " \t");
		if (*at == '\0')
			return chosen;
		if (*at != ',')
			return NULL;
	}
}

/* Without an offer nothing is negotiated (RFC 6455, section 4.2.2): the first protocol is spoken.
 */
static bool protocol_fits(const struct gate_request *request, const struct endpoint *endpoint,
                          struct gate_verdict *verdict)
{
	const char *offer = request->subprotocol;
	bool raw = endpoint->mode == CONFIG_MODE_RAW;
	verdict->protocol = offer == NULL ? protocol_plain(endpoint->mode)
	                    : raw         ? NULL
	                                  : choose(offer);
	if (verdict->protocol != NULL)
		return true;
	if (raw)
		refuse(verdict, &bad_request, "",
		       "no subprotocol is spoken at %.200s: expected no Sec-WebSocket-Protocol, "
		       "found \"%.60s\"",
		       endpoint->path, offer);
	else
		refuse(verdict, &bad_request, "",
		       "Sec-WebSocket-Protocol: expected act.v1, act.json.v1, or no such header "
		       "for the base protocol; found \"%.60s\"",
		       offer);
	return false;
}

/* An offer that is not taken is no fault. A header that is no list of offers is one (RFC 6455,
 * section 9.1), even where none would be taken. */
static bool extensions_fit(const struct gate_request *request, const struct config *config,
                           struct gate_verdict *verdict)
{
	if (request->extensions == NULL)
		return true;
	if (offer_choose(request->extensions, &verdict->offer) != 0) {
		refuse(verdict, &bad_request, "",
		       "Sec-WebSocket-Extensions: expected names with parameters, as in "
		       "\"permessage-deflate; client_max_window_bits\", found \"%.60s\"",
		       request->extensions);
		return false;
	}
	verdict->offer.taken = verdict->offer.taken && config->deflate.enabled;
	return true;
}

/* "Bearer TOKEN" (RFC 6750, section 2.1), or the bare token, as in a header of another name.
 * Credentials of another scheme are meant for somebody else, a proxy in front most likely: NULL. */
static const char *bearer(const char *value)
{
	if (value == NULL)
		return NULL;
	if (strncasecmp(value, "Bearer ", 7) == 0)
		return value + 7 + strspn(value + 7, " ");
	return strchr(value, ' ') == NULL ? value : NULL;
}

/* Two headers of one name are joined with a comma by HTTP: whichever was meant, it is not taken. */
static bool ambiguous(const char *token)
{
	return strpbrk(token, ", \t") != NULL;
}

static void let_in(struct gate_verdict *verdict, const struct endpoint *endpoint, const char *user,
                   const char *device)
{
	verdict->endpoint = endpoint;
	snprintf(verdict->user, sizeof verdict->user, "%s", user);
	snprintf(verdict->device, sizeof verdict->device, "%s", device);
}

/* "auth": "none", for trying things out: the query names the user. */
static void decide_by_name(const struct site_endpoint *site, const struct gate_request *request,
                           struct gate_verdict *verdict)
{
	const char *user = request->query_user != NULL ? request->query_user : "";
	size_t len = strlen(user);
	if (len > GATE_ID_MAX || act_utf8_span(user, len) != len)
		refuse(verdict, &bad_request, "",
		       "?user=: expected 1 to %d bytes of UTF-8, found %zu bytes", GATE_ID_MAX,
		       len);
	else if (len == 0 && site->login == CONFIG_LOGIN_REQUIRED)
		refuse(verdict, &unauthorized, "", "this endpoint needs a login: add ?user=NAME");
	else
		let_in(verdict, site->endpoint, user, "");
}

static void decide_by_token(const struct site_endpoint *site, const struct gate_request *request,
                            const char *token, gate_authenticate *authenticate,
                            struct gate_verdict *verdict)
{
	static const char challenge[] = "WWW-Authenticate: Bearer\r\n";
	struct gate_answer answer = { .word = GATE_UNAVAILABLE };
	struct gate_question question = { token, site->endpoint->path, request->address };
	if (ambiguous(token)) {
		refuse(verdict, &unauthorized, challenge,
		       "expected one token, found more than one, or spaces in it");
		return;
	}
	authenticate(&question, &answer);
	switch (answer.word) {
	case GATE_ALLOW:
		let_in(verdict, site->endpoint, answer.user, answer.device);
		verdict->expires_at = answer.expires_at;
		return;
	case GATE_DENY:
		refuse(verdict, &unauthorized, challenge, "%s", answer.why);
		return;
	case GATE_EXPIRED:
		refuse(verdict, &token_expired, challenge, "%s", answer.why);
		return;
	case GATE_FORBID:
		refuse(verdict, &forbidden, "", "%s", answer.why);
		return;
	case GATE_UNAVAILABLE:
		refuse(verdict, &unavailable, "Retry-After: 1\r\n",
		       "the token could not be checked: %s", answer.why);
		return;
	}
}

static void decide_user(const struct site *site, const struct site_endpoint *endpoint,
                        const struct gate_request *request, gate_authenticate *authenticate,
                        struct gate_verdict *verdict)
{
	bool anonymous = endpoint->login == CONFIG_LOGIN_NONE;
	if (site->config->auth == CONFIG_AUTH_NONE) {
		if (anonymous)
			let_in(verdict, endpoint->endpoint, "", "");
		else
			decide_by_name(endpoint, request, verdict);
		return;
	}
	const char *token = bearer(request->authorization);
	if (token == NULL)
		token = request->cookie;
	if (token == NULL)
		token = request->query;
	if (token != NULL)
		decide_by_token(endpoint, request, token, authenticate, verdict);
	else if (endpoint->login == CONFIG_LOGIN_REQUIRED)
		refuse(verdict, &unauthorized, "WWW-Authenticate: Bearer\r\n",
		       "this endpoint needs a login: bring a token in a header, a cookie or the "
		       "query");
	else
		let_in(verdict, endpoint->endpoint, "", "");
	/* A bad token is refused wherever it is shown; a good one is not asked for here. */
	if (anonymous) {
		verdict->user[0] = verdict->device[0] = '\0';
		verdict->expires_at = 0;
	}
}

void gate_too_long(struct gate_verdict *verdict)
{
	*verdict = (struct gate_verdict){ .header = "" };
	refuse(verdict, &too_large, "",
	       "the path, a header or a parameter is longer than the server takes (a token: %d "
	       "bytes; all headers: %d)",
	       GATE_TOKEN_MAX - 1, GATE_HEAD_MAX);
}

size_t gate_response(const struct gate_verdict *verdict, char to[GATE_RESPONSE_MAX])
{
	int len = snprintf(to, GATE_RESPONSE_MAX,
	                   "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n"
	                   "Content-Length: %zu\r\nConnection: close\r\nCache-Control: no-store\r\n"
	                   "%s\r\n%s",
	                   verdict->http, verdict->reason, strlen(verdict->body), verdict->header,
	                   verdict->body);
	CHECK(len > 0 && len < GATE_RESPONSE_MAX);
	return (size_t)len;
}

void gate_decide(const struct site *site, const struct gate_request *request, bool full,
                 gate_authenticate *authenticate, struct gate_verdict *verdict)
{
	*verdict = (struct gate_verdict){ .header = "" };
	const struct site_endpoint *endpoint = site_find(site, request->path);
	if (request->too_long)
		gate_too_long(verdict);
	else if (endpoint == NULL)
		refuse(verdict, &not_found, "", "there is no endpoint at \"%.200s\"",
		       request->path);
	else if (!handshake_fits(request, verdict) ||
	         !protocol_fits(request, endpoint->endpoint, verdict) ||
	         !extensions_fit(request, site->config, verdict))
		return;
	else if (!origin_allowed(site->config, request->origin))
		refuse(verdict, &forbidden, "", "the origin \"%.200s\" is not allowed here",
		       request->origin);
	else if (full)
		refuse(verdict, &overloaded, "Retry-After: 5\r\n",
		       "there are %u connections, which is the limit",
		       site->config->limits.connections);
	else
		decide_user(site, endpoint, request, authenticate, verdict);
}
