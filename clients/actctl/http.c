#include "http.h"

#include "lookup.h"

#include <string.h>

struct http {
	const struct http_order *order;
	struct http_answer *answer;
	struct wire wire;
	bool complete;
	bool too_long;
	bool gone;
	char trouble[256]; /* libwebsockets' words */
};

static int add_headers(const struct http_order *order, struct lws *wsi, uint8_t **at, size_t room)
{
	uint8_t *end = *at + room;
	int rc = 0;
	if (order->bearer != NULL)
		rc = wire_add_bearer(wsi, order->bearer, at, end);
	if (rc == 0 && strcmp(order->method, "POST") == 0)
		rc = wire_add_header(wsi, "content-length:", "0", at, end);
	return rc;
}

/* Has libwebsockets hand out what it has, in RECEIVE_CLIENT_HTTP_READ. */
static int read_some(struct lws *wsi)
{
	char chunk[LWS_PRE + 8192], *at = chunk + LWS_PRE;
	int len = sizeof chunk - LWS_PRE;
	return lws_http_client_read(wsi, &at, &len) < 0 ? -1 : 0;
}

static int take(struct http *http, const void *bytes, size_t len)
{
	if (buffer_put(&http->answer->body, bytes, len) == 0)
		return 0;
	http->too_long = true;
	return -1;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
	struct http *http = lws_context_user(lws_get_context(wsi));
	(void)user;
	switch (reason) {
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		return add_headers(http->order, wsi, (uint8_t **)in, len);
	case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
		http->answer->status = lws_http_client_http_response(wsi);
		return 0;
	case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
		return read_some(wsi);
	case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
		return take(http, in, len);
	case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
		http->complete = true;
		return -1;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		snprintf(http->trouble, sizeof http->trouble, "%.*s", (int)len,
		         in != NULL ? (const char *)in : "");
		http->gone = true;
		return 0;
	case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
		http->gone = true;
		return 0;
	default:
		return 0;
	}
}

static const struct lws_protocols protocols[] = {
	{ .name = "actctl", .callback = on_event },
	{ .name = NULL },
};

static void try_address(struct http *http, const char *address)
{
	struct lws_client_connect_info info;
	http->gone = false;
	wire_connect_info(&http->wire, &http->order->url, address, &http->order->trust, &info);
	info.method = http->order->method;
	info.protocol = protocols[0].name;
	if (lws_client_connect_via_info(&info) == NULL)
		http->gone = true;
	while (!http->gone && !http->complete && wire_turn(&http->wire, http->order->deadline_ms))
		continue;
}

static enum outcome say_none(const struct http *http, const char *hint, const char *address)
{
	const struct url *url = &http->order->url;
	char where[URL_HOST_MAX + 16];
	url_where(url, where, sizeof where);
	if (http->too_long)
		return say_failure(LOST, "is that an actd?", "%s answered with more than %zu bytes",
		                   where, BUFFER_MAX);
	if (!http->gone)
		return say_failure(TIMED_OUT, "give it longer with --timeout",
		                   "%s did not answer in time", where);
	if (http->answer->status != 0)
		return say_failure(LOST, "ask again", "%s broke off its answer", where);
	const char *why = lookup_why(url, address);
	return say_failure(UNREACHED, hint, "could not connect to %s: %s", where,
	                   why != NULL ? why : http->trouble);
}

static enum outcome ask_somewhere(struct http *http, const char *hint)
{
	struct lookup lookup;
	enum outcome outcome = lookup_host(&http->order->url, http->order->deadline_ms, &lookup);
	if (outcome != DONE)
		return outcome;
	size_t i = 0;
	do {
		try_address(http, lookup.addresses[i]);
	} while (http->gone && http->answer->status == 0 && ++i < lookup.count);
	if (http->complete)
		return DONE;
	return say_none(http, hint, lookup.addresses[i < lookup.count ? i : i - 1]);
}

enum outcome http_ask(const struct http_order *order, const char *hint, struct http_answer *answer)
{
	struct http http = { .order = order, .answer = answer };
	*answer = (struct http_answer){ 0 };
	enum outcome outcome = wire_open(&http.wire, protocols, &http, &order->url, &order->trust);
	if (outcome == DONE)
		outcome = ask_somewhere(&http, hint);
	wire_close(&http.wire);
	if (outcome == DONE)
		say_note("%s %s: HTTP %u, %zu bytes", order->method, order->url.path,
		         answer->status, answer->body.len);
	return outcome;
}
