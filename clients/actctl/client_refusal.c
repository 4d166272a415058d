/* client_refusal: an upgrade that was not answered with 101, and a connection that is not there or
 * no longer: what the server said about it, and what to do. */
#include "base/clock.h"
#include "client_private.h"
#include "fault.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* The body of a refusal is a sentence or a short page; more is not waited for. */
enum { BODY_MAX = 65536, BODY_MS = 2000 };

/* ---- reading ---- */

static size_t content_length(struct lws *wsi)
{
	char text[24];
	if (lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0)
		return SIZE_MAX;
	return (size_t)strtoull(text, NULL, 10);
}

/* Waits for more of the body; false when the time is up. */
static bool more(struct lws *wsi, uint64_t deadline_ms)
{
	uint64_t now = clock_ms();
	struct pollfd wait = { .fd = lws_get_socket_fd(wsi), .events = POLLIN };
	return now < deadline_ms && poll(&wait, 1, (int)(deadline_ms - now)) == 1;
}

void client_read_refusal(struct client *client, struct lws *wsi)
{
	uint64_t deadline = clock_ms() + BODY_MS;
	unsigned status = lws_http_client_http_response(wsi);
	int idle = 0;
	if (status == 101)
		return;
	client->http_status = status != 0 ? status : 999;
	client->http_length = content_length(wsi);
	client->http_done = client->http_length == 0;
	/* The end of the stream reads as nothing at all, time and again. */
	while (!client->http_done && idle < 2) {
		char chunk[LWS_PRE + 2048], *at = chunk + LWS_PRE;
		int len = sizeof chunk - LWS_PRE;
		size_t before = client->http_body.len;
		if (lws_http_client_read(wsi, &at, &len) != 0)
			break;
		if (client->http_body.len != before)
			idle = 0;
		else if (idle++ == 0 && !more(wsi, deadline))
			break;
	}
}

int client_take_refusal(struct client *client, const void *bytes, size_t len)
{
	if (client->http_body.len + len > BODY_MAX ||
	    buffer_put(&client->http_body, bytes, len) != 0)
		return -1;
	client->http_done = client->http_body.len >= client->http_length;
	return client->http_done ? -1 : 0;
}

/* ---- saying ---- */

static const char *hint(unsigned status, const char *name)
{
	if (strcmp(name, "token_expired") == 0)
		return "make a new one: --user NAME does, or actctl token NAME";
	switch (status) {
	case 400:
		return "the base protocol (--protocol base) is spoken by every action endpoint";
	case 401:
		return "log in with --user NAME, --token TOKEN or --token-file FILE";
	case 403:
		return "use a token for this server (\"issuer\", \"audience\"), or an allowed "
		       "Origin";
	case 404:
		return "use a path that the server's config has under \"endpoints\"";
	case 429:
	case 503:
		return "try again later; actctl status tells how the server is";
	default:
		return "is that an actd, and the path one of its \"endpoints\"? The server's log "
		       "may say more";
	}
}

enum outcome client_say_refusal(const struct client *client)
{
	struct fault fault = { .message = "" };
	char where[URL_HOST_MAX + 16];
	url_where(&client->order->url, where, sizeof where);
	if (client->not_spoken)
		return say_failure(UNREACHED,
		                   "use --protocol base, which every action endpoint speaks",
		                   "%s does not speak %s", where, client->order->subprotocol);
	const char *body = (const char *)client->http_body.at;
	if (!fault_of_body(body, client->http_body.len, &fault))
		return say_failure(UNREACHED, hint(client->http_status, ""),
		                   "%s refused the upgrade with HTTP %u", where,
		                   client->http_status);
	return say_failure(UNREACHED, hint(client->http_status, fault.name),
	                   "%s refused the upgrade with HTTP %u %s: %s", where, client->http_status,
	                   fault.name, fault.message);
}

/* Words of libwebsockets' own are worth repeating only where the connection itself was there. */
enum outcome client_say_unreached(const struct client *client, const char *address)
{
	const struct url *url = &client->order->url;
	const char *why = lookup_why(url, address);
	char where[URL_HOST_MAX + 16];
	url_where(url, where, sizeof where);
	if (why != NULL)
		return say_failure(UNREACHED,
		                   "is actd running there? Its log says where it is "
		                   "listening; the config's key is \"listen\"",
		                   "could not connect to %s: %s", where, why);
	return say_failure(UNREACHED,
	                   url->tls ? "is that a TLS server with a certificate for this name? --ca "
	                              "FILE trusts another issuer"
	                            : "is that an actd? The server's log may say more",
	                   "no WebSocket at %s: %s", where, client->trouble);
}

/* 1012 to 1014 became numbers after libwebsockets 4.1, which reports them as 1002; the server's
 * reason for 1012 tells it all the same. */
static const char *close_hint(const struct client *client)
{
	if (client->too_long)
		return "no answer of actd is as long as that";
	if (strncmp(client->close_reason, "retry=", 6) == 0)
		return "the server is ending; connect again when it is back";
	switch (client->close_code) {
	case 0:
		return "the server ended, or the way to it broke; actctl status tells whether it "
		       "runs";
	case 1002:
	case 1003:
	case 1007:
		return "the endpoint speaks another protocol: try --protocol, or a path of mode "
		       "\"action\"";
	case 1009:
		return "send less, or raise \"limits.message_bytes\" of the server's config";
	case 4401:
		return "the token expired: connect with a new one";
	case 4408:
		return "this end reads too slowly for what the server pushes";
	default:
		return "the server's log may say more";
	}
}

enum outcome client_say_closed(const struct client *client)
{
	if (client->too_long)
		return say_failure(LOST, close_hint(client),
		                   "a message of more than %zu bytes came; it was not taken",
		                   BUFFER_MAX);
	if (client->close_code == 0)
		return say_failure(LOST, close_hint(client),
		                   "the connection broke without a close");
	if (client->close_reason[0] != '\0')
		return say_failure(LOST, close_hint(client), "the server closed with %u: %s",
		                   client->close_code, client->close_reason);
	return say_failure(LOST, close_hint(client), "the server closed with %u",
	                   client->close_code);
}
