#include "base/clock.h"
#include "command.h"
#include "file.h"
#include "option_value.h"
#include "payload.h"
#include "talk.h"

#include <stdlib.h>

/* The argument behind the code: text, @FILE or -. */
static enum outcome read_payload(const char *argument, struct buffer *payload)
{
	if (argument[0] == '@')
		return file_read(argument + 1, payload);
	if (argument[0] == '-' && argument[1] == '\0')
		return file_read(argument, payload);
	/* No argument is as long as BUFFER_MAX: the kernel takes 128 KiB. */
	(void)buffer_put_text(payload, argument);
	return DONE;
}

/* {"action":110,"by":"friend@7","data":{…}} or with "error" */
static void print_object(const struct heard *heard)
{
	cJSON *line = cJSON_CreateObject();
	cJSON_AddNumberToObject(line, "action", heard->code);
	if (heard->by[0] != '\0')
		cJSON_AddStringToObject(line, "by", heard->by);
	if (heard->failed)
		cJSON_AddItemToObject(line, "error", fault_json(&heard->fault));
	else
		payload_add(line, heard->payload);
	say_object(line);
}

static enum outcome print_answer(const struct options *options, const struct heard *heard)
{
	if (options->json)
		print_object(heard);
	if (heard->failed)
		return fault_say(&heard->fault, "the server answered");
	if (options->json)
		return DONE;
	if (heard->by[0] != '\0')
		fprintf(stderr, "actctl: answered by %s\n", heard->by);
	if (options->raw)
		fwrite(heard->payload.ptr, 1, heard->payload.len, stdout);
	else
		payload_print(stdout, heard->payload);
	return DONE;
}

/* Waits for the answer to `ask`, and prints it. */
static enum outcome await(struct talk *talk, const struct ask *ask)
{
	uint64_t deadline = clock_ms() + (uint64_t)talk->options->timeout_ms;
	for (;;) {
		enum client_event event;
		struct heard heard;
		enum outcome outcome = talk_hear(talk, ask, deadline, &event, &heard);
		if (outcome != DONE)
			return outcome;
		if (event == CLIENT_TIME_UP)
			return say_failure(TIMED_OUT,
			                   "give it longer with --timeout, or use --notify for an "
			                   "action that owes no answer",
			                   "no answer to %u within %g s", ask->code,
			                   (double)talk->options->timeout_ms / 1000);
		if (heard.kind == HEARD_ANSWER)
			return print_answer(talk->options, &heard);
	}
}

static enum outcome ask_all(struct talk *talk, struct ask *ask)
{
	enum outcome worst = DONE;
	for (uint32_t i = 1; i <= talk->options->repeat; i++) {
		ask->seq = i;
		enum outcome outcome = talk_ask(talk, ask);
		if (outcome == DONE && !ask->notify)
			outcome = await(talk, ask);
		if (outcome != DONE && outcome != REFUSED)
			return outcome;
		if (outcome == REFUSED)
			worst = outcome;
		outcome = say_flush(worst);
		if (outcome != worst)
			return outcome;
	}
	return worst;
}

/* Nothing answers a notify; but the server may have something against it, and then closes. */
static enum outcome hear_objections(struct talk *talk)
{
	enum client_event event;
	enum outcome outcome = DONE;
	struct heard heard;
	uint64_t deadline = clock_ms() + (uint64_t)talk->options->timeout_ms;
	if (!client_settle(talk->client, deadline))
		return say_failure(TIMED_OUT, "give it longer with --timeout",
		                   "the server did not read it within %g s",
		                   (double)talk->options->timeout_ms / 1000);
	while (outcome == DONE && client_has_news(talk->client))
		outcome = talk_hear(talk, NULL, deadline, &event, &heard);
	return outcome;
}

enum outcome command_call(const struct options *options)
{
	struct talk talk = { 0 };
	struct buffer payload = { 0 };
	struct ask ask = {
		.notify = options->notify,
		.deadline_ms = options->deadline_ms,
		.trace = options->trace,
		.by = options->by,
	};
	enum outcome outcome = option_value_code(options->arguments[1], &ask.code);
	if (outcome == DONE && options->argument_count > 2)
		outcome = read_payload(options->arguments[2], &payload);
	if (outcome == DONE)
		outcome = talk_begin(&talk, options, options->arguments[0]);
	if (outcome == DONE) {
		ask.payload = (act_bytes){ payload.at, payload.len };
		outcome = ask_all(&talk, &ask);
	}
	if (outcome == DONE && options->notify)
		outcome = hear_objections(&talk);
	talk_end(&talk);
	buffer_free(&payload);
	return outcome;
}
