#include "base/clock.h"
#include "command.h"
#include "payload.h"
#include "talk.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static void heed_signals(void)
{
	struct sigaction action = { .sa_handler = stop };
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static void print_push(const struct heard *heard)
{
	if (say_json()) {
		cJSON *line = cJSON_CreateObject();
		cJSON_AddNumberToObject(line, "push", heard->code);
		payload_add(line, heard->payload);
		say_object(line);
		return;
	}
	printf("%u ", heard->code);
	payload_print_line(stdout, heard->payload);
	putchar('\n');
}

static void print_expiry(const struct heard *heard)
{
	if (say_json()) {
		cJSON *line = cJSON_CreateObject();
		cJSON_AddStringToObject(line, "ctrl", "auth");
		cJSON_AddNumberToObject(line, "expires_in_s", (double)heard->expires_in_s);
		say_object(line);
		return;
	}
	printf("auth: the login expires in %" PRId64 " s\n", heard->expires_in_s);
}

/* How long it goes on, and how far it is. */
struct course {
	uint64_t end_ms; /* UINT64_MAX: for ever */
	uint32_t count;  /* of pushes so far */
};

static bool is_over(const struct options *options, const struct course *course)
{
	return stopped || (options->count != 0 && course->count >= options->count) ||
	       clock_ms() >= course->end_ms;
}

static enum outcome hear_one(struct talk *talk, struct course *course)
{
	/* A signal that comes right before the wait does not end it: so no wait is long. */
	enum { SLICE_MS = 500 };
	uint64_t until = clock_ms() + SLICE_MS;
	enum client_event event;
	struct heard heard;
	enum outcome outcome = talk_hear(
		talk, NULL, until < course->end_ms ? until : course->end_ms, &event, &heard);
	if (outcome != DONE || event != CLIENT_MESSAGE)
		return outcome;
	if (heard.kind == HEARD_PUSH) {
		print_push(&heard);
		course->count++;
	} else if (heard.kind == HEARD_AUTH && heard.expires_in_s >= 0) {
		print_expiry(&heard);
	}
	return say_flush(DONE);
}

enum outcome command_listen(const struct options *options)
{
	struct talk talk = { 0 };
	struct course course = { .end_ms = UINT64_MAX };
	enum outcome outcome = talk_begin(&talk, options, options->arguments[0]);
	if (outcome == DONE)
		heed_signals();
	if (options->listen_ms != 0)
		course.end_ms = clock_ms() + (uint64_t)options->listen_ms;
	while (outcome == DONE && !is_over(options, &course))
		outcome = hear_one(&talk, &course);
	if (outcome == DONE && !stopped && course.count < options->count)
		outcome = say_failure(TIMED_OUT, "listen for longer with --seconds",
		                      "%u of %u pushes came within %g s", course.count,
		                      options->count, (double)options->listen_ms / 1000);
	talk_end(&talk);
	return outcome;
}
