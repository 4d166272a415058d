/* The decoder: what a client may send, what it may not, and that it makes no difference in which
 * ranges the bytes come. A second decoder, slow and obvious, says what is expected of any bytes. */
#include "fixtures/cmocka_all.h"

#include "fixtures/decoders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_BYTES = 1000, PACKED_BYTES = 1100 };

static const struct decode_terms plain = { .message_bytes = MESSAGE_BYTES };
static const struct decode_terms packing = { .message_bytes = MESSAGE_BYTES,
	                                     .packed_bytes = PACKED_BYTES };

/* ---- comparing ---- */

static void hears_as_expected(const struct decode_terms *terms, const uint8_t *bytes, size_t len,
                              size_t first, size_t step)
{
	static struct said expected;
	static struct hearing hearing;
	expected = (struct said){ .len = 0 };
	expected.text[0] = '\0';
	memset(&hearing, 0, sizeof hearing);
	expect(terms, bytes, len, &expected);
	hear(&hearing, terms, bytes, first);
	for (size_t at = first; at < len; at += step)
		hear(&hearing, terms, bytes + at, len - at < step ? len - at : step);
	if (strcmp(expected.text, hearing.said.text) != 0)
		fail_msg("split at %zu, then each %zu: expected %s, found %s", first, step,
		         expected.text, hearing.said.text);
}

/* Cut in two at every place, and into single bytes. */
static void makes_no_difference(const struct decode_terms *terms, const uint8_t *bytes, size_t len)
{
	for (size_t first = 0; first <= len; first++)
		hears_as_expected(terms, bytes, len, first, len != 0 ? len : 1);
	for (size_t step = 1; step <= 7; step++)
		hears_as_expected(terms, bytes, len, 0, step);
}

/* ---- writing frames ---- */

struct stream {
	uint8_t bytes[16384];
	size_t len;
};

static void put(struct stream *stream, const void *bytes, size_t len)
{
	assert_true(stream->len + len <= sizeof stream->bytes);
	memcpy(stream->bytes + stream->len, bytes, len);
	stream->len += len;
}

static void put_frame(struct stream *stream, unsigned first, const void *payload, size_t len)
{
	static const uint8_t mask[4] = { 0x37, 0xFA, 0x21, 0x3D };
	uint8_t head[FRAME_HEADER_MAX];
	size_t head_len = frame_header(head, FRAME_BINARY, len);
	head[0] = (uint8_t)first;
	head[1] |= 0x80;
	put(stream, head, head_len);
	put(stream, mask, sizeof mask);
	for (size_t i = 0; i < len; i++) {
		uint8_t byte = ((const uint8_t *)payload)[i] ^ mask[i % 4];
		put(stream, &byte, 1);
	}
}

static void becomes(const struct decode_terms *terms, const struct stream *stream, const char *text)
{
	static struct hearing hearing;
	memset(&hearing, 0, sizeof hearing);
	hear(&hearing, terms, stream->bytes, stream->len);
	if (strncmp(hearing.said.text, text, strlen(text)) != 0)
		fail_msg("expected %s…, found %s", text, hearing.said.text);
	makes_no_difference(terms, stream->bytes, stream->len);
}

/* ---- tests ---- */

static void all_that_is_allowed(void **state)
{
	static uint8_t long_one[MESSAGE_BYTES];
	struct stream stream = { .len = 0 };
	(void)state;
	memset(long_one, 'x', sizeof long_one);
	put_frame(&stream, 0x82, "\0\0\0n{}", 6);
	put_frame(&stream, 0x81, "我们都好", 12);
	put_frame(&stream, 0x82, "", 0);
	put_frame(&stream, 0x89, "are you there", 13);
	put_frame(&stream, 0x8A, "", 0);
	put_frame(&stream, 0x01, "\xE6", 1);
	put_frame(&stream, 0x89, "", 0);
	put_frame(&stream, 0x00, "\x88", 1);
	put_frame(&stream, 0x00, "", 0);
	put_frame(&stream, 0x80, "\x91!", 2);
	put_frame(&stream, 0x82, long_one, 125);
	put_frame(&stream, 0x82, long_one, 126);
	put_frame(&stream, 0x82, long_one, sizeof long_one);
	put_frame(&stream, 0x88,
	          "\x03\xE8"
	          "bye",
	          5);
	put_frame(&stream, 0x82, "not heard", 9);
	becomes(&plain, &stream, "binary 6:");
}

