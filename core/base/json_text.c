#include "base/json_text.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

/* The offset behind the string that begins at `at`, or the end where it is not ended: the scan will
 * say so. A line end also ends it, so that a forgotten quote does not swallow the next comments. */
static size_t string_end(const char *text, size_t len, size_t at)
{
	for (at++; at < len && text[at] != '"' && text[at] != '\n'; at++) {
		if (text[at] == '\\' && at + 1 < len)
			at++;
	}
	return at < len ? at + 1 : len;
}

/* The offset behind the comment that begins at `at`, or 0 where it is not ended. */
static size_t comment_end(const char *text, size_t len, size_t at)
{
	const char *end;
	if (text[at + 1] == '/') {
		end = memchr(text + at, '\n', len - at);
		return end != NULL ? (size_t)(end - text) : len;
	}
	end = memmem(text + at + 2, len - at - 2, "*/", 2);
	return end != NULL ? (size_t)(end - text) + 2 : 0;
}

int json_text_blank(char *text, size_t len, struct json_fault *fault)
{
	size_t at = 0;
	if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
		memset(text, ' ', 3);
	while (at < len) {
		if (text[at] == '"') {
			at = string_end(text, len, at);
			continue;
		}
		if (text[at] != '/' || at + 1 == len ||
		    (text[at + 1] != '/' && text[at + 1] != '*')) {
			at++;
			continue;
		}
		size_t end = comment_end(text, len, at);
		if (end == 0) {
			fault->offset = at;
			snprintf(fault->text, sizeof fault->text,
			         "expected */ behind this comment, found the end of the text");
			return -1;
		}
		for (; at < end; at++) {
			if (text[at] != '\n' && text[at] != '\r')
				text[at] = ' ';
		}
	}
	return 0;
}

void json_text_position(const char *text, size_t len, size_t offset, int *line, int *column)
{
	size_t begin = 0;
	CHECK(offset <= len);
	*line = 1;
	for (size_t i = 0; i < offset; i++) {
		if (text[i] == '\n') {
			++*line;
			begin = i + 1;
		}
	}
	*column = (int)(offset - begin) + 1;
}

static size_t character_len(unsigned char first)
{
	return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

size_t json_text_escape(char *to, size_t room, const char *from, size_t len)
{
	size_t n = 0;
	for (size_t i = 0, taken; i < len; i += taken) {
		unsigned char c = (unsigned char)from[i];
		char escape[8];
		const char *what = from + i;
		size_t put = taken = character_len(c);
		if (c < 0x20) {
			put = (size_t)snprintf(escape, sizeof escape, "\\u%04x", c);
			what = escape;
		} else if (c == '"' || c == '\\') {
			escape[0] = '\\';
			escape[1] = (char)c;
			put = 2;
			what = escape;
		}
		if (put > room - n)
			break;
		for (size_t k = 0; k < put; k++)
			to[n++] = what[k];
	}
	return n;
}
