/* client_event: what libwebsockets tells about the connection, and what it is given to send. */
#include "base/check.h"
#include "base/mem.h"
#include "client_private.h"

#include <string.h>

/* ---- the upgrade ---- */

/* `text` is "Name: value". */
static int add_line(struct lws *wsi, const char *text, uint8_t **at, uint8_t *end)
{
	char name[256];
	size_t colon = strcspn(text, ":");
	snprintf(name, sizeof name, "%.*s:", (int)colon, text);
	const char *value = text + colon + 1;
	return wire_add_header(wsi, name, value + strspn(value, " "), at, end);
}

static int add_headers(struct client *client, struct lws *wsi, uint8_t **at, size_t room)
{
	const struct client_order *order = client->order;
	uint8_t *end = *at + room;
	if (order->bearer != NULL && wire_add_bearer(wsi, order->bearer, at, end) != 0)
		return -1;
	for (size_t i = 0; i < order->header_count; i++)
		if (add_line(wsi, order->headers[i], at, end) != 0)
			return -1;
	return 0;
}

/* A server that takes no subprotocol may still upgrade, and would then be misunderstood. */
static bool spoken(const struct client *client, struct lws *wsi)
{
	char chosen[64];
	const char *wanted = client->order->subprotocol;
	int len = lws_hdr_copy(wsi, chosen, sizeof chosen, WSI_TOKEN_PROTOCOL);
	return wanted == NULL || (len > 0 && strcmp(chosen, wanted) == 0);
}

/* ---- messages ---- */

static int take_part(struct client *client, struct lws *wsi, const void *bytes, size_t len)
{
	if (lws_is_first_fragment(wsi)) {
		client_free_queued(client->arriving);
		client->arriving = mem_new(1, sizeof *client->arriving);
		client->arriving->text = lws_frame_is_binary(wsi) == 0;
	}
	if (client->arriving == NULL)
		return -1;
	if (buffer_put(&client->arriving->bytes, bytes, len) != 0) {
		client->too_long = true;
		return -1;
	}
	if (!lws_is_final_fragment(wsi))
		return 0;
	*client->last = client->arriving;
	client->last = &client->arriving->next;
	client->arriving = NULL;
	return 0;
}

static int write_ping(struct client *client, struct lws *wsi)
{
	uint8_t bytes[LWS_PRE];
	client->ping_wanted = false;
	return lws_write(wsi, bytes + LWS_PRE, 0, LWS_WRITE_PING) < 0 ? -1 : 0;
}

static int write_out(struct client *client, struct lws *wsi)
{
	size_t len = client->out.len;
	if (client->state == CLIENT_CLOSING) {
		lws_close_reason(wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
		return -1;
	}
	if (len == 0)
		return client->ping_wanted ? write_ping(client, wsi) : 0;
	CHECK(len >= LWS_PRE);
	int n = lws_write(wsi, client->out.at + LWS_PRE, len - LWS_PRE,
	                  client->out_text ? LWS_WRITE_TEXT : LWS_WRITE_BINARY);
	buffer_clear(&client->out);
	return n < (int)(len - LWS_PRE) ? -1 : 0;
}

static void note_close(struct client *client, const uint8_t *bytes, size_t len)
{
	client->close_code = 1005; /* none was sent: RFC 6455, section 7.1.5 */
	if (len < 2)
		return;
	client->close_code = (uint16_t)(bytes[0] << 8 | bytes[1]);
	snprintf(client->close_reason, sizeof client->close_reason, "%.*s", (int)len - 2,
	         (const char *)bytes + 2);
}

/* ---- what libwebsockets tells ---- */

static int upgrading(struct client *client, struct lws *wsi, enum lws_callback_reasons reason,
                     void *in, size_t len)
{
	switch (reason) {
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		return add_headers(client, wsi, (uint8_t **)in, len);
	case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
		client_read_refusal(client, wsi);
		return client->http_status != 0 ? -1 : 0;
	case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
		return client_take_refusal(client, in, len);
	case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
		client->http_done = true;
		return -1;
	case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
		client->not_spoken = !spoken(client, wsi);
		return client->not_spoken ? -1 : 0;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		snprintf(client->trouble, sizeof client->trouble, "%.*s", (int)len,
		         in != NULL ? (const char *)in : "");
		client->state = CLIENT_GONE;
		return 0;
	default:
		return 0;
	}
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
	struct client *client = lws_context_user(lws_get_context(wsi));
	(void)user;
	switch (reason) {
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		client->state = CLIENT_OPEN;
		return 0;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		return take_part(client, wsi, in, len);
	case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
		client->ponged = true;
		return 0;
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return write_out(client, wsi);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		note_close(client, in, len);
		return 0;
	case LWS_CALLBACK_CLIENT_CLOSED:
		client->state = CLIENT_GONE;
		return 0;
	default:
		return upgrading(client, wsi, reason, in, len);
	}
}

const struct lws_protocols client_protocols[] = {
	{ .name = "actctl", .callback = on_event },
	{ .name = NULL },
};
