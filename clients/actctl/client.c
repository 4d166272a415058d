#include "client.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "client_private.h"

#include <stdlib.h>

void client_free_queued(struct client_queued *message)
{
	if (message == NULL)
		return;
	buffer_free(&message->bytes);
	free(message);
}

/* Tries one address: then the state is OPEN or GONE, or still CONNECTING when the time is up. */
static void try_address(struct client *client, const char *address)
{
	struct lws_client_connect_info info;
	client->state = CLIENT_CONNECTING;
	wire_connect_info(&client->wire, &client->order->url, address, &client->order->trust,
	                  &info);
	info.protocol = client->order->subprotocol;
	info.local_protocol_name = client_protocols[0].name;
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
		wire_open(&client->wire, client_protocols, client, &order->url, &order->trust);
	if (outcome == DONE)
		outcome = connect_somewhere(client);
	if (outcome != DONE) {
		client_free(client);
		return outcome;
	}
	*out = client;
	return DONE;
}

bool client_send(struct client *client, bool text, const void *bytes, size_t len,
                 uint64_t deadline_ms)
{
	static const uint8_t before[LWS_PRE];
	buffer_clear(&client->out);
	if (client->state != CLIENT_OPEN)
		return true;
	CHECK(len <= CLIENT_SEND_MAX);
	(void)buffer_put(&client->out, before, sizeof before);
	(void)buffer_put(&client->out, bytes, len);
	client->out_text = text;
	lws_callback_on_writable(client->wsi);
	while (client->state == CLIENT_OPEN && client->out.len != 0)
		if (!wire_turn(&client->wire, deadline_ms))
			return false;
	return true;
}

enum client_event client_wait(struct client *client, uint64_t deadline_ms,
                              struct client_message *message)
{
	client_free_queued(client->given);
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
		client_free_queued(client->first);
		client->first = next;
	}
	client_free_queued(client->arriving);
	client_free_queued(client->given);
	buffer_free(&client->out);
	buffer_free(&client->http_body);
	free(client);
}
