#include "base/json_scan.h"

#include "base/mem.h"

#include <act/easy.h>

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* cJSON copies a number into an array of 64 bytes and silently drops what is beyond it. */
#define NUMBER_BYTES_MAX 60

struct scan {
	const char *text;
	size_t len;
	size_t at;
	int depth;
	struct json_places *places; /* or NULL */
	struct json_fault *fault;
};

static int scan_value(struct scan *s);

static void record(struct scan *s, size_t offset)
{
	struct json_places *p = s->places;
	if (p == NULL)
		return;
	if (p->count == p->room) {
		p->room = p->room == 0 ? 64 : p->room * 2;
		p->offset = mem_grow(p->offset, p->room, sizeof *p->offset);
	}
	p->offset[p->count++] = offset;
}

void json_places_free(struct json_places *places)
{
	free(places->offset);
	*places = (struct json_places){ 0 };
}

/* ---- faults -------------------------------------------------------------------------------- */

/* What stands at `at`, in words: a character, a whole word, a byte that cannot be printed. */
static void describe(const struct scan *s, size_t at, char *out, size_t size)
{
	const char *text = s->text + at;
	size_t n = 0;
	if (at >= s->len) {
		snprintf(out, size, "the end of the text");
		return;
	}
	while (at + n < s->len && n < 24 &&
	       ((text[n] >= 'a' && text[n] <= 'z') || (text[n] >= 'A' && text[n] <= 'Z')))
		n++;
	if (n > 1) {
		snprintf(out, size, "the word %.*s", (int)n, text);
		return;
	}
	for (n = 1; at + n < s->len && n < 4 && ((uint8_t)text[n] & 0xC0) == 0x80;)
		n++; /* the rest of one character */
	if ((uint8_t)text[0] < ' ' || text[0] == 0x7F || act_utf8_span(text, n) < n)
		snprintf(out, size, "the byte 0x%02X", (uint8_t)text[0]);
	else
		snprintf(out, size, "'%.*s'", (int)n, text);
}

static int fail(struct scan *s, size_t at, const char *expected)
{
	char found[48];
	describe(s, at, found, sizeof found);
	s->fault->offset = at < s->len ? at : s->len;
	snprintf(s->fault->text, sizeof s->fault->text, "expected %s, found %s", expected, found);
	return -1;
}

/* The same where what was found needs words of its own. */
static int fail_found(struct scan *s, size_t at, const char *expected, const char *found)
{
	s->fault->offset = at;
	snprintf(s->fault->text, sizeof s->fault->text, "expected %s, found %s", expected, found);
	return -1;
}

/* ---- the grammar --------------------------------------------------------------------------- */

static int peek(const struct scan *s)
{
	return s->at < s->len ? (uint8_t)s->text[s->at] : -1;
}

