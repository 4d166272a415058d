#include "option_value.h"

#include "dialect.h"
#include "net/actv1.h"
#include "options.h"

#include <act/easy.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A whole number from 1 to UINT32_MAX. */
static bool read_whole(const char *text, int base, uint32_t *out)
{
	char *end;
	errno = 0;
	/* strtoul() takes signs and blanks that nobody means here. */
	if (text[0] < '0' || text[0] > '9')
		return false;
	unsigned long number = strtoul(text, &end, base);
	if (errno != 0 || *end != '\0' || number < 1 || number > UINT32_MAX)
		return false;
	*out = (uint32_t)number;
	return true;
}

static bool read_seconds(const char *text, int64_t *ms)
{
	char *end;
	if (strspn(text, "0123456789.") != strlen(text))
		return false;
	double seconds = strtod(text, &end);
	if (end == text || *end != '\0' || !(seconds >= 0.001 && seconds <= OPTION_SECONDS_MAX))
		return false;
	*ms = (int64_t)llround(seconds * 1000);
	return true;
}

/* A header that goes out as it is must not end early and begin another one. */
static bool good_header(const char *text)
{
	size_t name = strcspn(text, ": \t");
	if (name == 0 || text[name] != ':')
		return false;
	for (const char *at = text; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return false;
	return true;
}

static bool add(struct option_list *list, const char *text)
{
	if (list->count == OPTIONS_LIST_MAX)
		return false;
	list->texts[list->count++] = text;
	return true;
}

static bool good_trace(const char *text)
{
	size_t len = strlen(text);
	return len >= 1 && len <= ACTV1_TRACE_MAX && act_utf8_span(text, len) == len;
}

static enum outcome refuse(const char *name, const char *expected, const char *text)
{
	return say_failure(USAGE, "actctl COMMAND --help lists the options",
	                   "--%s: expected %s, "
	                   "found \"%s\"",
	                   name, expected, text);
}

enum outcome option_value_read(enum option_kind kind, const char *name, const char *text, void *to)
{
	switch (kind) {
	case KIND_FLAG:
		*(bool *)to = true;
		return DONE;
	case KIND_TEXT:
		*(const char **)to = text;
		return text[0] != '\0' ? DONE : refuse(name, "a text that is not empty", text);
	case KIND_HEADER:
		if (!good_header(text))
			return refuse(name, "'Name: value'", text);
		/* fall through */
	case KIND_LIST:
		return add(to, text) ? DONE : refuse(name, "it at most 32 times", text);
	case KIND_NUMBER:
		return read_whole(text, 10, to)
		               ? DONE
		               : refuse(name, "a whole number from 1 to 4294967295", text);
	case KIND_SECONDS:
		return read_seconds(text, to) ? DONE
		                              : refuse(name, "seconds from 0.001 to 2592000", text);
	case KIND_TRACE:
		*(const char **)to = text;
		return good_trace(text) ? DONE : refuse(name, "1 to 64 bytes of UTF-8", text);
	case KIND_PROTOCOL:
		*(const char **)to = text;
		return dialect_find(text) != NULL
		               ? DONE
		               : refuse(name, "base, act.v1 or act.json.v1", text);
	}
	return USAGE;
}

enum outcome option_value_code(const char *text, uint32_t *code)
{
	bool hex = strncmp(text, "0x", 2) == 0 || strncmp(text, "0X", 2) == 0;
	if (read_whole(text, hex ? 16 : 10, code))
		return DONE;
	return say_failure(USAGE, "see actctl call --help, and \"actions\" in the server's config",
	                   "CODE: expected a number from 1 to 4294967295, or in hex as 0x6e, found "
	                   "\"%s\"",
	                   text);
}
