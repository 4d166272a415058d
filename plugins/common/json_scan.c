#include "json_scan.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct cursor {
	const char *text;
	size_t len;
	size_t at;
	struct json_scan *out;
	struct json_fault *fault;
};

static int scan_value(struct cursor *c, int depth);

size_t json_scan_char(const char *text, size_t len, size_t at)
{
	assert(at <= len);
	if (at == len)
		return 0;
	size_t n = 1;
	while (at + n < len && ((uint8_t)text[at + n] & 0xC0) == 0x80)
		n++;
	return n;
}

/* The next byte, or -1 at the end: no byte is negative here. */
static int peek(const struct cursor *c)
{
	return c->at < c->len ? (uint8_t)c->text[c->at] : -1;
}

static int fault(struct cursor *c, size_t at, size_t len, const char *expected)
{
	c->fault->found = (struct json_span){ at, len };
	c->fault->expected = expected;
	return -1;
}

/* The character under the cursor is not what is expected. */
static int fault_here(struct cursor *c, const char *expected)
{
	return fault(c, c->at, json_scan_char(c->text, c->len, c->at), expected);
}

static void skip_space(struct cursor *c)
{
	int b = peek(c);
	while (b == ' ' || b == '\t' || b == '\n' || b == '\r') {
		c->at++;
		b = peek(c);
	}
}

static bool is_digit(int b)
{
	return b >= '0' && b <= '9';
}

/* Reads the four digits of \uXXXX that stand at `at`. -1: they are not four hexadecimal digits. */
static int hex4(const struct cursor *c, size_t at)
{
	int value = 0;
	if (c->len - at < 4)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		int b = c->text[at + i];
		if (is_digit(b))
			value = value * 16 + b - '0';
		else if ((b | 0x20) >= 'a' && (b | 0x20) <= 'f')
			value = value * 16 + (b | 0x20) - 'a' + 10;
		else
			return -1;
	}
	return value;
}

/* The cursor stands on the 'u' of an escape that began one byte before. */
static int scan_unicode(struct cursor *c)
{
	const size_t begin = c->at - 1;
	int unit = hex4(c, c->at + 1);
	if (unit < 0)
		return fault_here(c, "\\u and four hexadecimal digits");
	c->at += 5;
	if (unit == 0)
		return fault(c, begin, 6, "a character other than U+0000");
	if (unit >= 0xDC00 && unit <= 0xDFFF)
		return fault(c, begin, 6, "the first half of a surrogate pair before the second");
	if (unit < 0xD800 || unit > 0xDBFF)
		return 0;
	int low = -1;
	if (c->len - c->at >= 6 && c->text[c->at] == '\\' && c->text[c->at + 1] == 'u')
		low = hex4(c, c->at + 2);
	if (low < 0xDC00 || low > 0xDFFF)
		return fault(c, begin, 6, "both halves of a surrogate pair");
	c->at += 6;
	return 0;
}

/* `*span` gets what is between the quotes. */
static int scan_string(struct cursor *c, struct json_span *span)
{
	if (peek(c) != '"')
		return fault_here(c, "'\"'");
	c->at++;
	span->at = c->at;
	for (;;) {
		int b = peek(c);
		if (b < 0)
			return fault_here(c, "the '\"' that ends the string");
		if (b < 0x20)
			return fault_here(c, "an escape for a control character, such as \\n");
		if (b == '"')
			break;
		c->at++;
		if (b != '\\')
			continue;
		b = peek(c);
		if (b == 'u') {
			if (scan_unicode(c) != 0)
				return -1;
		} else if (b > 0 && strchr("\"\\/bfnrt", b) != NULL) {
			c->at++;
		} else {
			return fault_here(c, "one of \" \\ / b f n r t u after a backslash");
		}
	}
	span->len = c->at - span->at;
	c->at++;
	return 0;
}

static int scan_digits(struct cursor *c)
{
	if (!is_digit(peek(c)))
		return fault_here(c, "a digit");
	while (is_digit(peek(c)))
		c->at++;
	return 0;
}