static void skip_space(struct scan *s)
{
	int c = peek(s);
	while (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
		s->at++;
		c = peek(s);
	}
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static int scan_digits(struct scan *s)
{
	if (!is_digit(peek(s)))
		return fail(s, s->at, "a digit");
	while (is_digit(peek(s)))
		s->at++;
	return 0;
}

static int scan_number(struct scan *s)
{
	size_t begin = s->at;
	char copy[NUMBER_BYTES_MAX + 1];
	if (peek(s) == '-')
		s->at++;
	if (peek(s) == '0') {
		s->at++;
		if (is_digit(peek(s)))
			return fail_found(s, begin, "a number without leading zeros", "one");
	} else if (scan_digits(s) != 0) {
		return -1;
	}
	if (peek(s) == '.') {
		s->at++;
		if (scan_digits(s) != 0)
			return -1;
	}
	if (peek(s) == 'e' || peek(s) == 'E') {
		s->at++;
		if (peek(s) == '+' || peek(s) == '-')
			s->at++;
		if (scan_digits(s) != 0)
			return -1;
	}
	if (s->at - begin > NUMBER_BYTES_MAX)
		return fail_found(s, begin, "a number of at most 60 characters", "a longer one");
	memcpy(copy, s->text + begin, s->at - begin);
	copy[s->at - begin] = '\0';
	if (!isfinite(strtod(copy, NULL)))
		return fail_found(s, begin, "a number that fits a double", "a larger one");
	return 0;
}

/* The four hex digits behind \u, as a number; or -1. */
static int scan_hex(struct scan *s)
{
	int value = 0;
	for (int i = 0; i < 4; i++, s->at++) {
		int c = peek(s);
		int lower = c | 0x20;
		if (is_digit(c))
			value = value * 16 + (c - '0');
		else if (c >= 0 && lower >= 'a' && lower <= 'f')
			value = value * 16 + (lower - 'a' + 10);
		else
			return fail(s, s->at, "four hex digits behind \\u");
	}
	return value;
}

/* What follows a backslash. Characters beyond U+FFFF are written as two escapes, high half first
 * (RFC 8259, section 7); half of one would not be a character. */
static int scan_escape(struct scan *s)
{
	size_t begin = s->at - 1;
	int high, low;
	int c = peek(s);
	if (c < 0 || strchr("\"\\/bfnrtu", c) == NULL || c == 0)
		return fail(s, s->at, "one of \" \\ / b f n r t u behind a backslash");
	s->at++;
	if (c != 'u')
		return 0;
	high = scan_hex(s);
	if (high < 0)
		return -1;
	if (high == 0)
		return fail_found(s, begin, "a string without NUL", "\\u0000");
	if (high < 0xD800 || high > 0xDFFF)
		return 0;
	if (high <= 0xDBFF && s->len - s->at >= 2 && memcmp(s->text + s->at, "\\u", 2) == 0) {
		s->at += 2;
		low = scan_hex(s);
		if (low < 0)
			return -1;
		if (low >= 0xDC00 && low <= 0xDFFF)
			return 0;
	}
	return fail_found(s, begin, "two \\u escapes that make one character", "half of it");
}

static int scan_string(struct scan *s)
{
	size_t begin = s->at;
	for (s->at++;;) {
		int c = peek(s);
		if (c == '"')
			break;
		if (c < 0 || c == '\n' || c == '\r')
			return fail_found(s, begin, "a string that ends on its line",
			                  "no closing quote");
		if (c < ' ')
			return fail(s, s->at, "control characters in a string as \\uXXXX");
		s->at++;
		if (c == '\\' && scan_escape(s) != 0)
			return -1;
	}
	s->at++;
	return 0;
}

static int scan_word(struct scan *s, const char *word)
{
	size_t len = strlen(word);
	if (s->len - s->at < len || memcmp(s->text + s->at, word, len) != 0)
		return fail(s, s->at, "a value");
	s->at += len;
	return 0;
}

static int scan_member(struct scan *s, bool first)
{
	if (peek(s) != '"')
		return fail(s, s->at,
		            first ? "a key in double quotes or '}'"
		                  : "a key in double quotes behind the comma");
	record(s, s->at);
	if (scan_string(s) != 0)
		return -1;
	skip_space(s);
	if (peek(s) != ':')
		return fail(s, s->at, "':' behind the key");
	s->at++;
	skip_space(s);
	return scan_value(s);
}

static int scan_element(struct scan *s, bool first)
{
	if (!first && peek(s) == ']')
		return fail(s, s->at, "a value behind the comma");
	record(s, s->at);
	return scan_value(s);
}

/* An object or an array, from its bracket to the closing one. */
static int scan_inside(struct scan *s, int close)
{
	int (*scan_part)(struct scan *, bool) = close == '}' ? scan_member : scan_element;
	s->at++;
	skip_space(s);
	if (peek(s) == close) {
		s->at++;
		return 0;
	}
	for (bool first = true;; first = false) {
		if (scan_part(s, first) != 0)
			return -1;
		skip_space(s);
		int c = peek(s);
		if (c != ',' && c != close)
			return fail(s, s->at, close == '}' ? "',' or '}'" : "',' or ']'");
		s->at++;
		if (c == close)
			return 0;
		skip_space(s);
	}
}

static int scan_value(struct scan *s)
{
	int c = peek(s), rc;
	switch (c) {
	case '{':
	case '[':
		if (s->depth == JSON_SCAN_DEPTH_MAX)
			return fail_found(s, s->at, "at most 64 levels of nesting", "one more");
		s->depth++;
		rc = scan_inside(s, c == '{' ? '}' : ']');
		s->depth--;
		return rc;
	case '"':
		return scan_string(s);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	default:
		return c == '-' || is_digit(c) ? scan_number(s) : fail(s, s->at, "a value");
	}
}

int json_scan(const char *text, size_t len, struct json_places *places, struct json_fault *fault)
{
	struct scan s = { text, len, 0, 0, places, fault };
	size_t good = act_utf8_span(text, len);
	int rc = 0;
	if (places != NULL)
		*places = (struct json_places){ 0 };
	if (good < len)
		return fail(&s, good, "UTF-8");
	skip_space(&s);
	record(&s, s.at);
	rc = scan_value(&s);
	if (rc == 0) {
		skip_space(&s);
		if (s.at < len)
			rc = fail(&s, s.at, "nothing behind the value");
	}
	if (rc != 0 && places != NULL)
		json_places_free(places);
	return rc;
}