static void a_long_message_has_the_long_length(void **state)
{
	enum { LONG = 70000 };
	static const struct decode_terms wide = { .message_bytes = LONG };
	static uint8_t bytes[LONG + 14];
	struct decoder decoder = { .head_len = 0 };
	struct decoded got;
	(void)state;
	memset(bytes, 0, sizeof bytes);
	bytes[0] = 0x82;
	bytes[1] = 0xFF;
	act_put_u64(bytes + 2, LONG);
	uint8_t *at = bytes, *end = bytes + 20;
	assert_int_equal(decode(&decoder, &wide, &at, end, &got), DECODED_PIECE);
	assert_int_equal(got.len, 6);
	assert_int_equal(got.ahead, LONG - 6);
	assert_true(got.first && !got.last);
	end = bytes + sizeof bytes;
	assert_int_equal(decode(&decoder, &wide, &at, end, &got), DECODED_PIECE);
	assert_true(!got.first && got.last);
	assert_int_equal(got.ahead, 0);
	assert_true(decode_rests(&decoder));
	/* One byte more than is allowed is known from the header. */
	act_put_u64(bytes + 2, LONG + 1);
	at = bytes;
	assert_int_equal(decode(&decoder, &wide, &at, bytes + 14, &got), DECODED_FAULT);
	assert_int_equal(got.code, CLOSE_TOO_BIG);
}

static void what_is_forbidden(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *text;
	} streams[] = {
		{ "\x82\x03"
		  "abc",
		  5, "fault 1002" },                                      /* no mask */
		{ "\xC2\x80\0\0\0\0", 6, "fault 1002" },                  /* RSV1 */
		{ "\xA2\x80\0\0\0\0", 6, "fault 1002" },                  /* RSV2 */
		{ "\x92\x80\0\0\0\0", 6, "fault 1002" },                  /* RSV3 */
		{ "\x83\x80\0\0\0\0", 6, "fault 1002" },                  /* opcode 3 */
		{ "\x8B\x80\0\0\0\0", 6, "fault 1002" },                  /* opcode 11 */
		{ "\x09\x80\0\0\0\0", 6, "fault 1002" },                  /* a ping in fragments */
		{ "\x89\xFE\0\x7E\0\0\0\0", 8, "fault 1002" },            /* a long ping */
		{ "\x80\x80\0\0\0\0", 6, "fault 1002" },                  /* continues nothing */
		{ "\x02\x80\0\0\0\0\x82\x80\0\0\0\0", 12, "fault 1002" }, /* two at once */
		{ "\x82\xFE\0\x7D\0\0\0\0", 8, "fault 1002" },            /* 125 in three bytes */
		{ "\x82\xFF\0\0\0\0\0\0\xFF\xFF\0\0\0\0", 14, "fault 1002" }, /* 65535 in nine */
		{ "\x82\xFF\x80\0\0\0\0\0\0\0\0\0\0\0", 14, "fault 1002" },   /* the first bit */
		{ "\x82\xFE\x03\xE9\0\0\0\0", 8, "fault 1009" },
		{ "\x82\xFF\x7F\0\0\0\0\0\0\0\0\0\0\0", 14, "fault 1009" },
		{ "\x88\x81\0\0\0\0\x03", 7, "fault 1002" },     /* half a code */
		{ "\x88\x82\0\0\0\0\x03\xE7", 8, "fault 1002" }, /* 999 */
		{ "\x88\x82\0\0\0\0\x03\xEC", 8, "fault 1002" }, /* 1004 */
		{ "\x88\x82\0\0\0\0\x03\xED", 8, "fault 1002" }, /* 1005 */
		{ "\x88\x82\0\0\0\0\x03\xEE", 8, "fault 1002" }, /* 1006 */
		{ "\x88\x82\0\0\0\0\x03\xF7", 8, "fault 1002" }, /* 1015 */
		{ "\x88\x82\0\0\0\0\x07\xD0", 8, "fault 1002" }, /* 2000 */
		{ "\x88\x82\0\0\0\0\x13\x88", 8, "fault 1002" }, /* 5000 */
		{ "\x88\x84\0\0\0\0\x03\xE8\xC3\x28", 10, "fault 1007" },
		{ "\x88\x80\0\0\0\0", 6, "close 1005 " },
		{ "\x88\x82\0\0\0\0\x03\xF4", 8, "close 1012 " },
		{ "\x88\x82\0\0\0\0\x03\xF6", 8, "close 1014 " },
		{ "\x88\x82\0\0\0\0\x0B\xB8", 8, "close 3000 " },
		{ "\x88\x82\0\0\0\0\x13\x87", 8, "close 4999 " },
	};
	(void)state;
	for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
		struct stream stream = { .len = 0 };
		put(&stream, streams[i].bytes, streams[i].len);
		becomes(&plain, &stream, streams[i].text);
	}
}

