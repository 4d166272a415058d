#include "say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_MAX = 2048 };

static struct {
	bool json, verbose;
} how;

void say_open(bool json, bool verbose)
{
	how.json = json;
	how.verbose = verbose;
}

bool say_json(void)
{
	return how.json;
}

bool say_verbose(void)
{
	return how.verbose;
}

void say_object(cJSON *object)
{
	char *text = cJSON_PrintUnformatted(object);
	if (text != NULL)
		puts(text);
	cJSON_free(text);
	cJSON_Delete(object);
}

/* {"failed":{"exit":3,"message":"…","next":"…"}} */
static void print_object(enum outcome outcome, const char *next, const char *message)
{
	cJSON *line = cJSON_CreateObject();
	cJSON *failed = cJSON_AddObjectToObject(line, "failed");
	cJSON_AddNumberToObject(failed, "exit", outcome);
	cJSON_AddStringToObject(failed, "message", message);
	cJSON_AddStringToObject(failed, "next", next);
	say_object(line);
}

void say_clean(char *text)
{
	for (char *at = text; *at != '\0'; at++) {
		unsigned char one = (unsigned char)*at, two = (unsigned char)at[1];
		/* 0xC2 and 0x80 to 0x9F: those that Unicode has beside ASCII's. */
		bool pair = one == 0xC2 && two >= 0x80 && two <= 0x9F;
		if (one < ' ' || one == 0x7F || pair)
			*at = '?';
		if (pair)
			*++at = '?';
	}
}

static void print_trouble(const char *next, char *message)
{
	say_clean(message);
	fprintf(stderr, "actctl: %s\nactctl: %s\n", message, next);
}

void say_trouble(const char *next, const char *format, ...)
{
	char message[MESSAGE_MAX];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	print_trouble(next, message);
}

enum outcome say_failure(enum outcome outcome, const char *next, const char *format, ...)
{
	char message[MESSAGE_MAX];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	print_trouble(next, message);
	if (how.json)
		print_object(outcome, next, message);
	return outcome;
}

void say_note(const char *format, ...)
{
	va_list args;
	if (!how.verbose)
		return;
	va_start(args, format);
	fputs("* ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

enum outcome say_flush(enum outcome outcome)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return outcome;
	/* A reader that has seen enough, as `head` does, closes the pipe: that needs no words. */
	if (errno != EPIPE)
		fprintf(stderr, "actctl: cannot write to the standard output: %s\n",
		        strerror(errno));
	return outcome != DONE ? outcome : USAGE;
}
