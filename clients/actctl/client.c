#include "client.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "client_private.h"

#include <stdlib.h>
#include <string.h>

/* ---- the upgrade ---- */

static int add_header(struct lws *wsi, const char *name, const char *value, uint8_t **at,
                      uint8_t *end)
{
	return lws_add_http_header_by_name(wsi, (const unsigned char *)name,
	                                   (const unsigned char *)value, (int)strlen(value), at,
	                                   end);
}

/* `text` is "Name: value". */
static int add_line(struct lws *wsi, const char *text, uint8_t **at, uint8_t *end)
{
	char name[256];
	size_t colon = strcspn(text, ":");
	snprintf(name, sizeof name, "%.*s:", (int)colon, text);
	const char *value = text + colon + 1;
	return add_header(wsi, name, value + strspn(value, " "), at, end);
}

static int add_headers(struct client *client, struct lws *wsi, uint8_t **at, size_t room)
{
	const struct client_order *order = client->order;
	uint8_t *end = *at + room;
	if (order->bearer != NULL) {
		char *value = mem_format("Bearer %s", order->bearer);
		int rc = add_header(wsi, "authorization:", value, at, end);
		free(value);
		if (rc != 0)
			return -1;
	}
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

static void free_queued(struct client_queued *message)
{
	if (message == NULL)
		return;
	buffer_free(&message->bytes);
	free(message);
}

static int take_part(struct client *client, struct lws *wsi, const void *bytes, size_t len)
{
	if (lws_is_first_fragment(wsi)) {
		free_queued(client->arriving);
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

static const struct lws_protocols protocols[] = {
	{ .name = "actctl", .callback = on_event },
	{ .name = NULL },
};

/* ---- life ---- */

/* Tries one address. DONE with the state OPEN; or GONE, or the time is up. */
static void try_address(struct client *client, const char *address)
{
	struct lws_client_connect_info info;
	client->state = CLIENT_CONNECTING;
	wire_connect_info(&client->wire, &client->order->url, address, &client->order->trust,
	                  &info);
	info.protocol = client->order->subprotocol;
	info.local_protocol_name = protocols[0].name;
	info.pwsi = &client->wsi;
	if (lws_client_connect_via_info(&info) == NULL)
		client->state = CLIENT_GONE;
	while (client->state == CLIENT_CONNECTING &&
	       wire_turn(&client->wire, client->order->deadline_ms))
		continue;
}

static enum outcome connect_somewhere(struct client *client)
{
	struct lookup lookup;
	char where[URL_HOST_MAX + 16];
	const struct url *url = &client->order->url;
	enum outcome outcome = lookup_host(url, client->order->deadline_ms, &lookup);
	if (outcome != DONE)
		return outcome;
	url_where(url, where, sizeof where);
	for (size_t i = 0; i < lookup.count; i++) {
		try_address(client, lookup.addresses[i]);
		if (client->state == CLIENT_OPEN) {
			const char *spoken_here = client->order->subprotocol;
			say_note("connected to %s, speaking %s", where,
			         spoken_here != NULL ? spoken_here : "the base protocol");
			return DONE;
		}
		if (client->state == CLIENT_CONNECTING)
			return say_failure(TIMED_OUT,
			                   "give it longer with --timeout, or look "
			                   "whether the server is busy or stopped",
			                   "%s did not answer the upgrade in time", where);
		if (client->http_status != 0 || client->not_spoken)
			return client_say_refusal(client);
	}
	return client_say_unreached(client, lookup.addresses[lookup.count - 1]);
}

enum outcome client_open(const struct client_order *order, struct client **out)
{
	struct client *client = mem_new(1, sizeof *client);
	client->order = order;
	client->last = &client->first;
	*out = NULL;
	enum outcome outcome =
		wire_open(&client->wire, protocols, client, &order->url, &order->trust);
	if (outcome == DONE)
		outcome = connect_somewhere(client);
	if (outcome != DONE) {
		client_free(client);
		return outcome;
	}
	*out = client;
	return DONE;
}

bool client_send(struct client *client, bool text, const void *bytes, size_t len)
{
	static const uint8_t before[LWS_PRE];
	if (client->state != CLIENT_OPEN)
		return false;
	buffer_clear(&client->out);
	if (buffer_put(&client->out, before, sizeof before) != 0 ||
	    buffer_put(&client->out, bytes, len) != 0)
		return false;
	client->out_text = text;
	lws_callback_on_writable(client->wsi);
	/* What is sent while the server does not read waits for as long as a dead one is given. */
	uint64_t deadline = clock_ms() + 60000;
	while (client->state == CLIENT_OPEN && client->out.len != 0)
		if (!wire_turn(&client->wire, deadline))
			return false;
	return client->state == CLIENT_OPEN;
}

enum client_event client_wait(struct client *client, uint64_t deadline_ms,
                              struct client_message *message)
{
	free_queued(client->given);
	client->given = NULL;
	while (client->first == NULL && client->state != CLIENT_GONE)
		if (!wire_turn(&client->wire, deadline_ms))
			return CLIENT_TIME_UP;
	if (client->first == NULL)
		return CLIENT_CLOSED;
	client->given = client->first;
	client->first = client->given->next;
	if (client->first == NULL)
		client->last = &client->first;
	message->text = client->given->text;
	message->bytes.ptr = client->given->bytes.at;
	message->bytes.len = client->given->bytes.len;
	return CLIENT_MESSAGE;
}

bool client_settle(struct client *client, uint64_t deadline_ms)
{
	if (client->state != CLIENT_OPEN)
		return true;
	client->ponged = false;
	client->ping_wanted = true;
	lws_callback_on_writable(client->wsi);
	while (client->state == CLIENT_OPEN && !client->ponged)
		if (!wire_turn(&client->wire, deadline_ms))
			return false;
	return true;
}

bool client_has_news(const struct client *client)
{
	return client->first != NULL || client->state == CLIENT_GONE;
}

void client_finish(struct client *client, uint64_t deadline_ms)
{
	if (client->state != CLIENT_OPEN)
		return;
	client->state = CLIENT_CLOSING;
	lws_callback_on_writable(client->wsi);
	while (client->state != CLIENT_GONE && wire_turn(&client->wire, deadline_ms))
		continue;
}

void client_free(struct client *client)
{
	if (client == NULL)
		return;
	wire_close(&client->wire);
	while (client->first != NULL) {
		struct client_queued *next = client->first->next;
		free_queued(client->first);
		client->first = next;
	}
	free_queued(client->arriving);
	free_queued(client->given);
	buffer_free(&client->out);
	buffer_free(&client->http_body);
	free(client);
}