/* Each class of what is not UTF-8, told at the byte that shows it, wherever it is cut. */
static void text_is_utf8(void **state)
{
	static const char *const bad[] = {
		"\x80",
		"ok\xBF",
		"\xC0\xAF",
		"\xC1\xBF",
		"\xE0\x9F\xBF",
		"\xED\xA0\x80",
		"\xED\xBF\xBF",
		"\xF0\x8F\xBF",
		"\xF4\x90\x80\x80",
		"\xF5\x80\x80\x80",
		"\xFF",
		"\xC3(",
		"\xE6\x88x",
		"\xF0\x9F\x98x",
		"12345678\xFE",
	};
	static const char *const open_ended[] = { "\xC3", "\xE6", "\xE6\x88", "\xF0\x9F\x98" };
	static const char *const good[] = { "\xC2\x80",         "\xDF\xBF",         "\xE0\xA0\x80",
		                            "\xED\x9F\xBF",     "\xEE\x80\x80",     "\xEF\xBF\xBF",
		                            "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "" };
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct stream stream = { .len = 0 };
		put_frame(&stream, 0x01, bad[i], strlen(bad[i])); /* not even the last frame */
		becomes(&plain, &stream, "fault 1007 ");
	}
	for (size_t i = 0; i < sizeof open_ended / sizeof open_ended[0]; i++) {
		struct stream stream = { .len = 0 };
		put_frame(&stream, 0x01, open_ended[i], strlen(open_ended[i]));
		becomes(&plain, &stream, "");
		put_frame(&stream, 0x80, "", 0);
		becomes(&plain, &stream, "fault 1007 ");
	}
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct stream stream = { .len = 0 };
		put_frame(&stream, 0x81, good[i], strlen(good[i]));
		becomes(&plain, &stream, "text ");
	}
}

static void what_is_packed_is_marked(void **state)
{
	static uint8_t bytes[PACKED_BYTES + 1];
	struct stream stream = { .len = 0 };
	(void)state;
	put_frame(&stream, 0xC1, "\xFF\xFF", 2); /* bytes of zlib are no text */
	put_frame(&stream, 0x41, "\xFF", 1);
	put_frame(&stream, 0x80, "\xFF", 1);
	put_frame(&stream, 0x82, "plain", 5);
	put_frame(&stream, 0xC2, bytes, PACKED_BYTES);
	becomes(&packing, &stream, "packed-text 2:");
	stream.len = 0;
	put_frame(&stream, 0xC2, bytes, sizeof bytes);
	becomes(&packing, &stream, "fault 1009");
	stream.len = 0;
	put_frame(&stream, 0x42, "a", 1);
	put_frame(&stream, 0xC0, "b", 1); /* only the first frame is marked */
	becomes(&packing, &stream, "fault 1002");
	stream.len = 0;
	put_frame(&stream, 0xC9, "", 0);
	becomes(&packing, &stream, "fault 1002");
}

/* Small frames with a grain of the wrong in them, cut anywhere. */
static void any_bytes(void **state)
{
	static const unsigned firsts[] = { 0x82, 0x81, 0x02, 0x01, 0x00, 0x80, 0x89,
		                           0x8A, 0x88, 0xC2, 0x42, 0xC0, 0x09, 0x85 };
	(void)state;
	srand(7);
	for (int round = 0; round < 3000; round++) {
		struct stream stream = { .len = 0 };
		for (int i = 0; i < 8; i++) {
			uint8_t payload[200];
			size_t len = (size_t)rand() % (rand() % 4 == 0 ? sizeof payload : 6);
			for (size_t b = 0; b < len; b++)
				payload[b] = (uint8_t)(rand() % 3 == 0 ? rand() : 'a');
			put_frame(&stream, firsts[(size_t)rand() % (rand() % 5 == 0 ? 14 : 6)],
			          payload, len);
		}
		if (rand() % 2 == 0)
			stream.bytes[(size_t)rand() % stream.len] ^= (uint8_t)(1 << rand() % 8);
		const struct decode_terms *terms = rand() % 2 == 0 ? &plain : &packing;
		size_t first = (size_t)rand() % stream.len;
		hears_as_expected(terms, stream.bytes, stream.len, 0, 1 + (size_t)rand() % 40);
		hears_as_expected(terms, stream.bytes, stream.len, first, stream.len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_is_allowed),
		cmocka_unit_test(a_long_message_has_the_long_length),
		cmocka_unit_test(what_is_forbidden),
		cmocka_unit_test(text_is_utf8),
		cmocka_unit_test(what_is_packed_is_marked),
		cmocka_unit_test(any_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