static int scan_number(struct cursor *c)
{
	const size_t begin = c->at;
	if (peek(c) == '-')
		c->at++;
	if (peek(c) == '0') {
		c->at++;
		if (is_digit(peek(c)))
			return fault_here(c, "no digit after a leading 0");
	} else if (scan_digits(c) != 0) {
		return -1;
	}
	if (peek(c) == '.') {
		c->at++;
		if (scan_digits(c) != 0)
			return -1;
	}
	if (peek(c) == 'e' || peek(c) == 'E') {
		c->at++;
		if (peek(c) == '+' || peek(c) == '-')
			c->at++;
		if (scan_digits(c) != 0)
			return -1;
	}
	if (c->at - begin > JSON_SCAN_NUMBER_MAX)
		return fault(c, begin, c->at - begin, "a number of at most 60 characters");
	return 0;
}

static int scan_word(struct cursor *c, const char *word)
{
	const size_t len = strlen(word);
	if (c->len - c->at < len || memcmp(c->text + c->at, word, len) != 0)
		return fault_here(c, "a value");
	c->at += len;
	return 0;
}

/* One `"key": value`. `top`: of the outermost object, whose members are noted. */
static int scan_member(struct cursor *c, int depth)
{
	const bool top = depth == 1;
	struct json_scan *out = c->out;
	struct json_span key;
	if (top && out->count == JSON_SCAN_MEMBERS_MAX)
		return fault_here(c, "at most 16 keys");
	if (scan_string(c, &key) != 0)
		return -1;
	skip_space(c);
	if (peek(c) != ':')
		return fault_here(c, "':'");
	c->at++;
	skip_space(c);
	const size_t begin = c->at;
	if (scan_value(c, depth) != 0)
		return -1;
	if (top) {
		out->keys[out->count] = key;
		out->values[out->count] = (struct json_span){ begin, c->at - begin };
		out->count++;
	}
	return 0;
}

static int scan_object(struct cursor *c, int depth)
{
	c->at++;
	skip_space(c);
	if (peek(c) == '}') {
		c->at++;
		return 0;
	}
	for (;;) {
		if (peek(c) != '"')
			return fault_here(c, "a key in quotes");
		if (scan_member(c, depth) != 0)
			return -1;
		skip_space(c);
		if (peek(c) == '}')
			break;
		if (peek(c) != ',')
			return fault_here(c, "',' or '}'");
		c->at++;
		skip_space(c);
	}
	c->at++;
	return 0;
}

static int scan_array(struct cursor *c, int depth)
{
	c->at++;
	skip_space(c);
	if (peek(c) == ']') {
		c->at++;
		return 0;
	}
	for (;;) {
		if (scan_value(c, depth) != 0)
			return -1;
		skip_space(c);
		if (peek(c) == ']')
			break;
		if (peek(c) != ',')
			return fault_here(c, "',' or ']'");
		c->at++;
		skip_space(c);
	}
	c->at++;
	return 0;
}

static int scan_value(struct cursor *c, int depth)
{
	struct json_span ignored;
	const int b = peek(c);
	if ((b == '{' || b == '[') && depth == JSON_SCAN_DEPTH_MAX)
		return fault_here(c, "at most 16 levels of nesting");
	switch (b) {
	case '{':
		return scan_object(c, depth + 1);
	case '[':
		return scan_array(c, depth + 1);
	case '"':
		return scan_string(c, &ignored);
	case 't':
		return scan_word(c, "true");
	case 'f':
		return scan_word(c, "false");
	case 'n':
		return scan_word(c, "null");
	default:
		if (b == '-' || is_digit(b))
			return scan_number(c);
		return fault_here(c, "a value");
	}
}

int json_scan(const char *text, size_t len, struct json_scan *out, struct json_fault *fault_out)
{
	assert(text != NULL || len == 0);
	struct cursor c = { .text = text, .len = len, .out = out, .fault = fault_out };
	out->count = 0;
	skip_space(&c);
	if (peek(&c) != '{')
		return fault_here(&c, "an object, that is '{'");
	if (scan_object(&c, 1) != 0)
		return -1;
	skip_space(&c);
	if (c.at < c.len)
		return fault_here(&c, "the end");
	assert(out->count <= JSON_SCAN_MEMBERS_MAX);
	return 0;
}
