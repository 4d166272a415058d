#include "talk.h"

#include "base/clock.h"
#include "watch.h"

#include <string.h>

/* For the server's close, where it was asked for one. */
enum { GOODBYE_MS = 2000 };

static void gather_headers(struct talk *talk)
{
	const struct option_list *given = &talk->options->headers;
	size_t count = given->count;
	memcpy(talk->headers, given->texts, sizeof given->texts);
	if (talk->login.header != NULL)
		talk->headers[count++] = talk->login.header;
	talk->order.headers = talk->headers;
	talk->order.header_count = count;
	talk->order.bearer = talk->login.bearer;
}

enum outcome talk_begin(struct talk *talk, const struct options *options, const char *url)
{
	struct err why;
	*talk = (struct talk){
		.options = options,
		.dialect = dialect_find(options->protocol),
		.order = { .trust = { options->ca_file, options->insecure },
		           .deadline_ms = clock_ms() + (uint64_t)options->timeout_ms },
	};
	if (url_parse(url, URL_WEBSOCKET, &talk->order.url, &why) != 0)
		return say_failure(USAGE, "an address looks like ws://127.0.0.1:8080/serv/",
		                   "URL: %s", why.text);
	enum outcome outcome = login_prepare(options, &talk->order.url, &talk->login);
	if (outcome != DONE)
		return outcome;
	gather_headers(talk);
	talk->order.subprotocol = talk->dialect->subprotocol;
	return client_open(&talk->order, &talk->client);
}

void talk_end(struct talk *talk)
{
	if (talk->client != NULL)
		client_finish(talk->client, clock_ms() + GOODBYE_MS);
	client_free(talk->client);
	login_free(&talk->login);
}

static enum outcome send_message(struct talk *talk, const struct buffer *message)
{
	uint64_t deadline = clock_ms() + (uint64_t)talk->options->timeout_ms;
	watch_message('>', talk->dialect, talk->dialect->text,
	              (act_bytes){ message->at, message->len });
	if (client_send(talk->client, talk->dialect->text, message->at, message->len, deadline))
		return DONE;
	return say_failure(TIMED_OUT, "give it longer with --timeout",
	                   "the server did not take the request within %g s",
	                   (double)talk->options->timeout_ms / 1000);
}

enum outcome talk_ask(struct talk *talk, const struct ask *ask)
{
	struct buffer message = { 0 };
	enum outcome outcome;
	const char *wrong = talk->dialect->write(ask, &message);
	if (wrong == NULL && message.len > CLIENT_SEND_MAX)
		wrong = "the payload is too long";
	if (wrong != NULL)
		outcome = say_failure(USAGE, "--protocol act.v1 takes any bytes, up to 64 MiB",
		                      "%s", wrong);
	else
		outcome = send_message(talk, &message);
	buffer_free(&message);
	return outcome;
}

/* A connection-level error comes right before the close, and says more than that. */
static enum outcome last_words(const struct heard *heard)
{
	return say_failure(LOST, fault_hint(&heard->fault),
	                   "the server ends the connection: %u %s: %s", heard->fault.code,
	                   heard->fault.name, heard->fault.message);
}

enum outcome talk_hear(struct talk *talk, const struct ask *ask, uint64_t deadline_ms,
                       enum client_event *event, struct heard *heard)
{
	struct client_message message;
	const char *wrong = NULL;
	*event = client_wait(talk->client, deadline_ms, &message);
	if (*event == CLIENT_TIME_UP)
		return DONE;
	if (*event == CLIENT_CLOSED)
		return client_say_closed(talk->client);
	watch_message('<', talk->dialect, message.text, message.bytes);
	if (message.text != talk->dialect->text)
		wrong = message.text ? "expected a binary message, found text"
		                     : "expected text, found a binary message";
	else
		wrong = talk->dialect->read(message.bytes, ask, heard);
	if (wrong != NULL)
		return say_failure(LOST,
		                   "is that an action endpoint? One of mode \"raw\" speaks another "
		                   "language; -v shows what came",
		                   "that is not %s: %s", talk->dialect->name, wrong);
	return heard->kind == HEARD_ERROR ? last_words(heard) : DONE;
}
