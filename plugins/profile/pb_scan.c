#include "pb_scan.h"

#include <act/easy.h>
#include <assert.h>

enum {
	KEY_BYTES_MAX = 5,     /* of a field's number and wire type            */
	LENGTH_BYTES_MAX = 5,  /* of the length of a string; protobuf-c's bound */
	VARINT_BYTES_MAX = 10, /* of a number of 64 bits                       */
	NUMBER_MAX = 0x1FFFFFFF,
};

struct cursor {
	const ProtobufCMessageDescriptor *message;
	const uint8_t *bytes;
	size_t len;
	size_t at;
	char *why;
};

/* `format` is "expected …, found …"; what was found stands at `at`. Always -1. */
__attribute__((format(printf, 3, 4))) static int refuse(const struct cursor *c, size_t at,
                                                        const char *format, ...)
{
	char wrong[PB_SCAN_WHY_SIZE / 2];
	va_list args;
	va_start(args, format);
	vsnprintf(wrong, sizeof wrong, format, args);
	va_end(args);
	snprintf(c->why, PB_SCAN_WHY_SIZE,
	         "the payload cannot be read as a message %s: %s at byte %zu of %zu",
	         c->message->short_name, wrong, at, c->len);
	return -1;
}

/* A varint of at most `most` bytes; `what` says in a sentence what it is. */
static int scan_varint(struct cursor *c, size_t most, const char *what, uint64_t *out)
{
	const size_t begin = c->at;
	*out = 0;
	for (size_t i = 0; i < most; i++) {
		if (c->at == c->len)
			return refuse(c, c->at, "expected %s, found the end", what);
		const uint8_t byte = c->bytes[c->at++];
		*out |= (uint64_t)(byte & 0x7F) << 7 * i;
		if (byte < 0x80)
			return 0;
	}
	return refuse(c, begin, "expected %s, found a number of more than %zu bytes", what, most);
}

static int skip(struct cursor *c, uint64_t count)
{
	const size_t left = c->len - c->at;
	if (count > left)
		return refuse(c, c->at, "expected a value of %llu bytes, found %zu",
		              (unsigned long long)count, left);
	c->at += (size_t)count;
	return 0;
}

/* The text of a field that the message has; it begins at `at`. */
static int check_text(const struct cursor *c, const char *field, size_t at, size_t len)
{
	const uint8_t *text = c->bytes + at;
	const size_t good = act_utf8_span(text, len);
	if (good < len)
		return refuse(c, at + good, "expected UTF-8 in \"%s\", found 0x%02X", field,
		              text[good]);
	const uint8_t *zero = memchr(text, 0, len);
	if (zero != NULL)
		return refuse(c, at + (size_t)(zero - text),
		              "expected a character other than U+0000 in \"%s\", found it", field);
	return 0;
}

/* A value with its length before it. `field` is NULL for one that the message does not have. */
static int scan_bytes(struct cursor *c, const ProtobufCFieldDescriptor *field)
{
	uint64_t len;
	if (scan_varint(c, LENGTH_BYTES_MAX, "a length", &len) != 0)
		return -1;
	const size_t begin = c->at;
	if (skip(c, len) != 0)
		return -1;
	return field != NULL ? check_text(c, field->name, begin, (size_t)len) : 0;
}

static int scan_field(struct cursor *c)
{
	const size_t begin = c->at;
	uint64_t key, number;
	if (scan_varint(c, KEY_BYTES_MAX, "the number and type of a field", &key) != 0)
		return -1;
	const unsigned type = key & 7;
	if (key >> 3 == 0 || key >> 3 > NUMBER_MAX)
		return refuse(c, begin, "expected a field number from 1 to %d, found %llu",
		              NUMBER_MAX, (unsigned long long)key >> 3);
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field(c->message, (unsigned)(key >> 3));
	assert(field == NULL || field->type == PROTOBUF_C_TYPE_STRING);
	if (field != NULL && type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
		return refuse(c, begin,
		              "expected a string (wire type 2) as \"%s\", found wire type %u",
		              field->name, type);
	switch (type) {
	case PROTOBUF_C_WIRE_TYPE_VARINT:
		return scan_varint(c, VARINT_BYTES_MAX, "a number", &number);
	case PROTOBUF_C_WIRE_TYPE_64BIT:
		return skip(c, 8);
	case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
		return scan_bytes(c, field);
	case PROTOBUF_C_WIRE_TYPE_32BIT:
		return skip(c, 4);
	}
	/* 3 and 4 are groups, which the language gave up and protobuf-c does not read. */
	return refuse(c, begin, "expected a field of wire type 0, 1, 2 or 5, found %u", type);
}

int pb_scan(const ProtobufCMessageDescriptor *message, act_bytes bytes, char why[PB_SCAN_WHY_SIZE])
{
	struct cursor c = { .message = message, .bytes = bytes.ptr, .len = bytes.len, .why = why };
	for (int fields = 0; c.at < c.len; fields++) {
		if (fields == PB_SCAN_FIELDS_MAX)
			return refuse(&c, c.at, "expected at most %d fields, found one more",
			              PB_SCAN_FIELDS_MAX);
		if (scan_field(&c) != 0)
			return -1;
	}
	return 0;
}
